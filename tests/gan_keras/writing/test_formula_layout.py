import numpy as np
import pytest

from gan_keras.foundation.errors import UsageError
from gan_keras.writing.alphabet import LATEX_CHARACTERS, Alphabet
from gan_keras.writing.formula_layout import fit_box, lay_out
from gan_keras.writing.glyph_measures import Extent

ALL = Alphabet((*LATEX_CHARACTERS, r"\sin", r"\lim"))


def texts(latex, alphabet=ALL):
    return "".join(slot.text for slot in lay_out(latex, alphabet).slots)


def test_a_fraction_stands_over_its_bar():
    layout = lay_out(r"\frac{1}{2}x", ALL)
    one, two, x = layout.slots
    (bar,) = layout.lines
    assert one.bottom > bar[0, 1] > two.top
    assert bar[0, 0] <= min(one.left, two.left)
    assert bar[1, 0] >= max(one.right, two.right)
    assert x.left > bar[1, 0]
    assert 0.4 < x.height < 0.7


def test_exponents_are_raised_and_small():
    x, two = lay_out("x^{2}", ALL).slots
    assert two.bottom > x.bottom + 0.3 * x.height
    plain = lay_out("2", ALL).slots[0]
    assert two.height < 0.8 * plain.height


def test_a_radical_is_a_line_of_the_pen_over_its_content():
    layout = lay_out(r"\sqrt{3+x}", ALL)
    assert "".join(slot.text for slot in layout.slots) == "3+x"
    (line,) = layout.lines
    roof = line[-2:]
    assert np.ptp(roof[:, 1]) == 0
    assert roof[0, 1] > max(slot.top for slot in layout.slots)
    assert roof[1, 0] >= layout.slots[-1].right
    assert line[:, 0].min() < layout.slots[0].left
    assert line[:, 1].min() < layout.slots[1].bottom


def test_two_radicals_have_a_roof_each():
    layout = lay_out(r"\sqrt{a+\sqrt{b}}", ALL)
    outer, inner = sorted(layout.lines, key=lambda line: -np.ptp(line[:, 0]))
    assert outer[-1, 1] > inner[-1, 1]
    assert outer[-2, 0] < inner[-2, 0]


def test_tall_brackets_are_tall():
    left = lay_out(r"\left(\frac{1}{x}\right)", ALL).slots[0]
    assert left.text == "("
    assert left.height > 1.0


def test_names_of_functions_are_one_class_where_there_is_one():
    names = [slot.text for slot in lay_out(r"\sin x+\log y", ALL).slots]
    assert names == ["sin", "x", "+", "l", "o", "g", "y"]
    # italic letters side by side are variables
    assert [slot.text for slot in lay_out("sinx", ALL).slots] == list("sinx")


def test_signs_that_mathtext_writes_its_own_way():
    assert texts("a-b") == "a\u2212b"
    assert texts("f'") == "f\u2032"
    assert ALL.label("\u2212") == ALL.label("-")


def test_dollar_signs_around_a_formula_are_fine():
    assert texts("$x+1$") == texts("x+1")


def test_all_that_is_unknown_is_named():
    with pytest.raises(UsageError) as caught:
        lay_out(r"\foo{}+\frac{D}{\Omega}+\baz+日", ALL)
    message = str(caught.value)
    for name in (r"\baz \foo", "D", "Ω (greek", "日"):
        assert name in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        ("", "nothing to write"),
        ("  ", "nothing to write"),
        ("$$", "nothing to write"),
        (r"\quad", "no symbols"),
        (r"\frac{1}{2", r"character 6.*Expected \\frac"),
        ("x^", "cannot be read near .* .character 2."),
        ("x_1_2", "Double subscript"),
        (r"\foo+\frac{1}{", r"not known: \\foo; the formula cannot be read"),
        ("a$b", "a \\$ inside"),
        ("x" * 401, "too long: 401 characters, at most 400"),
        ("{" * 60 + "x" + "}" * 60, "nested 60 deep"),
        (r"x\hspace{60000}x", r"too large: 58,4\d\d x 1 em, at most 600 x 100"),
        (r"x\hspace{-60000}x", "too large"),
        (r"x\hspace{%s}x" % ("9" * 380), "too large: inf"),
        (r"\genfrac{}{}{100000}{}{a}{b}", "too large"),
    ],
)
def test_mistakes_are_one_clear_line(latex, message):
    with pytest.raises(UsageError, match=message) as caught:
        lay_out(latex, ALL)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "latex",
    ["+" * 400, r"\sum " * 80, r"\quad " * 60 + "x", r"\substack{" + r"a\\" * 125 + "a}"],
)
def test_long_honest_formulas_are_not_too_large(latex):
    assert lay_out(latex, ALL).slots


def test_boxes_are_filled_within_limits():
    tall = Extent(0, 0, 12, 22, 2)  # the pen goes 10 and 20 pixels
    assert fit_box(tall, 0.5, 1.0) == pytest.approx((0.05, 0.05))
    narrow = fit_box(tall, 0.1, 1.0)
    assert narrow[1] == pytest.approx(0.05)
    assert narrow[0] > 0.02  # squeezed no further
    dash = Extent(0, 0, 22, 2.2, 2)
    assert fit_box(dash, 0.6, 0.001) == pytest.approx((0.03, 0.03))

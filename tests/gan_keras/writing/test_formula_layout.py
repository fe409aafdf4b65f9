import numpy as np
import pytest

from gan_keras.foundation.errors import UsageError
from gan_keras.writing.alphabet import LATEX_CHARACTERS, Alphabet
from gan_keras.writing.formula_layout import fit_box, lay_out
from gan_keras.writing.glyph_measures import Extent

ALL = Alphabet((*LATEX_CHARACTERS, r"\sin", r"\lim"))


def test_a_fraction_stands_over_its_bar_and_an_exponent_is_raised():
    (one, two, x, exponent), (bar,) = lay_out(r"\frac{1}{2}x^{2}", ALL)
    assert one.bottom > bar[0, 1] > two.top
    assert bar[0, 0] <= min(one.left, two.left)
    assert bar[1, 0] >= max(one.right, two.right)
    assert x.left > bar[1, 0]
    assert 0.4 < x.top - x.bottom < 0.7
    assert exponent.bottom > x.bottom + 0.3 * (x.top - x.bottom)
    assert exponent.top - exponent.bottom < x.top - x.bottom  # although a digit is taller


def test_each_radical_is_a_line_of_the_pen_over_its_content():
    slots, lines = lay_out(r"\sqrt{3+\sqrt{x}}", ALL)
    assert [slot.text for slot in slots] == list("3+x")
    outer, inner = sorted(lines, key=lambda line: -np.ptp(line[:, 0]))
    assert outer[-1, 1] > inner[-1, 1]
    assert outer[-2, 0] < inner[-2, 0]
    roof = outer[-2:]
    assert np.ptp(roof[:, 1]) == 0
    assert roof[0, 1] > max(slot.top for slot in slots)
    assert roof[1, 0] >= slots[-1].right
    assert outer[:, 0].min() < slots[0].left
    assert outer[:, 1].min() < slots[1].bottom


@pytest.mark.parametrize(
    ("latex", "texts"),
    [
        # letters of a function are one class where there is one; others are variables
        (r"\sin x+\log y", ["sin", "x", "+", "l", "o", "g", "y"]),
        ("sinx", list("sinx")),
        ("a-b", list("a\u2212b")),  # as mathtext writes it
        ("$f'$", list("f\u2032")),
    ],
)
def test_texts_of_glyphs(latex, texts):
    slots, _ = lay_out(latex, ALL)
    assert [slot.text for slot in slots] == texts
    assert all(ALL.label(text) is not None for text in texts)


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
        ("$$", "nothing to write"),
        (r"\quad", "no symbols"),
        (r"\frac{1}{2", r"near '\{2' .character 9.: a } is missing"),
        ("x^", "cannot be read near .* .character 2."),
        ("x_1_2", "Double subscript"),
        (r"\foo+\frac{1}{", r"not known: \\foo; the formula cannot be read"),
        ("a$b", "a \\$ inside"),
        ("x" * 401, "too long: 401 characters, at most 400"),
        ("{" * 60 + "x" + "}" * 60, "nested too deeply"),
        (r"x\hspace{60000}x", r"too large: 58,4\d\d x 1 em, at most 600 x 100"),
        (r"x\hspace{%s}x" % ("9" * 380), "too large: inf"),
    ],
)
def test_mistakes_are_one_clear_line(latex, message):
    with pytest.raises(UsageError, match=message) as caught:
        lay_out(latex, ALL)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("latex", ["+" * 400, r"\substack{" + r"a\\" * 125 + "a}"])
def test_long_honest_formulas_are_not_too_large(latex):
    assert lay_out(latex, ALL)[0]


def test_boxes_are_filled_within_limits():
    tall = Extent(0, 0, 12, 22, 2)  # the pen goes 10 and 20 pixels
    assert fit_box(tall, 0.5, 1.0) == pytest.approx((0.05, 0.05))
    narrow = fit_box(tall, 0.1, 1.0)
    assert narrow[1] == pytest.approx(0.05)
    assert narrow[0] > 0.02  # squeezed no further
    dash = Extent(0, 0, 22, 2.2, 2)
    assert fit_box(dash, 0.6, 0.001) == pytest.approx((0.03, 0.03))

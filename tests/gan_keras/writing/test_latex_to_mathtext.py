"""Formulas as people write them: laid out like the same formula with every brace in its place."""

import re
import xml.etree.ElementTree as ET
import zipfile

import numpy as np
import pytest
from matplotlib.mathtext import MathTextParser

from gan_keras.foundation.errors import UsageError
from gan_keras.writing.alphabet import LATEX_CHARACTERS, Alphabet
from gan_keras.writing.formula_layout import lay_out
from gan_keras.writing.latex_to_mathtext import REWRITTEN, rewrite

WORDS = (r"\cos", r"\lim", r"\log", r"\sin", r"\tan")
ALL = Alphabet((*LATEX_CHARACTERS, *WORDS))


def ink(latex):
    """Texts of the glyphs, and corners of glyphs and lines in one array."""
    slots, lines = lay_out(latex, ALL)
    corners = [(slot.left, slot.bottom, slot.right, slot.top) for slot in slots]
    return [slot.text for slot in slots], np.concatenate([np.ravel(corners), *map(np.ravel, lines)])


@pytest.mark.parametrize(
    ("written", "same"),
    [
        (r"\frac12x", r"\frac{1}{2}x"),
        (r"\frac 1 2", r"\frac{1}{2}"),
        (r"\frac\pi {2}x", r"\frac{\pi}{2}x"),
        (r"\tfrac12", r"\frac{1}{2}"),
        (r"\sqrt 2x", r"\sqrt{2}x"),
        (r"\sqrt[ 3 ] \alpha", r"\sqrt[3]{\alpha}"),
        (r"\sqrt\frac12", r"\sqrt{\frac{1}{2}}"),
        (r"x ^ 2 _ {i}", "x^{2}_{i}"),
        (r"x^\frac12", r"x^{\frac{1}{2}}"),
        (r"x^ \mathrm d", r"x^{\mathrm{d}}"),
        (r"\int \mathrm dx", r"\int\mathrm{d}x"),
        (r"a \lt b\le c \ge d \gt e", r"a<b\leq c\geq d>e"),
        (r"\left ( \frac 1 2 \right ) ^ 2", r"\left(\frac{1}{2}\right)^{2}"),
        (r"\left| x - \sqrt 5 \right|", r"\left|x-\sqrt{5}\right|"),
        (r"x \to 0", r"x\rightarrow0"),
        (r"{ \mbox { B } } _ { \mbox { E } }", r"\mathrm{B}_{\mathrm{E}}"),
        (r"\mbox{SiA}", r"\mathrm{SiA}"),
        (r"\Bigg( \frac12 \Bigg) ^ 2", r"\left(\frac{1}{2}\right)^{2}"),
        (r"\bigl[ \big|\frac12\big| \bigr)x", r"\left[\left|\frac{1}{2}\right|\right)x"),
        (r"\big( {\Big) \Big/ x}", "({)/x}"),  # without partners
        (r"\mathop{\lim}\limits_{x\to0}", r"\lim\limits_{x\to0}"),
        (r"\overline x+\binom n 2", r"\overline{x}+\binom{n}{2}"),
        (r"\frac{}{2}", r"\frac{{}}{2}"),
    ],
)
def test_the_same_formula_is_laid_out_alike(written, same):
    texts, places = ink(written)
    wanted_texts, wanted_places = ink(same)
    assert texts == wanted_texts
    np.testing.assert_allclose(places, wanted_places, atol=0.02)


def test_an_exponent_behind_a_blank_is_raised():
    (x, two), _ = lay_out("x ^ 2", ALL)
    assert two.bottom > x.bottom + 0.3
    assert two.top - two.bottom < 0.6


@pytest.mark.parametrize("operator", [r"\int", r"\sum", r"\lim"])
def test_limits_stand_above_and_below(operator):
    (upper, sign, lower, x), _ = lay_out(rf"{operator} \limits ^ b _ {{a}} x", ALL)
    assert (upper.text, lower.text, x.text) == ("b", "a", "x")
    assert upper.bottom > sign.top > sign.bottom > lower.top
    middle = (sign.left + sign.right) / 2
    for limit in (upper, lower):
        assert (limit.left + limit.right) / 2 == pytest.approx(middle, abs=0.3)
    assert x.left > sign.right + 0.1
    assert sign.bottom <= x.bottom < x.top < sign.top


def test_without_limits_scripts_stand_beside():
    (sign, upper, lower), _ = lay_out(r"\sum\nolimits_a^b", ALL)
    assert min(upper.left, lower.left) > sign.right


def test_words_in_a_formula_keep_their_blanks():
    (x, i, f, y), _ = lay_out(r"x\mbox{ if }y", ALL)
    assert "".join((x.text, i.text, f.text, y.text)) == "xify"
    assert i.left - x.right > 0.3 > f.left - i.right
    assert y.left - f.right > 0.2


def test_a_raised_dot_is_written_with_the_ink_of_a_full_stop():
    (a, dot, b), _ = lay_out(r"a \cdot b", ALL)
    assert ALL.label(dot.text) == ALL.label(".")
    assert a.right < dot.left < dot.right < b.left
    assert 0.2 < (dot.bottom + dot.top) / 2 < 0.4  # on the axis, not on the baseline


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        (r"\int\foo_0^1 x", r"^these commands are not known: \\foo$"),
        (r"\left( \foo \right)+\neq x\gtM", r"^these commands are not known: \\foo \\gtM$"),
        (r"\mbox{a}+\frac 1", r"near '\\\\frac 1' \(character 10\): \\frac is incomplete"),
        (r"\mbox{a}+{x^}", r"near '\^}' \(character 12\): \^ is incomplete"),
        (r"a\lt\sqrt[3", r"near '\[3' \(character 10\): a \] is missing"),
        (r"\mbox{a}+\left( \frac 1 2 x", r"near 'x' \(character 27\): Expected '\\\\right'"),
    ],
)
def test_messages_name_what_the_user_wrote(latex, message):
    with pytest.raises(UsageError, match=message):
        lay_out(latex, ALL)


@pytest.mark.parametrize("command", REWRITTEN)
def test_mathtext_knows_what_each_row_gives(command):
    text, places = rewrite("x" + command + " 1" * REWRITTEN[command].count("#") + " y")
    assert MathTextParser("path").parse(f"${text}$").width > 0
    assert len(places) == len(text)


@pytest.mark.slow
def test_every_formula_of_crohme(real_data):
    truths, labels = set(), set()
    with zipfile.ZipFile(real_data / "crohme" / "CROHME_2012_2013.zip") as archive:
        for name in archive.namelist():
            if name.endswith(".inkml"):
                try:
                    root = ET.fromstring(archive.read(name))
                except ET.ParseError:  # two files of the real archive
                    continue
                of_file = {a for a in root if a.get("type") == "truth"}
                truths |= {(a.text or "").strip() for a in of_file} - {""}
                all_of_it = (e for e in root.iter() if e.get("type") == "truth")
                labels |= {(a.text or "").strip() for a in all_of_it if a not in of_file} - {""}
    assert len(truths) == 5921
    alphabet, refused = Alphabet(sorted(labels)), {}
    for truth in truths:
        try:
            lay_out(truth, alphabet)
        except UsageError as error:
            refused[truth] = str(error)
    assert len(refused) <= 6, refused  # `\gtM` and the like, which TeX refuses too
    for truth, said in refused.items():
        assert "\n" not in said
        commands = (re.findall(r"\\[A-Za-z]+", text) for text in (said, truth))
        assert set.issubset(*map(set, commands)), said

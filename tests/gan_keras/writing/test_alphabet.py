# ruff: noqa: RUF001 (characters that look alike are what this is about)
import pytest

from gan_keras.foundation.errors import UsageError
from gan_keras.writing.alphabet import TEXT_CHARACTERS, Alphabet

LATIN = Alphabet(tuple(TEXT_CHARACTERS))
MATHS = Alphabet(("(", ")", "+", "-", "2", "x", r"\alpha", r"\prime", r"\sin", r"\sqrt", r"\{"))


def test_classes_of_crohme_are_the_characters_that_they_show():
    assert MATHS.label("α") == 6
    assert MATHS.label("{") == 10
    assert MATHS.words == {"sin": 8}
    assert MATHS.characters[9] == ""  # radicals are drawn by the pen
    assert {MATHS.label(dash) for dash in "-−–—‐"} == {3}


def test_emnist_has_numbers_for_names():
    by_class = Alphabet(tuple(map(str, range(62))))
    assert [by_class.label(c) for c in "09AZaz"] == [0, 9, 10, 35, 36, 61]
    balanced = Alphabet(tuple(map(str, range(47))))
    assert [balanced.label(c) for c in "9AZat"] == [9, 10, 35, 36, 46]
    assert balanced.label("c") is None
    assert Alphabet(tuple(map(str, range(10)))).label("7") == 7


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        ("ab", "ab"),
        ("a\u00a0b\tc", "a b c"),
        ("ｗｉｄｅ", "wide"),
        ("ﬁne", "fine"),
        ("a\u200bb\ufeff", "ab"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("x²", "x²"),  # a raised 2 is no 2
        ("e\u0301", "é"),
    ],
)
def test_unicode_is_normalised_where_the_meaning_stays(typed, spelled):
    assert LATIN.spell(typed) == spelled


def test_all_that_is_missing_is_named_with_what_has_it():
    with pytest.raises(UsageError) as caught:
        MATHS.check("2+DΩ∫2\a", [r"\foo", r"\bar"])
    message = str(caught.value)
    assert r"not known: \bar \foo" in message
    assert "no class for: U+0007 (no character), D, Ω (greek capital letter omega), ∫" in message
    assert "`make writer-text` trains a writer that has D" in message
    assert "`make writer-latex` trains a writer that has ∫" in message
    assert "for U+0007 Ω train on images of your own" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("names", "summary"),
    [("3210x()", "( ) 0-3 x"), ("ab/0", "/ 0 a b"), (["1", r"\sin", r"\cos"], "1 cos sin")],
)
def test_a_summary_joins_neighbours(names, summary):
    assert Alphabet(names).summary() == summary

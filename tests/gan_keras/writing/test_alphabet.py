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


def numbers(*ends):
    return [str(number) for number in range(*ends)]


@pytest.mark.parametrize(
    ("names", "dataset", "written", "not_written"),
    [
        (numbers(62), "", {"0": 0, "9": 9, "A": 10, "Z": 35, "a": 36, "z": 61}, ""),
        (numbers(47), "", {"9": 9, "A": 10, "Z": 35, "a": 36, "t": 46}, "c"),
        (numbers(10), "mnist", {"7": 7}, "A"),
        # EMNIST's letters: the classes that are used, all that TFDS declares, some
        (numbers(1, 27), "emnist/letters", {"A": 0, "Z": 25}, "0129"),
        (numbers(37), "emnist/letters", {"A": 1, "Z": 26}, "0129a"),
        (["1", "2"], "emnist/letters", {"A": 0, "B": 1}, "12"),
        (["9", "10", "61"], "emnist/byclass", {"9": 0, "A": 1, "z": 2}, "16"),
        (numbers(26), "", {"A": 0, "Z": 25}, "01"),
        # numbers of anything
        (numbers(12), "folder:shapes", {}, "0123456789"),
        (["3", "31", "70"], "", {}, "3"),
        # some digits, and words that begin with one
        (["3", "4"], "folder:digits", {"3": 0, "4": 1}, "5"),
        (["2", "10", "J"], "folder:cards", {"2": 0, "J": 2}, "1"),
    ],
)
def test_numbered_classes(names, dataset, written, not_written):
    alphabet = Alphabet(names, dataset)
    assert {c: alphabet.label(c) for c in written} == written
    assert not any(c in alphabet for c in not_written)


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

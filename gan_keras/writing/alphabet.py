"""Characters that a run can write: what each of its classes stands for."""

# ruff: noqa: RUF001, SIM905 (tables of characters, some of which look alike)
import string
import unicodedata
from collections.abc import Iterable, Sequence

from gan_keras.foundation.errors import UsageError

# Labels of CROHME that are no single character, each before what it looks like.
_COMMANDS = r"""
\Delta Δ  \alpha α  \beta β  \gamma γ  \lambda λ  \mu μ  \phi ϕ  \pi π  \sigma σ  \theta θ
\div ÷  \times ×  \pm ±  \lt <  \gt >  \leq ≤  \geq ≥  \neq ≠  \in ∈  \exists ∃  \forall ∀
\infty ∞  \int ∫  \sum ∑  \ldots …  \prime ′  \rightarrow →  \{ {  \} }
""".split()
_LATEX = dict(zip(_COMMANDS[::2], _COMMANDS[1::2], strict=True))
# Labels of CROHME that are whole words.
_WORDS = {rf"\{word}": word for word in ("cos", "lim", "log", "sin", "tan")}

TEXT_CHARACTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
LATEX_CHARACTERS = "!()+,-./0123456789=ABCEFGHILMNPRSTVXY[]abcdefghijklmnopqrstuvwxyz|" + "".join(
    _LATEX.values()
)
# What trains a writer -> the characters that it can write.
MAKERS = {"make writer-text": TEXT_CHARACTERS, "make writer-latex": LATEX_CHARACTERS}

# Sets that number their classes -> the character of each number, from 0. EMNIST: Cohen et al. 2017
# (arXiv:1702.05373), table II; its letters begin at 1.
_MERGED = string.digits + string.ascii_uppercase + "abdefghnqrt"
_NUMBERED = {
    "emnist/byclass": TEXT_CHARACTERS,
    "emnist/bymerge": _MERGED,
    "emnist/balanced": _MERGED,
    "emnist/letters": " " + string.ascii_uppercase,
}
# The same by the numbers alone, of sets under other names that have all of them.
_BY_NUMBERS = {
    range(62): TEXT_CHARACTERS,
    range(47): _MERGED,
    range(37): " " + string.ascii_uppercase,  # as TFDS declares EMNIST's letters
    range(1, 27): " " + string.ascii_uppercase,
    range(26): string.ascii_uppercase,
}

# Characters that share one ink; the first that the run has is taken.
_SAME_INK = ".⋅·∙ -−–—‐‑‒ ′'’‘´` \"”“″„ |∣ǀ ϕφ Δ∆ ∑Σ *∗ μµ ≤⩽ ≥⩾ …⋯ /∕⁄ ∈ϵ".split()
# Compatibility characters that mean the same; a raised 2 does not mean 2.
_HARMLESS = ("<wide>", "<narrow>", "<compat>", "<noBreak>", "<font>")
# Shapes that only size or place tells apart, which an image of a single glyph does not show.
_LOOK_ALIKES = "0Oo 1lI| cC kK pP sS uU vV wW xX× yY zZ".split()
# Characters with dots and other small parts.
_DOTTED = 'ij!?:;"÷…=≤≥±θ'


def smallest_part(name: str) -> float:
    """Share of the ink below which a separate piece is a speck and no part of a character."""
    return 0.04 if name in _DOTTED else 0.12  # also for "", a class of several characters


def _numbered(class_names: Sequence[str], dataset: str) -> Sequence[str]:
    """Returns names with characters for numbers: digits are numbers only where none is above 9."""
    if not all(name.isascii() and name.isdecimal() for name in class_names):
        return class_names
    numbers = [*map(int, class_names)]
    by_numbers = (found for every, found in _BY_NUMBERS.items() if [*every] == numbers)
    characters = _NUMBERED.get(dataset) or next(by_numbers, "")
    if not characters and max(numbers, default=0) <= 9:
        return class_names
    return [characters[n : n + 1] for n in numbers]


def check_length(words: str, most: int, kind: str) -> None:
    """Checks the length of a text or another kind of words.

    Raises:
        UsageError: If there is nothing to write, or too much.
    """
    if not words.strip():
        raise UsageError(f"there is nothing to write: the {kind} is empty or has only spaces")
    if len(words) > most:
        raise UsageError(f"the {kind} is too long: {len(words):,} characters, at most {most:,}")


class Alphabet:
    """The characters that the classes of a run stand for.

    Args:
        class_names: Names of the classes.
        dataset: The data set that has them: in some, numbers stand for letters.

    Attributes:
        characters: Character of each class, `""` of one that is no single character.
        words: Class of each function name that is one class, such as `sin`.
    """

    def __init__(self, class_names: Sequence[str], dataset: str = "") -> None:
        found = [_LATEX.get(name, name) for name in _numbered(class_names, dataset)]
        self.characters = tuple(c if len(c) == 1 and not c.isspace() else "" for c in found)
        self.words = {
            _WORDS[name]: label for label, name in enumerate(class_names) if name in _WORDS
        }
        self._labels = {c: label for label, c in enumerate(self.characters) if c}

    def __len__(self) -> int:
        return len(self._labels)

    def __contains__(self, character: str) -> bool:
        return self.label(character) is not None

    def label(self, name: str) -> int | None:
        """Class of a character, of one with the same ink, or of a function name; None if none."""
        if name in self.words:
            return self.words[name]
        same = next((family for family in _SAME_INK if name in family), "")
        return next((self._labels[c] for c in (name, *same) if c in self._labels), None)

    def spell(self, text: str) -> str:
        """Brings a text to characters that the run has, where they mean the same.

        Composed forms are joined (NFC), invisible format characters go, spaces of all kinds become
        plain ones, and wide letters, ligatures and the like are taken apart where the run can
        write the parts. Everything else it has no class for stays as it is.
        """
        text = "\n".join(unicodedata.normalize("NFC", text).splitlines())
        return "".join(map(self._spelled, text))

    def _spelled(self, character: str) -> str:
        if character == "\n" or character in self:
            return character
        if character.isspace():
            return " "
        if unicodedata.category(character) == "Cf":
            return ""
        tag = unicodedata.decomposition(character).partition(" ")[0]
        parts = unicodedata.normalize("NFKC", character)
        return parts if tag in _HARMLESS and all(part in self for part in parts) else character

    def groups(self) -> list[int]:
        """For each class the first class that looks like it, usually itself."""
        found = list(range(len(self.characters)))
        for family in _LOOK_ALIKES:
            members = [label for label, c in enumerate(self.characters) if c and c in family]
            for label in members:
                found[label] = members[0]
        return found

    def look_alikes(self) -> list[str]:
        """The characters that look alike, e.g. `0 O o`."""
        families = ([c for c in family if c in self._labels] for family in _LOOK_ALIKES)
        return [" ".join(family) for family in families if len(family) > 1]

    def check(self, characters: Iterable[str], commands: Iterable[str] = ()) -> None:
        """Checks that the run can write all of these.

        Args:
            characters: Characters, spaces excepted.
            commands: Commands of a formula that mean no symbol at all.

        Raises:
            UsageError: Names all that it cannot write, and what to train to have them.
        """
        missing = sorted({c for c in characters if c not in self})
        parts = []
        if commands := sorted(set(commands)):
            parts.append(f"these commands are not known: {' '.join(commands)}")
        if missing:
            names = ", ".join(map(_described, missing))
            parts.append(f"this run has no class for: {names} (it writes {self.summary()})")
        for command, characters in MAKERS.items():
            other = Alphabet(characters)
            if got := [c for c in missing if c in other]:
                parts.append(f"`{command}` trains a writer that has {' '.join(got)}")
            missing = [c for c in missing if c not in other]
        if missing:
            parts.append(
                f"for {' '.join(map(_printable, missing))} train on images of your own "
                "(--dataset=folder:PATH)"
            )
        if parts:
            raise UsageError("; ".join(parts))

    def summary(self) -> str:
        """The characters in a few signs, e.g. `( ) 0-9 x`: neighbours are joined."""
        runs: list[str] = []
        for c in sorted(self._labels):
            last = runs[-1][-1] if runs else " "
            if (last + c).isascii() and (last + c).isalnum() and ord(c) == ord(last) + 1:
                runs[-1] += c
            else:
                runs.append(c)
        ranges = [f"{run[0]}-{run[-1]}" if len(run) > 2 else " ".join(run) for run in runs]
        return " ".join([*ranges, *sorted(self.words)])


def _printable(character: str) -> str:
    """A character as a message may show it."""
    return character if character.isprintable() else f"U+{ord(character):04X}"


def _described(character: str) -> str:
    """A character with its name, if a reader may not know it."""
    if character.isascii() and character.isprintable():
        return character
    name = unicodedata.name(character, "no character")
    return f"{_printable(character)} ({name.lower()})"

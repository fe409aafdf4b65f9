"""What a run can write: which character each of its classes is, and how high it stands on a line.

All heights are in em, the size of the writing, above the baseline.
"""

# ruff: noqa: RUF001 (characters that look alike are what this is about)
import dataclasses
import string
import unicodedata
from collections.abc import Iterable, Sequence

from gan_keras.foundation.errors import UsageError

# Labels of CROHME that are no single character -> what they look like.
_LATEX = {
    r"\Delta": "Δ",
    r"\alpha": "α",
    r"\beta": "β",
    r"\div": "÷",
    r"\exists": "∃",
    r"\forall": "∀",
    r"\gamma": "γ",
    r"\geq": "≥",
    r"\gt": ">",
    r"\in": "∈",
    r"\infty": "∞",
    r"\int": "∫",
    r"\lambda": "λ",
    r"\ldots": "…",
    r"\leq": "≤",
    r"\lt": "<",
    r"\mu": "μ",
    r"\neq": "≠",
    r"\phi": "ϕ",
    r"\pi": "π",
    r"\pm": "±",
    r"\prime": "′",
    r"\rightarrow": "→",
    r"\sigma": "σ",
    r"\sum": "∑",
    r"\theta": "θ",
    r"\times": "×",
    r"\{": "{",
    r"\}": "}",
}
# Labels of CROHME that are whole words.
_WORDS = {rf"\{word}": word for word in ("cos", "lim", "log", "sin", "tan")}
# Radicals are drawn by the pen, so that they fit what stands under them.
_RADICAL = r"\sqrt"

TEXT_CHARACTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
LATEX_CHARACTERS = "!()+,-./0123456789=ABCEFGHILMNPRSTVXY[]abcdefghijklmnopqrstuvwxyz|" + "".join(
    _LATEX.values()
)
# What trains a writer -> the characters that it can write.
MAKERS = {"make writer-text": TEXT_CHARACTERS, "make writer-latex": LATEX_CHARACTERS}

# EMNIST names its classes by number. Cohen et al. 2017 (arXiv:1702.05373), table II.
_EMNIST = {
    62: TEXT_CHARACTERS,
    47: string.digits + string.ascii_uppercase + "abdefghnqrt",
}

# Characters that one and the same ink stands for; the first that the run has is taken.
_SAME_INK = (
    "-−–—‐‑‒",
    "′'’‘´`",
    '"”“″„',
    "|∣ǀ",
    "ϕφ",
    "Δ∆",
    "∑Σ",
    "*∗",
    "μµ",
    "≤⩽",
    "≥⩾",
    "…⋯",
    "/∕⁄",
    "∈ϵ",
)
# Compatibility characters that mean the same; a raised 2 does not mean 2.
_HARMLESS = ("<wide>", "<narrow>", "<compat>", "<noBreak>", "<font>")

# Shapes that only size or place tells apart, which an image of a single glyph does not show.
LOOK_ALIKES = (
    "0Oo",
    "1lI|",
    "cC",
    "kK",
    "pP",
    "sS",
    "uU",
    "vV",
    "wW",
    "xX×",
    "yY",
    "zZ",
)

X_HEIGHT, CAPITAL, ASCENDER, DESCENDER, AXIS = 0.46, 0.7, 0.76, -0.26, 0.26


@dataclasses.dataclass(frozen=True)
class Zone:
    """Where the ink of a character stands.

    Attributes:
        bottom: Lower end, em above the baseline.
        top: Upper end.
        width: Width in em of a flat character, which its height does not scale; 0 for others.
    """

    bottom: float
    top: float
    width: float = 0.0


def zone(character: str) -> Zone:
    """Where a character of a text stands on its line."""
    for members, found in _ZONES:
        if character in members:
            return found
    return Zone(0.0, CAPITAL)


_ZONES = (
    ("acemnorsuvwxzαπσ", Zone(0.0, X_HEIGHT)),
    ("bdfhkl", Zone(0.0, ASCENDER)),
    ("iθλ", Zone(0.0, 0.68)),
    ("t", Zone(0.0, 0.64)),
    ("gpqyγμ", Zone(DESCENDER, X_HEIGHT)),
    ("j", Zone(DESCENDER, 0.68)),
    ("βϕ", Zone(DESCENDER, ASCENDER)),
    ("()[]{}|/∫", Zone(-0.16, 0.8)),
    ("∑", Zone(-0.1, 0.74)),
    (".", Zone(0.0, 0.09)),
    (",", Zone(-0.15, 0.09)),
    ("′'\"", Zone(0.52, 0.8)),
    ("+±", Zone(AXIS - 0.2, AXIS + 0.2)),
    ("×÷", Zone(AXIS - 0.17, AXIS + 0.17)),
    ("<>≤≥≠∈", Zone(AXIS - 0.2, AXIS + 0.2)),
    ("-", Zone(AXIS, AXIS, width=0.36)),
    ("=", Zone(AXIS, AXIS, width=0.48)),
    ("→", Zone(AXIS, AXIS, width=0.7)),
    ("∞", Zone(AXIS, AXIS, width=0.66)),
    ("…", Zone(0.03, 0.03, width=0.6)),
)


# Characters with dots and other small parts.
_DOTTED = 'ij!?:;"÷…=≤≥±θ'


def smallest_part(text: str) -> float:
    """Share of the ink from which on a piece belongs to a character and is no speck."""
    return 0.04 if len(text) > 1 or text in _DOTTED else 0.12


class Alphabet:
    """The characters that the classes of a run stand for.

    Args:
        class_names: Names of the classes.

    Attributes:
        characters: Character of each class, `""` of one that is no single character.
        words: Class of each function name that is one class, such as `sin`.
    """

    def __init__(self, class_names: Sequence[str]):
        numbered = tuple(class_names) == tuple(map(str, range(len(class_names))))
        if numbered and len(class_names) in _EMNIST:
            class_names = tuple(_EMNIST[len(class_names)])
        self.characters = tuple(self._character(name) for name in class_names)
        self.words = {
            _WORDS[name]: label for label, name in enumerate(class_names) if name in _WORDS
        }
        self._labels = {c: label for label, c in enumerate(self.characters) if c}

    @staticmethod
    def _character(name: str) -> str:
        found = _LATEX.get(name, name)
        return found if len(found) == 1 and not found.isspace() else ""

    def __len__(self) -> int:
        return len(self._labels)

    def __contains__(self, character: str) -> bool:
        return self.label(character) is not None

    def label(self, character: str) -> int | None:
        """Class of a character, or of one with the same ink; None if there is none."""
        if character in self._labels:
            return self._labels[character]
        for family in _SAME_INK:
            if character in family:
                return next((self._labels[c] for c in family if c in self._labels), None)
        return None

    def spell(self, text: str) -> str:
        """Brings a text to characters that the run has, where they mean the same.

        Composed forms are joined (NFC), invisible format characters go, spaces of all kinds become
        plain ones, and wide letters, ligatures and the like are taken apart where the run can
        write the parts. Whatever else it has no class for stays as it is.

        Args:
            text: What the user typed.

        Returns:
            The text with spaces and newlines only between characters.
        """
        text = "\n".join(unicodedata.normalize("NFC", text).splitlines())
        return "".join(self._spelled(character) for character in text)

    def _spelled(self, character: str) -> str:
        if character == "\n":
            return character
        if character.isspace():
            return " "
        if unicodedata.category(character) == "Cf":
            return ""
        if character in self:
            return character
        tag = unicodedata.decomposition(character).partition(" ")[0]
        parts = unicodedata.normalize("NFKC", character)
        return parts if tag in _HARMLESS and all(part in self for part in parts) else character

    def groups(self) -> list[int]:
        """For each class the first class that looks like it; itself mostly."""
        found = list(range(len(self.characters)))
        for family in LOOK_ALIKES:
            members = [label for label, c in enumerate(self.characters) if c and c in family]
            for label in members:
                found[label] = members[0]
        return found

    def check(self, characters: Iterable[str], commands: Iterable[str] = ()) -> None:
        """Checks that the run can write all of these.

        Args:
            characters: Characters, spaces excepted.
            commands: Commands of a formula that mean no symbol at all.

        Raises:
            UsageError: Names all that it cannot write, and what to train to have them.
        """
        missing = sorted({c for c in characters if c not in self})
        commands = sorted(set(commands))
        if missing or commands:
            raise UsageError(self._complaint(missing, commands))

    def _complaint(self, missing: list[str], commands: list[str]) -> str:
        parts = []
        if commands:
            parts.append(f"these commands are not known: {' '.join(commands)}")
        if missing:
            names = ", ".join(map(describe, missing))
            parts.append(f"this run has no class for: {names} (it writes {self.summary()})")
        rest = missing
        for command, can in MAKERS.items():
            got = [c for c in rest if any(c in same for same in (can, *_families(can)))]
            if got:
                parts.append(f"`{command}` trains a writer that has {' '.join(got)}")
            rest = [c for c in rest if c not in got]
        if rest:
            parts.append(
                f"for {' '.join(map(printable, rest))} train on images of your own "
                "(--dataset=folder:PATH)"
            )
        return "; ".join(parts)

    def summary(self) -> str:
        """The characters in a few signs, e.g. `( ) 0-9 x`."""
        return " ".join([*ranges(self._labels), *sorted(self.words)])


def _families(can: str) -> list[str]:
    """Families of the same ink of which a set of characters has one."""
    return [family for family in _SAME_INK if any(c in can for c in family)]


def ranges(characters: Iterable[str]) -> list[str]:
    """Joins neighbours among digits and letters, e.g. `0-9`; in code point order."""
    runs: list[list[str]] = []
    for c in sorted(characters):
        before = runs[-1][-1] if runs else " "
        if (before + c).isascii() and (before + c).isalnum() and ord(c) == ord(before) + 1:
            runs[-1].append(c)
        else:
            runs.append([c])
    return [f"{run[0]}-{run[-1]}" if len(run) > 2 else " ".join(run) for run in runs]


def printable(character: str) -> str:
    """A character as a message may show it."""
    return character if character.isprintable() else f"U+{ord(character):04X}"


def describe(character: str) -> str:
    """A character with its name, if a reader may not know it."""
    if character.isascii() and character.isprintable():
        return character
    name = unicodedata.name(character, "no character")
    return f"{printable(character)} ({name.lower()})"

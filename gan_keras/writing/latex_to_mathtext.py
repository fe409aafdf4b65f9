r"""From LaTeX as people write it to the LaTeX that mathtext reads.

mathtext lacks commands (`\lt`, `\mbox`, `\limits`), wants braces around every argument (`\frac12`,
`\mathrm d`), and takes the blank of `x^ 2` for the exponent. So a formula is read as TeX reads it,
commands with their arguments, and written anew. Each piece keeps its place in the original, so that
messages quote what the user wrote.
"""

import collections
import functools
import re
from typing import NamedTuple

from matplotlib.mathtext import MathTextParser

_LIMITS = (r"\limits", r"\nolimits")  # they change what stands before them: `_Reader._with_limits`
_TEXT = r"\text{#1}"  # its argument is no formula: blanks count
_FONTS = ("rm", "it", "bf", "bfit", "cal", "bb", "frak", "scr", "sf", "tt", "regular", "default")
_SIZES = ("big", "Big", "bigg", "Bigg")
# What a command becomes: #1 and #2 are its arguments, #0 what may stand before them in brackets.
REWRITTEN = {
    "^": "^{#1}",
    "_": "_{#1}",
    r"\lt": "<",
    r"\gt": ">",
    r"\le": r"\leq",
    r"\ge": r"\geq",
    r"\lvert": "|",
    r"\rvert": "|",
    r"\frac": r"\frac{#1}{#2}",
    r"\tfrac": r"\frac{#1}{#2}",
    r"\dfrac": r"\dfrac{#1}{#2}",
    r"\cfrac": r"\dfrac{#1}{#2}",
    r"\binom": r"\binom{#1}{#2}",
    r"\overset": r"\overset{#1}{#2}",
    r"\stackrel": r"\overset{#1}{#2}",
    r"\underset": r"\underset{#1}{#2}",
    r"\sqrt": r"\sqrt#0{#1}",
    r"\overline": r"\overline{#1}",
    r"\operatorname": r"\operatorname{#1}",
    r"\boldsymbol": r"\boldsymbol{#1}",
    r"\mathop": "{#1}",
    **{rf"\math{font}": rf"\math{font}{{#1}}" for font in _FONTS},
    **dict.fromkeys((r"\text", r"\mbox", r"\hbox", r"\textrm", r"\textit", r"\textbf"), _TEXT),
    # Sizes, of which mathtext has one; pairs of delimiters grow with what is between them.
    **dict.fromkeys((r"\displaystyle", r"\textstyle", *_LIMITS), ""),
    **{rf"\{size}{side}": "" for size in _SIZES for side in ("", "l", "r", "m")},
}
_SIZED = re.compile(rf"\\(?:{'|'.join(_SIZES)})([lrm]?)")
_OPENING, _CLOSING = ("(", "[", r"\{", "|"), (")", "]", r"\}", "|")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\S")


class Piece(NamedTuple):
    """A part of a formula, and its place in what the user wrote."""

    text: str
    at: int


class FormulaError(ValueError):
    """A formula that lacks something, and the place where."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason)
        self.at = at


def unknown_commands(latex: str) -> list[str]:
    """Returns the commands of a formula that neither mathtext nor `REWRITTEN` knows."""
    return sorted({name for name in _TOKEN.findall(latex) if not _is_known(name)})


@functools.cache
def _is_known(sign: str) -> bool:
    """Tells a sign, or a command that can be written, from a command that is not known."""
    if sign in REWRITTEN or not _COMMAND.fullmatch(sign):
        return True
    if sign in (r"\right", r"\middle"):  # known behind a `\left`
        return True
    try:
        MathTextParser("path").parse(f"${sign}$")
    except ValueError as error:  # also for want of arguments
        return "Unknown symbol" not in str(error)
    return True


def rewrite(latex: str) -> tuple[str, list[int]]:
    """Rewrites a formula for mathtext; a command that is not known becomes an x.

    Returns:
        The formula, and for each of its characters a place in the original.

    Raises:
        FormulaError: If an argument or a closing sign is missing.
    """
    text, places, last = "", [], ""
    for piece in _Reader(latex).row():
        is_glued = _COMMAND.fullmatch(last) and piece.text[:1].isalpha()
        part = f" {piece.text}" if is_glued else piece.text
        text, last = text + part, piece.text
        places += [piece.at] * len(part)
    return text, places


class _Reader:
    """Reads a formula from left to right."""

    def __init__(self, latex: str) -> None:
        self._latex = latex
        self._rest = collections.deque(Piece(m[0], m.start()) for m in _TOKEN.finditer(latex))
        self._last = Piece("", 0)

    def _take(self) -> Piece:
        self._last = self._rest.popleft()
        return self._last

    def _peek(self) -> str:
        return self._rest[0].text if self._rest else ""

    def row(self, end: str = "") -> list[Piece]:
        """Rewrites all up to a closing sign, which is taken, or up to the end."""
        units: list[list[Piece]] = []
        sized: list[tuple[int, str]] = []  # opening delimiters of a size, without partners yet
        start = self._last.at
        while (sign := self._peek()) != end:
            if not sign:
                raise FormulaError(f"a {end} is missing", start)
            is_limits = units and sign in _LIMITS
            units.append(self._with_limits(units.pop()) if is_limits else self._unit())
            if size := _SIZED.fullmatch(sign):
                self._pair(units, sized, size[1])
        if end:
            self._take()
        return [piece for unit in units for piece in unit]

    def _pair(self, units: list[list[Piece]], sized: list[tuple[int, str]], side: str) -> None:
        """Lets the delimiter behind a size grow with what is between it and its partner."""
        mark = self._peek()
        is_open_bar = mark == "|" and side != "r" and not (sized and sized[-1][1] == "|")
        if sized and mark in _CLOSING and side in ("", "r") and not is_open_bar:
            units[sized.pop()[0]] = [Piece(r"\left", self._last.at)]
            units[-1] = [Piece(r"\right", self._last.at)]
        elif mark in _OPENING and side in ("", "l"):
            sized.append((len(units) - 1, mark))

    def _unit(self) -> list[Piece]:
        """Rewrites a sign, a group, or a command with its arguments."""
        sign = self._take()
        if sign.text == "{":
            return [sign, *self.row("}"), self._last]
        if not _is_known(sign.text):
            return [Piece("x", sign.at)]
        found = []
        for part in re.split(r"(#\d)", REWRITTEN.get(sign.text, sign.text)):
            if part == "#0":
                if self._peek() == "[":
                    found += [self._take(), *self.row("]"), self._last]
            elif part.startswith("#"):
                found += self._argument(sign)
            elif part:
                found.append(Piece(part, sign.at))
        return found

    def _argument(self, owner: Piece) -> list[Piece]:
        """Rewrites an argument of a command, without its braces if it has any."""
        if self._peek() in ("", "}"):
            raise FormulaError(f"{owner.text} is incomplete", owner.at)
        is_group = self._peek() == "{"
        start = self._rest[0].at + is_group
        found = self._unit()[is_group : -1 if is_group else None]
        if REWRITTEN[owner.text] == _TEXT:
            text = self._latex[start : self._last.at if is_group else start + 1]
            # CROHME's `\mbox { C }` is a variable: its blanks only part LaTeX into tokens
            found = [Piece(text if len(text.strip()) > 1 else text.strip(), start)]
        return found or [Piece("{}", owner.at)]

    def _with_limits(self, operator: list[Piece]) -> list[Piece]:
        r"""Sets scripts above and below an operator, or with `\nolimits` beside it."""
        sign = self._take()
        if sign.text == r"\nolimits":
            return [Piece("{", sign.at), *operator, Piece("}", sign.at)]
        scripts: dict[str, list[Piece]] = {}
        while (mark := self._peek()) in ("^", "_") and mark not in scripts:
            scripts[mark] = self._argument(self._take())
        for mark, command in (("^", r"\overset{"), ("_", r"\underset{")):
            if mark in scripts:
                middle, end = Piece("}{", sign.at), Piece("}", sign.at)
                operator = [Piece(command, sign.at), *scripts[mark], middle, *operator, end]
        return [*operator, Piece(r"\,", sign.at)]  # the space of an operator

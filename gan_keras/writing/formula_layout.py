"""Formulas: matplotlib's mathtext says where each glyph and rule goes. Lengths are in em."""

import itertools
import logging
import re
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from matplotlib.path import Path as Curve

from gan_keras.foundation.errors import UsageError
from gan_keras.writing import latex_to_mathtext
from gan_keras.writing.alphabet import Alphabet, check_length
from gan_keras.writing.glyph_measures import Extent
from gan_keras.writing.latex_to_mathtext import FormulaError

MAX_FORMULA = 400
# The widest formula of that length has plus signs only, 490 em; the highest is a
# `\substack` of 88 em. Larger ones come from lengths such as `\hspace{60000}`.
MAX_WIDTH, MAX_HEIGHT = 600.0, 100.0
_EM = 100.0  # points in which mathtext sets
_RADICAL = "√"
# Drawn by mathtext where its fonts lack a character.
_SUBSTITUTE = "¤"
# Letters of a function name stand nearer than this.
_WORD_GAP = 0.25

# It warns of characters that are reported in a better way here.
logging.getLogger("matplotlib.mathtext").setLevel(logging.ERROR)


class Slot(NamedTuple):
    """Room for the ink of one glyph, y upward from the baseline.

    Attributes:
        text: A character, or a function name that is one class.
        left, bottom, right, top: Ends of the ink.
        upright: Whether it is an upright letter, as in the name of a function.
    """

    text: str
    left: float
    bottom: float
    right: float
    top: float
    upright: bool = False


def lay_out(latex: str, alphabet: Alphabet) -> tuple[list[Slot], list[np.ndarray]]:
    r"""Lays out a formula.

    Args:
        latex: LaTeX as mathtext knows it, e.g. `\frac{3+4}{x}`; dollar signs around it are fine.
        alphabet: The characters that can be written.

    Returns:
        Room for the glyphs; and the corners, `(n, 2)` each, of the pen's own lines: fraction bars
        and radicals.

    Raises:
        UsageError: If it is empty, too long, too large or not understood, or needs characters that
            the alphabet lacks.
    """
    source = _clean(latex)
    unknown = latex_to_mathtext.unknown_commands(source)
    places: Sequence[int] = range(len(source))
    try:
        rewritten, places = latex_to_mathtext.rewrite(source)
        font = FontProperties(size=_EM, math_fontfamily="dejavusans")
        glyphs, rules = MathTextParser("path").parse(f"${rewritten}$", 72, font)[3:]
    except RecursionError:
        raise UsageError("the formula is nested too deeply") from None
    except ValueError as error:
        raise UsageError(_complaint(error, source, places, unknown)) from None
    all_slots = _join_words([slot for slot in map(_slot, glyphs) if slot is not None], alphabet)
    # A character that no font of mathtext has looks the same whichever it was: ask the source.
    foreign = {c for c in source if ord(c) > 127 and not c.isspace() and c not in alphabet}
    wanted = {slot.text for slot in all_slots} - {_RADICAL, _SUBSTITUTE}
    alphabet.check((wanted - alphabet.words.keys()) | foreign, unknown)
    if not all_slots:
        raise UsageError("there is nothing to write: the formula has no symbols")
    lines = _lines([slot for slot in all_slots if slot.text == _RADICAL], rules)
    slots = [slot for slot in all_slots if slot.text != _RADICAL]
    corners = [((slot.left, slot.bottom), (slot.right, slot.top)) for slot in slots]
    width, height = np.ptp(np.concatenate([*corners, *lines]), axis=0)
    if not (width <= MAX_WIDTH and height <= MAX_HEIGHT):  # true for NaN too
        raise UsageError(
            f"the formula is too large: {width:,.0f} x {height:,.0f} em, at most {MAX_WIDTH:.0f} x "
            f"{MAX_HEIGHT:.0f}; a length in it (as of \\hspace) must be smaller"
        )
    return slots, lines


def _clean(latex: str) -> str:
    """Takes dollar signs off, and checks everything that can be checked before parsing."""
    source = " ".join(unicodedata.normalize("NFC", latex).split())
    if len(source) > 1 and source.startswith("$") and source.endswith("$"):
        source = source.strip("$").strip()
    check_length(source, MAX_FORMULA, "formula")
    if "$" in source.replace(r"\$", ""):
        raise UsageError("the formula has a $ inside; one formula at a time, without $ in it")
    return "".join(c for c in source if unicodedata.category(c) not in ("Cf", "Cc"))


def _complaint(
    error: ValueError, source: str, places: Sequence[int], unknown: Sequence[str]
) -> str:
    """An error in a line, after the commands that are not known."""
    reason = str(error).strip().splitlines()[-1].split(": ", 1)[-1]
    place = re.search(r"\(at char (\d+)\)", reason)
    at = error.at if isinstance(error, FormulaError) else None
    if place and places:
        at = places[min(int(place[1]), len(places) - 1)]
    reason = re.split(r", found |\(at char", reason)[0].strip(" ,")
    if len(reason) > 80 or not reason:  # mathtext's whole grammar
        reason = "something is missing or one too many"
    where = "" if at is None else f" near {source[at : at + 12]!r} (character {at + 1})"
    also = f"these commands are not known: {' '.join(unknown)}; " if unknown else ""
    return f"{also}the formula cannot be read{where}: {reason}"


def _slot(glyph: tuple[Any, ...]) -> Slot | None:
    """Ink box of a glyph; None for a space."""
    # matplotlib 3.11 has put the glyph's number behind the character's.
    font, size, code, *_, x, y = glyph
    font.set_size(size, 72)
    font.load_char(code)
    vertices, codes = font.get_path()
    if not len(vertices):
        return None
    ends = Curve(vertices, codes).get_extents()
    text = chr(code)
    if font.family_name.startswith("cm"):  # the only sign taken from Computer Modern
        text = {"0": "\u2032"}.get(text, text)
    box = np.array([x + ends.x0, y + ends.y0, x + ends.x1, y + ends.y1]) / _EM
    return Slot(text, *map(float, box), "blique" not in font.style_name and text.isalpha())


def _join_words(slots: list[Slot], alphabet: Alphabet) -> list[Slot]:
    """Joins the letters of function names that the alphabet has as one class."""
    runs: list[list[Slot]] = []
    for slot in slots:
        last = runs[-1][-1] if runs else slot
        if last.upright and slot.upright and 0 <= slot.left - last.right < _WORD_GAP:
            runs[-1].append(slot)
        else:
            runs.append([slot])
    joined: list[Slot] = []
    for run in runs:
        word = "".join(slot.text for slot in run)
        if word in alphabet.words:
            bottom, top = min(slot.bottom for slot in run), max(slot.top for slot in run)
            joined.append(Slot(word, run[0].left, bottom, run[-1].right, top))
        else:
            joined += run
    return joined


def _lines(radicals: list[Slot], rules: list[tuple]) -> list[np.ndarray]:
    """Corners of bars and radicals: radicals are drawn by the pen, to fit their content."""
    bars = [(x / _EM, (y + h / 2) / _EM, (x + w) / _EM) for x, y, w, h in rules]
    lines = []
    for slot in radicals:
        roof = min(bars, key=lambda bar: abs(bar[0] - slot.right) + abs(bar[1] - slot.top))
        bars.remove(roof)
        # The hook takes no more room than a sign of usual height has.
        width = min(slot.right - slot.left, 0.75)
        left = slot.right - width
        low, height = slot.bottom, roof[1] - slot.bottom
        corners = [(0.02, 0.46), (0.2, 0.56), (0.48, 0.0)]
        points = [(left + x * width, low + y * height) for x, y in corners]
        lines.append(np.array([*points, (roof[0], roof[1]), (roof[2], roof[1])]))
    return lines + [np.array([(x0, y), (x1, y)]) for x0, y, x1 in bars]


def fit_box(extent: Extent, width: float, height: float) -> tuple[float, float]:
    """Em per pixel sideways and upward, so that the pen's way fills a width and a height.

    The longer side of the box decides; the other follows within limits, so that an `8` does not
    become an `o` of the same height. Strokes that only go one way have no say in the other.
    """
    width, height = max(width, 0.01), max(height, 0.01)
    across = width / max(extent.width, 2.0)
    upward = height / max(extent.height, 2.0)
    thin = 0.25 * max(extent.width, extent.height)
    if extent.width <= thin or width < 0.1 * height:
        return (min(upward, 2.0 * max(across, upward / 3)), upward)
    if extent.height <= thin or height < 0.1 * width:
        return (across, across)
    if height >= width:
        return (float(np.clip(across, 0.72 * upward, 1.35 * upward)), upward)
    return (across, float(np.clip(upward, 0.72 * across, 1.35 * across)))


def by_hand(line: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A line by corners as a hand draws it: not quite straight, but with the same ends."""
    points = []
    for start, end in itertools.pairwise(line):
        count = max(2, int(np.hypot(*(end - start)) / 0.15))
        way = np.linspace(0.0, 1.0, count, endpoint=False)[:, None]
        points.append(start + (end - start) * way)
    path = np.concatenate([*points, line[-1:]])
    slow = np.cumsum(random.normal(0.0, 0.003, path.shape), axis=0)
    return path + slow - np.linspace(0.0, 1.0, len(path))[:, None] * slow[-1]

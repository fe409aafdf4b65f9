"""Lines of text: what stands where, decided by the ink itself."""

import dataclasses

import numpy as np
from scipy import ndimage

from gan_keras.foundation.errors import UsageError
from gan_keras.writing import characters
from gan_keras.writing.inking import Ink

PITCH = 1.42  # em between two baselines
_SPACE = 0.4  # em between the ink of two words
_GAP = 0.09  # em between the ink of two letters
# Rows in which the distance of two letters is measured, in em.
_ROWS = np.arange(-0.6, 1.3, 0.04)
_REACH = 3  # rows that count as the same height
_TILT = 0.004  # standard deviation of a line's slope
# Share of its width by which a letter may lie above or below the one before it.
_TUCK = 0.35
MAX_TEXT = 2000


def check(text: str, longest: int = MAX_TEXT) -> str:
    """Checks the length of a text; returns it.

    Raises:
        UsageError: If there is nothing to write, or too much.
    """
    if not text.strip():
        raise UsageError("there is nothing to write: the text is empty or has only spaces")
    if len(text) > longest:
        raise UsageError(f"the text is too long: {len(text):,} characters, at most {longest:,}")
    return text


@dataclasses.dataclass(frozen=True)
class Fit:
    """How large a character of a text is drawn.

    Attributes:
        zone: Where it stands.
        size: Its own size, about 1.
    """

    zone: characters.Zone
    size: float

    def scale(self, width: float, height: float, pen: float) -> float:
        """Em a pixel.

        Args:
            width: Way of the pen sideways, in pixels.
            height: The same upward.
            pen: Width of the pen in em.
        """
        if self.zone.width:
            wanted, have = self.zone.width - pen, width
        else:
            wanted, have = self.zone.top - self.zone.bottom - pen, height
        # What should have height but is drawn flat must not grow without limit.
        return self.size * max(wanted, 0.01) / max(have, width / 2, 2.0)

    def base(self, height: float, pen: float) -> float:
        """Where the lower end of the pen's way stands, in em.

        Args:
            height: Way of the pen upward, in em.
            pen: Width of the pen in em.
        """
        if self.zone.width:
            return self.zone.bottom - height / 2
        return self.zone.bottom + pen / 2


def kern(inks: list[Ink], gaps: np.ndarray) -> list[float]:
    """Places the letters of a word side by side, by their ink.

    Each comes as near to those before it as the gap allows in any row; letters that meet in no row
    stand apart by their ends.

    Args:
        inks: The letters on their baseline, wherever sideways.
        gaps: Distance of each to what stands before it, in em.

    Returns:
        How far each has to be moved to the right; the first starts at 0.
    """
    edge = np.full(len(_ROWS), -np.inf)
    moves, last = [], None
    for ink, gap in zip(inks, gaps, strict=True):
        left, right = _profile(ink)
        start, _, end, _ = ink.box
        if last is None:
            move = -start
        else:
            meet = np.isfinite(left) & np.isfinite(edge)
            near = float(np.max(edge[meet] - left[meet])) if meet.any() else -np.inf
            tucked = last - _TUCK * (end - start) - start
            move = max(near, tucked) + gap
        moves.append(move)
        edge = np.maximum(edge, right + move)
        last = end + move if last is None else max(last, end + move)
    return moves


def _profile(ink: Ink) -> tuple[np.ndarray, np.ndarray]:
    """Left and right end of the ink in each of `_ROWS` and its neighbours; infinite where none."""
    points = np.concatenate(ink.outlines)
    rows = np.clip(np.searchsorted(_ROWS, points[:, 1]), 0, len(_ROWS) - 1)
    left = np.full(len(_ROWS), np.inf)
    right = np.full(len(_ROWS), -np.inf)
    np.minimum.at(left, rows, points[:, 0])
    np.maximum.at(right, rows, points[:, 0])
    return (
        ndimage.minimum_filter1d(left, _REACH, mode="nearest"),
        ndimage.maximum_filter1d(right, _REACH, mode="nearest"),
    )


def set_lines(
    text: str, inks: list[Ink], width: float, spacing: float, unrest: float, random
) -> list[Ink]:
    """Sets letters into lines.

    Args:
        text: The text; a newline ends a line.
        inks: Ink of each character that is no space, on its baseline.
        width: Longest line in em.
        spacing: Distances, in units of the usual ones.
        unrest: How much places vary, in units of the usual amount.
        random: NumPy generator.

    Returns:
        The inks where they stand; the first baseline is at 0, the next ones below.
    """
    rest = iter(inks)
    placed: list[Ink] = []
    line = 0
    for paragraph in text.split("\n"):
        x, tilt = 0.0, random.normal(0.0, _TILT * unrest)  # a line is never quite level
        for word, spaces in _words(paragraph):
            letters = [next(rest) for _ in word]
            gaps = spacing * _GAP * np.exp(0.2 * unrest * random.standard_normal(len(letters)))
            moves = kern(letters, gaps)
            letters = [ink.moved(move, 0.0) for ink, move in zip(letters, moves, strict=True)]
            gap = spaces * spacing * _SPACE * np.exp(0.12 * unrest * random.standard_normal())
            for part in _parts(letters, width):
                left, right = part[0].box[0], max(ink.box[2] for ink in part)
                if x and x + gap + right - left > width:
                    line, x, gap = line + 1, 0.0, 0.0
                    tilt = random.normal(0.0, _TILT * unrest)
                shift = x + gap - left
                for ink in part:
                    placed.append(ink.moved(shift, tilt * (ink.box[0] + shift) - line * PITCH))
                x, gap = right + shift, 0.0
        line += 1
    return placed


def _words(paragraph: str) -> list[tuple[str, int]]:
    """Words with the number of spaces before each."""
    found, spaces = [], 0
    for piece in paragraph.split(" "):
        if piece:
            found.append((piece, spaces))
            spaces = 0
        spaces += 1
    return found


def _parts(letters: list[Ink], width: float) -> list[list[Ink]]:
    """Cuts a word that is longer than a line."""
    parts: list[list[Ink]] = [[]]
    for ink in letters:
        if parts[-1] and ink.box[2] - parts[-1][0].box[0] > width:
            parts.append([])
        parts[-1].append(ink)
    return parts

"""Lines of text: characters stand in zones of a line, and side by side as their ink allows.

All lengths are in em, the size of the writing; heights count from the baseline upward.
"""

# ruff: noqa: RUF001 (characters that look alike)
import dataclasses
import re

import numpy as np
from scipy import ndimage

from gan_keras.writing.hand_styles import Hand
from gan_keras.writing.ink_outlines import Ink

PITCH = 1.42  # between two baselines
_SPACE = 0.4  # between the ink of two words
_GAP = 0.09  # between the ink of two letters
# Rows in which the distance of two letters is measured.
_ROWS = np.arange(-0.6, 1.3, 0.04)
_REACH = 3  # rows that count as the same height
_TILT = 0.004  # standard deviation of a line's slope
# Share of its width by which a letter may lie above or below the one before it.
_TUCK = 0.35

X_HEIGHT, CAPITAL, ASCENDER, DESCENDER, AXIS = 0.46, 0.7, 0.76, -0.26, 0.26


@dataclasses.dataclass(frozen=True)
class Zone:
    """Where the ink of a character stands.

    Attributes:
        bottom: Lower end.
        top: Upper end.
        width: Width of a flat character, which its height does not scale; 0 for others.
    """

    bottom: float
    top: float
    width: float = 0.0

    def scale(self, width: float, height: float, pen: float, size: float = 1.0) -> float:
        """Em per pixel for a drawing.

        Args:
            width: Way of the pen sideways, in pixels.
            height: The same upward.
            pen: Width of the pen.
            size: The character's own size, about 1.
        """
        wanted, have = self.top - self.bottom - pen, height
        if self.width:
            wanted, have = self.width - pen, width
        # What should have height but is drawn flat must not grow without limit.
        return size * max(wanted, 0.01) / max(have, width / 2, 2.0)

    def base(self, height: float, pen: float) -> float:
        """Height of the lower end of the pen's way, which goes `height` upward."""
        return self.bottom - height / 2 if self.width else self.bottom + pen / 2


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
    ("⋅·∙", Zone(AXIS - 0.045, AXIS + 0.045)),
    (",", Zone(-0.15, 0.09)),
    ("′'\"", Zone(0.52, 0.8)),
    ("+±<>≤≥≠∈", Zone(AXIS - 0.2, AXIS + 0.2)),
    ("×÷", Zone(AXIS - 0.17, AXIS + 0.17)),
    ("-", Zone(AXIS, AXIS, width=0.36)),
    ("=", Zone(AXIS, AXIS, width=0.48)),
    ("→", Zone(AXIS, AXIS, width=0.7)),
    ("∞", Zone(AXIS, AXIS, width=0.66)),
    ("…", Zone(0.03, 0.03, width=0.6)),
)


def zone(character: str) -> Zone:
    """Where a character of a text stands on its line."""
    return next((found for members, found in _ZONES if character in members), Zone(0.0, CAPITAL))


def kern(inks: list[Ink], gaps: np.ndarray) -> list[float]:
    """Places the letters of a word side by side, by their ink.

    Each comes as near to those before it as the gap allows in any row; letters that meet in no row
    stand apart by their ends.

    Args:
        inks: The letters on their baseline, wherever sideways.
        gaps: Distance of each to what stands before it.

    Returns:
        Distance by which each has to be moved to the right; the first starts at 0.
    """
    edge = np.full(len(_ROWS), -np.inf)
    moves, last = [], 0.0
    for ink, gap in zip(inks, gaps, strict=True):
        left, right = _profile(ink)
        start, _, end, _ = ink.box
        meet = np.isfinite(left) & np.isfinite(edge)
        near = float(np.max(edge[meet] - left[meet])) if meet.any() else -np.inf
        move = max(near, last - _TUCK * (end - start) - start) + gap if moves else -start
        last = max(last, end + move)
        moves.append(move)
        edge = np.maximum(edge, right + move)
    return moves


def _profile(ink: Ink) -> tuple[np.ndarray, np.ndarray]:
    """Left and right end of the ink in each of `_ROWS` and its neighbours; infinite where none."""
    points = np.concatenate(ink.outlines)
    rows = np.clip(np.searchsorted(_ROWS, points[:, 1]), 0, len(_ROWS) - 1)
    left = np.full(len(_ROWS), np.inf)
    right = -left
    np.minimum.at(left, rows, points[:, 0])
    np.maximum.at(right, rows, points[:, 0])
    return (
        ndimage.minimum_filter1d(left, _REACH, mode="nearest"),
        ndimage.maximum_filter1d(right, _REACH, mode="nearest"),
    )


def set_lines(
    text: str, inks: list[Ink], width: float, hand: Hand, random: np.random.Generator
) -> list[Ink]:
    """Sets letters into lines.

    Args:
        text: The text; a newline ends a line.
        inks: Ink of each character that is no space, on its baseline.
        width: Longest line.
        hand: Decides on distances and on how much places vary.
        random: Source of chance.

    Returns:
        The inks where they stand; the first baseline is at 0, the next ones below.
    """
    unrest, rest = hand.unrest, iter(inks)
    placed: list[Ink] = []
    line = 0
    for paragraph in text.split("\n"):
        x, tilt = 0.0, random.normal(0.0, _TILT * unrest)  # a line is never quite level
        for spaces, word in re.findall(r"( *)([^ ]+)", paragraph):
            letters = [next(rest) for _ in word]
            gaps = hand.spacing * _GAP * np.exp(0.2 * unrest * random.standard_normal(len(letters)))
            moves = kern(letters, gaps)
            letters = [ink.moved(move, 0.0) for ink, move in zip(letters, moves, strict=True)]
            scatter = np.exp(0.12 * unrest * random.standard_normal())
            gap = len(spaces) * hand.spacing * _SPACE * scatter
            for part in _cut_word(letters, width):
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


def _cut_word(letters: list[Ink], width: float) -> list[list[Ink]]:
    """Cuts a word that is longer than a line."""
    parts: list[list[Ink]] = [[]]
    for ink in letters:
        if parts[-1] and ink.box[2] - parts[-1][0].box[0] > width:
            parts.append([])
        parts[-1].append(ink)
    return parts

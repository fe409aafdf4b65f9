"""The letter shapes of an alphabet, compiled to arrays: curves through control points.

`alphabet.json` holds the *allographs* of each label, the different shapes that people learn for the
same character (a "4" open or closed, a "7" crossed or not), each as `[share of writers, strokes]`;
shares are relative. Strokes are separated by "/" and stand in the order in which the pen draws
them; a stroke is a list of points "x,y" that the pen passes through. A point marked "!" is a sharp
turn; all others are passed smoothly.

The unit is a hundredth of the digit height, called *unit* throughout the package. x grows to the
right. y grows downward: 0 is the top of digits, capitals and ascenders, 45 the top of small
letters, 100 the base line, 140 the end of descenders.
"""

import dataclasses
import functools
import itertools
import json
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline

# Standard deviation of the logarithm of a class's width: a bracket or a bar varies far more than a
# digit, whose shape is its meaning.
_WIDTH_SPREAD = {
    **dict.fromkeys("()", 0.27),
    **dict.fromkeys("-1=", 0.26),
    **dict.fromkeys("02", 0.22),
    **dict.fromkeys("xI", 0.17),
}
_DEFAULT_WIDTH_SPREAD = 0.13
# Glyphs of one or two plain lines: bent as much as parts of a digit they would no longer be lines.
_PLAIN = frozenset("()+-1=Il")
# Factor of the shift of separate bars: in "+" they meet anywhere, but in "=" they must not run
# together.
_LOOSENESS = {"+": 2.2, "=": 1.4}
# Labels whose later strokes a hasty writer adds after the whole word.
_DELAYED = frozenset("ijtx")

# Points per stroke of the densely drawn curve, before it is sampled like a digitizer would.
DENSE = 64


@dataclasses.dataclass(frozen=True)
class GlyphTable:
    """All allographs of an alphabet, compiled to arrays; "stroke" means a stroke of an allograph.

    Attributes:
        labels: The alphabet, in the order of the label indices.
        choice: Cumulative shares of the allographs, (labels, most allographs), padded with 1.
        first_allograph: Index of each label's first allograph, (labels,).
        first_stroke: Index of each allograph's first stroke, (allographs,).
        stroke_count: Strokes of each allograph, (allographs,).
        centre: Middle of each allograph's box in units, (allographs, 2).
        half: Half of the longer side of that box in units, (allographs,).
        control: Control points in units, (strokes, most points, 2), padded with the last one.
        point_count: Control points of each stroke, (strokes,).
        bases: For each stroke the three matrices (3, DENSE, points) from control points to the
            drawn curve: with its corners, with the corners smoothed, and as straight lines.
        width_spread: Deviation of the log width, (labels,).
        stiffness: Factor of the usual bending, (labels,).
        looseness: Factor of the usual shift of strokes against each other, (labels,).
        delayed: True if later strokes may be written after the word, (labels,).
    """

    labels: tuple[str, ...]
    choice: np.ndarray
    first_allograph: np.ndarray
    first_stroke: np.ndarray
    stroke_count: np.ndarray
    centre: np.ndarray
    half: np.ndarray
    control: np.ndarray
    point_count: np.ndarray
    bases: tuple[np.ndarray, ...]
    width_spread: np.ndarray
    stiffness: np.ndarray
    looseness: np.ndarray
    delayed: np.ndarray


def _parse_strokes(text: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Reads strokes: for each its points in units, (n, 2), and which of them are sharp, (n,)."""
    strokes = []
    for stroke in text.split("/"):
        tokens = stroke.split()
        points = [tuple(map(float, token.rstrip("!").split(","))) for token in tokens]
        strokes.append((np.array(points), np.array([token.endswith("!") for token in tokens])))
    return strokes


def _natural_spline(knots: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Returns the matrix that maps values at `knots` to a natural cubic spline's values at `at`.

    The spline is linear in the values, so that one matrix serves every distortion of a glyph.
    """
    return CubicSpline(knots, np.eye(len(knots)), bc_type="natural")(at)


def _stroke_bases(points: np.ndarray, sharp: np.ndarray) -> np.ndarray:
    """Returns the matrices (3, DENSE, n) of `GlyphTable.bases` for one stroke."""
    n = len(points)
    # A knot distance of the square root of the chord (centripetal) keeps splines free of loops.
    chord = np.maximum(np.hypot(*np.diff(points, axis=0).T), 1e-3)
    knots = np.concatenate([[0], np.cumsum(np.sqrt(chord))])
    length = np.concatenate([[0], np.cumsum(chord)])
    # Equal steps along the drawn length, not along the knots, so that no part is coarse.
    at = np.interp(np.linspace(0, length[-1], DENSE), length, knots)
    bases = np.zeros((3, DENSE, n))
    corners = [0, *(i for i in range(1, n - 1) if sharp[i]), n - 1]
    for start, end in itertools.pairwise(corners):
        inside = (at >= knots[start]) & (at <= knots[end])
        bases[0, inside] = 0
        bases[0, inside, start : end + 1] = _natural_spline(knots[start : end + 1], at[inside])
    bases[1] = _natural_spline(knots, at)
    for i in range(n):
        bases[2, :, i] = np.interp(at, knots, np.eye(n)[i])
    return bases


@functools.cache
def glyph_table(labels: tuple[str, ...]) -> GlyphTable:
    """Compiles the allographs of an alphabet.

    Args:
        labels: The alphabet; `alphabet.json` must hold every label.
    """
    allographs = json.loads((Path(__file__).parent / "alphabet.json").read_text(encoding="utf-8"))
    shares, first_allograph, first_stroke, stroke_count = [], [], [], []
    centre, half, controls, bases = [], [], [], []
    for label in labels:
        first_allograph.append(len(first_stroke))
        weights = np.array([share for share, _ in allographs[label]], float)
        shares.append(np.cumsum(weights) / weights.sum())
        for _, text in allographs[label]:
            strokes = _parse_strokes(text)
            first_stroke.append(len(controls))
            stroke_count.append(len(strokes))
            everything = np.concatenate([points for points, _ in strokes])
            low, high = everything.min(0), everything.max(0)
            centre.append((low + high) / 2)
            half.append((high - low).max() / 2)
            for points, sharp in strokes:
                controls.append(points)
                bases.append(_stroke_bases(points, sharp))
    choice = np.ones((len(labels), max(map(len, shares))))
    for row, share in zip(choice, shares, strict=True):
        row[: len(share) - 1] = share[:-1]
    most = max(map(len, controls))
    control = np.stack([np.pad(c, ((0, most - len(c)), (0, 0)), mode="edge") for c in controls])
    return GlyphTable(
        labels=labels,
        choice=choice,
        first_allograph=np.array(first_allograph),
        first_stroke=np.array(first_stroke),
        stroke_count=np.array(stroke_count),
        centre=np.array(centre),
        half=np.array(half),
        control=control,
        point_count=np.array([len(c) for c in controls]),
        bases=tuple(bases),
        width_spread=np.array([_WIDTH_SPREAD.get(c, _DEFAULT_WIDTH_SPREAD) for c in labels]),
        stiffness=np.array([0.24 if c in _PLAIN else 1.0 for c in labels]),
        looseness=np.array([_LOOSENESS.get(c, 1.0) for c in labels]),
        delayed=np.array([c in _DELAYED for c in labels]),
    )

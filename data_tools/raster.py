"""Pen strokes to grey images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

# Steps along the longer side of a symbol: 1/2000 pixel at 28 pixels.
UNIT = 65535

# Both at 28 x 28; other sizes in proportion.
_MNIST_BOX = 20 / 28
_MNIST_PEN = 2.2 / 28
_THINNEST_PEN = 1.2  # Pixels; a thinner one leaves mere shadows.
# The LaTeX Writer's extractor drew with a pen of 3 pixels whatever the size.
_ORIGINAL_PEN = 3
# Symbols drawn in one call: per-call overhead is most of the time of drawing one symbol.
_STRIP_SYMBOLS = 256
_STRIP_POINTS = 200_000
_STRIP_WIDTH = 32_000
# Smaller symbols are dots; the smallest real ones measure 0.008 units.
_NO_EXTENT = 1e-9


@dataclass
class Ink:
    """The strokes of n symbols in flat arrays.

    Attributes:
        points: uint16 (p, 2), x and y of all points of all strokes of all symbols, each symbol
            scaled by itself to a box whose longer side is `UNIT` (aspect kept, one corner at the
            origin).
        strokes: int32 (s,), number of points of each stroke.
        counts: int32 (n,), number of strokes of each symbol.
    """

    points: np.ndarray
    strokes: np.ndarray
    counts: np.ndarray

    def __len__(self) -> int:
        return len(self.counts)

    @classmethod
    def concatenate(cls, parts: "Sequence[Ink]") -> Self:
        """Joins inks, at least one, in order."""
        return cls(
            np.concatenate([part.points for part in parts]),
            np.concatenate([part.strokes for part in parts]),
            np.concatenate([part.counts for part in parts]),
        )

    def points_per_symbol(self) -> np.ndarray:
        """Number of points of each symbol, int64 (n,)."""
        sums = np.concatenate([[0], np.cumsum(self.strokes, dtype=np.int64)])
        ends = np.cumsum(self.counts, dtype=np.int64)
        return sums[ends] - sums[ends - self.counts]

    def take(self, chosen: np.ndarray) -> "Ink":
        """Returns the symbols where `chosen`, bool (n,), holds, in order."""
        strokes = np.repeat(chosen, self.counts)
        points = np.repeat(strokes, self.strokes)
        return Ink(self.points[points], self.strokes[strokes], self.counts[chosen])

    def split(self, ends: np.ndarray) -> "list[Ink]":
        """Cuts behind the given numbers of symbols (ascending, the last is n)."""
        stroke_ends = np.concatenate([[0], np.cumsum(self.counts)])[ends]
        point_ends = np.concatenate([[0], np.cumsum(self.strokes)])[stroke_ends]
        return [
            Ink(*part)
            for part in zip(
                np.split(self.points, point_ends[:-1]),
                np.split(self.strokes, stroke_ends[:-1]),
                np.split(self.counts, ends[:-1]),
                strict=True,
            )
        ]


def normalize(points: np.ndarray, strokes: np.ndarray, counts: np.ndarray) -> Ink:
    """Scales each symbol by itself into the common box.

    Args:
        points: Coordinates in any unit, float64 (p, 2); finite, no stroke or symbol empty.
        strokes: Number of points of each stroke, int (s,).
        counts: Number of strokes of each symbol, int (n,).

    Returns:
        The scaled ink. A symbol without extent lies at the origin.
    """
    ink = Ink(
        np.zeros((len(points), 2), np.uint16),
        np.asarray(strokes, np.int32),
        np.asarray(counts, np.int32),
    )
    if len(ink):
        lengths = ink.points_per_symbol()
        starts = np.cumsum(lengths) - lengths
        low = np.minimum.reduceat(points, starts)
        extent = (np.maximum.reduceat(points, starts) - low).max(axis=1)
        scale = np.where(extent > _NO_EXTENT, UNIT / np.maximum(extent, _NO_EXTENT), 0.0)
        unit = (points - np.repeat(low, lengths, axis=0)) * np.repeat(scale, lengths)[:, None]
        ink.points[:] = np.clip(np.rint(unit), 0, UNIT)  # Rounding may pass the end.
    return ink


def draw(ink: Ink, size: int, style: str) -> np.ndarray:
    """Draws symbols.

    Args:
        ink: The symbols.
        size: Side of the images in pixels.
        style: Key of `STYLES`. "mnist": anti-aliased round pen, the symbol's longer side 20/28 of
            the image and centred. "original": strictly 0 and 255, pen of 3 pixels, the longer side
            fills the image, as the LaTeX Writer's data was drawn.

    Returns:
        uint8 (n, size, size), ink 255 on 0. No image is empty.
    """
    if not len(ink):
        return np.zeros((0, size, size), np.uint8)
    paint = STYLES[style]
    return np.concatenate([paint(strip, size) for strip in ink.split(_strip_ends(ink, size))])


def _strip_ends(ink: Ink, size: int) -> np.ndarray:
    """Cuts the symbols into strips that can be drawn in one call."""
    most = max(1, min(_STRIP_SYMBOLS, _STRIP_WIDTH // (size + 8)))
    ends, symbols, points = [], 0, 0
    for number, length in enumerate(ink.points_per_symbol().tolist()):
        if symbols and (symbols == most or points + length > _STRIP_POINTS):
            ends.append(number)
            symbols = points = 0
        symbols += 1
        points += length
    return np.array([*ends, len(ink)], np.int64)


def _paint_mnist(ink: Ink, size: int) -> np.ndarray:
    # Imported here: worker processes that only parse do not need it.
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.path import Path
    from matplotlib.transforms import IdentityTransform

    points = ink.points * (size * _MNIST_BOX / UNIT)
    lengths, number = ink.points_per_symbol(), len(ink)
    extent = np.maximum.reduceat(points, np.cumsum(lengths) - lengths)
    corner = (size - extent) / 2 + np.arange(number)[:, None] * [size, 0]
    points += np.repeat(corner, lengths, axis=0)
    points[:, 1] = size - points[:, 1]  # Agg's y grows upward.
    # Agg draws nothing for a stroke without length. A last step of 1/1000 pixel makes it a dot.
    ends = np.cumsum(ink.strokes)
    vertices = np.insert(points, ends, points[ends - 1] + [1e-3, 0], axis=0)
    codes = np.full(len(vertices), Path.LINETO, Path.code_type)
    codes[np.concatenate([[0], (ends + np.arange(1, len(ends) + 1))[:-1]])] = Path.MOVETO
    path = Path(vertices, codes)
    path.should_simplify = False
    renderer = RendererAgg(number * size, size, 72)  # 72 dpi: a point is a pixel.
    context = renderer.new_gc()
    context.set_linewidth(max(size * _MNIST_PEN, _THINNEST_PEN))
    context.set_capstyle("round")
    context.set_joinstyle("round")
    context.set_antialiased(True)
    context.set_snap(False)
    context.set_foreground("black")
    renderer.draw_path(context, path, IdentityTransform())
    alpha = np.asarray(renderer.buffer_rgba())[:, :, 3]
    return alpha.reshape(size, number, size).transpose(1, 0, 2)


def _paint_original(ink: Ink, size: int) -> np.ndarray:
    from PIL import Image, ImageDraw

    points = np.rint(ink.points * ((size - 1) / UNIT)).astype(np.int64)
    lengths = ink.points_per_symbol()
    extent = np.maximum.reduceat(points, np.cumsum(lengths) - lengths)
    # The pen passes the border and is cut there: neighbours keep their distance.
    pitch = size + 2 * _ORIGINAL_PEN
    corner = (size - 1 - extent) // 2 + _ORIGINAL_PEN + np.arange(len(ink))[:, None] * [pitch, 0]
    points += np.repeat(corner, lengths, axis=0)
    strip = Image.new("L", (len(ink) * pitch, pitch))
    pen = ImageDraw.Draw(strip)
    flat = points.ravel().tolist()
    begin = 0
    for length in (2 * ink.strokes).tolist():
        stroke = flat[begin : begin + length]
        begin += length
        x, y = stroke[:2]
        if stroke == [x, y] * (length // 2):
            pen.rectangle((x - 1, y - 1, x + 1, y + 1), fill=255)
        else:
            pen.line(stroke, fill=255, width=_ORIGINAL_PEN)
    cells = np.asarray(strip).reshape(pitch, len(ink), pitch).transpose(1, 0, 2)
    return cells[:, _ORIGINAL_PEN:-_ORIGINAL_PEN, _ORIGINAL_PEN:-_ORIGINAL_PEN]


STYLES: dict[str, Callable[[Ink, int], np.ndarray]] = {
    "mnist": _paint_mnist,
    "original": _paint_original,
}

"""A written sheet: outlines and pen strokes, as SVG and as PNG."""

import dataclasses
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Curve
from PIL import Image

from gan_keras.foundation.errors import UsageError
from gan_keras.foundation.files import atomic_path
from gan_keras.writing.ink_outlines import Ink

INK = "#1c2350"
PAPER = "#ffffff"
MARGIN = 0.35  # em
# About 300 MB while it is drawn.
MAX_PIXELS = 40_000_000
# Characters that no XML may hold, whether escaped or not.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclasses.dataclass(frozen=True)
class Stroke:
    """A line of the pen itself.

    Attributes:
        points: float64 `(n, 2)` in em; a line goes through them.
        width: Of the pen, in em.
    """

    points: np.ndarray
    width: float


@dataclasses.dataclass(frozen=True)
class Glyph:
    """One written glyph.

    Attributes:
        label: Its class.
        ink: Where it stands, in em, y upward.
    """

    label: int
    ink: Ink


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A written text or formula.

    Attributes:
        title: The text or formula, for readers that see no ink.
        glyphs: The glyphs, in the order of writing.
        strokes: Fraction bars and radicals.
    """

    title: str
    glyphs: tuple[Glyph, ...]
    strokes: tuple[Stroke, ...] = ()

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top end in em: the ink and a margin."""
        curves = [curve for glyph in self.glyphs for curve in glyph.ink.outlines]
        points = np.concatenate([*curves, *(stroke.points for stroke in self.strokes)])
        return (*(points.min(0) - MARGIN), *(points.max(0) + MARGIN))

    def pixels(self, size: int) -> tuple[int, int]:
        """Width and height in pixels at `size` pixels per em."""
        left, bottom, right, top = self.box
        return max(1, round((right - left) * size)), max(1, round((top - bottom) * size))

    def svg(self, size: int) -> str:
        """The sheet as SVG, one path per glyph.

        Args:
            size: Pixels per em.
        """
        left, _, _, top = self.box
        width, height = self.pixels(size)

        def numbers(points: np.ndarray) -> str:
            placed = (points - (left, top)) * (size, -size)
            return " ".join(f"{x:.1f} {y:.1f}" for x, y in placed)

        def outlines(ink: Ink) -> str:
            return "".join(f"M{numbers(c[:1])}C{numbers(c[1:])}Z" for c in ink.beziers())

        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(_NOT_XML.sub('', self.title))}</title>",
            f'<rect width="100%" height="100%" fill="{PAPER}"/>',
            f'<g fill="{INK}">',
            *(f'<path d="{outlines(glyph.ink)}"/>' for glyph in self.glyphs),
            "</g>",
        ]
        for stroke in self.strokes:
            lines.append(
                f'<polyline points="{numbers(stroke.points)}" fill="none" stroke="{INK}" '
                f'stroke-width="{stroke.width * size:.2f}" stroke-linecap="round" '
                'stroke-linejoin="round"/>'
            )
        return "\n".join([*lines, "</svg>", ""])

    def png(self, size: int) -> bytes:
        """The sheet as PNG.

        Args:
            size: Pixels per em.

        Raises:
            UsageError: If it has more than `MAX_PIXELS`.
        """
        left, bottom, right, top = self.box
        width, height = self.pixels(size)
        if width * height > MAX_PIXELS:
            raise UsageError(
                f"the page has {width:,} x {height:,} pixels, more than {MAX_PIXELS:,}; write less "
                "or smaller"
            )
        dpi = 72.0  # a point is a pixel, so that line widths are pixels too
        figure = Figure((width / dpi, height / dpi), dpi=dpi, facecolor=PAPER)
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1), frameon=False, xticks=[], yticks=[])
        axes.set(xlim=(left, right), ylim=(bottom, top))
        for glyph in self.glyphs:
            curves = [
                # The last point of a closed curve is not drawn.
                Curve([*c, c[0]], [Curve.MOVETO, *[Curve.CURVE4] * (len(c) - 1), Curve.CLOSEPOLY])
                for c in glyph.ink.beziers()
            ]
            shape = Curve.make_compound_path(*curves)
            axes.add_patch(PathPatch(shape, facecolor=INK, linewidth=0))
        line: dict[str, Any] = {"color": INK, "solid_capstyle": "round", "solid_joinstyle": "round"}
        for stroke in self.strokes:
            axes.plot(*stroke.points.T, linewidth=stroke.width * size, **line)
        canvas.draw()
        stream = io.BytesIO()
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        image.save(stream, "png", optimize=True)
        return stream.getvalue()

    def write(self, path: Path, size: int) -> None:
        """Writes the sheet, atomically, in the format of the file's name.

        Args:
            path: A .png or an .svg.
            size: Pixels per em.
        """
        data = self.png(size) if path.suffix == ".png" else self.svg(size).encode()
        with atomic_path(path) as temporary:
            temporary.write_bytes(data)


def side_by_side(sheets: Sequence[Sheet]) -> Sheet:
    """Joins sheets to one, from left to right; they keep their baselines."""
    glyphs, strokes, x = [], [], 0.0
    for sheet in sheets:
        left, _, right, _ = sheet.box
        move = x - left
        glyphs += [Glyph(glyph.label, glyph.ink.moved(move, 0.0)) for glyph in sheet.glyphs]
        strokes += [Stroke(s.points + np.array([move, 0.0]), s.width) for s in sheet.strokes]
        x += right - left
    return Sheet(sheets[0].title, tuple(glyphs), tuple(strokes))

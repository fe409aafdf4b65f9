"""From an image of 28 pixels to ink of any size: smooth outlines with a pen of any width.

The image is brought to a fine grid by bicubic interpolation, sheared there, and cut at half its
ink. Scaling it would scale its pen as well; the outline is therefore taken not where the ink ends
but where its distance to the end makes up for that, and for strokes that are wider here than there.
A step that would tear strokes or fill holes is made smaller until it does not.
"""

import dataclasses
import functools
import itertools
from collections.abc import Sequence
from typing import Any

import contourpy
import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from gan_keras.writing import glyph_measures
from gan_keras.writing.glyph_measures import Extent

_FINE = 5  # fine pixels along a pixel of the image
_MARGIN = 3  # pixels around the image, for pens that are wider
_SMOOTHING = 1.0  # standard deviation in fine pixels
_STEP = 2.5  # fine pixels between points of an outline; curves are drawn through them
_REST = 0.08  # largest second change of the pen, in pens to each side
# A step that does harm is tried again, smaller: the change of the pen by a share of the pen, and
# the share of a stroke's extra width that is taken back by a factor.
_TRIES, _COARSER = 6, 0.25
_SHARES = (*(0.85 * 0.75**number for number in range(_TRIES)), 0.0)
_PINHOLE = 12  # fine pixels
_FINEST, _WIDEST = 2.0, 30.0  # pens, in fine pixels
_PEN_SAMPLES = 400  # along the longer side of a glyph whose strokes are measured
_MAX_STRETCH = 4.0  # longest by shortest side of a scaled glyph's pixels


@dataclasses.dataclass(frozen=True)
class Ink:
    """A glyph in ink.

    Attributes:
        outlines: Closed curves, each float64 `(n, 2)`, without the first point again; y upward.
            Outer ones turn one way and holes the other.
        scale: Size of a pixel of the image, sideways and upward, in the outlines' unit.
        origin: Where the image's upper left corner is.
    """

    outlines: tuple[np.ndarray, ...]
    scale: tuple[float, float]
    origin: tuple[float, float]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top end."""
        points = np.concatenate(self.outlines)
        return (*points.min(0), *points.max(0))

    def moved(self, x: float, y: float) -> "Ink":
        """The same ink elsewhere."""
        outlines = tuple(curve + np.array([x, y]) for curve in self.outlines)
        return Ink(outlines, self.scale, (self.origin[0] + x, self.origin[1] + y))

    def beziers(self) -> list[np.ndarray]:
        """The outlines as smooth curves of cubic Bezier pieces (Catmull-Rom).

        Returns:
            For each outline of n points float64 `(3 n + 1, 2)`: its start, then two control points
            and the end of each piece.
        """
        curves = []
        for curve in self.outlines:
            after = np.roll(curve, -1, axis=0)
            tangent = (after - np.roll(curve, 1, axis=0)) / 6.0
            controls = curve + tangent, np.roll(curve - tangent, -1, axis=0)
            pieces = np.stack([*controls, after], axis=1).reshape(-1, 2)
            curves.append(np.concatenate([curve[:1], pieces]))
        return curves

    def image(self, shape: tuple[int, int], pen: float | None = None) -> np.ndarray:
        """The ink as an image again, in the place of the image that it came from.

        Args:
            shape: Height and width in pixels.
            pen: Width of the strokes in pixels; as written by default.

        Returns:
            uint8 `(h, w)`, ink 255.
        """
        factor = np.array([_FINE / self.scale[0], -_FINE / self.scale[1]])
        curves = [(curve - self.origin) * factor for curve in self.outlines]
        mask = _filled(curves, (shape[1] * _FINE, shape[0] * _FINE))
        if pen is not None and mask.any():
            field, level = _cut(mask, pen * _FINE)
            mask = field > level
        canvas = Image.fromarray(np.uint8(255) * mask)
        return np.asarray(canvas.resize((shape[1], shape[0]), Image.Resampling.BOX))

    def pen(self) -> float:
        """Width of the strokes, in the outlines' unit."""
        left, bottom, right, top = self.box
        fine = _PEN_SAMPLES / max(right - left, top - bottom)
        curves = [(curve - (left, top)) * (fine, -fine) for curve in self.outlines]
        mask = _filled(curves, (_PEN_SAMPLES + 1, _PEN_SAMPLES + 1))
        return glyph_measures.pen_width(mask) / fine if mask.any() else 0.0


def _filled(curves: Sequence[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """Fills closed curves whose y counts downward: bool `(h, w)` of a size `(w, h)`."""
    canvas = Image.new("1", size)
    brush = ImageDraw.Draw(canvas)
    # Outer curves first, then the holes in them, which turn the other way.
    for curve in sorted(curves, key=signed_area):
        brush.polygon([tuple(p) for p in curve], fill=int(signed_area(curve) < 0))
    return np.asarray(canvas)


def signed_area(curve: np.ndarray) -> float:
    """Area within a closed curve, positive if it turns counter-clockwise (y upward)."""
    after = np.roll(curve, -1, axis=0)
    return 0.5 * float(np.sum(curve[:, 0] * after[:, 1] - after[:, 0] * curve[:, 1]))


def draw(
    image: np.ndarray, extent: Extent, scale: tuple[float, float], pen: float, shear: float = 0.0
) -> Ink:
    """Draws an image in ink.

    Args:
        image: uint8 `(h, w)`, ink 255.
        extent: Its measures.
        scale: Size of a pixel sideways and upward, in em.
        pen: Width of the strokes in em.
        shear: How far the ink is leant to the right per height.

    Returns:
        The ink. The lower left end of its pen's path, before the shear, is at the origin.
    """
    unit = np.sqrt(scale[0] * scale[1])  # em per pixel, averaged over both ways
    stretch = np.clip(np.array(scale) / unit, _MAX_STRETCH**-0.5, _MAX_STRETCH**0.5)
    scale = float(unit * stretch[0]), float(unit * stretch[1])
    mask = _fine_mask(image, extent, stretch, shear)
    field, level = _cut(mask, pen / unit * _FINE)
    generator = contourpy.contour_generator(z=field, fill_type="OuterOffset")
    filled: Any = generator.filled(level, np.inf)
    curves = [
        piece[start : end - 1]  # the first point comes again at the end
        for piece, cuts in zip(*filled, strict=True)
        for start, end in itertools.pairwise(cuts)
    ]
    curves = [thin_out(curve, _STEP) for curve in curves if abs(signed_area(curve)) > _FINE]
    # Fine pixels, counted from their middles and downward, to em.
    size = unit / _FINE
    left = (_MARGIN + extent.left + extent.pen / 2) * stretch[0] * _FINE - 0.5
    base = (_MARGIN + extent.bottom - extent.pen / 2) * stretch[1] * _FINE - 0.5
    place = np.array([left, base])
    # Exchanging up and down has changed the way curves turn: they are turned round.
    outlines = tuple(((curve - place) * (size, -size))[::-1] for curve in curves)
    corner = (np.array([_MARGIN, _MARGIN]) * stretch * _FINE - 0.5 - place) * (size, -size)
    return Ink(outlines, scale, (float(corner[0]), float(corner[1])))


def _fine_mask(image: np.ndarray, extent: Extent, stretch: np.ndarray, shear: float) -> np.ndarray:
    """Scales (by `_FINE * stretch`), shears and cuts an image and `_MARGIN` pixels around it."""
    padded = np.pad(image, _MARGIN)
    fine = _FINE * stretch
    size = np.rint(np.array(padded.shape)[::-1] * fine).astype(int)
    # The middle of the ink stays in its place. Rows count downward; fine pixels are square.
    middle = (_MARGIN + (extent.top + extent.bottom) / 2) * fine[1]
    transform = (1 / fine[0], shear / fine[0], -shear * middle / fine[0], 0.0, 1 / fine[1], 0.0)
    grey = Image.fromarray(padded).convert("F")
    bicubic = Image.Resampling.BICUBIC
    found = np.asarray(grey.transform(tuple(size), Image.Transform.AFFINE, transform, bicubic))
    mask = glyph_measures.without_specks(found > glyph_measures.ink_level(image), extent.speck)
    grounds, large = glyph_measures.large_pieces(~mask, _PINHOLE, diagonal=False)
    return ~large[grounds]  # fills holes that are too small to be meant


def _cut(mask: np.ndarray, pen: float) -> tuple[np.ndarray, float]:
    """A field, and the level at which to cut it, for ink (not none) with a pen of this width.

    The field is the smoothed distance to the edge, less a share of a stroke's extra width. The
    share, and in the end the change of the pen, is smaller where a stroke would tear or a hole be
    filled.
    """
    outside = ndimage.distance_transform_edt(~mask)
    distance = np.where(mask, glyph_measures.distance_inside(mask), 0.5 - outside)
    pen = max(pen, _FINEST)
    half = glyph_measures.pen_width(mask) / 2
    wider, shares = 0.0, (0.0,)
    if pen <= _WIDEST:  # a wider one fills the image and leaves no strokes to even
        local = _half_widths(distance, pen)
        # Where the middle of a stroke lies between two pixels, half a one is missing.
        wider = local - half + np.clip(half - np.median(local[mask]), 0.0, 0.5)
        shares = _SHARES
    pieces, holes = _pieces(mask), _holes(mask)

    @functools.cache
    def field(evened: float) -> np.ndarray:
        return ndimage.gaussian_filter(distance - evened * wider, _SMOOTHING)

    wanted = half - pen / 2
    levels = [wanted - np.sign(wanted) * number * _COARSER * pen / 2 for number in range(_TRIES)]
    for level in (level for level in levels if level * wanted > 0):
        # A thinner pen may open a loop, if nothing else helps: it was closed by a blot.
        for fewest in (holes, 0) if level > 0 else (holes,):
            for evened in shares:
                cut = field(evened) > level
                if _is_whole(cut, pieces, fewest):
                    # Now that it is even it can be measured better; what is left of blots misleads.
                    rest = (glyph_measures.pen_width(cut) - pen) / 2
                    better = level + np.clip(rest, -_REST * pen, _REST * pen)
                    whole = _is_whole(field(evened) > better, pieces, fewest)
                    return field(evened), better if whole else level
    return field(0.0), 0.0


def _is_whole(mask: np.ndarray, pieces: int, holes: int) -> bool:
    """Tells whether a drawing has ink, no more pieces and no fewer holes than it should."""
    return 0 < _pieces(mask) <= pieces and _holes(mask) >= holes


def _half_widths(distance: np.ndarray, pen: float) -> np.ndarray:
    """Half of the local width of strokes: the largest distance to their edge nearby."""
    # More than the half pen that is left of a blob on each side of its middle, less than would part
    # a stroke that widens (up to 45 degrees) from its end.
    radius = max(1, round(0.6 * pen))
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return ndimage.maximum_filter(distance, footprint=x**2 + y**2 <= radius**2)


def _pieces(mask: np.ndarray, diagonal: bool = True) -> int:
    """Number of pieces of the ink that are large enough to be seen."""
    return int(glyph_measures.large_pieces(mask, _PINHOLE, diagonal)[1].sum())


def _holes(mask: np.ndarray) -> int:
    """Number of holes in the ink that are large enough to be seen."""
    return _pieces(np.pad(~mask, 1, constant_values=True), diagonal=False) - 1


def thin_out(curve: np.ndarray, step: float) -> np.ndarray:
    """A closed curve by points at even distances of about `step`, at least eight."""
    closed = np.concatenate([curve, curve[:1]])
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    count = max(8, round(lengths[-1] / step))
    at = np.linspace(0.0, lengths[-1], count, endpoint=False)
    return np.stack([np.interp(at, lengths, closed[:, axis]) for axis in (0, 1)], axis=1)

"""Slant, pen width and extent of a glyph, from its image."""

import dataclasses

import numpy as np
from scipy import ndimage

_FINE = 4  # subpixels along a pixel: pens are about two pixels wide
SPECK = 0.05  # usual share of the ink below which a piece is a speck


def slants(images: np.ndarray) -> np.ndarray:
    """Slants from the second moments of the ink: distance to the right per height.

    With ink density w and heights y upward, the slant is cov(x, y) / var(y), the slope of the line
    that best predicts x from y. It contains the shape of the character (a `/` leans by itself):
    compare within a class, or take the class's own slant off.

    Args:
        images: uint8 `(n, h, w)`, ink 255.

    Returns:
        float64 `(n,)`; 0 for an image without ink or without height.
    """
    _, variance, covariance = _moments(images)
    # Rows count downward.
    return np.where(variance > 1e-3, -covariance / np.maximum(variance, 1e-3), 0.0)


def flatness(images: np.ndarray) -> np.ndarray:
    """Standard deviation of the ink's width over that of its height, float64 `(n,)`."""
    width, height = (np.sqrt(np.maximum(part, 0.0)) for part in _moments(images)[:2])
    return width / np.maximum(height, 1e-3)


def _moments(images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Variance of the ink's columns and of its rows, and their covariance."""
    ink = images.astype(np.float64)
    mass = np.maximum(ink.sum((1, 2)), 1e-9)
    rows, columns = np.arange(ink.shape[1]), np.arange(ink.shape[2])
    by_row, by_column = ink.sum(2), ink.sum(1)
    y, x = by_row @ rows / mass, by_column @ columns / mass
    covariance = np.einsum("nhw,h,w->n", ink, rows, columns, optimize=True) / mass - x * y
    return by_column @ columns**2 / mass - x**2, by_row @ rows**2 / mass - y**2, covariance


@dataclasses.dataclass(frozen=True)
class Extent:
    """Ends of the ink of an image, in its pixels; y counts downward.

    Attributes:
        left: Left end.
        top: Upper end.
        right: Right end.
        bottom: Lower end.
        pen: Width of its strokes.
        speck: Share of the ink below which pieces were left out.
    """

    left: float
    top: float
    right: float
    bottom: float
    pen: float
    speck: float = SPECK

    @property
    def width(self) -> float:
        """Distance that the middle of the pen covers sideways."""
        return max(0.0, self.right - self.left - self.pen)

    @property
    def height(self) -> float:
        """Distance that the middle of the pen covers from top to bottom."""
        return max(0.0, self.bottom - self.top - self.pen)


def pen_width(mask: np.ndarray) -> float:
    """Width of the strokes of a drawing in pixels, from a mask that has some ink.

    In a long strip of width w the mean distance to the edge is w / 4.
    """
    return float(4.0 * distance_inside(mask)[mask].mean())


def distance_inside(mask: np.ndarray) -> np.ndarray:
    """Distance of ink to its edge, in pixels; 0 outside."""
    inside = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    # It is counted to the middle of the next pixel outside, which is half a pixel too much.
    return np.maximum(inside - 0.5, 0.0)


def without_specks(mask: np.ndarray, share: float = SPECK) -> np.ndarray:
    """Removes pieces with less than a share of the ink."""
    pieces, large = large_pieces(mask, share * mask.sum())
    return large[pieces]


def large_pieces(
    mask: np.ndarray, least: float, diagonal: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers the connected pieces of a mask, the ground as 0.

    Args:
        mask: bool `(h, w)`.
        least: Pixels of a large piece.
        diagonal: Whether pixels that touch at a corner are connected.

    Returns:
        The number of each pixel's piece; and for each number whether its piece is large.
    """
    pieces, _ = ndimage.label(mask, np.ones((3, 3)) if diagonal else None)
    large = np.bincount(pieces.ravel()) >= least
    large[0] = False
    return pieces, large


def clean(image: np.ndarray, share: float) -> np.ndarray:
    """Takes specks off an image, with the grey around them.

    Args:
        image: uint8 `(h, w)`, ink 255.
        share: Pieces with less than this share of the ink are specks.
    """
    mask = image > ink_level(image)
    kept = without_specks(mask, share)
    specks = ndimage.binary_dilation(mask & ~kept, np.ones((3, 3)), 2)
    return np.where(specks & ~ndimage.binary_dilation(kept), 0, image).astype(np.uint8)


def extent(image: np.ndarray, speck: float = SPECK) -> Extent | None:
    """Measures an image; None for one without ink.

    Args:
        image: uint8 `(h, w)`, ink 255.
        speck: Pieces with less than this share of the ink do not count.
    """
    fine = ndimage.zoom(image.astype(np.float32), _FINE, order=1, grid_mode=True, mode="nearest")
    mask = without_specks(fine > ink_level(image), speck)
    if not mask.any():
        return None
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    ends = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]) / _FINE
    return Extent(*ends, pen_width(mask) / _FINE, speck)


def ink_level(image: np.ndarray) -> float:
    """Grey value that separates ink from ground; infinite for an image without ink."""
    peak = float(image.max())
    return peak / 2 if peak >= 64 else np.inf

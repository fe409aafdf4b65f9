"""Image files of any kind into arrays of one form."""

import contextlib
import dataclasses
import io
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from PIL import Image

from gan_keras.foundation.errors import one_line

# What may be opened, whatever its suffix. Fewer formats, fewer doors: PIL would hand EPS to another
# program, and TGA has no mark by which it could be told from any other file.
FORMATS = (
    "PNG", "JPEG", "GIF", "BMP", "DIB", "PPM", "TIFF", "WEBP", "AVIF", "JPEG2000", "ICO", "PCX",
    "QOI", "SGI", "XBM",
)  # fmt: skip
# Files of these names are meant to be pictures, and are named where they are none.
SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".ppm", ".pgm", ".pbm", ".tif", ".tiff", ".webp",
)  # fmt: skip
# A picture of a few bytes can claim any size; one of this size takes some 200 MB to open.
MAX_PIXELS = 50_000_000
# Values of 255 within which an image is of one grey to the eye.
FLAT = 16
MIN_SIDE = 4  # smaller ones are spacers and dots, not pictures
_ORIENTATION = 0x0112  # EXIF tag
# What brings a picture of each orientation upright; those from 5 on exchange height and width.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class BadPictureError(Exception):
    """A file is no usable picture; the message gives the reason."""


@dataclasses.dataclass(frozen=True)
class Shape:
    """Form that all images of a set are brought into.

    Attributes:
        height: Pixels.
        width: Pixels.
        channels: 1 (grey) or 3 (RGB).
        fit: Rule for a picture of another size. `resize` keeps the aspect and pads the rest; `pad`
            does so without enlarging; `crop` keeps the aspect and cuts off what is over.
        transposed: True if the files have rows and columns exchanged.
    """

    height: int
    width: int
    channels: int
    fit: str = "resize"
    transposed: bool = False

    @property
    def dims(self) -> tuple[int, int, int]:
        """`(height, width, channels)`."""
        return (self.height, self.width, self.channels)


@dataclasses.dataclass(frozen=True)
class Reading:
    """Meaning of the values in the files of a set.

    Attributes:
        ground: Grey value on which transparent pictures are laid, unless it hides them.
        white: Value that is white; 0 for the largest that a file can have.
        several: Files of several pictures, of which the first is read.
    """

    ground: int = 255
    white: int = 0
    several: int = dataclasses.field(default=0, compare=False, repr=False)


def is_picture(file: BinaryIO) -> bool:
    """True if the beginning of a file is that of a picture."""
    try:
        with _opened(file):
            return True
    except BadPictureError:
        return False


def read_header(file: BinaryIO) -> tuple[Shape, bool, bool]:
    """Reads the form that a picture has of itself, whether it can be transparent, and is several.

    Args:
        file: Seekable; no more than needed is read.

    Raises:
        BadPictureError: If it is no picture, or one that is too large or too small.
    """
    with _opened(file) as image:
        width, height = image.size
        # PNG would be read to its end for this (cameras write JPEG), and of TIFF Pillow says the
        # size that it has upright.
        if image.format not in ("PNG", "TIFF") and _orientation(image) >= 5:  # on its side
            width, height = height, width
        own = Shape(height, width, 1 if _is_grey(image) else 3)
        # of MPO, as cameras write it, the others are previews
        several = getattr(image, "is_animated", False) and image.format != "MPO"
        return own, _is_transparent(image), several


def decode(file: BinaryIO, shape: Shape, reading: Reading = Reading()) -> np.ndarray:
    """Reads a picture; the first one of an animation.

    16 bits become 8. The whole numbers of a TIFF of 32 bits are taken as they are where none is
    above 255, else as 16 bits.

    Args:
        file: The file.
        shape: The form wanted.
        reading: What its values mean.

    Returns:
        uint8 `(height, width, channels)`.

    Raises:
        BadPictureError: If it cannot be read.
    """
    with _opened(io.BytesIO(file.read())) as image:
        # JPEG can be read at an eighth, a quarter or half its size, which is much faster.
        image.draft(None, (2 * shape.width, 2 * shape.height))
        image.load()
        turn = _UPRIGHT.get(_orientation(image))
        is_wide = image.format == "TIFF" and image.mode == "I"
        upright = image if turn is None else image.transpose(turn)
        pixels = _plain(upright, shape.channels, is_wide, reading)
    return fit(pixels.swapaxes(0, 1) if shape.transposed else pixels, shape)


def largest_value(file: BinaryIO) -> tuple[int, int]:
    """The largest value in a picture as the file has it, and the largest that its kind can have.

    Raises:
        BadPictureError: If it cannot be read.
    """
    with _opened(io.BytesIO(file.read())) as image:
        if image.mode.startswith("I"):
            return int(np.asarray(image).max()), 65535
        return int(np.asarray(image.convert("RGB")).max()), 255


def contrast_on_white(file: BinaryIO) -> float:
    """How far what is to be seen of a picture differs from white, 0 to 255 on average.

    Raises:
        BadPictureError: If it cannot be read.
    """
    with _opened(io.BytesIO(file.read())) as image:
        pixels = np.asarray(image.convert("RGBA"), np.float32)
        alpha = pixels[..., 3]
        seen = (255 - pixels[..., :3].min(axis=-1)) * alpha
        return float(seen.sum() / max(1.0, alpha.sum()))


def has_no_colour(pixels: np.ndarray) -> bool:
    """True if the channels of pixels uint8 `(..., c)` are equal."""
    return bool((pixels == pixels[..., :1]).all())


def fit(pixels: np.ndarray, shape: Shape) -> np.ndarray:
    """Brings one picture into a form.

    Args:
        pixels: uint8 `(h, w, c)` with the channels wanted.
        shape: The form wanted.

    Returns:
        uint8 `(height, width, channels)`.
    """
    if pixels.shape == shape.dims:
        return pixels
    height, width = pixels.shape[:2]
    ratios = (shape.height / height, shape.width / width)
    scale = max(ratios) if shape.fit == "crop" else min(ratios)
    if shape.fit == "pad":
        scale = min(scale, 1.0)
    # The picture's size, and the part of it that is kept.
    new = (max(1, round(height * scale)), max(1, round(width * scale)))
    kept = (min(new[0], shape.height), min(new[1], shape.width))
    top, left = (new[0] - kept[0]) // 2, (new[1] - kept[1]) // 2
    bottom, right = top + kept[0], left + kept[1]
    if new == (height, width):
        part = pixels[top:bottom, left:right]
    else:
        # The part is given in pixels of the original, and the rest is never made: enlarged as a
        # whole, a narrow strip would fill the memory. The filter still sees what lies around it,
        # and averages over all pixels when shrinking.
        image = Image.fromarray(pixels[..., 0] if shape.channels == 1 else pixels)
        box = (
            left * width / new[1],
            top * height / new[0],
            right * width / new[1],
            bottom * height / new[0],
        )
        resized = image.resize(kept[::-1], Image.Resampling.LANCZOS, box=box)
        part = np.asarray(resized).reshape(*kept, shape.channels)
    if part.shape == shape.dims:
        return part
    # The colour to pad with is the median of the outermost pixels, so that paper stays paper.
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    canvas = np.empty(shape.dims, np.uint8)
    canvas[:] = np.median(edge, axis=0).astype(np.uint8)
    top, left = (shape.height - kept[0]) // 2, (shape.width - kept[1]) // 2
    canvas[top : top + kept[0], left : left + kept[1]] = part
    return canvas


def fit_all(images: np.ndarray, shape: Shape) -> np.ndarray:
    """Brings images of one size, uint8 `(n, h, w, c)`, into a form."""
    fitted = np.empty((len(images), *shape.dims), np.uint8)
    for target, image in zip(fitted, images, strict=True):
        target[:] = fit(_with_channels(image, shape.channels), shape)
    return fitted


def _with_channels(image: np.ndarray, channels: int) -> np.ndarray:
    """An image with other channels; grey is the luminance, as Pillow rounds it."""
    if image.shape[-1] == channels:
        return image
    if channels == 3:
        return np.repeat(image, 3, axis=-1)
    grey = (image @ np.array([19595, 38470, 7471]) + 32768) >> 16
    return grey.astype(np.uint8)[..., np.newaxis]


@contextlib.contextmanager
def _opened(file: BinaryIO) -> Iterator[Image.Image]:
    """Opens a picture; whatever a damaged file makes Pillow raise becomes BadPictureError."""
    try:
        image = Image.open(file, formats=FORMATS)
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise BadPictureError(f"{width} x {height} is more than {MAX_PIXELS:,} pixels")
        if min(width, height) < MIN_SIDE:
            raise BadPictureError(f"{width} x {height} pixels are too few")
        with image:
            yield image
    except BadPictureError:
        raise
    except Image.DecompressionBombError:
        raise BadPictureError(f"more than {MAX_PIXELS:,} pixels") from None
    except Image.UnidentifiedImageError as error:  # its message names a buffer: of no use
        raise BadPictureError("not a picture of a known kind") from error
    # No list is ever complete: each format has errors of its own, struct's and zlib's among them.
    except Exception as error:
        raise BadPictureError(one_line(error)) from error


def _orientation(image: Image.Image) -> int:
    """EXIF orientation of a picture; 1 (upright) where it cannot be read."""
    try:
        found = image.getexif().get(_ORIENTATION)
    except Exception:  # whatever damaged EXIF makes Pillow raise; the pixels may be fine
        return 1
    return found if isinstance(found, int) and found in _UPRIGHT else 1


def _is_transparent(image: Image.Image) -> bool:
    """True if what can be transparent in a picture has no colour of its own.

    A single grey or colour that a PNG declares transparent is the ground that it was drawn on.
    """
    return image.has_transparency_data and image.mode not in ("1", "L", "RGB")


def _is_grey(image: Image.Image) -> bool:
    """True if a picture has no colour by its kind (not by its pixels)."""
    if image.mode == "P":
        palette = np.array(image.getpalette() or [0, 0, 0]).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    return image.mode in ("1", "L", "LA", "La", "I", "F") or image.mode.startswith("I;16")


def _plain(image: Image.Image, channels: int, is_wide: bool, reading: Reading) -> np.ndarray:
    """Pixels as uint8 `(h, w, channels)`; `is_wide` as for `_eight_bits`."""
    mode = "L" if channels == 1 else "RGB"
    if image.mode.startswith("I"):
        grey = _eight_bits(np.asarray(image, np.int64), is_wide, reading.white)
        return np.repeat(grey[..., np.newaxis], channels, axis=-1)
    if image.mode == "F":
        raise BadPictureError("floating-point pixels: their range is not known; save it as 8 bits")
    if _is_transparent(image) or (image.has_transparency_data and _is_flat(image.convert("RGB"))):
        whole = image.convert("RGBA")
        image = _on_paper(whole, reading.ground)
        if _is_flat(image) and not _is_flat(other := _on_paper(whole, 255 - reading.ground)):
            image = other  # its ink is not that of the set
    pixels = np.asarray(image.convert(mode))
    if reading.white:
        pixels = _scaled(pixels.astype(np.int64), reading.white)
    return pixels[..., np.newaxis] if channels == 1 else pixels


def _on_paper(image: Image.Image, ground: int) -> Image.Image:
    """An RGBA picture on a grey value, as RGB."""
    paper = Image.new("RGBA", image.size, (ground, ground, ground, 255))
    return Image.alpha_composite(paper, image).convert("RGB")


def _is_flat(image: Image.Image) -> bool:
    """True if an RGB picture is of one colour to the eye."""
    return all(np.ptp(band.getextrema()) <= FLAT for band in image.split())


def _eight_bits(values: np.ndarray, is_wide: bool, white: int) -> np.ndarray:
    """Whole numbers as uint8.

    Args:
        values: int64, of 16 bits, whatever Pillow keeps them in.
        is_wide: True if the file has room for more bits, and so does not say what is white.
        white: As in `Reading`.
    """
    low, high = values.min(), values.max()
    if is_wide and not 0 <= low <= high <= 65535:
        raise BadPictureError(f"whole numbers from {low:,} to {high:,}: their range is not known")
    if is_wide and high <= 255 and not white:
        return values.astype(np.uint8)
    return _scaled(values, white or 65535)


def _scaled(values: np.ndarray, white: int) -> np.ndarray:
    """Values int64, 0 to `white`, as uint8."""
    return np.minimum((values * 255 + white // 2) // white, 255).astype(np.uint8)

import contextlib
import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from data_samples import png
from PIL import Image

from gan_keras.data import pictures
from gan_keras.data.pictures import BadPictureError, Shape, fit, fit_all

GREY, RGB = Shape(8, 8, 1), Shape(8, 8, 3)
CORNERS = ([0, 0, 7, 7], [0, 7, 0, 7])
SQUARES = np.arange(64, dtype=np.uint8).reshape(8, 8)
NOISE = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
LEFT_BRIGHT = np.zeros((16, 32), np.uint8)
LEFT_BRIGHT[:, :16] = 255


def saved(image, kind="PNG", **options):
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def header(data):
    return pictures.read_header(io.BytesIO(data))


def decode(data, shape):
    return pictures.decode(io.BytesIO(data), shape)


def blocks(values, dtype):
    """2 x 2 values as a picture of 8 x 8."""
    return np.array(values, dtype).repeat(4, 0).repeat(4, 1)


def palette(*colours, index=0, **options):
    image = Image.new("P", (8, 8), index)
    image.putpalette([value for colour in colours for value in colour])
    return saved(image, **options)


def test_grey_as_it_is():
    data = saved(SQUARES)
    np.testing.assert_array_equal(decode(data, GREY)[..., 0], SQUARES)
    np.testing.assert_array_equal(decode(data, RGB), np.repeat(SQUARES[..., None], 3, -1))
    transposed = decode(data, Shape(8, 8, 1, transposed=True))
    np.testing.assert_array_equal(transposed[..., 0], SQUARES.T)


@pytest.mark.parametrize(
    ("image", "kind", "corners"),
    [
        (blocks([[0, 25_700], [65_535, 51_400]], np.uint16), "PNG", [0, 100, 255, 200]),
        # The whole numbers of a TIFF of 32 bits are taken as 8 or as 16.
        (blocks([[0, 100], [224, 200]], np.int32), "TIFF", [0, 100, 224, 200]),
        (blocks([[0, 25_700], [65_535, 51_400]], np.int32), "TIFF", [0, 100, 255, 200]),
        # 16 bits that are all dark stay dark; Pillow keeps those of PPM in 32 bits.
        *((np.full((8, 8), 200, np.uint16), kind, [1] * 4) for kind in ("PNG", "TIFF", "PPM")),
    ],
)
def test_more_than_eight_bits(image, kind, corners):
    data = saved(image, kind)
    assert header(data) == GREY
    assert decode(data, GREY)[*CORNERS, 0].tolist() == corners
    assert decode(data, RGB)[0, 7].tolist() == [corners[1]] * 3


@pytest.mark.parametrize("values", [[[0, 70_000]] * 2, [[-1, 5]] * 2])
def test_whole_numbers_of_an_unknown_range(values):
    with pytest.raises(BadPictureError, match="their range is not known"):
        decode(saved(blocks(values, np.int32), "TIFF"), GREY)


@pytest.mark.parametrize(
    ("data", "channels", "pixel"),
    [
        (palette((9, 9, 9), (255, 0, 0), index=1), 3, [255, 0, 0]),
        (palette((9, 9, 9), (255, 0, 0), index=1, transparency=1), 3, [255] * 3),
        (palette((7, 7, 7), (99, 99, 99)), 1, [7] * 3),
        (saved(Image.new("LA", (8, 8), (0, 128))), 1, [127] * 3),
        (saved(Image.new("RGBA", (8, 8), (200, 10, 20, 255))), 3, [200, 10, 20]),
        (saved(Image.new("RGBA", (8, 8), (200, 10, 20, 0))), 3, [255] * 3),
        (saved(Image.new("1", (8, 8), 1)), 1, [255] * 3),
        (saved(Image.new("CMYK", (8, 8), (0, 0, 0, 255)), "JPEG"), 3, [0] * 3),
    ],
)
def test_colours_on_white(data, channels, pixel):
    assert header(data).channels == channels
    assert decode(data, RGB)[3, 3].tolist() == pixel
    if channels == 1:
        assert decode(data, GREY)[3, 3].tolist() == pixel[:1]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF"])
def test_first_picture_of_an_animation(kind):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert decode(data, RGB)[4, 4].tolist() == [255, 0, 0]


def test_aspect_is_kept_and_the_rest_has_the_colour_of_the_border():
    wide = np.full((4, 16, 1), 50, np.uint8)
    wide[1:3, 4:12] = 200
    found = fit(wide, GREY)
    assert found.shape == (8, 8, 1)
    assert (found[[0, 1, 2, 5, 6, 7]] == 50).all()
    assert found[3:5].max() > 130


def test_pad_does_not_enlarge():
    small = np.zeros((4, 4, 1), np.uint8)
    small[1:3, 1:3] = 200
    found = fit(small, Shape(8, 8, 1, "pad"))
    np.testing.assert_array_equal(found[2:6, 2:6], small)
    assert found.sum() == small.sum()


def test_crop_cuts_what_is_over():
    wide = np.zeros((8, 24, 1), np.uint8)
    wide[:, 8:16] = 255
    assert fit(wide, Shape(8, 8, 1, "crop")).min() == 255


@pytest.mark.parametrize("size", [(24, 40), (41, 24), (5, 9), (90, 31), (16, 60)])
def test_crop_is_the_middle_of_the_whole_but_for_rounding(size):
    image = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    scale = 16 / min(size)
    height, width = (round(side * scale) for side in size)
    whole = Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS)
    top, left = (height - 16) // 2, (width - 16) // 2
    middle = np.asarray(whole)[top : top + 16, left : left + 16].astype(int)
    apart = np.abs(fit(image[..., None], Shape(16, 16, 1, "crop"))[..., 0] - middle)
    # Pillow takes the ends of a part as float32: a pixel in 2,000 is a step or two of 255 off.
    assert apart.max() <= 2
    assert (apart > 0).mean() < 0.02


@pytest.mark.parametrize("turned", [False, True])
def test_what_crop_cuts_off_is_never_made(turned):
    # Enlarged as a whole this strip is 64 x 1,600,000 pixels.
    strip = np.zeros((4, 100_000, 1), np.uint8)
    strip[:, 49_998:50_002] = 255
    strip = strip.swapaxes(0, 1) if turned else strip
    tracemalloc.start()
    found = fit(strip, Shape(64, 64, 1, "crop"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[8:-8, 8:-8].min() > 235
    assert peak < 10e6


@pytest.mark.parametrize("kind", ["resize", "pad", "crop"])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_size_comes_out_right(kind, channels):
    for size in [(1, 100), (100, 1), (7, 9), (8, 8), (3, 4)]:
        found = fit_all(np.full((2, *size, channels), 77, np.uint8), Shape(8, 8, channels, kind))
        assert found.shape == (2, 8, 8, channels)
        assert (found == 77).all()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a picture"),
        (b"hello", "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not a picture"),
        (png()[:45], "."),
        (png(size=(1, 1)), "1 x 1 pixels are too few"),
        (saved(Image.new("F", (8, 8)), "TIFF"), "floating-point"),
        (saved(NOISE, "JPEG")[:2000], "truncated"),
    ],
)
def test_bad_files(data, reason):
    with pytest.raises(BadPictureError, match=reason):
        decode(data, GREY)


def test_huge_dimensions_are_refused_before_anything_is_unpacked():
    # a PNG of 100 bytes that says it has 30,000 x 30,000 pixels
    def chunk(kind, content):
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    size = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", size), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)
    for work in (header, lambda data: decode(data, GREY)):
        with pytest.raises(BadPictureError, match="50,000,000 pixels"):
            work(data)


def exif(*entries):
    """EXIF of (tag, type, count, four bytes of value) as a JPEG has it."""
    body = b"".join(struct.pack("<HHL4s", *entry) for entry in entries)
    return b"Exif\0\0II*\0" + struct.pack("<LH", 8, len(entries)) + body + bytes(4)


SIDEWAYS = (0x0112, 3, 1, b"\6\0\0\0")


@pytest.mark.parametrize(
    ("kind", "entries", "options"),
    [
        ("JPEG", [SIDEWAYS], {"quality": 95}),
        # Odd EXIF beside it: Pillow's own exif_transpose would write it anew, and cannot.
        ("JPEG", [(0x0100, 9, 1, b"\xff\xff\xff\xff"), SIDEWAYS], {"quality": 95}),
        ("TIFF", [SIDEWAYS], {"compression": "raw"}),
        ("TIFF", [SIDEWAYS], {"compression": "tiff_lzw"}),
    ],
)
def test_pictures_on_their_side_are_brought_upright(kind, entries, options):
    data = saved(LEFT_BRIGHT, kind, exif=exif(*entries), **options)
    assert header(data) == Shape(32, 16, 1)
    found = decode(data, Shape(32, 16, 1))  # the bright left half is the top half
    assert found[:12].min() > 240
    assert found[20:].max() < 15


@pytest.mark.parametrize(
    "entry",
    [
        (0x0112, 2, 4, b"abc\0"),  # the orientation is text
        (0x0112, 3, 1, b"\x63\0\0\0"),  # there is none of this number
        (0x0112, 5, 1, b"\xff\0\0\0"),  # it is said to be where the file has ended
    ],
)
@pytest.mark.filterwarnings("ignore")  # Pillow's own
def test_an_orientation_that_is_none_is_upright(entry):
    data = saved(LEFT_BRIGHT, "JPEG", exif=exif(entry), quality=95)
    assert header(data) == Shape(16, 32, 1)
    assert decode(data, Shape(16, 32, 1))[:, :12].min() > 240


def test_damaged_exif_of_a_webp():
    data = saved(LEFT_BRIGHT[..., None].repeat(3, -1), "WEBP", exif=exif(), lossless=True)
    assert data.count(b"II*\0") == 1
    data = data.replace(b"II*\0", b"I\0*\0")
    assert header(data) == Shape(16, 32, 3)
    assert decode(data, Shape(16, 32, 1))[:, :16].min() == 255


def test_a_gif_with_a_frame_beside_its_picture():
    data = bytearray(saved(Image.new("P", (8, 8)), "GIF"))
    frame = data.index(b",")
    data[frame + 1 : frame + 9] = struct.pack("<4H", 65535, 0, 65535, 8)
    for work in (header, lambda data: decode(data, GREY)):
        with pytest.raises(BadPictureError):
            work(bytes(data))


def small_pictures():
    """Files of a few hundred bytes, of every format and some of its kinds."""
    random = np.random.default_rng(0)
    colour = Image.fromarray(random.integers(0, 255, (9, 7, 3), np.uint8))
    turned = Image.Exif()
    turned.update({0x0112: 6, 0x010E: "a picture", 0x011A: (72, 1)})
    for kind in ("PNG", "JPEG", "WEBP", "TIFF"):
        yield saved(colour, kind, exif=turned)
    for kind in ("GIF", "BMP", "PPM"):
        yield saved(colour, kind)
    yield saved(colour.convert("P"), "PNG", transparency=1)
    yield saved(colour.convert("1"), "TIFF")
    yield saved(np.arange(64, dtype=np.uint16).reshape(8, 8), "PNG")
    frames = [colour.convert("P"), colour.rotate(90).convert("P")]
    yield saved(frames[0], "GIF", save_all=True, append_images=frames[1:])


@pytest.mark.filterwarnings("ignore")  # Pillow's own
def test_damaged_files_of_every_format_are_bad_pictures_and_nothing_else():
    random = np.random.default_rng(1)
    read = 0
    for data in small_pictures():
        for _ in range(60):
            damaged = bytearray(data)
            for place in random.integers(0, len(data), random.integers(1, 5)):
                damaged[place] = random.choice([0, 255, random.integers(256)])
            for work in (header, lambda data: decode(data, RGB)):
                with contextlib.suppress(BadPictureError):
                    work(bytes(damaged))
                    read += 1
    assert read > 100  # most damage is to pixels

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from data_samples import png
from memory import memory_below
from PIL import Image, ImageOps

from gan_keras.data import pictures
from gan_keras.data.pictures import BadPictureError, Reading, Shape, fit, fit_all

GREY, RGB = Shape(8, 8, 1), Shape(8, 8, 3)
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
    return pictures.read_header(io.BytesIO(data))[0]


def decode(data, shape, **reading):
    return pictures.decode(io.BytesIO(data), shape, Reading(**reading))


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
    assert decode(data, GREY)[[0, 0, 7, 7], [0, 7, 0, 7], 0].tolist() == corners
    assert decode(data, RGB)[0, 7].tolist() == [corners[1]] * 3


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


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("ground", [0, 255])
def test_a_ground_that_a_png_calls_transparent_is_as_it_is(mode, ground):
    image = Image.new("L", (8, 8), ground)
    image.paste(100, (2, 2, 6, 6))
    data = saved(image.convert(mode), transparency=ground if mode == "L" else (ground,) * 3)
    assert decode(data, GREY)[[0, 3], [0, 3], 0].tolist() == [ground, 100]
    assert not pictures.read_header(io.BytesIO(data))[1]


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
    assert (found[[0, 1, 2, 5, 6, 7]] == 50).all()
    assert found[3:5].max() > 130


def test_pad_does_not_enlarge():
    small = np.zeros((4, 4, 1), np.uint8)
    small[1:3, 1:3] = 200
    np.testing.assert_array_equal(fit(small, Shape(8, 8, 1, "pad")), np.pad(small, [[2], [2], [0]]))


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


@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 0, 2)])
def test_what_crop_cuts_off_is_never_made(axes):
    # Enlarged as a whole this strip is 64 x 1,600,000 pixels.
    strip = np.zeros((4, 100_000, 1), np.uint8)
    strip[:, 49_998:50_002] = 255
    with memory_below(10e6):
        found = fit(strip.transpose(axes), Shape(64, 64, 1, "crop"))
    assert found[8:-8, 8:-8].min() > 235


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
        (saved(blocks([[0, 70_000]] * 2, np.int32), "TIFF"), "their range is not known"),
        (saved(blocks([[-1, 5]] * 2, np.int32), "TIFF"), "their range is not known"),
    ],
)
def test_bad_files(data, reason):
    with pytest.raises(BadPictureError, match=reason):
        decode(data, GREY)


@pytest.mark.parametrize("work", [header, lambda data: decode(data, GREY)])
def test_huge_dimensions_are_refused_before_anything_is_unpacked(work):
    # a PNG of 100 bytes that says it has 30,000 x 30,000 pixels
    data = bytearray(png())
    struct.pack_into(">LL", data, 16, 30_000, 30_000)
    struct.pack_into(">L", data, 29, zlib.crc32(data[12:29]))
    with pytest.raises(BadPictureError, match="50,000,000 pixels"):
        work(bytes(data))


def exif(*entries):
    """EXIF of (tag, type, count, four bytes of value) as a JPEG has it."""
    body = b"".join(struct.pack("<HHL4s", *entry) for entry in entries)
    return b"Exif\0\0II*\0" + struct.pack("<LH", 8, len(entries)) + body + bytes(4)


def oriented(number):
    return (0x0112, 3, 1, bytes([number, 0, 0, 0]))


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_pictures_of_every_orientation_are_brought_upright(kind, number):
    picture = NOISE[:8, :24, None].repeat(3, -1)
    data = saved(
        picture, kind, exif=exif(oriented(number)), **{"lossless": True} if kind == "WEBP" else {}
    )
    upright = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    np.testing.assert_array_equal(decode(data, Shape(*upright.shape)), upright)


@pytest.mark.parametrize(
    ("kind", "entries", "options"),
    [
        ("JPEG", [oriented(6)], {"quality": 95}),
        # Odd EXIF beside it: Pillow's own exif_transpose would write it anew, and cannot.
        ("JPEG", [(0x0100, 9, 1, b"\xff\xff\xff\xff"), oriented(6)], {"quality": 95}),
        ("TIFF", [oriented(6)], {"compression": "raw"}),
        ("TIFF", [oriented(6)], {"compression": "tiff_lzw"}),
    ],
)
def test_pictures_on_their_side_are_brought_upright(kind, entries, options):
    data = saved(LEFT_BRIGHT, kind, exif=exif(*entries), **options)
    assert header(data) == Shape(32, 16, 1)
    found = decode(data, Shape(32, 16, 1))  # the bright left half is the top half
    assert found[:12].min() > 240
    assert found[20:].max() < 15


def small_pictures():
    """Files of a few hundred bytes, of every format and some of its kinds."""
    colour = Image.fromarray(NOISE[:9, :21].reshape(9, 7, 3))
    for kind in ("PNG", "JPEG", "WEBP", "TIFF"):
        yield saved(colour, kind, exif=exif(oriented(6), (0x010E, 2, 4, b"abc\0")))
    for kind in ("GIF", "BMP", "PPM"):
        yield saved(colour, kind)
    yield saved(colour.convert("P"), "PNG", transparency=1)
    yield saved(colour.convert("1"), "TIFF")
    yield saved(SQUARES.astype(np.uint16), "PNG")
    frames = [colour.convert("P"), colour.rotate(90).convert("P")]
    yield saved(frames[0], "GIF", save_all=True, append_images=frames[1:])


@pytest.mark.filterwarnings("ignore")  # Pillow's own
def test_damaged_files_of_every_format_are_bad_pictures_and_nothing_else():
    random = np.random.default_rng(1)
    read = 0
    for data in [data for data in small_pictures() for _ in range(60)]:
        damaged = np.frombuffer(data, np.uint8).copy()
        damaged[random.integers(0, len(data), random.integers(1, 5))] = random.integers(256)
        with contextlib.suppress(BadPictureError):
            header(damaged.tobytes())
            decode(damaged.tobytes(), RGB)
            read += 1
    assert read > 100  # most damage is to pixels

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
from gan_keras.data.pictures import BadPictureError, Shape, fit, read_header

GREY, RGB = Shape(8, 8, 1), Shape(8, 8, 3)


def saved(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def header(data):
    return read_header(io.BytesIO(data))


def decode(data, shape):
    return pictures.decode(io.BytesIO(data), shape)


def test_grey_as_it_is():
    image = np.arange(64, dtype=np.uint8).reshape(8, 8)
    data = saved(Image.fromarray(image))
    np.testing.assert_array_equal(decode(data, GREY)[..., 0], image)
    np.testing.assert_array_equal(decode(data, RGB), np.repeat(image[..., None], 3, -1))
    assert header(data) == Shape(8, 8, 1)


def test_transposed():
    image = np.arange(64, dtype=np.uint8).reshape(8, 8)
    found = decode(saved(Image.fromarray(image)), Shape(8, 8, 1, transposed=True))
    np.testing.assert_array_equal(found[..., 0], image.T)


def test_sixteen_bits_keep_their_range():
    image = Image.fromarray(
        np.array([[0, 257 * 100], [65535, 257 * 200]], np.uint16).repeat(4, 0).repeat(4, 1)
    )
    data = saved(image)
    assert header(data).channels == 1
    assert decode(data, GREY)[[0, 0, 7, 7], [0, 7, 0, 7], 0].tolist() == [0, 100, 255, 200]
    assert decode(data, RGB)[0, 7].tolist() == [100, 100, 100]


def wide_tiff(values):
    return saved(Image.fromarray(np.array(values, np.int32).repeat(4, 0).repeat(4, 1)), "TIFF")


def test_a_tiff_of_32_bits_is_taken_as_8_or_as_16():
    corners = ([0, 0, 7, 7], [0, 7, 0, 7], 0)
    eight = wide_tiff([[0, 100], [224, 200]])
    assert header(eight).channels == 1
    assert decode(eight, GREY)[corners].tolist() == [0, 100, 224, 200]
    assert decode(eight, RGB)[0, 7].tolist() == [100, 100, 100]
    sixteen = wide_tiff([[0, 257 * 100], [65535, 257 * 200]])
    assert decode(sixteen, GREY)[corners].tolist() == [0, 100, 255, 200]
    for values in ([[0, 70_000]], [[-1, 5]]):
        with pytest.raises(BadPictureError, match="their range is not known"):
            decode(wide_tiff(values), GREY)


def test_sixteen_bits_that_are_all_dark_stay_dark():
    dark = np.full((8, 8), 200, np.uint16)
    for kind in ("PNG", "TIFF", "PPM"):  # Pillow keeps those of PPM in 32 bits
        assert decode(saved(Image.fromarray(dark), kind), GREY).max() == 1, kind


def test_transparency_becomes_white():
    image = np.zeros((8, 8, 4), np.uint8)
    image[:, :4] = (200, 10, 20, 255)
    found = decode(saved(Image.fromarray(image)), RGB)
    assert found[0, 0].tolist() == [200, 10, 20]
    assert found[0, 7].tolist() == [255, 255, 255]


def test_transparent_palette_and_grey_with_alpha():
    palette = Image.new("P", (8, 8), 1)
    palette.putpalette([9, 9, 9, 255, 0, 0])
    assert decode(saved(palette), RGB)[3, 3].tolist() == [255, 0, 0]
    assert header(saved(palette)).channels == 3
    assert decode(saved(palette, transparency=1), RGB)[3, 3].tolist() == [255, 255, 255]
    grey = Image.new("P", (8, 8), 0)
    grey.putpalette([7, 7, 7, 99, 99, 99])
    assert header(saved(grey)).channels == 1
    assert decode(saved(grey), GREY)[0, 0, 0] == 7
    half = Image.new("LA", (8, 8), (0, 128))
    assert decode(saved(half), GREY)[0, 0, 0] == 127


def test_one_bit_and_cmyk():
    assert decode(saved(Image.new("1", (8, 8), 1)), GREY)[0, 0, 0] == 255
    assert decode(saved(Image.new("CMYK", (8, 8), (0, 0, 0, 255)), "JPEG"), RGB).max() < 10


def test_first_picture_of_an_animation():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "WEBP", "TIFF"):
        options = {"lossless": True} if kind == "WEBP" else {}
        data = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert decode(data, RGB)[4, 4].tolist() == [255, 0, 0], kind


def test_cameras_held_sideways():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = np.zeros((16, 32), np.uint8)
    image[:, :16] = 255  # bright left half, which is the top half when held upright
    data = saved(Image.fromarray(image), "JPEG", exif=exif, quality=95)
    assert header(data) == Shape(32, 16, 1)
    found = decode(data, Shape(32, 16, 1))
    assert found[:12].min() > 240
    assert found[20:].max() < 15


def test_aspect_is_kept_and_the_rest_has_the_colour_of_the_border():
    wide = np.full((4, 16, 1), 50, np.uint8)
    wide[1:3, 4:12] = 200
    found = fit(wide, GREY)
    assert found.shape == (8, 8, 1)
    assert (found[:3] == 50).all()
    assert (found[5:] == 50).all()
    assert found[3:5].max() > 130


def test_pad_does_not_enlarge():
    small = np.full((4, 4, 1), 200, np.uint8)
    small[0] = small[:, 0] = small[-1] = small[:, -1] = 0
    found = fit(small, Shape(8, 8, 1, "pad"))
    np.testing.assert_array_equal(found[2:6, 2:6], small)
    assert found.sum() == small.sum()
    assert fit(np.zeros((20, 10, 1), np.uint8), Shape(8, 8, 1, "pad")).shape == (8, 8, 1)


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
    assert found.shape == (64, 64, 1)
    assert found[8:-8, 8:-8].min() > 235
    assert peak < 10e6


@pytest.mark.parametrize("kind", ["resize", "pad", "crop"])
@pytest.mark.parametrize("size", [(1, 100), (100, 1), (7, 9), (8, 8), (3, 4)])
def test_any_size_comes_out_right(kind, size):
    for channels in (1, 3):
        images = np.full((2, *size, channels), 77, np.uint8)
        found = pictures.fit_all(images, Shape(8, 8, channels, kind))
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
    ],
)
def test_bad_files(data, reason):
    with pytest.raises(BadPictureError, match=reason):
        decode(data, GREY)


def test_truncated_jpeg():
    random = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    data = saved(Image.fromarray(random), "JPEG")
    with pytest.raises(BadPictureError, match="truncated"):
        decode(data[: len(data) // 2], GREY)


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


LEFT_BRIGHT = np.zeros((16, 32), np.uint8)
LEFT_BRIGHT[:, :16] = 255


@pytest.mark.parametrize(
    "entries",
    [
        [(0x0112, 2, 4, b"abc\0")],  # the orientation is text
        [(0x0112, 3, 1, b"\x63\0\0\0")],  # there is none of this number
        [(0x0112, 5, 1, b"\xff\0\0\0")],  # it is said to be where the file has ended
    ],
)
@pytest.mark.filterwarnings("ignore")  # Pillow's own
def test_an_orientation_that_is_none_is_upright(entries):
    data = saved(Image.fromarray(LEFT_BRIGHT), "JPEG", exif=exif(*entries), quality=95)
    assert header(data) == Shape(16, 32, 1)
    assert decode(data, Shape(16, 32, 1))[:, :12].min() > 240


def test_odd_exif_beside_an_orientation_is_not_looked_at():
    # Pillow's own exif_transpose would write it anew, and cannot.
    odd = exif((0x0100, 9, 1, b"\xff\xff\xff\xff"), (0x0112, 3, 1, b"\6\0\0\0"))
    data = saved(Image.fromarray(LEFT_BRIGHT), "JPEG", exif=odd, quality=95)
    assert header(data) == Shape(32, 16, 1)
    assert decode(data, Shape(32, 16, 1))[:12].min() > 240


def test_damaged_exif_of_a_webp():
    data = saved(Image.fromarray(LEFT_BRIGHT).convert("RGB"), "WEBP", exif=exif(), lossless=True)
    assert data.count(b"II*\0") == 1
    data = data.replace(b"II*\0", b"I\0*\0")
    assert header(data) == Shape(16, 32, 3)
    assert decode(data, Shape(16, 32, 1))[:, :16].min() == 255


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_a_tiff_on_its_side_has_the_size_that_it_has_upright(compression):
    turned = Image.Exif()
    turned[0x0112] = 6
    image = Image.fromarray(LEFT_BRIGHT)
    data = saved(image, "TIFF", exif=turned, compression=compression)
    assert header(data) == Shape(32, 16, 1)
    assert decode(data, Shape(32, 16, 1))[:16].min() == 255


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
    yield saved(Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8)), "PNG")
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
            for work in (header, lambda data: decode(data, Shape(8, 8, 3))):
                with contextlib.suppress(BadPictureError):
                    work(bytes(damaged))
                    read += 1
    assert read > 100  # most damage is to pixels

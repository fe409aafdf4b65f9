"""A folder that does not fit into memory: the same data and splits, in bounded memory."""

import os
import subprocess
import sys

import numpy as np
import pytest
from data_samples import class_files, png
from file_samples import write_files
from PIL import Image
from script_runs import environment

from gan_keras import data
from gan_keras.data import DataOptions, closing_check, picture_files
from gan_keras.data.pictures import decode
from gan_keras.foundation.errors import DataError


@pytest.fixture
def pets(tmp_path):
    return write_files(tmp_path / "pets", class_files())


def streamed(path, **options):
    options = DataOptions(memory_mb=0, **options)
    return data.load(f"folder:{path}", path.parent / "data", options)


def test_same_data_as_in_memory(pets):
    found, memory = streamed(pets), data.load(f"folder:{pets}")
    assert (found.is_streamed, memory.is_streamed) == (True, False)
    for part in ("train_images", "train_labels", "test_images", "test_labels"):
        np.testing.assert_array_equal(getattr(found, part)[:], getattr(memory, part))
    assert found.spec == memory.spec


def test_fingerprint_is_of_the_listing(pets):
    first = streamed(pets).fingerprint()
    assert streamed(pets).fingerprint() == first
    assert streamed(pets, image_size=8).fingerprint() != first
    os.utime(pets / "cat" / "000.png", (1, 1))
    assert streamed(pets).fingerprint() != first


def test_a_file_that_changes_under_a_run_is_named(pets):
    found = streamed(pets)
    for path in pets.rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(DataError, match=r"cat/000.png could be read before"):
        found.train_images[0]


def test_files_are_looked_through_once(pets, monkeypatch, capsys):
    write_files(pets, {"cat/bad.png": b"x", "cat/cut.png": png()[:45]})
    first = streamed(pets)
    assert len(first.train_images) + len(first.test_images) == 40
    read = []
    with monkeypatch.context() as patched:
        patched.setattr(closing_check, "_LOOKED_AT_STREAMED", 4)
        patched.setattr(picture_files, "read_header", None)
        patched.setattr(picture_files, "decode", lambda *given: read.append(1) or decode(*given))
        again = streamed(pets)
    test = min(4, len(first.test_images))
    assert len(read) == 4 + test  # by the closing check, of either split
    assert again.fingerprint() == first.fingerprint()
    np.testing.assert_array_equal(again.train_images[:], first.train_images[:])
    assert capsys.readouterr().err.count("'cat/bad.png' is left out: not a picture") == 2
    (listing,) = (pets.parent / "data" / "listings").iterdir()
    listing.write_text("{")  # damaged: looked through again
    assert streamed(pets).fingerprint() == first.fingerprint()
    (pets / "cat" / "000.png").write_bytes(b"changed")
    assert len(streamed(pets).train_images) < len(first.train_images)


def strokes(shade):
    """Upright strokes of a shade on 0, at another place in each picture."""
    images = np.zeros((12, 12, 12), np.uint8)
    for number, image in enumerate(images):
        image[2:10, number // 2 + 3 :][:, :2] = shade
    return images


def transparent(value):
    """Strokes of a colour that only the alpha channel shows."""
    for image in strokes(255):
        pixels = np.full((12, 12, 4), value, np.uint8)
        pixels[..., 3] = image
        yield pixels


def sixteen(high):
    return [(image > 0) * np.uint16(high) for image in strokes(1)]


@pytest.fixture
def pictures(tmp_path):
    """Writes arrays as pictures of one class; loads them streamed or in memory."""

    def load(arrays, memory_mb=700, suffix=".png", **options):
        for number, array in enumerate(arrays):
            path = tmp_path / "p" / "a" / f"{number:02d}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(path)
        options = DataOptions(memory_mb=memory_mb, **options)
        found = data.load(f"folder:{tmp_path / 'p'}", tmp_path / "data", options)
        return found, np.concatenate([found.train_images[:], found.test_images[:]])

    return load


@pytest.mark.parametrize("memory_mb", [700, 0])
@pytest.mark.parametrize(
    ("arrays", "suffix", "ink", "line"),
    [
        (list(strokes(1)), ".png", 255, "no value in its files is above 1: taken as white"),
        ([i[..., None].repeat(3, -1) for i in strokes(1)], ".png", 255, "above 1: taken as white"),
        (sixteen(1), ".png", 255, "no value in its files is above 1: taken as white"),
        (sixteen(255), ".png", 255, "no value in its files is above 255: taken as white"),
        (sixteen(200), ".png", 200, "no value in its files is above 255: taken as white"),
        (sixteen(4095), ".tif", 255, "no value in its files is above 4095: taken as white"),
        (list(transparent(255)), ".png", 255, "light on transparency: laid on black"),
        (list(transparent(240)), ".webp", 240, "light on transparency: laid on black"),
        (list(transparent(0)), ".png", 0, ""),
    ],
)
def test_values_that_mean_ink_in_other_ways(pictures, capsys, arrays, suffix, ink, line, memory_mb):
    for _ in range(2):  # the second time by what is remembered
        found, images = pictures(arrays, memory_mb, suffix)
        assert found.is_streamed == (memory_mb == 0)
        assert found.image_shape == (12, 12, 1)
        shown = np.sort(images.reshape(12, -1).astype(int).sum(axis=1))
        paper = 0 if line else 255
        assert (np.abs(shown - (16 * ink + 128 * paper)) < 16 * 3).all()
        said = capsys.readouterr().err
        assert said.count("\n") == bool(line) + (found.test_labels.size == 0)
        assert line in said


def test_ink_of_both_kinds_on_transparency_is_all_seen(pictures, capsys):
    both = [
        pixels for pair in zip(transparent(0), transparent(255), strict=True) for pixels in pair
    ]
    _, images = pictures(both[:13])
    assert (np.ptp(images.reshape(13, -1), axis=1) == 255).all()
    assert "7 are dark on light and 6 light on dark" in capsys.readouterr().err


@pytest.mark.parametrize("arrays", [list(strokes(9)), sixteen(9)])
def test_values_of_no_known_range_are_refused(pictures, arrays):
    with pytest.raises(DataError, match="one grey each .* to 9.; black is 0 and white 255"):
        pictures(arrays)


@pytest.mark.parametrize("memory_mb", [700, 0])
def test_colours_that_are_grey_are_grey_unless_asked(pictures, memory_mb):
    grey = [image[..., None].repeat(3, -1) for image in strokes(200)]
    assert pictures(grey, memory_mb)[0].image_shape == (12, 12, 1)
    assert pictures(grey, memory_mb, channels="rgb")[0].image_shape == (12, 12, 3)
    grey[5][5, 5] = (0, 0, 9)
    found, colours = pictures(grey, memory_mb)
    assert found.image_shape == (12, 12, 3)
    found, shades = pictures(grey, memory_mb, channels="grey")
    assert found.image_shape == (12, 12, 1)
    assert found.is_streamed == (memory_mb == 0)
    same = colours.max(axis=-1) == colours.min(axis=-1)
    np.testing.assert_array_equal(shades[..., 0][same], colours[..., 0][same])
    assert shades[..., 0][~same].tolist() == [1]


def test_grey_that_fits_into_memory_where_colours_would_not(pictures, monkeypatch):
    monkeypatch.setattr(DataOptions, "memory_bytes", 12 * 12 * 12 * 2)
    grey = [image[..., None].repeat(3, -1) for image in strokes(200)]
    found, images = pictures(grey)
    assert not found.is_streamed
    assert np.unique(images).tolist() == [0, 200]


def test_memory_is_bounded(tmp_path):
    # 150 pictures of 512 x 512 x 3 are 118 MB; read through in batches they must not add up.
    write_files(tmp_path, {f"big/{i:03d}.png": png(i, (512, 512), "RGB") for i in range(150)})
    code = """
import resource
from gan_keras import data
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
dataset = data.load("folder:big", options=data.DataOptions(memory_mb=30))
assert dataset.is_streamed
for start in range(0, 130, 2):
    dataset.train_images[start : start + 2]
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""
    shown = subprocess.check_output(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), text=True
    )
    assert float(shown) < 60  # 4 threads with a few pictures each

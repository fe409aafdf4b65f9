"""A folder that does not fit into memory: the same data, order and splits, in bounded memory."""

import os
import subprocess
import sys

import numpy as np
import pytest
from data_samples import class_files, png, write_files

from gan_keras import data
from gan_keras.data import DataOptions, picture_files
from gan_keras.data.pipeline import Withhold, training_batches
from gan_keras.foundation.errors import DataError


@pytest.fixture
def pets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # listings are kept in data/
    return f"folder:{write_files(tmp_path / 'pets', class_files())}"


def both(name):
    options = DataOptions(memory_mb=0)
    return data.load(name), data.load(name, options=options)


def test_same_data(pets):
    memory, streamed = both(pets)
    assert streamed.is_streamed
    assert not memory.is_streamed
    for part in ("train", "test"):
        np.testing.assert_array_equal(
            getattr(streamed, f"{part}_images")[:], getattr(memory, f"{part}_images")
        )
        np.testing.assert_array_equal(
            getattr(streamed, f"{part}_labels"), getattr(memory, f"{part}_labels")
        )
    assert streamed.spec == memory.spec


@pytest.mark.parametrize("withhold", [None, Withhold(1, 5)])
def test_same_order_also_after_a_resume(pets, withhold):
    def shades(dataset, first_step, number):
        batches = training_batches(
            dataset, 8, seed=4, first_step=first_step, withhold=withhold
        ).take(number)
        return [images.numpy()[:, 0, 0, 0].tolist() for images, _ in batches]

    memory, streamed = both(pets)
    whole = shades(memory, 0, 10)
    assert shades(streamed, 0, 10) == whole
    assert shades(streamed, 4, 3) == whole[4:7]


def test_fingerprint_is_of_the_listing(pets, tmp_path):
    options = DataOptions(memory_mb=0)
    first = data.load(pets, options=options).fingerprint()
    assert data.load(pets, options=options).fingerprint() == first
    assert data.load(pets, options=DataOptions(memory_mb=0, image_size=8)).fingerprint() != first
    path = tmp_path / "pets" / "cat" / "000.png"
    path.write_bytes(png(250))
    os.utime(path, (1, 1))
    assert data.load(pets, options=options).fingerprint() != first


def test_a_file_that_changes_under_a_run_is_named(pets, tmp_path):
    found = data.load(pets, options=DataOptions(memory_mb=0))
    for path in (tmp_path / "pets").rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(DataError, match=r"cat/000.png could be read before"):
        found.train_images[0]


def test_bad_files_are_left_out(pets, tmp_path, capsys):
    write_files(tmp_path / "pets", {"cat/bad.png": b"x", "cat/cut.png": png()[:45]})
    found = data.load(pets, options=DataOptions(memory_mb=0))
    assert len(found.train_images) + len(found.test_images) == 40
    assert capsys.readouterr().err.count("is left out") == 2


def test_files_are_looked_through_once(pets, tmp_path, monkeypatch, capsys):
    write_files(tmp_path / "pets", {"cat/bad.png": b"x"})
    options = DataOptions(memory_mb=0)
    first = data.load(pets, tmp_path / "data", options)
    seen = []
    monkeypatch.setattr(picture_files, "read_header", seen.append)
    monkeypatch.setattr(picture_files, "decode", lambda file, shape: seen.append(file))
    again = data.load(pets, tmp_path / "data", options)
    assert not seen
    assert again.fingerprint() == first.fingerprint()
    np.testing.assert_array_equal(again.train_images[:], first.train_images[:])
    assert capsys.readouterr().err.count("'cat/bad.png' is left out: not a picture") == 2
    monkeypatch.undo()
    (listing,) = (tmp_path / "data" / "listings").iterdir()
    listing.write_text("{")  # damaged: looked through again
    assert data.load(pets, tmp_path / "data", options).fingerprint() == first.fingerprint()
    (tmp_path / "pets" / "cat" / "000.png").write_bytes(b"changed")
    assert len(data.load(pets, tmp_path / "data", options).train_images) < len(first.train_images)


def test_memory_is_bounded(tmp_path):
    # 150 pictures of 512 x 512 x 3 are 118 MB; read through in batches they must not add up.
    files = {f"a/{i:03d}.png": png(i, (512, 512), "RGB") for i in range(150)}
    path = write_files(tmp_path / "big", files)
    code = f"""
import resource
import numpy as np
from gan_keras import data
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = peak()
dataset = data.load("folder:{path}", data_dir="{tmp_path}", options=data.DataOptions(memory_mb=50))
assert dataset.is_streamed
for start in range(0, 130, 2):
    dataset.train_images[start : start + 2]
print(peak() - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 60  # 4 threads with a few pictures each

"""A folder that does not fit into memory: the same data and splits, in bounded memory."""

import os
import subprocess
import sys

import numpy as np
import pytest
from data_samples import class_files, png
from file_samples import write_files
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
    assert len(read) == 4  # by the closing check
    assert again.fingerprint() == first.fingerprint()
    np.testing.assert_array_equal(again.train_images[:], first.train_images[:])
    assert capsys.readouterr().err.count("'cat/bad.png' is left out: not a picture") == 2
    (listing,) = (pets.parent / "data" / "listings").iterdir()
    listing.write_text("{")  # damaged: looked through again
    assert streamed(pets).fingerprint() == first.fingerprint()
    (pets / "cat" / "000.png").write_bytes(b"changed")
    assert len(streamed(pets).train_images) < len(first.train_images)


def test_memory_is_bounded(tmp_path):
    # 150 pictures of 512 x 512 x 3 are 118 MB; read through in batches they must not add up.
    write_files(tmp_path, {f"big/{i:03d}.png": png(i, (512, 512), "RGB") for i in range(150)})
    code = """
import resource
from gan_keras import data
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
dataset = data.load("folder:big", options=data.DataOptions(memory_mb=50))
assert dataset.is_streamed
for start in range(0, 130, 2):
    dataset.train_images[start : start + 2]
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""
    shown = subprocess.check_output(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), text=True
    )
    assert float(shown) < 60  # 4 threads with a few pictures each

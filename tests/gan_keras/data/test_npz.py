import io
import zipfile

import numpy as np
import pytest
from file_samples import lie, write_zip

from gan_keras.data import npz
from gan_keras.data.npz import BadArraysError


def claim(shape, descr="|u1"):
    """The bytes of an array that says it has a shape, and has 16 bytes."""
    file = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + bytes(16)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_writes(tmp_path, save):
    arrays = {
        "images": np.zeros((3000, 28, 28), np.uint8),  # as near to a bomb as honest data come
        "columns": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        "names": np.array(["a", "größe"]),
        "none": np.zeros((0, 5), np.float32),
        "one": np.array(7),
    }
    save(tmp_path / "a.npz", **arrays)
    found = npz.read(tmp_path / "a.npz", ["one", "images", "columns", "names"], ["none", "other"])
    assert list(found) == ["one", "images", "columns", "names", "none"]
    for name, array in found.items():
        np.testing.assert_array_equal(array, arrays[name])
        assert array.dtype == arrays[name].dtype
    with pytest.raises(BadArraysError, match="it has no array `other`"):
        npz.read(tmp_path / "a.npz", ["other"])


def refused(path, message):
    with pytest.raises(BadArraysError, match=message) as caught:
        npz.read(path, ["images"])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [claim((10**13, 28, 28)), claim((17,)), claim((10**13,), "<U0"), claim((2,), "|V1000000000")],
)
def test_an_array_that_claims_more_than_there_is(tmp_path, content):
    path = write_zip(tmp_path / "a.npz", {"images.npy": content})
    refused(path, "`images` is said to be .* which is not there")


def test_an_archive_that_lies_about_its_sizes_too(tmp_path):
    path = write_zip(tmp_path / "a.npz", {"images.npy": claim((10**9,))})
    refused(lie(path, packed=2**31, size=2**31), "which is not there")


@pytest.mark.parametrize("content", [b"", b"x" * 100, claim((1,))[:30], claim((-1, 3)), claim("x")])
def test_damaged_arrays(tmp_path, content):
    refused(write_zip(tmp_path / "a.npz", {"images.npy": content}), ".")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00v\x00"])
def test_files_that_are_no_archive(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    refused(tmp_path / "a.npz", "zip file")


def test_pickles_and_methods_without_limits(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.array([{}]))
    refused(tmp_path / "a.npz", "`images` is said to be|allow_pickle=False")
    path = write_zip(tmp_path / "b.npz", {"images.npy": claim((16,))}, zipfile.ZIP_LZMA)
    refused(path, "compression method 14 is not supported")

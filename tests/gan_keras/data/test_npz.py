import io
import zipfile

import numpy as np
import pytest

from gan_keras import data
from gan_keras.data import generated, npz
from gan_keras.data.npz import BadArraysError
from gan_keras.foundation.errors import DataError


def claim(shape, descr="|u1"):
    """The bytes of an array that says it has a shape, and has 16 bytes."""
    file = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + bytes(16)


def write(path, method=zipfile.ZIP_DEFLATED, **contents):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(f"{name}.npy", content)
    return path


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


@pytest.mark.parametrize(
    "content",
    [claim((10**13, 28, 28)), claim((17,)), claim((10**13,), "<U0"), claim((2,), "|V1000000000")],
)
def test_an_array_that_claims_more_than_there_is(tmp_path, content):
    with pytest.raises(BadArraysError, match="`images` is said to be .* which is not there"):
        npz.read(write(tmp_path / "a.npz", images=content), ["images"])


def test_an_archive_that_lies_about_its_sizes_too(tmp_path):
    path = write(tmp_path / "a.npz", images=claim((10**9,)))
    raw = bytearray(path.read_bytes())
    central = raw.index(b"PK\1\2")
    raw[central + 20 : central + 28] = (2**31).to_bytes(4, "little") * 2
    path.write_bytes(raw)
    with pytest.raises(BadArraysError, match="which is not there"):
        npz.read(path, ["images"])


@pytest.mark.parametrize("content", [b"", b"x" * 100, claim((1,))[:30], claim((-1, 3)), claim("x")])
def test_damaged_arrays(tmp_path, content):
    with pytest.raises(BadArraysError) as caught:
        npz.read(write(tmp_path / "a.npz", images=content), ["images"])
    assert "\n" not in str(caught.value)


def test_a_method_that_has_no_limits(tmp_path):
    path = write(tmp_path / "a.npz", zipfile.ZIP_LZMA, images=claim((16,)))
    with pytest.raises(BadArraysError, match="compression method 14 is not supported"):
        npz.read(path, ["images"])


def test_whoever_reads_arrays_says_so_in_a_line(data_dir, tmp_path):
    dataset = data.load("demo", data_dir)
    contents = dict.fromkeys(("images", "labels", "class_names", "split"), claim((10**13, 28, 28)))
    with pytest.raises(DataError, match="cannot read .*a.npz .`images` is said to be"):
        generated.load(write(tmp_path / "a.npz", **contents), dataset, data_dir)
    write(data_dir / "demo" / "symbols.npz", **contents)
    with pytest.raises(DataError, match="`images` is said to be .* `make demo-data`"):
        data.load("demo", data_dir)

import numpy as np
import pytest
from data_samples import png, write_files

from gan_keras import data
from gan_keras.data import generated
from gan_keras.foundation.errors import DataError

BIG = {"size": (28, 28)}


@pytest.fixture
def dataset(data_dir):
    return data.load("demo", data_dir)  # 28x28x1, classes a b c d


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_folder_with_a_sub_folder_per_class(dataset, tmp_path):
    # all of them count, none is held back for tests
    shades = {"b": 10, "d": 20}
    files = {f"{name}/{i}.png": png(shades[name], **BIG) for name in shades for i in range(12)}
    images, labels = generated.load(write_files(tmp_path / "in", files), dataset, tmp_path)
    assert images.shape == (24, 28, 28, 1)
    assert np.bincount(labels).tolist() == [0, 12, 0, 12]
    assert set(images[labels == 1].ravel()) == {10}


def test_flat_folder_has_no_labels(dataset, tmp_path):
    # grey pictures may be written as RGB
    files = {f"{shade}.png": png(shade, mode="RGB", **BIG) for shade in range(5)}
    images, labels = generated.load(write_files(tmp_path / "in", files), dataset, tmp_path)
    assert sorted(images[:, 0, 0, 0]) == [0, 1, 2, 3, 4]
    assert images.shape == (5, 28, 28, 1)
    assert labels is None


def test_npz_as_samples_are_written(dataset, tmp_path):
    images = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28, 1)
    names = np.array(["d", "a", "unused"])  # numbered otherwise than the data set's
    file = save(tmp_path / "s.npz", images=images, labels=np.array([0, 1, 1]), class_names=names)
    found, labels = generated.load(file, dataset, tmp_path)
    np.testing.assert_array_equal(found, images)
    assert labels.tolist() == [3, 0, 0]
    file = save(tmp_path / "u.npz", images=images[..., 0])
    assert generated.load(file, dataset, tmp_path)[0].shape == (3, 28, 28, 1)


def test_points_come_in_an_npz(tmp_path):
    ring = data.load("ring", tmp_path)
    file = save(tmp_path / "p.npz", images=np.zeros((5, 2)))
    assert generated.load(file, ring, tmp_path)[0].dtype == np.float32
    file = save(tmp_path / "n.npz", images=np.full((5, 2), np.nan))
    with pytest.raises(DataError, match="holds points that are not finite"):
        generated.load(file, ring, tmp_path)
    with pytest.raises(DataError, match="ring holds points, which come in an .npz"):
        generated.load(tmp_path, ring, tmp_path)


GOOD = np.zeros((2, 28, 28, 1), np.uint8)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"pictures": GOOD}, "has no array `images`"),
        ({"images": GOOD[:, :20]}, "holds uint8 20x28x1, but demo has uint8 images 28x28x1"),
        ({"images": GOOD / 1.0}, "holds float64 28x28x1"),
        ({"images": np.stack([GOOD, GOOD + 1, GOOD], -1)[..., 0, :]}, "holds uint8 28x28x3"),
        ({"images": GOOD[:0]}, "holds no images"),
        ({"images": np.array([{}])}, "cannot read"),
        ({"images": GOOD, "labels": np.array([0.5, 1])}, "must be whole numbers"),
        ({"images": GOOD, "labels": np.array([0])}, "one per image"),
        ({"images": GOOD, "labels": np.array([0, 4])}, r"must lie in 0\.\.3; got 0\.\.4"),
        ({"images": GOOD, "labels": np.array([-1, 0])}, "must lie in"),
        (
            {"images": GOOD, "labels": np.array([0, 1]), "class_names": np.array(["a", "z"])},
            "has classes that demo has not: 'z'; it has a b c d",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(dataset, tmp_path, arrays, message):
    with pytest.raises(DataError, match=message) as caught:
        generated.load(save(tmp_path / "s.npz", **arrays), dataset, tmp_path)
    assert "\n" not in str(caught.value)


def test_unknown_classes_of_a_folder(dataset, tmp_path):
    files = {f"{name}/{i}.png": png(**BIG) for name in ("a", "zebra") for i in range(2)}
    with pytest.raises(DataError, match="has classes that demo has not: 'zebra'"):
        generated.load(write_files(tmp_path / "in", files), dataset, tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00v\x00"])
def test_damaged_files_are_one_line(dataset, tmp_path, content):
    (tmp_path / "s.npz").write_bytes(content)
    with pytest.raises(DataError, match="cannot read"):
        generated.load(tmp_path / "s.npz", dataset, tmp_path)
    with pytest.raises(DataError, match="there is no"):
        generated.load(tmp_path / "nothing.npz", dataset, tmp_path)

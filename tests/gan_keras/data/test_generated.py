import numpy as np
import pytest
from data_samples import png
from file_samples import write_files

from gan_keras import data
from gan_keras.data import generated
from gan_keras.foundation.errors import DataError


@pytest.fixture
def load(data_dir, tmp_path):
    """Loads arrays as an .npz, or pictures of 28 x 28 as a folder, for a set (28x28x1, a b c d)."""

    def load(content, name="demo"):
        if isinstance(next(iter(content.values())), bytes):
            path = write_files(tmp_path / "in", content)
        else:
            path = tmp_path / "in.npz"
            np.savez(path, **content)
        return generated.load(path, data.load(name, data_dir), tmp_path)

    return load


def big(shade, mode="L"):
    return png(shade, (28, 28), mode)


def test_folder_with_a_sub_folder_per_class(load):
    # all of them count, none is held back for tests
    files = {f"{name}/{i}.png": big(ord(name)) for name in "bd" for i in range(12)}
    images, labels = load(files)
    assert images.shape == (24, 28, 28, 1)
    assert np.bincount(labels).tolist() == [0, 12, 0, 12]
    assert set(images[labels == 1][:, 0, 0, 0]) == {ord("b")}
    with pytest.raises(DataError, match="has classes that demo has not: 'zebra'"):
        load({"zebra/1.png": big(1)})


def test_flat_folder_has_no_labels(load):
    # grey pictures may be written as RGB
    images, labels = load({f"{shade}.png": big(shade, "RGB") for shade in range(5)})
    assert sorted(images[:, 0, 0, 0]) == [0, 1, 2, 3, 4]
    assert images.shape == (5, 28, 28, 1)
    assert labels is None


def test_npz_as_samples_are_written(load):
    images = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28, 1)
    names = np.array(["d", "a", "unused"])  # numbered otherwise than the data set's
    found, labels = load({"images": images, "labels": np.array([0, 1, 1]), "class_names": names})
    np.testing.assert_array_equal(found, images)
    assert labels.tolist() == [3, 0, 0]
    for form in (images[..., 0], images[:, None, :, :, 0], images / 255):
        np.testing.assert_array_equal(load({"images": form})[0], images)
    masks = images % 2
    np.testing.assert_array_equal(load({"images": masks})[0], masks * 255)


def test_points_come_in_an_npz(load):
    assert load({"images": np.zeros((5, 2))}, "ring")[0].dtype == np.float32
    with pytest.raises(DataError, match="holds points that are not finite"):
        load({"images": np.full((5, 2), np.nan)}, "ring")
    with pytest.raises(DataError, match="ring holds points, which come in an .npz"):
        load({"1.png": big(1)}, "ring")


GOOD = np.zeros((2, 28, 28, 1), np.uint8)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"pictures": GOOD}, "cannot read .* has no array `images`"),
        ({"images": GOOD[:, :20]}, "holds uint8 20x28x1, but demo has uint8 images 28x28x1"),
        ({"images": GOOD + 2.5}, "values 2.5 to 2.5; that range is not known"),
        ({"images": np.stack([GOOD, GOOD + 1, GOOD], -1)[..., 0, :]}, "holds uint8 28x28x3"),
        ({"images": GOOD[:0]}, "holds no images"),
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
def test_what_does_not_fit_is_one_line(load, arrays, message):
    with pytest.raises(DataError, match=message) as caught:
        load(arrays)
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path):
    with pytest.raises(DataError, match="there is no"):
        generated.load(tmp_path / "nothing.npz", None, tmp_path)

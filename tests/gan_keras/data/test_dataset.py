import dataclasses

import numpy as np
import pytest
from data_samples import numbered, streamed

from gan_keras import data
from gan_keras.data import Dataset, DataSpec
from gan_keras.data.lazy import from_array
from gan_keras.foundation.errors import DataError


def points(n=6):
    values = np.arange(2 * n, dtype=np.float32).reshape(n, 2)
    return Dataset(
        "points", values, np.zeros(n, np.int32), values[:2], np.zeros(2, np.int32), ("0",)
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"class_names": ("a", "b")}, r"train labels must lie in 0..1; got 0..2"),
        ({"test_images": np.zeros((4, 4, 4, 1))}, "test images must be uint8 .*; got float64"),
        ({"train_images": np.zeros((10, 4, 4, 1), np.uint16)}, "must be uint8"),
        ({"test_labels": np.zeros(3, np.int32)}, r"got uint8 \(4, 4, 4, 1\) and 3 labels"),
    ],
)
def test_final_checks(changed, message):
    with pytest.raises(DataError, match=message):
        dataclasses.replace(numbered(), **changed)


def test_nothing_to_train_on():
    with pytest.raises(DataError, match="the train split is empty"):
        numbered().select(np.arange(0), np.arange(2))


def test_fingerprint_sees_every_part():
    prints = {numbered().fingerprint(), numbered(9).fingerprint()}
    other = numbered()
    other.test_images[0, 0, 0, 0] = 77  # shares memory with train, so both change
    prints.add(other.fingerprint())
    assert len(prints) == 3
    assert numbered().fingerprint() == numbered().fingerprint()


def test_points_are_examples_too():
    assert points().image_shape == (2,)
    assert points().spec.is_points
    assert not numbered().spec.is_points
    assert points().fingerprint() != points(5).fingerprint()
    assert DataSpec.from_dict(points().spec.to_dict()) == points().spec


def test_lazy_images_are_indexed_like_arrays():
    plain = numbered().train_images
    lazy = from_array(plain)
    assert (len(lazy), lazy.shape, lazy.dtype, lazy.ndim) == (10, plain.shape, plain.dtype, 4)
    for rows in (3, slice(2, 5), slice(0, 0), np.array([4, 1, 1]), -1):
        np.testing.assert_array_equal(lazy[rows], plain[rows])
    np.testing.assert_array_equal(lazy.select(np.array([5, 2]))[1], plain[2])


@pytest.mark.parametrize("make", [numbered, streamed])
def test_select_takes_images_with_their_labels(make):
    part = make().select(np.array([4, 1]), np.array([0]))
    assert part.train_images[:][:, 0, 0, 0].tolist() == [4, 1]
    assert part.train_labels.tolist() == [1, 1]
    assert len(part.test_images) == 1
    assert part.fingerprint() != make().fingerprint()


def test_in_memory_is_bounded(monkeypatch):
    part = streamed().in_memory(3)
    assert not part.is_streamed
    assert part.train_images[:, 0, 0, 0].tolist() == [0, 4, 9]
    assert part.train_labels.tolist() == [0, 1, 0]
    assert len(numbered().in_memory(3).train_images) == 10  # what is in memory stays whole
    monkeypatch.setattr("gan_keras.data.dataset.MAX_SAMPLE_BYTES", 2 * 16)
    assert len(streamed().in_memory(1000).train_images) == 2


def test_missing_sets_say_which_command_makes_them(tmp_path):
    for name, command in (
        ("crohme", "make crohme-data"),
        ("demo_letters", "make demo-letters"),
        ("cifar100", "make data DATASET=cifar100"),
        ("stacked_mnist", "make data DATASET=mnist"),
    ):
        with pytest.raises(DataError, match=command):
            data.load(name, tmp_path)

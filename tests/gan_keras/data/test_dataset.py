import dataclasses

import numpy as np
import pytest
from data_samples import numbered, shades, streamed

from gan_keras import data
from gan_keras.data import Dataset, DataSpec
from gan_keras.data.lazy import from_array
from gan_keras.foundation.errors import DataError, UsageError


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"class_names": ("a", "b")}, r"train labels must lie in 0..1; got 0..2"),
        ({"test_images": np.zeros((4, 4, 4, 1))}, "test images must be uint8 .*; got float64"),
        ({"train_images": np.zeros((10, 4, 4, 1), np.uint16)}, "must be uint8"),
        ({"test_labels": np.zeros(3, np.int32)}, r"got uint8 \(4, 4, 4, 1\) and 3 labels"),
        (
            {"train_images": np.zeros((0, 4, 4, 1), np.uint8), "train_labels": np.zeros(0, int)},
            "the train split is empty",
        ),
    ],
)
def test_final_checks(changed, message):
    with pytest.raises(DataError, match=message):
        dataclasses.replace(numbered(), **changed)


@pytest.mark.parametrize("counts", [(100,), (1,) * 4, (2, -1, 2), (0, 0, 0), ()])
def test_counts_of_a_spec_are_one_per_class(counts):
    with pytest.raises(UsageError, match=f"got {len(counts)} for 3 class names"):
        DataSpec((8, 8, 1), tuple("abc"), counts)
    assert DataSpec((8, 8, 1), tuple("abc"), (0, 2, 0)).num_classes == 3


@pytest.mark.parametrize("part", ["train_images", "train_labels", "test_images", "test_labels"])
def test_fingerprint_sees_every_part(part):
    changed = getattr(numbered(), part).copy()
    changed[0] += 1
    other = dataclasses.replace(numbered(), **{part: changed})
    same = numbered()
    assert numbered().fingerprint() == same.fingerprint() != other.fingerprint()
    train_only = (dataset.fingerprint(train_only=True) for dataset in (same, other))
    assert len(set(train_only)) == (2 if part.startswith("train") else 1)


def test_points_are_examples_too():
    values, labels = np.arange(12, dtype=np.float32).reshape(6, 2), np.zeros(6, np.int32)
    points = Dataset("points", values, labels, values, labels, ("0",))
    assert points.image_shape == (2,)
    assert points.spec.is_points
    assert not numbered().spec.is_points
    assert DataSpec.from_dict(points.spec.to_dict()) == points.spec


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
    assert shades(part.train_images) == [4, 1]
    assert part.train_labels.tolist() == [1, 1]
    assert len(part.test_images) == 1
    assert part.fingerprint() != make().fingerprint()


def test_in_memory_is_bounded(monkeypatch):
    part = streamed().in_memory(3)
    assert not part.is_streamed
    assert shades(part.train_images) == [0, 4, 9]
    assert part.train_labels.tolist() == [0, 1, 0]
    assert len(numbered().in_memory(3).train_images) == 10  # what is in memory stays whole
    monkeypatch.setattr("gan_keras.data.dataset.MAX_SAMPLE_BYTES", 2 * 16)
    assert len(streamed().in_memory(1000).train_images) == 2


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("crohme", "make crohme-data"),
        ("demo_letters", "make demo-letters"),
        ("cifar100", "make data DATASET=cifar100"),
        ("stacked_mnist", "make data DATASET=mnist"),
    ],
)
def test_missing_sets_say_which_command_makes_them(tmp_path, name, command):
    with pytest.raises(DataError, match=command):
        data.load(name, tmp_path)

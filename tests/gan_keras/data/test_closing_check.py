"""What `data.load` says of any set, through sets of one loader."""

import dataclasses
import re

import numpy as np
import pytest

from gan_keras import data
from gan_keras.data import Dataset, closing_check
from gan_keras.data.lazy import from_array
from gan_keras.foundation.errors import DataError, UsageError


def written(classes, dark=(), blank=()):
    """Six images of each class, bright ink in the middle of a black ground."""
    images = np.zeros((6 * len(classes), 12, 12, 1), np.uint8)
    images[:, 4:8, 5:7] = 255
    labels = np.arange(len(images), dtype=np.int32) % len(classes)
    for label in dark:
        images[labels == label] = 255 - images[labels == label]
    images[list(blank)] = 7
    return Dataset("set", images, labels, images.copy(), labels, tuple(classes))


@pytest.fixture
def said(monkeypatch, capsys):
    """Loads a data set; returns it, and the lines that are said of it."""

    def load(dataset, **options):
        monkeypatch.setitem(data.LOADERS, "set", lambda *given: dataset)
        found = data.load("set", options=data.DataOptions(**options))
        lines = capsys.readouterr().err.splitlines()
        assert all(line.startswith("WARNING: set: ") for line in lines)
        return found, [line.removeprefix("WARNING: set: ") for line in lines]

    return load


@pytest.mark.parametrize("lazy", [False, True])
def test_classes_without_a_train_image_are_dropped(said, lazy):
    whole = written(("n/a", "a", "b", "later"))
    wrap = from_array if lazy else np.asarray
    keep = np.flatnonzero((whole.train_labels == 1) | (whole.train_labels == 2))
    part = dataclasses.replace(
        whole,
        train_images=wrap(whole.train_images[keep]),
        train_labels=whole.train_labels[keep],
        test_images=wrap(whole.train_images[:8]),
        test_labels=whole.train_labels[:8],
    )
    found, lines = said(part)
    assert found.class_names == ("a", "b")
    assert found.class_counts.tolist() == [6, 6]
    assert found.test_labels.tolist() == [0, 1, 0, 1]
    assert found.test_images.shape == (4, 12, 12, 1)
    assert lines == [
        "classes without a train image are left out, and so are their 4 test images: n/a later"
    ]
    with pytest.raises(UsageError, match="has the classes a b$"):
        said(part, only_class="later")


@pytest.mark.parametrize(
    ("dataset", "lines"),
    [
        (written("0123"), []),
        (written("aA"), []),
        (written(("\\delta", "\\Delta", "x")), []),
        (written(("train", "Testing", "x")), ["are named like the splits of a set: train Testing"]),
        (written(("images", "masks")), ["are named like kinds of files: images masks"]),
        (written(("trainingSet", "x")), ["are named like the splits of a set: trainingSet"]),
        (written(("cat", "Cat", "x")), ["whose names differ by case only: 'cat' and 'Cat'"]),
        (
            written(("a b", "a  b", "x")),
            ["whose names differ by blanks or normal form only: 'a b' and 'a  b'"],
        ),
        (written(("é", "e\u0301")), ["differ by blanks or normal form only: 'é' and 'e\u0301'"]),
        (written("abcd", dark=(1, 3)), ["that are dark on light beside the others: b d"]),
        (written("abcd", dark=(0, 1, 3)), ["that are light on dark beside the others: c"]),
        (written("abcd", dark=range(4)), []),
        (
            written("ab", blank=(0, 2)),
            ["2 of 12 .* are of one grey, in the classes a"],
        ),
    ],
)
@pytest.mark.parametrize("lazy", [False, True])
def test_odd_classes(said, dataset, lines, lazy):
    if lazy:
        dataset = dataclasses.replace(
            dataset,
            train_images=from_array(dataset.train_images),
            test_images=from_array(dataset.test_images),
        )
    found, seen = said(dataset)
    assert found.class_names == dataset.class_names
    assert len(seen) == len(lines)
    for line, pattern in zip(seen, lines, strict=True):
        assert re.search(pattern, line)


def test_polarity_that_differs_within_classes(said):
    dataset = written("ab")
    dataset.train_images[:4] = 255 - dataset.train_images[:4]
    _, lines = said(dataset)
    assert lines == ["of 12 images looked at 4 are dark on light and 8 light on dark"]
    dataset.train_images[:, 2:9, 0] = 255 - dataset.train_images[:, 2:9, 0]  # ink at an edge
    assert said(dataset)[1] == lines


@pytest.mark.parametrize(
    ("dark", "line"),
    [
        ((), "train images are light on dark, and test images dark on light"),
        ((0, 1), "train images are dark on light, and test images light on dark"),
    ],
)
def test_polarity_that_differs_between_splits(said, dark, line):
    dataset = written("ab", dark=dark)
    turned = dataclasses.replace(dataset, test_images=255 - dataset.test_images)
    assert said(dataset)[1] == []
    assert said(turned)[1] == [line]


def test_no_test_images_are_said(said):
    dataset = written("ab")
    none = dataset.select(np.arange(12), np.arange(0))
    assert said(none)[1] == [
        "there are no test images: too few to draw one in ten, or none of these classes"
    ]


def test_photographs_have_no_polarity(said):
    noise = np.random.default_rng(0).integers(0, 256, (12, 12, 12, 3)).astype(np.uint8)
    dataset = dataclasses.replace(written("ab"), train_images=noise, test_images=noise)
    assert said(dataset)[1] == []


def test_values_that_are_hardly_used(said):
    dataset = written("ab")
    dim = dataclasses.replace(dataset, train_images=dataset.train_images // 4)
    assert said(dim)[1] == [
        "the values of its images lie between 0 and 63 only; black is 0 and white 255"
    ]


@pytest.mark.parametrize("values", [(0, 1), (255, 255), (0, 16)])
def test_images_of_one_grey_are_refused(said, values):
    dataset = written("ab")
    images = np.where(dataset.train_images > 0, values[1], values[0]).astype(np.uint8)
    with pytest.raises(DataError, match=rf"one grey each \(values from {values[0]} to {values[1]}"):
        said(dataclasses.replace(dataset, train_images=images))


def test_large_images_are_said_to_be_large(said):
    dataset = written("ab")
    tall = np.zeros((12, 65, 20, 1), np.uint8)
    tall[:, 30:40, 5:15] = 255
    dataset = dataclasses.replace(dataset, train_images=tall, test_images=tall)
    (line,) = said(dataset)[1]
    assert line.startswith("images of 65 x 20 pixels")
    assert "--image_size=64" in line
    assert said(dataset, image_size=64)[1] == []


def test_every_class_is_looked_at_in_bounded_memory(monkeypatch, said):
    monkeypatch.setattr(closing_check, "_LOOKED_AT_STREAMED", 4)
    dataset, read = written("abcd", dark=(3,)), []
    test = from_array(dataset.test_images)
    lazy = dataclasses.replace(
        from_array(dataset.train_images),
        read=lambda rows: read.append(len(rows)) or dataset.train_images[rows],
    )
    _, lines = said(dataclasses.replace(dataset, train_images=lazy, test_images=test))
    assert read == [4]
    assert lines == ["classes that are dark on light beside the others: d"]


def test_points_are_not_looked_at(said):
    points = data.load("ring")
    assert said(dataclasses.replace(points, name="set"))[1] == []

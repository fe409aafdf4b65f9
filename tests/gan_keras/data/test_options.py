import dataclasses
import types

import numpy as np
import pytest
from data_samples import numbered, shades, streamed
from PIL import Image

from gan_keras import data
from gan_keras.data import DataOptions, Dataset
from gan_keras.foundation.errors import UsageError


def apply(dataset, **wanted):
    return DataOptions(**wanted).apply(dataset)


def test_nothing_asked_nothing_done():
    dataset = numbered()
    assert apply(dataset) is dataset


@pytest.mark.parametrize("make", [numbered, streamed])
def test_images_are_resized(make):
    found = apply(make(), image_size=6)
    assert found.image_shape == (6, 6, 1)
    assert found.train_images[:][:, 3, 3, 0].tolist() == list(range(10))
    assert found.is_streamed == make().is_streamed
    assert found.test_images[:].shape == (4, 6, 6, 1)


def test_images_that_no_longer_fit_memory_are_resized_when_read():
    images, labels = np.zeros((30, 20, 20, 1), np.uint8), np.zeros(30, np.int32)
    found = apply(Dataset("x", images, labels, images, labels, ("a",)), image_size=160, memory_mb=1)
    assert found.is_streamed
    assert found.train_images[:2].shape == (2, 160, 160, 1)


@pytest.mark.parametrize("make", [numbered, streamed])
def test_channels_of_any_set(make):
    rgb = apply(make(), channels="rgb")
    assert rgb.image_shape == (4, 4, 3)
    assert shades(rgb.train_images) == list(range(10))
    # streamed images are not read for it
    assert apply(rgb).image_shape == (4, 4, 1 if make is numbered else 3)
    grey = apply(rgb, channels="grey")
    assert (grey.image_shape, shades(grey.test_images)) == ((4, 4, 1), [0, 1, 2, 3])
    both = apply(make(), channels="rgb", image_size=8)
    assert both.image_shape == (8, 8, 3)


def test_grey_of_colours_is_their_luminance():
    colours = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 3)).astype(np.uint8)
    dataset = dataclasses.replace(numbered(), train_images=colours, train_labels=np.zeros(6, int))
    assert apply(dataset).image_shape == (4, 4, 3)
    for image, found in zip(colours, apply(dataset, channels="grey").train_images, strict=True):
        np.testing.assert_array_equal(found[..., 0], Image.fromarray(image).convert("L"))


def test_some_classes_keep_their_order():
    found = apply(numbered(), only_class="c,a")
    assert found.class_names == ("a", "c")
    assert shades(found.train_images) == [0, 2, 3, 5, 6, 8, 9]
    assert found.train_labels.tolist() == [0, 1, 0, 1, 0, 1, 0]
    assert shades(found.test_images) == [0, 2, 3]


def test_balance_takes_the_first_of_each_class():
    labels = np.array([0, 0, 1, 0, 1, 0, 2, 2, 0, 0], np.int32)
    found = apply(dataclasses.replace(numbered(), train_labels=labels), balance=True)
    assert shades(found.train_images) == [0, 1, 2, 4, 6, 7]
    assert found.class_counts.tolist() == [2, 2, 2]
    assert len(found.test_images) == 4


@pytest.mark.parametrize(
    ("dataset", "options", "message"),
    [
        (data.load("ring"), {"image_size": 8}, "--image_size=8: ring holds points"),
        (data.load("ring"), {"channels": "grey"}, "--channels=grey: ring holds points"),
        (numbered(), {"only_class": "z"}, "--only_class=z: toy has the classes a b c"),
        (numbered(), {"only_class": "a,"}, "--only_class: an empty label"),
    ],
)
def test_mistakes(dataset, options, message):
    with pytest.raises(UsageError, match=message):
        apply(dataset, **options)


def test_from_a_configuration():
    config = types.SimpleNamespace(image_size=32, only_class="3", lr=0.1)
    assert DataOptions.from_config(config) == DataOptions(image_size=32, only_class="3")

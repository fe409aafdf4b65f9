import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from data_samples import numbered, streamed

from gan_keras.data import Dataset, pipeline
from gan_keras.data.pipeline import Withhold, training_batches
from gan_keras.foundation.errors import UsageError


def rows(batches, n):
    """First pixel of each image of the next n batches, as the row number it stands for."""
    found = []
    for images, _ in batches.take(n):
        found.append(np.round((images.numpy()[:, 0, 0, 0] + 1) * 127.5).astype(int).tolist())
    return found


@pytest.mark.parametrize("value_range", ["signed", "unit"])
@pytest.mark.parametrize("ink", ["bright", "dark"])
def test_scale_round_trip(ink, value_range):
    images = np.arange(256, dtype=np.uint8)
    scaled = pipeline.scale(images, ink, value_range)
    low = -1 if value_range == "signed" else 0
    assert float(tf.reduce_min(scaled)) == low
    assert float(tf.reduce_max(scaled)) == 1
    assert float(scaled[255]) == (1 if ink == "bright" else low)
    np.testing.assert_array_equal(pipeline.unscale(scaled, ink, value_range), images)


def test_points_are_not_scaled():
    points = np.array([[-4.0, 250.0]], np.float32)
    np.testing.assert_array_equal(pipeline.scale(tf.constant(points), "dark", "unit"), points)
    labels = np.zeros(1, np.int32)
    dataset = Dataset("points", points, labels, points, labels, ("0",))
    images, _ = next(iter(training_batches(dataset, 1, seed=0)))
    np.testing.assert_array_equal(images, points)


def test_black_is_black_not_grey():
    # The (x / 2 + 1) * 255 of an often copied notebook turns -1 into 127.
    assert pipeline.unscale(tf.constant([-1.0, 0.0, 1.0, -3.0, 3.0])).numpy().tolist() == [
        0, 128, 255, 0, 255,
    ]  # fmt: skip


@pytest.mark.parametrize("make", [numbered, streamed])
def test_a_pass_is_a_permutation_and_passes_differ(make):
    batches = rows(training_batches(make(), 5, seed=1), 4)
    first, second = sum(batches[:2], []), sum(batches[2:], [])
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second


def test_unshuffled_passes_are_in_the_order_of_the_data():
    batches = rows(training_batches(numbered(), 4, seed=1, first_step=1, shuffle=False), 3)
    assert batches == [[4, 5, 6, 7], [0, 1, 2, 3], [4, 5, 6, 7]]


def test_shapes_are_known_where_images_are_streamed():
    images, labels = training_batches(streamed(), 4, seed=0).element_spec
    assert images.shape == (4, 4, 4, 1)
    assert labels.shape == (4,)
    assert pipeline.evaluation_batches(streamed(), 3).element_spec[0].shape == (None, 4, 4, 1)


@pytest.mark.parametrize("make", [numbered, streamed])
def test_labels_stay_with_their_images(make):
    for images, labels in training_batches(make(), 4, seed=1).take(5):
        number = np.round((images.numpy()[:, 0, 0, 0] + 1) * 127.5).astype(int)
        np.testing.assert_array_equal(labels, number % 3)


@pytest.mark.parametrize("withhold", [None, Withhold(label=1, steps=5)])
def test_resumed_order_is_the_uninterrupted_one(withhold):
    # 10 images in batches of 3: three steps per pass, and two while a class is withheld
    options = {"batch_size": 3, "seed": 2, "withhold": withhold}
    whole = rows(training_batches(numbered(), **options), 14)
    assert rows(training_batches(streamed(), **options), 14) == whole
    for first_step in (1, 3, 4, 5, 6, 11):
        resumed = rows(training_batches(numbered(), first_step=first_step, **options), 3)
        assert resumed == whole[first_step : first_step + 3]


def test_seeds_give_different_orders():
    one, two = (rows(training_batches(numbered(), 5, seed=s), 2) for s in (1, 2))
    assert one != two


def test_batch_larger_than_the_data():
    with pytest.raises(ValueError, match="Received: batch_size=11"):
        training_batches(numbered(), 11, seed=0)


@pytest.mark.parametrize("make", [numbered, streamed])
def test_test_split_is_in_order_and_whole(make):
    batches = list(pipeline.evaluation_batches(make(), 3))
    assert [len(labels) for _, labels in batches] == [3, 1]
    assert np.concatenate([labels for _, labels in batches]).tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize(("most", "expected"), [(4, 4), (3, 2), (2, 2), (1, 1)])
def test_a_part_of_the_test_split_is_spread_over_it(monkeypatch, most, expected):
    monkeypatch.setattr(pipeline, "HELD_OUT", most)
    split = numbered()
    (batch,) = pipeline.evaluation_batches(split, 10)
    step = 4 // expected
    np.testing.assert_array_equal(batch[1], split.test_labels[::step])
    np.testing.assert_array_equal(batch[0], pipeline.scale(split.test_images[::step]))


def test_withheld_class_is_not_seen_until_its_step():
    withhold = Withhold(label=1, steps=5)
    batches = rows(training_batches(numbered(), 3, seed=2, withhold=withhold), 12)
    before, after = sum(batches[:5], []), sum(batches[5:], [])
    assert not [row for row in before if row % 3 == 1]
    assert [row for row in after if row % 3 == 1]
    # a new pass begins when it returns
    assert len(set(sum(batches[5:8], []))) == 9


def test_withheld_for_ever():
    batches = rows(training_batches(numbered(), 3, seed=2, withhold=Withhold(1, None)), 9)
    assert not [row for row in sum(batches, []) if row % 3 == 1]


def test_withhold_counts_epochs():
    assert Withhold.create(numbered(), "b", 3, 10) == Withhold(1, 30)
    assert Withhold.create(numbered(), "b", 0, 10) == Withhold(1, None)
    assert Withhold.create(numbered(), "", 0, 10) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("q", "--withhold_class=q: toy has the classes a b c"),
        ("", "--withhold_until=3 needs --withhold_class"),
        ("a", "no other class"),
    ],
)
def test_withhold_mistakes(name, message):
    alone = dataclasses.replace(numbered(), train_labels=np.zeros(10, np.int32))
    with pytest.raises(UsageError, match=message):
        Withhold.create(alone, name, 3, 10)

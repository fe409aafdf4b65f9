"""Replay buffer and historical averaging: contents, order, state in the model's weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_keras.steps.replay import HistoricalAverage, ReplayBuffer

SEED = tf.constant([1, 2])


def numbered(*numbers):
    """Images 1x1x1 that show their number."""
    return tf.reshape(tf.constant(numbers, tf.float32), [-1, 1, 1, 1])


def contents(buffer):
    return buffer.images.numpy().ravel().tolist()


def test_the_ring_overwrites_the_oldest():
    buffer = ReplayBuffer(4, (1, 1, 1))
    add = tf.function(buffer.add)
    add(numbered(1, 2, 3), tf.constant([10, 20, 30]))
    assert contents(buffer) == [1, 2, 3, 0]
    add(numbered(4, 5, 6), tf.constant([40, 50, 60]))
    assert contents(buffer) == [5, 6, 3, 4]
    assert buffer.labels.numpy().tolist() == [50, 60, 30, 40]
    assert int(buffer.count) == 6


def test_of_more_than_fit_the_last_are_kept():
    buffer = ReplayBuffer(3, (1, 1, 1))
    buffer.add(numbered(1, 2, 3, 4, 5))
    assert sorted(contents(buffer)) == [3, 4, 5]
    buffer.add(numbered(6))  # over the oldest, 3
    assert sorted(contents(buffer)) == [4, 5, 6]


def test_exchange_passes_the_first_batch_and_stores_its_share():
    buffer = ReplayBuffer(10, (1, 1, 1), fraction=0.5)
    shown, labels = buffer.exchange(numbered(1, 2, 3, 4), SEED, tf.constant([1, 2, 3, 4]))
    np.testing.assert_array_equal(shown, numbered(1, 2, 3, 4))
    np.testing.assert_array_equal(labels, [1, 2, 3, 4])
    assert contents(buffer)[:3] == [1, 2, 0]
    assert int(buffer.count) == 2


def test_exchange_shows_past_fakes_with_their_labels():
    buffer = ReplayBuffer(10, (1, 1, 1), fraction=0.5)
    exchange = tf.function(buffer.exchange)
    exchange(numbered(1, 2, 3, 4), SEED, tf.constant([1, 2, 3, 4]))
    shown, labels = exchange(numbered(5, 6, 7, 8), SEED, tf.constant([5, 6, 7, 8]))
    shown = shown.numpy().ravel()
    assert set(shown[:2]) <= {1, 2}
    np.testing.assert_array_equal(shown[2:], [7, 8])
    np.testing.assert_array_equal(labels, shown)  # labels go with their images
    # what was taken out came in
    assert contents(buffer)[:5] == [1, 2, 5, 6, 0]


def test_exchange_draws_from_the_whole_buffer_and_nothing_else():
    buffer = ReplayBuffer(50, (1, 1, 1), fraction=1.0)
    buffer.add(numbered(*range(1, 21)))
    seen = set()
    for index in range(20):
        shown, _ = buffer.exchange(numbered(0), tf.constant([7, index]))
        seen |= set(shown.numpy().ravel())
    assert seen <= set(range(21))
    assert len(seen) > 8


def test_no_gradient_reaches_the_generator():
    buffer = ReplayBuffer(4, (1, 1, 1))
    x = numbered(1, 2)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = tf.reduce_sum(buffer.exchange(x, SEED)[0])
    assert tape.gradient(value, x) is None


class Holder(keras.Model):
    def __init__(self):
        super().__init__()
        self.net = keras.layers.Dense(2)
        self.net.build((None, 3))
        self.buffer = ReplayBuffer(3, (1, 1, 1))
        self.history = HistoricalAverage(self.net)

    def call(self, x):
        return self.net(x)


def test_state_is_saved_with_the_model(tmp_path):
    model = Holder()
    model(tf.ones((1, 3)))
    model.buffer.add(numbered(1, 2, 3, 4), tf.constant([1, 2, 3, 4]))
    model.history.update(model.net)
    model.save_weights(tmp_path / "model.weights.h5")
    other = Holder()
    other(tf.ones((1, 3)))
    other.load_weights(tmp_path / "model.weights.h5")
    assert contents(other.buffer) == contents(model.buffer)
    assert other.buffer.labels.numpy().tolist() == model.buffer.labels.numpy().tolist()
    assert int(other.buffer.count) == 4
    assert int(other.history.steps) == 1
    np.testing.assert_array_equal(other.history.means[0], model.net.kernel)
    # the network is not counted twice
    assert len(model.trainable_variables) == 2


@pytest.mark.parametrize("bad", [{"capacity": 0}, {"fraction": 0.0}, {"fraction": 1.5}])
def test_bad_buffers_are_refused(bad):
    with pytest.raises(ValueError, match="Received"):
        ReplayBuffer(**{"capacity": 4, "image_shape": (1, 1, 1), **bad})


def test_historical_average_by_hand():
    weight = keras.Variable([0.0, 3.0])
    history = HistoricalAverage([weight])
    assert float(history.penalty([weight])) == 0.0  # no history yet
    update = tf.function(lambda: history.update([weight]))
    update()
    weight.assign([2.0, 3.0])
    update()
    # mean (1, 3); then weights (4, 5): 9 + 4
    weight.assign([4.0, 5.0])
    np.testing.assert_allclose(history.means[0], [1.0, 3.0])
    with tf.GradientTape() as tape:
        value = history.penalty([weight])
    np.testing.assert_allclose(value, 13.0)
    np.testing.assert_allclose(tape.gradient(value, weight.value), [6.0, 4.0])
    with pytest.raises(ValueError, match="those of the constructor"):
        history.penalty([weight, weight])

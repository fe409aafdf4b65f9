"""Replay buffer and historical averaging: contents, order, state in the model's weights."""

import keras
import numpy as np
import tensorflow as tf

from gan_keras.steps.replay import HistoricalAverage, ReplayBuffer

SEED = tf.constant([1, 2])


def numbered(*numbers):
    """Images 1x1x1 that show their number."""
    return tf.reshape(tf.constant(numbers, tf.float32), [-1, 1, 1, 1])


def contents(buffer):
    return buffer.images.numpy().ravel().tolist()


def test_the_first_batch_passes_and_half_of_it_is_stored():
    buffer = ReplayBuffer(10, (1, 1, 1))
    shown = buffer.exchange(numbered(1, 2, 3, 4), SEED)
    np.testing.assert_array_equal(shown, numbered(1, 2, 3, 4))
    assert contents(buffer)[:3] == [1, 2, 0]
    assert int(buffer.count) == 2


def test_past_fakes_take_the_place_of_the_first_half():
    buffer = ReplayBuffer(10, (1, 1, 1))
    exchange = tf.function(buffer.exchange)
    exchange(numbered(1, 2, 3, 4), SEED)
    shown = exchange(numbered(5, 6, 7, 8), SEED).numpy().ravel()
    assert set(shown[:2]) <= {1, 2}
    np.testing.assert_array_equal(shown[2:], [7, 8])
    # what was taken out came in
    assert contents(buffer)[:5] == [1, 2, 5, 6, 0]


def test_the_ring_overwrites_the_oldest_and_keeps_the_last_of_too_many():
    buffer = ReplayBuffer(3, (1, 1, 1))
    buffer.exchange(numbered(1, 2, 0, 0), SEED)
    buffer.exchange(numbered(3, 4, 0, 0), SEED)
    assert contents(buffer) == [4, 2, 3]
    buffer.exchange(numbered(*range(5, 15)), SEED)  # stores 5 to 9, room for three
    assert sorted(contents(buffer)) == [7, 8, 9]
    buffer.exchange(numbered(10, 0), SEED)
    assert sorted(contents(buffer)) == [8, 9, 10]


def test_the_whole_buffer_and_nothing_else_is_drawn_from():
    buffer = ReplayBuffer(20, (1, 1, 1))
    buffer.exchange(numbered(*range(1, 41)), SEED)  # stores 1 to 20
    shown = buffer.exchange(numbered(*[0] * 40), SEED).numpy().ravel()
    assert set(shown[:20]) <= set(range(1, 21))
    assert len(set(shown[:20])) > 8
    assert not shown[20:].any()


def test_no_gradient_reaches_the_generator():
    buffer = ReplayBuffer(4, (1, 1, 1))
    x = numbered(1, 2)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = tf.reduce_sum(buffer.exchange(x, SEED))
    assert tape.gradient(value, x) is None


def test_historical_average_by_hand():
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, use_bias=False)])
    weight = network.trainable_variables[0]
    weight.assign([[0.0, 3.0]])
    history = HistoricalAverage(network, 0.5)
    assert float(history.penalty()) == 0.0  # no history yet
    update = tf.function(history.update)
    update()
    weight.assign([[2.0, 3.0]])
    update()
    # mean (1, 3); then weights (4, 5): 9 + 4
    weight.assign([[4.0, 5.0]])
    np.testing.assert_allclose(history.means[0], [[1.0, 3.0]])
    with tf.GradientTape() as tape:
        value = history.penalty()
    np.testing.assert_allclose(value, 0.5 * 13.0)
    np.testing.assert_allclose(tape.gradient(value, weight.value), [[3.0, 2.0]])
    # the network is not a part of it
    assert not history.trainable_variables

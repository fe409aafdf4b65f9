"""Averaged weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_keras.steps import averaging


def small_model():
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(2),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=1),
        ]
    )


def filled(value):
    model = small_model()
    model.set_weights([np.full(w.shape, value, "float32") for w in model.weights])
    return model


@pytest.mark.parametrize("graph", [False, True])
def test_update_averages_all_float_weights_also_moving_statistics(graph):
    average, model = filled(0.0), filled(1.0)

    def update():
        averaging.ema_update(average, model, 0.9)

    update = tf.function(update) if graph else update
    update()
    update()
    # 1 - 0.9^2 = 0.19 everywhere, moving mean and variance included
    assert len(average.weights) == 6
    for weight in average.get_weights():
        np.testing.assert_allclose(weight, np.full(weight.shape, 0.19), rtol=1e-5)
    for weight in model.get_weights():
        np.testing.assert_array_equal(weight, np.ones(weight.shape))


def test_decay_one_keeps_and_decay_zero_copies_bit_by_bit():
    average, model = small_model(), small_model()
    before = average.get_weights()
    averaging.ema_update(average, model, 1.0)
    for old, new in zip(before, average.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    averaging.ema_update(average, model, 0.0)
    for wanted, new in zip(model.get_weights(), average.get_weights(), strict=True):
        np.testing.assert_array_equal(wanted, new)


def test_copy():
    average, model = small_model(), small_model()
    averaging.ema_copy(average, model)
    for wanted, new in zip(model.get_weights(), average.get_weights(), strict=True):
        np.testing.assert_array_equal(wanted, new)


def test_integers_are_copied():
    average = [keras.Variable(0, dtype="int32"), keras.Variable(0.0)]
    model = [keras.Variable(7, dtype="int32"), keras.Variable(1.0)]
    averaging.ema_update(average, model, 0.5)
    assert int(average[0]) == 7
    assert float(average[1]) == 0.5


def test_warm_up():
    # (1 + step) / (10 + step): 1/10, 10/19, 100/109, then the final decay
    for step, wanted in ((0, 0.1), (9, 10 / 19), (99, 100 / 109), (10**6, 0.99)):
        np.testing.assert_allclose(averaging.warmed_up_decay(0.99, step), wanted, rtol=1e-6)


def test_warm_up_reads_the_step_at_run_time():
    average, model = [keras.Variable(0.0)], [keras.Variable(1.0)]
    step = tf.Variable(0, dtype=tf.int64)
    update = tf.function(lambda: averaging.ema_update(average, model, 0.99, step))
    update()
    np.testing.assert_allclose(float(average[0]), 0.9, rtol=1e-6)
    step.assign(10**6)
    update()
    # 0.99 * 0.9 + 0.01
    np.testing.assert_allclose(float(average[0]), 0.901, rtol=1e-6)


def test_half_life():
    decay = averaging.half_life_decay(1000, 50)
    np.testing.assert_allclose(decay**20, 0.5)
    with pytest.raises(ValueError, match="must be positive"):
        averaging.half_life_decay(0, 50)


@pytest.mark.parametrize(
    "other", [keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]), []]
)
def test_different_structures_are_refused(other):
    with pytest.raises(ValueError, match="same weights in the same order"):
        averaging.ema_update(small_model(), other, 0.9)

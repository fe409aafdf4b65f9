"""Penalties on critics whose gradients are known."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_keras import layers
from gan_keras.steps import penalties
from gan_keras.steps.penalties import Penalty

SEED = tf.constant([1, 2])


def linear_critic(w):
    return lambda x: tf.reshape(x, [tf.shape(x)[0], -1]) @ tf.reshape(w, [-1, 1])


def batches(shape, seed=0):
    rng = np.random.default_rng(seed)
    return (tf.constant(rng.normal(size=shape), tf.float32) for _ in range(2))


@pytest.mark.parametrize("shape", [(5, 2), (5, 2, 2), (5, 3, 2, 1), (5, 2, 2, 2, 3)])
@pytest.mark.parametrize("factor", [1.0, 10.0, 2.5])
def test_gradient_penalty_of_a_linear_critic(shape, factor):
    real, fake = batches(shape)
    w = tf.fill(shape[1:], 0.5)
    norm = 0.5 * np.sqrt(np.prod(shape[1:]))
    value = penalties.gradient_penalty(linear_critic(w), real, fake, SEED, factor)
    np.testing.assert_allclose(value, factor * (norm - 1) ** 2, rtol=1e-5, atol=1e-6)


def test_gradient_penalty_gradient_by_hand():
    real, fake = batches((4, 2))
    w = tf.Variable([3.0, 4.0])
    step = tf.function(lambda: penalties.gradient_penalty(linear_critic(w), real, fake, SEED, 1.0))
    with tf.GradientTape() as tape:
        value = step()
    # d/dw (||w|| - 1)^2 = 2 (5 - 1) w / 5
    np.testing.assert_allclose(tape.gradient(value, w), [4.8, 6.4], rtol=1e-6)


def test_gradient_penalty_is_finite_where_the_gradient_vanishes():
    real, fake = batches((4, 2))
    w = tf.Variable([0.0, 0.0])
    with tf.GradientTape() as tape:
        value = penalties.gradient_penalty(linear_critic(w), real, fake, SEED, 10.0)
    np.testing.assert_allclose(value, 10.0)
    np.testing.assert_array_equal(tape.gradient(value, w), [0.0, 0.0])


@pytest.mark.parametrize("shape", [(6, 3), (6, 4, 5, 2)])
def test_alpha_is_one_number_per_image_in_0_1(shape):
    real, fake = tf.zeros(shape), tf.ones(shape)
    # between 0 and 1 the interpolate is alpha itself
    alpha = tf.reshape(penalties.interpolates(real, fake, SEED), [shape[0], -1]).numpy()
    np.testing.assert_array_equal(alpha, np.repeat(alpha[:, :1], alpha.shape[1], axis=1))
    assert len(np.unique(alpha[:, 0])) == shape[0]
    assert alpha.min() >= 0
    assert alpha.max() < 1


def test_penalty_is_taken_between_reals_and_fakes():
    seen = []

    def critic(x):
        seen.append(x)
        return tf.reduce_sum(x, axis=1)

    penalties.gradient_penalty(critic, tf.fill((50, 1), 2.0), tf.fill((50, 1), 4.0), SEED, 1.0)
    assert 2.0 <= seen[0].numpy().min() < 2.3
    assert 3.7 < seen[0].numpy().max() <= 4.0


def quadratic(x):
    return tf.reduce_sum(tf.square(x), axis=1) / 2  # gradient x


@pytest.mark.parametrize(
    ("name", "wanted", "steep"),
    [
        ("none", 0.0, 0.0),
        ("r1", 5.0, 5.0),  # factor / 2 * (1 + 4)
        ("r2", 25.0, 100.0),  # factor / 2 * (9 + 16), four times as much for twice the slope
        ("r1_r2", 30.0, 105.0),
    ],
)
def test_zero_centred_penalties_by_hand(name, wanted, steep):
    real, fake = tf.constant([[1.0, 2.0]]), tf.constant([[3.0, 4.0]])
    penalty = Penalty(name, 2.0)
    np.testing.assert_allclose(penalty(quadratic, real, fake, SEED, 0), wanted)
    found = penalty(quadratic, real, fake, SEED, 0, lambda x: 2.0 * quadratic(x))
    np.testing.assert_allclose(found, steep)


def test_each_image_has_a_gradient_of_its_own():
    # 1/2 mean of 5 and 25
    both = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(penalties.zero_centred(quadratic, both, 1.0), 7.5)


def test_lazy_penalty_is_scaled_up_and_0_between():
    step = tf.Variable(0, dtype=tf.int64)
    real = tf.constant([[1.0, 2.0]])
    lazy = tf.function(lambda: Penalty("r1", 2.0, every=3)(quadratic, real, real, SEED, step))
    found = []
    for number in range(5):
        step.assign(number)
        found.append(float(lazy()))
    assert found == [15.0, 0.0, 0.0, 15.0, 0.0]


def test_patch_logits_count_as_a_sum():
    # logits (batch, 2, 2), each the image times 1: gradient of their sum is 4
    value = penalties.zero_centred(
        lambda x: tf.tile(x[:, :, None], [1, 2, 2]), tf.ones((3, 1)), 2.0
    )
    np.testing.assert_allclose(value, 16.0)


@pytest.mark.parametrize("name", ["gradient_penalty", "r1_r2"])
def test_penalties_train_a_mixed_precision_critic(name):
    critic = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(4, 3, activation="swish", dtype="mixed_bfloat16"),
            keras.layers.Flatten(),
            keras.layers.Dense(1, dtype="float32"),
        ]
    )
    real, fake = batches((4, 8, 8, 1))

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            value = Penalty(name, 10.0)(critic, real, fake, SEED, 0)
        return value, tape.gradient(value, critic.trainable_variables)

    value, gradients = step()
    assert value.dtype == tf.float32
    assert np.isfinite(value)
    # the bias of the last layer has no part in the gradient of the critic
    assert [g is None for g in gradients] == [False, False, False, True]
    assert all(np.isfinite(g).all() and np.any(g) for g in gradients[:3])


def test_gradient_penalty_passes_through_spectral_norm():
    # one unit: D(x) = x w / ||w||, a gradient of length 1 whatever w, so the penalty is 0
    norm = layers.SpectralNorm(keras.layers.Dense(1, use_bias=False))
    norm.build((None, 2))
    norm.layer.kernel.assign([[3.0], [4.0]])
    real, fake = batches((4, 2))
    with tf.GradientTape() as tape:
        value = penalties.gradient_penalty(norm, real, fake, SEED, 10.0)
        r1 = penalties.zero_centred(norm, real, 2.0)
    np.testing.assert_allclose(value, 0.0, atol=1e-10)
    np.testing.assert_allclose(r1, 1.0, rtol=1e-6)
    np.testing.assert_allclose(tape.gradient(r1, norm.layer.kernel.value), [[0], [0]], atol=1e-6)


def test_a_weight_stays_or_falls_along_half_a_cosine_of_its_logarithm():
    assert Penalty("r1", 3.0).factor(10) == 3.0
    falling = Penalty("r1", 0.1, final=0.001, steps=40)
    steps = tf.Variable(0, dtype=tf.int64)
    at = tf.function(lambda: falling.factor(steps))
    # a quarter of the way is (1 - cos 45 degrees) / 2 = 0.1464 of two decades
    for step, weight in [(0, 0.1), (10, 0.1 * 10 ** (-2 * 0.14645)), (20, 0.01), (40, 0.001)]:
        steps.assign(step)
        np.testing.assert_allclose(at(), weight, rtol=1e-4)
    np.testing.assert_allclose(falling.factor(99), 0.001, rtol=1e-5)

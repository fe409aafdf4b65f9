"""Changes to the discriminator's input: stateless, differentiable, in range."""

import numpy as np
import pytest
import tensorflow as tf

from gan_keras.steps import augment

SEED = tf.constant([1, 2])


def images(n=16, size=8, channels=3):
    return tf.constant(
        np.random.default_rng(0).uniform(-1, 1, size=(n, size, size, channels)), tf.float32
    )


def test_brightness_adds_one_number_per_image():
    x = images()
    difference = (augment.brightness(x, SEED) - x).numpy().reshape(16, -1)
    np.testing.assert_allclose(difference, np.repeat(difference[:, :1], 192, 1), atol=1e-6)
    assert np.abs(difference).max() <= 0.5
    assert len(np.unique(difference[:, 0].round(4))) > 10


def test_saturation_keeps_the_grey_value_and_needs_colour():
    x = images()
    y = augment.saturation(x, SEED)
    np.testing.assert_allclose(tf.reduce_mean(y, -1), tf.reduce_mean(x, -1), atol=1e-6)
    assert not np.allclose(x, y)
    grey = images(channels=1)
    np.testing.assert_array_equal(augment.saturation(grey, SEED), grey)


def test_contrast_keeps_the_mean_and_scales_the_deviation():
    x = images()
    y = augment.contrast(x, SEED)
    np.testing.assert_allclose(
        tf.reduce_mean(y, [1, 2, 3]), tf.reduce_mean(x, [1, 2, 3]), atol=1e-6
    )
    ratio = (np.std(y, axis=(1, 2, 3)) / np.std(x, axis=(1, 2, 3))).ravel()
    assert ratio.min() >= 0.5
    assert ratio.max() <= 1.5
    assert np.ptp(ratio) > 0.3


def test_translation_shifts_by_whole_pixels_up_to_the_ratio():
    # one bright pixel in the middle of 16 x 16: shifts up to int(16 / 8 + 0.5) = 2
    x = np.zeros((200, 16, 16, 1), "float32")
    x[:, 8, 8] = 1.0
    y = augment.translation(tf.constant(x), SEED).numpy()
    assert np.all(y.sum(axis=(1, 2, 3)) == 1.0)
    _, rows, columns, _ = np.nonzero(y)
    assert set(rows) == set(columns) == {6, 7, 8, 9, 10}
    assert len(set(zip(rows, columns, strict=True))) == 25


@pytest.mark.parametrize("size", [7, 8])
def test_cutout_blanks_one_box(size):
    y = augment.cutout(tf.ones((300, size, size, 2)), SEED).numpy()
    holes = (y == 0).all(axis=-1)
    heights, widths = holes.any(axis=2).sum(axis=1), holes.any(axis=1).sum(axis=1)
    np.testing.assert_array_equal(holes.sum(axis=(1, 2)), heights * widths)
    # int(size / 2 + 0.5) = 4 pixels, cut at the edges to half of it at least
    assert heights.max() == widths.max() == 4
    assert heights.min() >= 2


ALL = ["color", "translation", "cutout"]


@pytest.mark.parametrize("name", ALL)
def test_changes_are_stateless_and_keep_shape(name):
    x = images()
    y = tf.function(augment.diff_augment)(x, SEED, [name])
    assert y.shape == x.shape
    np.testing.assert_allclose(y, augment.diff_augment(x, SEED, [name]), atol=1e-6)
    assert not np.allclose(y, augment.diff_augment(x, tf.constant([1, 3]), [name]))


def test_diff_augment_works_on_unknown_batch_sizes_and_low_precision():
    traced = tf.function(
        lambda x, seed: augment.diff_augment(x, seed, ALL),
        input_signature=[
            tf.TensorSpec((None, 8, 8, 3), tf.bfloat16),
            tf.TensorSpec((2,), tf.int32),
        ],
    )
    y = traced(tf.cast(images(5), tf.bfloat16), SEED)
    assert y.dtype == tf.bfloat16
    assert y.shape == (5, 8, 8, 3)


def test_gradients_pass_to_the_images():
    x = images(2, 6, 1)

    def value(x):
        noisy = augment.instance_noise(augment.diff_augment(x, SEED, ALL), SEED, 0, 0.1)
        return tf.reduce_sum(noisy**2)

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = value(x)
    gradient = tape.gradient(y, x)
    assert np.mean(gradient != 0) > 0.3
    bump = np.zeros(x.shape, "float32")
    bump[1, 3, 2] = 1e-2
    slope = (value(x + bump) - value(x - bump)) / 2e-2
    np.testing.assert_allclose(slope, gradient[1, 3, 2, 0], rtol=1e-2, atol=1e-2)


def test_instance_noise_decays_linearly_to_nothing():
    x = tf.zeros((64, 8, 8, 1))
    step = tf.Variable(0, dtype=tf.int64)
    traced = tf.function(lambda: augment.instance_noise(x, SEED, step, 0.4, 100))
    # 4,096 draws: standard error of the deviation 0.4 / sqrt(8,192) = 0.0044
    for at, wanted in ((0, 0.4), (25, 0.3), (75, 0.1), (100, 0.0), (500, 0.0)):
        step.assign(at)
        assert np.std(traced()) == pytest.approx(wanted, abs=0.02)
    np.testing.assert_array_equal(traced(), x)


def test_constant_instance_noise():
    noise = augment.instance_noise(tf.zeros((50, 100)), SEED, 10**6, 0.05)
    assert np.std(noise) == pytest.approx(0.05, abs=0.003)
    low = augment.instance_noise(tf.zeros((2, 2), tf.bfloat16), SEED, 0, 0.05)
    assert low.dtype == tf.bfloat16


def test_each_change_has_its_own_seed():
    x = tf.zeros((10, 100))
    noise = lambda images, seed, step: augment.instance_noise(images, seed, step, 1.0)  # noqa: E731
    twice = augment.apply([noise, noise], x, SEED, 0)
    # independent: variances add up; the same draw twice would give 4
    assert np.var(twice) == pytest.approx(2.0, abs=0.3)
    np.testing.assert_array_equal(augment.apply([], x, SEED, 0), x)


def test_pack_puts_neighbours_side_by_side_in_the_channels():
    x = tf.reshape(tf.range(4 * 2 * 1 * 2), (4, 2, 1, 2))
    packed = augment.pack(x, 2)
    assert packed.shape == (2, 2, 1, 4)
    np.testing.assert_array_equal(packed[1, :, 0], tf.concat([x[2, :, 0], x[3, :, 0]], axis=-1))


@pytest.mark.parametrize("known", [True, False])
def test_an_incomplete_pack_is_filled_from_the_start(known):
    x = tf.reshape(tf.range(5.0), (5, 1))
    size = 5 if known else None
    pack = tf.function(lambda x: augment.pack(x, 3)).get_concrete_function(tf.TensorSpec((size, 1)))
    np.testing.assert_array_equal(pack(x), [[0, 1, 2], [3, 4, 0]])

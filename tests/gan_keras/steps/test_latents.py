"""Latents, labels and seeds: stateless, in range and with the right frequencies."""

import numpy as np
import pytest
import tensorflow as tf

from gan_keras.steps import latents
from gan_keras.steps.latents import Purpose

SEED = (1, 2)


@pytest.mark.parametrize(
    ("name", "mean", "variance", "low", "high"),
    [
        ("normal", 0.0, 1.0, -np.inf, np.inf),
        ("uniform", 0.0, 1 / 3, -1.0, 1.0),
        ("uniform01", 0.5, 1 / 12, 0.0, 1.0),
    ],
)
def test_samplers(name, mean, variance, low, high):
    z = latents.LATENTS[name]((400, 100), SEED).numpy()
    # 40,000 draws: standard error of the mean at most 0.005
    assert abs(z.mean() - mean) < 0.02
    assert abs(z.var() - variance) < 0.03
    assert z.min() >= low
    assert z.max() <= high
    np.testing.assert_array_equal(z, latents.LATENTS[name]((400, 100), SEED))
    assert not np.array_equal(z, latents.LATENTS[name]((400, 100), (1, 3)))


def test_step_seeds_differ_in_every_part():
    seeds = {
        tuple(latents.step_seed(run, step, purpose, index).numpy().tolist())
        for run in (0, 1, 42)
        for step in (0, 1, 2)
        for purpose in Purpose
        for index in (0, 1, 2)
    }
    assert len(seeds) == 3 * 3 * len(Purpose) * 3


def test_step_seed_is_read_when_called_not_when_traced():
    step = tf.Variable(0, dtype=tf.int64)
    traced = tf.function(lambda: latents.step_seed(7, step, Purpose.LATENT_D))
    first = traced().numpy()
    step.assign(1)
    second = traced().numpy()
    assert first.tolist() != second.tolist()
    np.testing.assert_array_equal(second, latents.step_seed(7, 1, Purpose.LATENT_D))
    assert first.shape == (2,)
    assert first.dtype == np.int32


def test_purposes_keep_their_numbers():
    # part of what a run resumes
    numbers = {purpose.name: int(purpose) for purpose in Purpose}
    assert numbers == {
        "LATENT_D": 0, "LATENT_G": 1, "LABELS_D": 2, "LABELS_G": 3, "TARGETS_REAL": 4,
        "TARGETS_FAKE": 5, "TARGETS_G": 6, "PENALTY": 7, "AUGMENT_REAL": 11, "AUGMENT_FAKE": 12,
        "AUGMENT_G": 13, "REPLAY": 14, "PREVIEW": 19, "EVALUATION": 20,
    }  # fmt: skip


def test_lerp_and_slerp():
    east, north = [1.0, 0.0], [0.0, 1.0]
    np.testing.assert_allclose(latents.lerp(east, north, 0.25), [0.75, 0.25])
    # a third of a right angle: (cos 30, sin 30)
    np.testing.assert_allclose(latents.slerp(east, north, 1 / 3), [0.8660254, 0.5], rtol=1e-5)
    # ends are met, also for vectors of different length
    np.testing.assert_allclose(latents.slerp([2.0, 0.0], north, 0.0), [2.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(latents.slerp([2.0, 0.0], north, 1.0), [0.0, 1.0], atol=1e-6)


@pytest.mark.parametrize("end", [[2.0, 0.0], [-1.0, 0.0]])
def test_slerp_of_parallel_vectors_is_linear(end):
    np.testing.assert_allclose(
        latents.slerp([1.0, 0.0], end, 0.5), latents.lerp([1.0, 0.0], end, 0.5), atol=1e-6
    )


def test_interpolate():
    line = latents.interpolate([1.0, 0.0], [0.0, 1.0], 3, method="lerp")
    np.testing.assert_allclose(line, [[1, 0], [0.5, 0.5], [0, 1]])
    arc = latents.interpolate([1.0, 0.0], [0.0, 1.0], 5)
    np.testing.assert_allclose(np.linalg.norm(arc, axis=1), np.ones(5), rtol=1e-5)


def test_class_probabilities():
    counts = [1, 3, 4]
    np.testing.assert_allclose(latents.class_probabilities(counts, "uniform"), [1 / 3] * 3)
    np.testing.assert_allclose(
        latents.class_probabilities(counts, "proportional"), [1 / 8, 3 / 8, 4 / 8]
    )
    # 1, 1/3, 1/4 = 12, 4, 3 of 19
    np.testing.assert_allclose(
        latents.class_probabilities(counts, "inverse"), [12 / 19, 4 / 19, 3 / 19]
    )


def test_inverse_needs_an_image_of_each_class():
    with pytest.raises(ValueError, match=r"at least one image in every class.*\[0\]"):
        latents.class_probabilities([0, 5], "inverse")


def test_sample_labels_frequencies():
    probabilities = [0.1, 0.0, 0.6, 0.3]
    labels = latents.sample_labels(probabilities, 20000, SEED)
    assert labels.dtype == tf.int32
    assert labels.shape == (20000,)
    share = np.bincount(labels, minlength=4) / 20000
    np.testing.assert_allclose(share, probabilities, atol=0.015)  # four standard errors
    assert share[1] == 0.0
    np.testing.assert_array_equal(labels, latents.sample_labels(probabilities, 20000, SEED))


def test_sample_labels_stay_in_range_whatever_the_rounding():
    # 1/49 summed 49 times is 0.9999999999999998 even in float64; the last class is empty
    probabilities = np.append(np.full(49, 1 / 49), 0.0)
    labels = latents.sample_labels(probabilities, 100000, SEED).numpy()
    assert labels.min() == 0
    assert labels.max() == 48

"""Target policies, and the proof that flipping alone is neutral."""

import numpy as np
import pytest
import tensorflow as tf

from gan_keras.steps.targets import POLICIES, Noisy

SEED = tf.constant([3, 4])


def all_of(policy, n=8, seed=SEED):
    return policy.real(n, seed), policy.fake(n, seed), policy.generator(n, seed)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("hard", (1.0, 0.0, 1.0)),
        ("one_sided", (0.9, 0.0, 1.0)),
        ("two_sided", (0.9, 0.1, 0.9)),
        ("flipped", (0.0, 1.0, 0.0)),
    ],
)
def test_constant_policies_return_plain_numbers(name, wanted):
    values = all_of(POLICIES[name])
    assert values == pytest.approx(wanted)
    assert all(isinstance(value, float) for value in values)


@pytest.mark.parametrize(
    ("name", "ranges"),
    [
        ("soft", ((0.7, 1.2), (0.0, 0.3), (1.0, 1.0))),
        ("soft_once", ((0.9, 1.0), (0.0, 0.1), (0.9, 1.0))),
        ("flipped_soft", ((0.0, 0.1), (0.9, 1.0), (0.0, 0.1))),
        ("flipped_soft_once", ((0.0, 0.0), (0.9, 1.0), (0.0, 0.0))),
    ],
)
def test_soft_policies_fill_their_ranges(name, ranges):
    for values, (low, high) in zip(all_of(POLICIES[name], 2000), ranges, strict=True):
        values = np.asarray(values)
        assert values.min() >= low - 1e-6
        assert values.max() <= high + 1e-6
        if low < high:
            assert values.shape == (2000,)
            assert abs(values.mean() - (low + high) / 2) < 0.05 * (high - low)


def test_soft_targets_are_drawn_for_every_seed():
    policy = POLICIES["soft"]
    first, again, other = (policy.real(8, s) for s in (SEED, SEED, tf.constant([3, 5])))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_once_ignores_the_batch_seed():
    policy = POLICIES["soft_once"]
    for method in (policy.real, policy.fake, policy.generator):
        np.testing.assert_array_equal(method(8, SEED), method(8, tf.constant([99, 1])))
    # the generator's targets are the reals' own, not another draw
    np.testing.assert_array_equal(policy.real(8, SEED), policy.generator(8, SEED))


def test_noisy_flips_about_as_often_as_asked():
    policy = Noisy(of_reals=0.9, of_fakes=0.1, probability=0.2)
    real, fake, generator = all_of(policy, 5000)
    assert generator == 0.9
    # standard error sqrt(0.2 * 0.8 / 5000) = 0.0057
    assert np.mean(np.isclose(real, 0.1)) == pytest.approx(0.2, abs=0.03)
    assert np.mean(np.isclose(fake, 0.9)) == pytest.approx(0.2, abs=0.03)
    assert np.all(np.isclose(real, 0.1) | np.isclose(real, 0.9))


def test_noisy_works_in_a_graph_with_an_unknown_batch_size():
    policy = POLICIES["noisy"]
    traced = tf.function(lambda n, seed: policy.real(n, seed))
    assert traced(tf.constant(6), SEED).shape == (6,)

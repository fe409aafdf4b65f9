"""Losses against values worked out by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from gan_keras.configs import tools
from gan_keras.steps import losses

# probabilities of 3/4 and 1/2 for the reals, 1/4 and 1/2 for the fakes
REAL = np.log([[3.0], [1.0]]).astype("float32")
FAKE = -REAL
LN2, LN3 = math.log(2.0), math.log(3.0)
# -log(3/4) = 0.287682, -log(1/2) = 0.693147, mean 0.490415
SURE = (-math.log(0.75) + LN2) / 2
# -log(1/4) = 1.386294, mean with 0.693147: 1.039721
FOOLED = (-math.log(0.25) + LN2) / 2

EXPECTED = {  # name: (real part, fake part, generator)
    "non_saturating": (SURE, SURE, FOOLED),
    # G: mean of log(1 - 1/4) and log(1 - 1/2)
    "minimax": (SURE, SURE, -SURE),
    # max(0, 1 - 1.098612) = 0 and max(0, 1 - 0) = 1: mean 0.5; G: mean of 1.098612 and 0
    "hinge": (0.5, 0.5, LN3 / 2),
    # D: 1/2 mean of (0.098612)^2 and 1; fakes 1/2 mean of 1.098612^2 and 0;
    # G: 1/2 mean of (-1.098612 - 1)^2 and 1
    "least_squares": (
        ((LN3 - 1) ** 2 + 1) / 4,
        LN3**2 / 4,
        ((LN3 + 1) ** 2 + 1) / 4,
    ),
    "wasserstein": (-LN3 / 2, -LN3 / 2, LN3 / 2),
    # pairs differ by 2 ln 3 and 0: softplus(-2 ln 3) = ln(1 + 1/9), softplus(0) = ln 2;
    # G: ln(1 + 9) and ln 2
    "relativistic": (
        (math.log(10 / 9) + LN2) / 4,
        (math.log(10 / 9) + LN2) / 4,
        (math.log(10) + LN2) / 2,
    ),
    # D: exp(-ln 3) - 1 = -2/3 and exp(0) - 1 = 0, for reals and fakes alike; G: exp(ln 3) - 1 and 0
    "squared_hellinger": (-1 / 3, -1 / 3, 1.0),
}


def parts(loss, *arguments):
    """The discriminator's loss, its part on reals and its part on fakes."""
    d = loss.discriminator(*arguments)
    return d["d_loss"], d["d_real"], d["d_fake"]


def test_expectations_cover_the_registry():
    assert set(EXPECTED) == set(losses.LOSSES)


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("graph", [False, True])
def test_hand_computed_values(name, graph):
    loss = losses.LOSSES[name]

    def both(real, fake):
        return (*parts(loss, real, fake), loss.generator(fake, real_logits=real))

    total, *values = (tf.function(both) if graph else both)(REAL, FAKE)
    np.testing.assert_allclose(values, EXPECTED[name], rtol=1e-6)
    real_part, fake_part, _ = EXPECTED[name]
    # per pair for losses on pairs, else per example
    pair = 1.0 if name in ("wasserstein", "relativistic") else 0.5
    np.testing.assert_allclose(total, pair * (real_part + fake_part), rtol=1e-6)
    assert all(value.dtype == tf.float32 and value.shape == () for value in values)


@pytest.mark.parametrize("name", EXPECTED)
def test_gradients_push_in_the_right_direction(name):
    loss = losses.LOSSES[name]
    real, fake = tf.constant([[0.3], [0.6]]), tf.constant([[0.1], [0.5]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([real, fake])
        d_loss = loss.discriminator(real, fake)["d_loss"]
        g_loss = loss.generator(fake, real_logits=real)
    # a descent step of D raises real logits and lowers fake ones; one of G raises fake ones
    assert np.all(tape.gradient(d_loss, real) < 0)
    assert np.all(tape.gradient(d_loss, fake) > 0)
    assert np.all(tape.gradient(g_loss, fake) < 0)


@pytest.mark.parametrize("name", EXPECTED)
def test_low_precision_logits_are_computed_in_float32(name):
    # 300 reals at logit 0 and one at 1: bfloat16 could not even count them
    logits = tf.cast(np.append(np.zeros(300), 1.0), tf.bfloat16)
    loss = losses.LOSSES[name]
    low = parts(loss, logits, logits)
    full = parts(loss, tf.cast(logits, tf.float32), tf.cast(logits, tf.float32))
    np.testing.assert_array_equal(low, full)
    assert low[0].dtype == tf.float32


@pytest.mark.parametrize("name", ["non_saturating", "minimax", "relativistic"])
def test_d_loss_is_ln_2_where_the_two_cannot_be_told_apart(name):
    total, *_ = parts(losses.LOSSES[name], np.zeros((4, 1)), np.zeros((4, 1)))
    np.testing.assert_allclose(total, LN2, rtol=1e-6)


@pytest.mark.parametrize("logit", [-1e4, -100.0, 100.0, 1e4])
@pytest.mark.parametrize("target", [0.0, 0.1, 0.9, 1.0])
def test_cross_entropy_is_finite_for_sure_discriminators(logit, target):
    logits = tf.constant([logit])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = losses.binary_cross_entropy(logits, target)
    # far out the loss is |x| times the weight of the wrong side
    wrong = target if logit < 0 else 1 - target
    np.testing.assert_allclose(value, [abs(logit) * wrong], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        tape.gradient(value, logits), [-target if logit < 0 else 1 - target], atol=1e-6
    )


def test_soft_targets():
    loss = losses.LOSSES["non_saturating"]
    # logit ln 3, target 0.9: -0.9 ln(3/4) - 0.1 ln(1/4) = 0.258914 + 0.138629
    soft = parts(loss, REAL[:1], FAKE[:1], 0.9, 0.1)
    np.testing.assert_allclose(soft, [0.397543] * 3, rtol=1e-5)
    # G on probability 1/4 with target 0.9: 0.9 ln 4 + 0.1 ln(4/3) = 1.247665 + 0.028768
    np.testing.assert_allclose(loss.generator(FAKE[:1], target=0.9), 1.276433, rtol=1e-5)
    least = parts(losses.LOSSES["least_squares"], [[2.0]], [[2.0]], 0.9, 0.1)
    np.testing.assert_allclose(least[1:], [1.1**2 / 2, 1.9**2 / 2], rtol=1e-6)


def test_per_example_targets_do_not_broadcast_to_a_square():
    loss = losses.LOSSES["non_saturating"]
    vector = parts(loss, REAL, FAKE, tf.constant([0.9, 0.7]), tf.constant([[0.1], [0.3]]))
    # real: mean of 0.397543 and ln 2 (any target at logit 0)
    np.testing.assert_allclose(vector, [(0.397543 + LN2) / 2] * 3, rtol=1e-5)


def test_targets_of_another_number_are_refused():
    with pytest.raises(ValueError, match=r"one per example.*Received"):
        losses.LOSSES["non_saturating"].discriminator(REAL, FAKE, [1.0, 1.0, 1.0])


@pytest.mark.parametrize("name", losses.LOSSES)
def test_losses_use_targets_if_they_say_so(name):
    loss = losses.LOSSES[name]
    assert loss.uses_targets == (name in tools.WITH_TARGETS)
    plain = parts(loss, REAL[:1], FAKE[:1])
    soft = parts(loss, REAL[:1], FAKE[:1], 0.9, 0.1)
    g_plain = loss.generator(FAKE, REAL)
    g_soft = loss.generator(FAKE, REAL, target=0.5)
    assert np.all(np.isclose(plain, soft) != loss.uses_targets)
    assert np.isclose(g_plain, g_soft) != loss.uses_targets


def test_relativistic_ignores_a_common_shift():
    loss = losses.LOSSES["relativistic"]
    np.testing.assert_allclose(parts(loss, REAL + 5, FAKE + 5), parts(loss, REAL, FAKE), rtol=1e-5)


def test_class_loss():
    # softmax of ln(1, 2, 1) = 1/4, 1/2, 1/4: -ln(1/2) and -ln(1/4)
    logits = np.log([[1.0, 2.0, 1.0], [1.0, 2.0, 1.0]])
    np.testing.assert_allclose(losses.class_loss([1, 2], logits), (LN2 + 2 * LN2) / 2, rtol=1e-6)
    weighted = losses.class_loss([1, 2], logits, weights=[0.0, 3.0])
    np.testing.assert_allclose(weighted, 3 * 2 * LN2 / 2, rtol=1e-6)
    assert losses.class_loss([1, 2], tf.cast(logits, tf.bfloat16)).dtype == tf.float32


def test_feature_matching():
    # means (2, 3) and (1, 5): 1 + 4
    value = losses.feature_matching(
        tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant([[1.0, 5.0]])
    )
    np.testing.assert_allclose(value, 5.0)


def test_feature_matching_moves_only_the_fakes():
    real, fake = tf.ones((2, 3)), tf.zeros((2, 3))
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        value = losses.feature_matching(real, fake)
    to_real, to_fake = tape.gradient(value, [real, fake])
    assert to_real is None
    # d/df of (mean - 1)^2 = 2 (0 - 1) / 2 examples
    np.testing.assert_allclose(to_fake, -np.ones((2, 3)))


@pytest.mark.parametrize("name", ["non_saturating", "minimax", "least_squares"])
def test_each_half_alone_is_its_part_of_the_whole(name):
    loss = losses.LOSSES[name]
    real, fake = tf.constant([[0.3], [-2.0]]), tf.constant([[1.5], [0.1]])
    whole = loss.discriminator(real, fake, 0.9, 0.1)
    halves = loss.on_reals(real, 0.9), loss.on_fakes(fake, 0.1)
    assert loss.from_halves(*halves, real, fake) == whole


def test_scores_are_probabilities_or_those_of_a_critic():
    for name, wanted in (
        ("hinge", (0.75, 0.25)),
        ("wasserstein", (LN3, -LN3)),
        ("least_squares", (LN3, -LN3)),
    ):
        d = losses.LOSSES[name].discriminator(REAL[:1], FAKE[:1])
        np.testing.assert_allclose((d["real_score"], d["fake_score"]), wanted, rtol=1e-6)

"""Losses against values worked out by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

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
WITH_TARGETS = [name for name, loss in losses.LOSSES.items() if loss.uses_targets]
WITHOUT_TARGETS = [name for name, loss in losses.LOSSES.items() if not loss.uses_targets]


def test_expectations_cover_the_registry():
    assert set(EXPECTED) == set(losses.LOSSES)
    assert all(losses.get(name).name == name for name in EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("graph", [False, True])
def test_hand_computed_values(name, graph):
    loss = losses.get(name)

    def both(real, fake):
        return (*loss.discriminator(real, fake), loss.generator(fake, real_logits=real))

    values = (tf.function(both) if graph else both)(REAL, FAKE)
    np.testing.assert_allclose(values, EXPECTED[name], rtol=1e-6)
    assert all(value.dtype == tf.float32 and value.shape == () for value in values)


@pytest.mark.parametrize("name", EXPECTED)
def test_gradients_push_in_the_right_direction(name):
    loss = losses.get(name)
    real, fake = tf.constant([[0.3], [0.6]]), tf.constant([[0.1], [0.5]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([real, fake])
        d_loss = tf.add_n(loss.discriminator(real, fake))
        g_loss = loss.generator(fake, real_logits=real)
    # a descent step of D raises real logits and lowers fake ones; one of G raises fake ones
    assert np.all(tape.gradient(d_loss, real) < 0)
    assert np.all(tape.gradient(d_loss, fake) > 0)
    assert np.all(tape.gradient(g_loss, fake) < 0)


@pytest.mark.parametrize("name", EXPECTED)
def test_low_precision_logits_are_computed_in_float32(name):
    # 300 reals at logit 0 and one at 1: bfloat16 could not even count them
    logits = tf.cast(np.append(np.zeros(300), 1.0), tf.bfloat16)
    loss = losses.get(name)
    low = loss.discriminator(logits, logits)
    full = loss.discriminator(tf.cast(logits, tf.float32), tf.cast(logits, tf.float32))
    np.testing.assert_array_equal(low, full)
    assert low[0].dtype == tf.float32


def test_non_saturating_equilibrium_is_ln_2():
    parts = losses.get("non_saturating").discriminator(np.zeros((4, 1)), np.zeros((4, 1)))
    np.testing.assert_allclose(parts, [LN2, LN2], rtol=1e-6)


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
    loss = losses.get("non_saturating")
    # logit ln 3, target 0.9: -0.9 ln(3/4) - 0.1 ln(1/4) = 0.258914 + 0.138629
    real, fake = loss.discriminator(REAL[:1], FAKE[:1], 0.9, 0.1)
    np.testing.assert_allclose([real, fake], [0.397543, 0.397543], rtol=1e-5)
    # G on probability 1/4 with target 0.9: 0.9 ln 4 + 0.1 ln(4/3) = 1.247665 + 0.028768
    np.testing.assert_allclose(loss.generator(FAKE[:1], target=0.9), 1.276433, rtol=1e-5)
    least = losses.get("least_squares").discriminator([[2.0]], [[2.0]], 0.9, 0.1)
    np.testing.assert_allclose(least, [1.1**2 / 2, 1.9**2 / 2], rtol=1e-6)


def test_per_example_targets_do_not_broadcast_to_a_square():
    loss = losses.get("non_saturating")
    vector = loss.discriminator(REAL, FAKE, tf.constant([0.9, 0.7]), tf.constant([[0.1], [0.3]]))
    # real: mean of 0.397543 and ln 2 (any target at logit 0)
    np.testing.assert_allclose(vector, [(0.397543 + LN2) / 2] * 2, rtol=1e-5)


@pytest.mark.parametrize("wrong", [[1.0, 1.0, 1.0], [[1.0, 1.0]]])
def test_targets_of_the_wrong_shape_are_refused(wrong):
    with pytest.raises(ValueError, match=r"real_targets must be a scalar.*Received"):
        losses.get("non_saturating").discriminator(REAL, FAKE, real_targets=wrong)


@pytest.mark.parametrize("name", WITHOUT_TARGETS)
def test_losses_without_targets_refuse_smoothing_and_flipping(name):
    loss = losses.get(name)
    for targets in ((0.9, 0.0), (1.0, 0.1), (0.0, 1.0), (tf.ones((2,)), 0.0)):
        with pytest.raises(ValueError, match="has no targets"):
            loss.discriminator(REAL, FAKE, *targets)
    with pytest.raises(ValueError, match="has no targets"):
        loss.generator(FAKE, real_logits=REAL, target=0.9)
    loss.discriminator(REAL, FAKE, 1.0, 0.0)


@pytest.mark.parametrize("name", WITH_TARGETS)
def test_losses_with_targets_use_them(name):
    loss = losses.get(name)
    plain = loss.discriminator(REAL[:1], FAKE[:1])
    soft = loss.discriminator(REAL[:1], FAKE[:1], 0.9, 0.1)
    assert not np.any(np.isclose(plain, soft))
    assert not np.isclose(loss.generator(FAKE, target=0.5), loss.generator(FAKE))


def test_relativistic_needs_reals_in_pairs():
    loss = losses.get("relativistic")
    with pytest.raises(ValueError, match="needs real_logits"):
        loss.generator(FAKE)
    with pytest.raises(ValueError, match="same shape"):
        loss.discriminator(REAL, FAKE[:1])


def test_relativistic_ignores_a_common_shift():
    loss = losses.get("relativistic")
    np.testing.assert_allclose(
        loss.discriminator(REAL + 5, FAKE + 5), loss.discriminator(REAL, FAKE), rtol=1e-5
    )


def test_weights_multiply_terms_and_keep_the_divisor():
    loss = losses.get("wasserstein")
    real, fake = loss.discriminator(
        [[2.0], [4.0]], [[1.0], [3.0]], real_weights=[1.0, 0.0], fake_weights=[0.0, 2.0]
    )
    # -(1*2 + 0*4)/2 and (0*1 + 2*3)/2
    np.testing.assert_allclose([real, fake], [-1.0, 3.0])
    # patches: (2 images, 2 places), -(1+3)*0.5/4
    np.testing.assert_allclose(loss.generator([[1.0, 3.0], [7.0, 9.0]], weights=[0.5, 0.0]), -0.5)


@pytest.mark.parametrize("name", ["non_saturating", "least_squares"])
def test_batches_of_different_sizes(name):
    real, fake = losses.get(name).discriminator(np.zeros((3, 1)), np.zeros((7, 1)))
    assert real.shape == fake.shape == ()


def test_scalar_logits_are_refused():
    with pytest.raises(ValueError, match="batch axis"):
        losses.get("hinge").generator(1.0)


def test_unknown_loss_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"non_saturating, minimax.*Received: name='nosuch'"):
        losses.get("nosuch")


def test_class_loss():
    # softmax of ln(1, 2, 1) = 1/4, 1/2, 1/4: -ln(1/2) and -ln(1/4)
    logits = np.log([[1.0, 2.0, 1.0], [1.0, 2.0, 1.0]])
    np.testing.assert_allclose(losses.class_loss([1, 2], logits), (LN2 + 2 * LN2) / 2, rtol=1e-6)
    np.testing.assert_allclose(losses.class_loss([[1], [2]], logits), 1.5 * LN2, rtol=1e-6)
    weighted = losses.class_loss([1, 2], logits, weights=[0.0, 3.0])
    np.testing.assert_allclose(weighted, 3 * 2 * LN2 / 2, rtol=1e-6)
    assert losses.class_loss([1, 2], tf.cast(logits, tf.bfloat16)).dtype == tf.float32
    with pytest.raises(ValueError, match="batch, num_classes"):
        losses.class_loss([1, 2], [0.0, 1.0])


def test_feature_matching():
    # means (2, 3) and (1, 5): 1 + 4
    value = losses.feature_matching(
        tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant([[1.0, 5.0]])
    )
    np.testing.assert_allclose(value, 5.0)
    # a list of two layers: 1 + 4
    twice = losses.feature_matching([[[1.0]], [[2.0]]], [[[0.0]], [[0.0]]])
    np.testing.assert_allclose(twice, 1.0 + 4.0)
    with pytest.raises(ValueError, match="same shapes"):
        losses.feature_matching(tf.ones((1, 1)), tf.ones((1, 2)))


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
    loss = losses.get(name)
    real, fake = tf.constant([[0.3], [-2.0]]), tf.constant([[1.5], [0.1]])
    real_part, fake_part = loss.discriminator(real, fake, 0.9, 0.1)
    assert float(loss.on_reals(real, 0.9)) == float(real_part)
    assert float(loss.on_fakes(fake, 0.1)) == float(fake_part)

import keras
import numpy as np
import pytest
import tensorflow as tf
from training_steps import changed, check_updates, values

from gan_keras import gans
from gan_keras.configs.acgan import ACGANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.foundation.errors import UsageError
from gan_keras.steps import penalties

SPEC = DataSpec((28, 28, 1), tuple("abc"), (30, 20, 10))


def make(preset="compact", **options):
    keras.utils.set_random_seed(0)
    options = {"width_mult": 0.1, "precision": "float32", **options}
    return gans.build(ACGANConfig.create(preset, options), SPEC)


def batch(n=6, seed=0):
    random = np.random.default_rng(seed)
    images = random.uniform(-1, 1, (n, 28, 28, 1)).astype(np.float32)
    return tf.constant(images), tf.constant(random.integers(0, 3, n).astype(np.int32))


@pytest.mark.parametrize("preset", ACGANConfig.PRESETS)
def test_each_update_changes_all_of_its_own_network_and_nothing_else(preset):
    gan = make(preset)
    assert check_updates(gan, [batch()]) == ["d_optimizer", "g_optimizer"]
    assert int(gan.steps) == 1


def test_the_average_follows_the_generator_and_nothing_else():
    gan = make(ema_decay=0.5)
    before = values(gan.averaged_generator.trainable_variables)
    gan.train_step(batch())
    # warm-up: at step 0 the decay is 1/10, whatever was asked for
    for old, new, average in zip(
        before,
        values(gan.generator.trainable_variables),
        values(gan.averaged_generator.trainable_variables),
        strict=True,
    ):
        np.testing.assert_allclose(average, 0.1 * old + 0.9 * new, atol=1e-6)


def test_no_average_means_no_second_generator():
    gan = make("original")
    assert gan.averaged_generator is gan.generator
    assert not any(name.startswith("averaged") for name in gan.state())


def test_losses_by_hand():
    gan = make()
    # Two reals, two fakes; source logits 0 give ln 2; class logits as stated.
    source = tf.zeros((4, 1))
    classes = tf.constant([[9.0, 0, 0], [0, 9.0, 0], [0, 0, 0], [0, 0, 0]])
    d = gan.discriminator_losses(source, classes, tf.constant([0, 2]), tf.constant([0, 1]), None)
    ln2, ln3 = np.log(2), np.log(3)
    right, wrong = np.log(1 + 2 * np.exp(-9)), 9 + np.log(1 + 2 * np.exp(-9))
    assert float(d["d_real"]) == pytest.approx(ln2)
    assert float(d["d_fake"]) == pytest.approx(ln2)
    assert float(d["d_class"]) == pytest.approx((right + wrong) / 2, rel=1e-5)
    assert float(d["d_loss"]) == pytest.approx(
        ln2 + gan.config.d_class_weight * (right + wrong) / 2, rel=1e-5
    )
    assert float(d["class_accuracy"]) == 0.5
    assert float(d["real_score"]) == 0.5
    g = gan.generator_losses(source[2:], classes[2:], tf.constant([0, 1]))
    assert float(g["g_source"]) == pytest.approx(ln2)
    assert float(g["g_class"]) == pytest.approx(ln3)


def test_class_loss_on_fakes_is_an_option():
    classes = tf.constant([[5.0, 0, 0], [0, 0, 5.0]])  # real read right, fake read wrong
    labels, fakes = tf.constant([0]), tf.constant([1])
    losses = {}
    for flag in (True, False):
        gan = make(aux_on_fakes=flag)
        d = gan.discriminator_losses(tf.zeros((2, 1)), classes, labels, fakes, None)
        losses[flag] = float(d["d_class"])
    right = np.log(1 + 2 * np.exp(-5))
    assert losses[False] == pytest.approx(right, rel=1e-5)
    assert losses[True] == pytest.approx((right + 5 + right) / 2, rel=1e-5)


def test_sample_weights_weigh_the_class_loss_on_real_images():
    gan = make()
    images, labels = batch(4)
    ones = gan.train_step((images, labels, tf.ones(4)))
    zeros = make().train_step((images, labels, tf.zeros(4)))
    assert float(ones["d_class"]) > 0
    assert float(zeros["d_class"]) == 0
    assert float(zeros["d_real"]) == pytest.approx(float(ones["d_real"]), rel=1e-5)


def test_test_step_changes_nothing_and_repeats():
    gan = make()
    gan.train_step(batch())
    state = {name: np.array(v) for name, v in gan.state().items() if "metrics" not in name}
    first = gan.evaluate(*batch(12), batch_size=5, verbose=0, return_dict=True)
    second = gan.evaluate(*batch(12), batch_size=5, verbose=0, return_dict=True)
    assert first == second
    for name, variable in gan.state().items():
        if name in state:
            np.testing.assert_array_equal(state[name], np.array(variable), err_msg=name)


def test_class_probabilities_follow_the_sampling():
    assert make(class_sampling="proportional").class_probabilities == pytest.approx(
        [1 / 2, 1 / 3, 1 / 6]
    )
    assert make(class_sampling="inverse").class_probabilities == pytest.approx(
        [2 / 11, 3 / 11, 6 / 11]
    )


def test_learning_rates():
    gan = make(lr=1e-3, g_lr_mult=1.5)
    assert float(gan.d_optimizer.learning_rate) == pytest.approx(1e-3)
    assert float(gan.g_optimizer.learning_rate) == pytest.approx(1.5e-3)


def test_one_optimizer_for_both_is_refused():
    gan = make()
    with pytest.raises(UsageError, match="an optimizer of its own"):
        gan.compile(g_optimizer=gan.d_optimizer, d_optimizer=gan.d_optimizer)


def test_state_holds_the_seeds_of_dropout():
    gan = make("original")
    seeds = [v for v in gan.discriminator.variables if "seed" in v.path]
    assert len(seeds) == 4
    assert {id(v) for v in seeds} <= {id(v) for v in gan.state().values()}


def test_pretraining_trains_the_discriminator_alone_at_first():
    gan = make(pretraining=2)
    before = values(gan.generator.trainable_variables)
    d = values(gan.discriminator.trainable_variables)
    for number in range(2):
        gan.train_step(batch(seed=number))
        assert not any(changed(before, gan.generator.trainable_variables))
    assert all(changed(d, gan.discriminator.trainable_variables))
    gan.train_step(batch(seed=2))
    assert all(changed(before, gan.generator.trainable_variables))


def test_the_penalty_is_part_of_what_the_discriminator_minimises():
    free, held = make(lr=5e-3, penalty="none"), make(lr=5e-3, penalty_factor=100.0)
    for number in range(20):
        free.train_step(batch(seed=number))
        logs = held.train_step(batch(seed=number))
        # lazy: every 8th step only
        assert (float(logs["gradient_penalty"]) > 0) == (number % held.config.penalty_every == 0)
    images, labels = batch(seed=99)
    norms = [
        penalties.gradient_square_norms(lambda x, g=gan: g.discriminate(x, labels)[0], images)
        for gan in (free, held)
    ]
    assert np.mean(norms[1]) < np.mean(norms[0]) / 3


@pytest.mark.parametrize(("penalty", "halves"), [("r1", (0,)), ("r2", (1,)), ("r1_r2", (0, 1))])
def test_penalties_judge_each_half_under_its_own_labels(penalty, halves):
    gan = make(penalty=penalty, penalty_factor=1.0, penalty_every=1, ema_decay=0.0)
    assert len(gan.discriminator.inputs) == 2  # a projection, told the class
    images = batch(12)[0]
    labels = [tf.zeros(6, tf.int32), tf.ones(6, tf.int32)]
    wanted = 0.0
    for half in halves:
        norms = penalties.gradient_square_norms(
            lambda x, half=half: gan.discriminate(x, labels[half])[0],
            tf.split(images, 2)[half],
        )
        wanted += 0.5 * float(tf.reduce_mean(norms))
    d, _ = gan.judge(images, *labels, None)
    assert float(d["gradient_penalty"]) == pytest.approx(wanted, rel=1e-4)


def test_tools_that_it_cannot_use_are_refused():
    with pytest.raises(UsageError, match="--loss=relativistic: choose one of"):
        make(loss="relativistic")
    with pytest.raises(UsageError, match="has no option n_critic"):
        make(n_critic=2)
    with pytest.raises(UsageError, match="hinge has no targets"):
        make(loss="hinge", label_policy="soft")
    with pytest.raises(UsageError, match="belong together"):
        make(lr_decay="constant")


def test_history_is_state_and_does_not_own_the_network():
    plain, held = make().state(), make(historical_averaging=0.1).state()
    assert not any("history" in name for name in plain)
    assert any(name.startswith("g_history") for name in held)
    gan = make(historical_averaging=0.1)
    networks = {id(v) for v in (*gan.generator.variables, *gan.discriminator.variables)}
    assert not networks & {id(v) for v in (*gan.g_history.variables, *gan.d_history.variables)}

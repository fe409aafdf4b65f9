import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from resuming import assert_killed_run_resumes
from training_steps import check_state, check_updates, values

from gan_keras import gans, layers
from gan_keras.configs.progressive import ProgressiveConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.foundation.errors import UsageError
from gan_keras.gans.progressive import Schedule, fade, shrink
from gan_keras.networks import progressive
from gan_keras.runs import training
from gan_keras.samples import sampling
from gan_keras.storage import checkpoints
from gan_keras.storage.run_folder import RunFolder

SMALL = {"width_mult": 0.05, "latent_dim": 8, "stable_steps": 2, "fade_steps": 2}
# parameters of all layers at 64x64x1 and z of length 128
COUNTS = {"generator": 1_140_771, "discriminator": 1_140_449}


def make(preset="wgan_gp", size=28, **options):
    keras.utils.set_random_seed(0)
    spec = DataSpec((size, size, 1), ("a",), (30,))
    options = {**SMALL, "precision": "float32", **options}
    return gans.build(ProgressiveConfig.create(preset, options), spec)


def batch(n=4, size=28, seed=0):
    random = np.random.default_rng(seed)
    images = random.uniform(-1, 1, (n, size, size, 1)).astype(np.float32)
    return tf.constant(images), tf.zeros(n, tf.int32)


def changed(before, variables):
    pairs = zip(before, values(variables), variables, strict=True)
    return {v.path for old, new, v in pairs if not np.array_equal(old, new)}


@pytest.mark.parametrize(
    ("size", "sizes"), [(16, [16]), (28, [14, 28]), (32, [16, 32]), (64, [16, 32, 64])]
)
def test_sizes_of_the_stages(size, sizes):
    assert progressive.stage_sizes((size, size, 3)) == sizes


@pytest.mark.parametrize("shape", [(27, 27, 1), (32, 64, 1)])
def test_other_sizes_are_refused(shape):
    with pytest.raises(UsageError, match="--image_size=32"):
        gans.build(ProgressiveConfig.create(), DataSpec(shape, ("a",), (30,)))


def test_parameter_counts():
    gan = make(size=64, width_mult=1.0, latent_dim=128)
    counts = {name: network.count_params() for name, network in gan.networks.items()}
    print(counts)
    assert counts == COUNTS


def test_schedule_by_hand():
    schedule = Schedule((16, 32, 64), stable_steps=10, fade_steps=4)
    assert schedule.starts == [0, 10, 24]
    steps = [0, 9, 10, 12, 14, 23, 24, 25, 28, 1000]
    found = [
        (int(schedule.stage(tf.constant(s))), float(schedule.alpha(tf.constant(s)))) for s in steps
    ]
    assert found == [
        (0, 1), (0, 1), (1, 0), (1, 0.5), (1, 1), (1, 1), (2, 0), (2, 0.25), (2, 1), (2, 1)
    ]  # fmt: skip
    assert [s for s in range(40) if bool(schedule.starts_at(tf.constant(s)))] == [10, 24]


def test_fading_and_shrinking_by_hand():
    old = tf.constant([[[[1.0]]]])
    new = tf.reshape(tf.range(4.0), (1, 2, 2, 1))
    assert np.array(fade(old, new, 0.25)).ravel().tolist() == [0.75, 1.0, 1.25, 1.5]
    assert np.array(shrink(new, 2)).ravel().tolist() == [1.5]


def test_reals_and_fakes_fade_alike():
    """At alpha 0 real images hold no more than the size before."""
    gan = make()
    images = batch()[0]
    plain = gan.reals(1, tf.constant(1.0), images)
    faded = gan.reals(1, tf.constant(0.0), images)
    np.testing.assert_array_equal(plain, images)
    np.testing.assert_allclose(shrink(faded, 2), shrink(images, 2), atol=1e-6)
    assert np.array_equal(faded[:, ::2], faded[:, 1::2])


def test_a_new_stage_begins_where_the_one_before_ended():
    """At alpha 0 images and scores are those of the smaller nets."""
    gan = make()
    gan.alpha.assign(0.0)
    z = tf.random.stateless_normal((3, 8), [0, 0])
    small = gan.generators[0](z)
    large = fade(*gan.generators[1](z), gan.alpha)
    np.testing.assert_allclose(shrink(large, 2), small, atol=1e-6)
    np.testing.assert_allclose(
        gan._discriminate_at(1, gan.alpha, large, training=False),
        gan._discriminate_at(0, gan.alpha, small, training=False),
        atol=1e-5,
    )


def test_stages_share_their_layers():
    gan = make(size=64)
    everything = {id(v) for v in gan.generator.variables}
    before = set()
    for net in gan.generators:
        own = {id(v) for v in net.variables}
        assert own <= everything
        before |= own
    assert before == everything
    judged = {id(v) for net in gan.discriminators for v in net.variables}
    assert judged == {id(v) for v in gan.discriminator.variables}


def test_equalised_layers_equal_plain_ones_with_scaled_weights():
    nets = [
        progressive.make_generator((16, 16, 1), 4, 0.05, equalized=flag) for flag in (True, False)
    ]
    scaled = []
    for weight in nets[0].weights:
        value = np.array(weight)
        if weight.path.endswith("kernel"):
            fan_in = np.prod(value.shape[:-1])
            gain = {"g_dense": 1 / 8, "to_image16": 1.0}.get(weight.path.split("/")[0], 2.0)
            value = value * np.sqrt(gain / fan_in)
        scaled.append(value)
    nets[1].set_weights(scaled)
    z = tf.random.stateless_normal((3, 4), [0, 0])
    one, other = nets[0](z)[0], nets[1](z)[0]
    np.testing.assert_allclose(one, other, rtol=0, atol=5e-4 * np.abs(other).max())


def test_each_stage_trains_its_own_layers():
    gan = make(size=28)
    step = tf.function(gan.train_step, autograph=False)
    g, d = gan.generator.trainable_variables, gan.discriminator.trainable_variables
    seen = []
    for number in range(4):
        before = values(g), values(d)
        logs = step(batch(seed=number))
        assert all(np.isfinite(float(value)) for value in logs.values())
        assert set(logs) == set(gan.METRICS)
        seen.append((float(logs["image_size"]), float(logs["alpha"])))
        found = changed(before[0], g), changed(before[1], d)
        if number == 0:
            for net, paths in ((gan.generators[0], found[0]), (gan.discriminators[0], found[1])):
                assert paths == {v.path for v in net.trainable_variables}
    assert seen == [(14, 1), (14, 1), (28, 0), (28, 0.5)]
    # half faded in: everything learns
    assert found[0] == {v.path for v in g}
    assert found[1] == {v.path for v in d}


def test_each_update_changes_all_of_its_own_network_and_nothing_else():
    gan = make()
    gan.steps.assign(3)  # half faded in: everything learns
    assert check_updates(gan, [batch()]) == ["d_optimizer", "g_optimizer"]


def test_a_step_depends_on_nothing_but_the_state():
    one, two = make(ema_decay=0.9), make(ema_decay=0.9)
    one.steps.assign(1)  # grows, then fades
    check_state(one, two, [batch(seed=number) for number in range(3)])


def test_optimizers_forget_when_a_stage_begins():
    gan = make(lr=3e-4, lr_decay="linear", lr_decay_steps=8)
    counts = []
    for number in range(4):
        gan.train_step(batch(seed=number))
        counts.append([int(o.iterations.numpy()) for o in (gan.g_optimizer, gan.d_optimizer)])
    assert counts == [[1, 1], [2, 2], [1, 1], [2, 2]]
    # but their rates go on to fall
    assert float(gan.g_optimizer.learning_rate) == pytest.approx(1.5e-4)


def test_sampler_is_the_faded_generator_and_is_exported_in_standard_layers():
    gan = make(size=64, ema_decay=0.0)
    z = tf.random.stateless_normal((3, 8), [0, 0])
    for steps, stage, alpha in ((0, 0, 1.0), (4, 1, 0.5), (30, 2, 1.0)):
        gan.steps.assign(steps + 1 if stage == 1 else steps)
        gan.stage.assign(stage)
        gan.alpha.assign(alpha)
        net = gan.sampler()
        exported = layers.portable(net)
        assert all(type(layer).__module__.startswith("keras.") for layer in exported.layers)
        images = net(z)
        # The export's plain layers add up in another order than the run's fused ones, and pixel
        # norms blow the rounding up where a pixel's features all but vanish.
        apart = np.abs(exported(z) - images)
        assert np.median(apart) < 1e-6
        assert apart.max() < 1e-2
        assert images.shape == (3, 64, 64, 1)
        found = gan.generators[stage](z)
        expected = fade(*found, alpha) if stage else found
        np.testing.assert_allclose(shrink(images, 64 // expected.shape[1]), expected, atol=1e-5)


@pytest.fixture
def run_config(data_dir, tmp_path):
    def make(workdir="run", **options):
        small = {
            "dataset": "demo",
            "data_dir": str(data_dir),
            "workdir": str(tmp_path / workdir),
            "image_size": 0,
            "batch_size": 8,
            "epochs": 2,
            "log_every": 1,
            "steps_per_epoch": 5,
            "eval_samples": 0,
            **SMALL,
        }
        return ProgressiveConfig.create(options={**small, **options})

    return make


@pytest.mark.slow
def test_killed_while_fading_resumes_bit_equal_and_its_export_draws_the_same(
    run_config, monkeypatch
):
    # epoch 1 ends at the second step of the fade
    options = {"stable_steps": 4, "fade_steps": 5, "gif": True}
    whole, broken = run_config("whole", **options), run_config("broken", **options)
    training.run(whole)
    assert_killed_run_resumes(monkeypatch, whole, broken, step=7, saved=5)
    folder = RunFolder(whole.workdir)
    first, last = (checkpoints.read(p)[0] for p in checkpoints.existing(folder.checkpoints)[::-1])
    assert first["growth/000"] == 1
    assert first["growth/001"] < last["growth/001"] == 1.0
    assert_same_export(folder)
    with Image.open(folder.samples / "samples.gif") as animation:
        assert animation.size == (280, 280)


def assert_same_export(folder):
    """The exported generator gives the images of the one in the newest checkpoint."""
    plain = keras.models.load_model(folder / "generator.keras", safe_mode=True)
    (folder / "generator.keras").rename(folder / "exported.keras")
    from_checkpoint = sampling.open_run(folder.path).generator
    (folder / "exported.keras").rename(folder / "generator.keras")
    z = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    assert plain(z).shape == (5, 28, 28, 1)
    np.testing.assert_allclose(plain(z), from_checkpoint(z), atol=1e-5)

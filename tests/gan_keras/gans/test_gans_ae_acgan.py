import keras
import numpy as np
import pytest
import tensorflow as tf
from resuming import assert_killed_run_resumes, final_state
from training_steps import changed, check_state, check_updates, values

from gan_keras import gans
from gan_keras.configs.ae_acgan import AEACGANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.foundation.errors import UsageError
from gan_keras.networks import autoencoder
from gan_keras.runs import training
from gan_keras.samples import sampling

SPEC = DataSpec((28, 28, 1), tuple("abc"), (30, 20, 10))
# depth, classes -> parameters of encoder, generator, discriminator
PUBLISHED = {
    ("mnist", 10): (274_606, 482_433, 268_171),
    ("emnist", 62): (1_088_290, 1_553_153, 1_075_519),
}


def make(preset="mnist", **options):
    keras.utils.set_random_seed(0)
    options = {"width_mult": 0.1, "init_std": 0.1, "precision": "float32", **options}
    return gans.build(AEACGANConfig.create(preset, options), SPEC)


def batch(n=6, seed=0):
    random = np.random.default_rng(seed)
    images = random.uniform(-1, 1, (n, 28, 28, 1)).astype(np.float32)
    return tf.constant(images), tf.constant(random.integers(0, 3, n).astype(np.int32))


@pytest.mark.parametrize(("preset", "classes"), PUBLISHED)
def test_parameter_counts_are_the_published_ones(preset, classes):
    spec = DataSpec((28, 28, 1), tuple(map(str, range(classes))), (1,) * classes)
    gan = gans.build(AEACGANConfig.create(preset), spec)
    counts = {name: network.count_params() for name, network in gan.networks.items()}
    print(preset, counts)
    found = tuple(counts[name] for name in ("encoder", "generator", "discriminator"))
    assert found == PUBLISHED[preset, classes]


def test_options_are_what_was_published():
    config = AEACGANConfig.create()
    assert (config.batch_size, config.latent_dim, config.latent) == (128, 100, "normal")
    assert (config.lr, config.beta_1, config.beta_2) == (2e-4, 0.5, 0.999)
    assert (config.dropout, config.init_std, config.ae_loss) == (0.4, 0.01, "mae")
    gan = make()
    assert (gan.d_targets(3), gan.g_target(3)) == ((0.9, 0.1), 0.9)


def test_one_decoder_takes_labels_and_probabilities():
    generator = autoencoder.make_generator((28, 28, 1), 5, 7, depth=3)
    decoder = autoencoder.decoder_of(generator)
    z = np.random.default_rng(0).normal(size=(4, 7)).astype(np.float32)
    labels = np.array([0, 4, 2, 2], np.int32)
    np.testing.assert_array_equal(
        generator([z, labels]), decoder([z, np.eye(5, dtype=np.float32)[labels]])
    )
    assert {id(v) for v in generator.variables} == {id(v) for v in decoder.variables}


def test_order_of_a_block_is_convolution_norm_slope_dropout():
    for net in (
        autoencoder.make_discriminator((28, 28, 1), 3, depth=4, batch_norm=True),
        autoencoder.make_encoder((28, 28, 1), 3, depth=4, batch_norm=True),
    ):
        kinds = [type(layer).__name__ for layer in net.layers]
        assert kinds[1:6] == ["GaussianNoise", "Conv2D", "BatchNormalization", "LeakyReLU",
                              "Dropout"]  # fmt: skip
        slopes = [x.negative_slope for x in net.layers if isinstance(x, keras.layers.LeakyReLU)]
        assert slopes == pytest.approx([0.3] * 3)


@pytest.mark.parametrize("net", ["encoder", "generator", "discriminator"])
def test_batch_norm_is_an_option_of_each_network(net):
    gan = make(**{f"{net[0]}_batch_norm": True})
    for name, network in gan.networks.items():
        norms = [x for x in network.layers if isinstance(x, keras.layers.BatchNormalization)]
        assert bool(norms) == (name == net)
    logs = gan.train_step(batch())
    assert all(np.isfinite(float(value)) for value in logs.values())


@pytest.mark.parametrize("preset", AEACGANConfig.PRESETS)
def test_each_phase_changes_all_of_its_own_networks_and_nothing_else(preset):
    gan = make(preset)
    order = check_updates(gan, [batch()])
    assert order == ["d_optimizer", "g_optimizer", "ae_optimizer"]  # as published
    assert int(gan.steps) == 1


def test_a_step_depends_on_nothing_but_the_state():
    one, two = make(ema_decay=0.9), make(ema_decay=0.9)
    check_state(one, two, [batch(seed=number) for number in range(3)])


def test_generator_has_two_optimizer_states():
    gan = make()
    adversarial, reconstruction = gan.g_optimizer.variables, gan.ae_optimizer.variables
    assert not {id(v) for v in adversarial} & {id(v) for v in reconstruction}
    both = len(gan.generator.trainable_variables) + len(gan.encoder.trainable_variables)
    assert len(reconstruction) - 2 * both == len(adversarial) - 2 * len(
        gan.generator.trainable_variables
    )
    with pytest.raises(UsageError, match="optimizer of its own"):
        gan.compile(gan.g_optimizer, gan.d_optimizer, gan.g_optimizer)


@pytest.mark.parametrize("flag", [False, True])
def test_discriminator_sees_images_without_dropout_unless_asked(monkeypatch, flag):
    gan = make(dropout_in_fakes=flag)
    modes, original = [], gan.generator.call

    def call(inputs, training=None, mask=None):
        modes.append(training)
        return original(inputs, training=training, mask=mask)

    monkeypatch.setattr(gan.generator, "call", call)
    gan.train_step(batch())
    assert modes == [flag, True]


def test_without_the_autoencoder_the_encoder_stays():
    gan = make(no_autoencoder=True)
    before = values(gan.encoder.trainable_variables)
    logs = gan.train_step(batch())
    assert not any(changed(before, gan.encoder.trainable_variables))
    assert float(logs["ae_loss"]) == 0
    assert "reconstructions" not in gan.pictures(batch()[0].numpy())


@pytest.mark.parametrize(("name", "expected"), [("mae", 0.75), ("mse", 1.25 / 2)])
def test_reconstruction_losses_by_hand(name, expected):
    gan = make(ae_loss=name)
    images = batch()[0]
    gan.reconstruct = lambda images: images - tf.constant([1.0, -0.5] * 14)[:, tf.newaxis]
    assert float(gan.test_losses((images, batch()[1]))["ae_loss"]) == pytest.approx(expected)


def test_the_autoencoder_learns():
    gan = make(width_mult=0.25, dropout=0.0, lr=2e-3)
    step = tf.function(gan.train_step, autograph=False)
    images = tf.tile(tf.linspace(-1.0, 1.0, 28)[None, :, None, None], [8, 1, 28, 1])
    data = images, tf.zeros(8, tf.int32)
    first = float(step(data)["ae_loss"])
    for _ in range(30):
        last = float(step(data)["ae_loss"])
    assert last < 0.5 * first


def test_test_step_changes_nothing_and_repeats():
    gan = make(ema_decay=0.9)
    gan.train_step(batch())
    state = {name: np.array(v) for name, v in gan.state().items() if "metrics" not in name}
    first = gan.evaluate(*batch(12), batch_size=5, verbose=0, return_dict=True)
    assert first == gan.evaluate(*batch(12), batch_size=5, verbose=0, return_dict=True)
    assert "ae_loss" in first
    assert "ae_gradient_norm" not in first
    for name, variable in gan.state().items():
        if name in state:
            np.testing.assert_array_equal(state[name], np.array(variable), err_msg=name)


def test_pictures():
    gan = make()
    pictures = gan.pictures(batch(12)[0].numpy())
    assert {name: picture.shape for name, picture in pictures.items()} == {
        "classes": (28, 3 * 28, 1),
        "variability": (28, 10 * 28, 1),
        "reconstructions": (2 * 28, 10 * 28, 1),
    }
    originals = pictures["reconstructions"][:28, :28, 0]
    np.testing.assert_allclose(originals / 127.5 - 1, batch(12)[0][0, :, :, 0], atol=0.01)


def test_pretraining_holds_encoder_and_generator():
    gan = make(pretraining=1)
    nets = [*gan.generator.trainable_variables, *gan.encoder.trainable_variables]
    before = values(nets)
    gan.train_step(batch())
    assert not any(changed(before, nets))
    gan.train_step(batch(seed=1))
    assert all(changed(before, nets))


@pytest.fixture
def run_config(data_dir, tmp_path):
    def make(workdir="run", **options):
        small = {
            "dataset": "demo",
            "data_dir": str(data_dir),
            "workdir": str(tmp_path / workdir),
            "width_mult": 0.1,
            "batch_size": 9,
            "epochs": 2,
            "log_every": 1,
            "eval_samples": 0,
        }
        return AEACGANConfig.create(options={**small, **options})

    return make


@pytest.mark.slow
def test_killed_run_resumes_bit_equal(run_config, monkeypatch):
    whole, broken = run_config("whole", ema_decay=0.9), run_config("broken", ema_decay=0.9)
    training.run(whole)
    assert_killed_run_resumes(monkeypatch, whole, broken, step=8, saved=5)
    names = final_state(whole)[1]
    assert any(name.startswith("ae_optimizer/") for name in names)
    assert any(name.startswith("encoder/") for name in names)


def test_exported_generator_gives_the_runs_images(tmp_path):
    generator = make(ema_decay=0.9).sampler()
    sampling.export(generator, tmp_path / "generator.keras")
    plain = keras.models.load_model(tmp_path / "generator.keras", safe_mode=True)
    assert all(type(layer).__module__.startswith("keras.") for layer in plain.layers)
    z = np.random.default_rng(0).normal(size=(5, 100)).astype(np.float32)
    labels = np.array([0, 1, 2, 2, 2], np.int32)
    np.testing.assert_allclose(plain([z, labels]), generator([z, labels]), atol=1e-5)

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from resuming import assert_killed_run_resumes
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from training_steps import check_updates, values

from gan_keras import gans
from gan_keras.configs.gaussian import GaussianConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.foundation.errors import UsageError
from gan_keras.networks import points
from gan_keras.runs import training
from gan_keras.samples import sampling, scoring
from gan_keras.storage.run_folder import RunFolder

SPEC = DataSpec((2,), ("0",), (64,))
# preset -> parameters of generator and discriminator in the plane
COUNTS = {
    "z1": (122, 121),
    "z100": (716, 121),
    "grid": (2 * 400 + 3 * 400**2 + 4 * 4 * 400 + 802, 3 * 1000 + 2 * 201 * 1000 + 201),
}


def make(preset="z1", **options):
    keras.utils.set_random_seed(0)
    if preset.startswith(("ring", "grid")):
        options = {"width_mult": 0.05, **options}
    options = {"precision": "float32", **options}
    return gans.build(GaussianConfig.create(preset, options), SPEC)


def batch(n=12, seed=0):
    random = np.random.default_rng(seed)
    return tf.constant(random.normal(size=(n, 2)), tf.float32), tf.zeros(n, tf.int32)


@pytest.mark.parametrize("preset", COUNTS)
def test_parameter_counts(preset):
    gan = make(preset, width_mult=1.0)
    counts = tuple(network.count_params() for network in gan.networks.values())
    print(preset, counts)
    assert counts == COUNTS[preset]


def test_networks_start_like_pytorch():
    net = points.make_generator("gaussian", 2, 100)
    kernel, bias = net.layers[1].get_weights()
    assert 0.09 < np.abs(kernel).max() <= 0.1  # U(-1/sqrt(100), 1/sqrt(100))
    assert 0 < np.abs(bias).max() <= 0.1
    slopes = [x.negative_slope for x in net.layers if isinstance(x, keras.layers.LeakyReLU)]
    assert slopes == pytest.approx([0.2] * 2)


def test_maxout_is_the_largest_of_five_linear_pieces():
    net = points.make_discriminator("pacgan", 2, width_mult=0.02)
    dense, pool = net.layers[1], net.layers[3]
    x = np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32)
    pieces = np.array(dense(x)).reshape(3, 5, 4)
    first = keras.Model(net.inputs[0], pool.output)
    np.testing.assert_allclose(first(x), pieces.max(axis=1), rtol=1e-6)


@pytest.mark.parametrize(
    ("preset", "options"),
    [*((preset, {}) for preset in GaussianConfig.PRESETS), ("z1", {"simultaneous": True})],
)
def test_each_update_changes_all_of_its_own_network_and_nothing_else(preset, options):
    assert check_updates(make(preset, **options), [batch()]) == ["d_optimizer", "g_optimizer"]


def test_simultaneous_updates_use_the_old_discriminator():
    """The generator moves the same whatever the discriminator's rate; in turns it does not."""
    for simultaneous in (True, False):
        ends = []
        for lr in (1e-4, 1e-1):
            gan = make(simultaneous=simultaneous, lr=lr, g_lr_mult=1e-3 / lr)
            tf.function(gan.train_step, autograph=False)(batch())
            ends.append(values(gan.generator.trainable_variables))
        same = all(np.array_equal(a, b) for a, b in zip(*ends, strict=True))
        assert same == simultaneous


@pytest.mark.parametrize(("options", "message"), [
    ({"penalty": "r1", "penalty_final": 0.1}, "belong together"),
    ({"penalty": "r1", "penalty_steps": 5}, "belong together"),
    ({"penalty_final": 0.1, "penalty_steps": 5}, "needs --penalty"),
    ({"penalty": "r1", "penalty_factor": 0.0, "penalty_final": 0.1, "penalty_steps": 5}, "above 0"),
])  # fmt: skip
def test_a_fall_of_the_penalty_needs_its_other_options(options, message):
    with pytest.raises(UsageError, match=message):
        GaussianConfig.create(options=options)


def test_images_are_refused():
    with pytest.raises(UsageError, match=r"needs a data set of points.*--dataset=mnist"):
        gans.build(
            GaussianConfig.create(options={"dataset": "mnist"}), DataSpec((28, 28, 1), ("0",), (9,))
        )
    with pytest.raises(UsageError, match="multiple of --packing=3"):
        GaussianConfig.create(options={"packing": 3})


def test_presets_follow_the_published_protocols():
    small, grid = GaussianConfig.create("z1"), GaussianConfig.create("grid")
    assert (small.batch_size, small.epochs, small.lr, small.beta_1) == (64, 70, 1e-4, 0.9)
    assert GaussianConfig.create("z100").latent_dim == 100
    assert (grid.batch_size, grid.epochs, grid.lr, grid.beta_1) == (100, 400, 1e-4, 0.8)
    assert (grid.latent_dim, grid.latent, grid.eval_samples) == (2, "normal", 2500)


def test_one_point_is_too_few_to_score():
    with pytest.raises(UsageError, match="--eval_samples=1: .* give 0 or at least 2"):
        GaussianConfig.create("ring", {"eval_samples": 1})


@pytest.fixture
def run_config(tmp_path):
    def make(workdir="run", preset="z1", **options):
        small = {"workdir": str(tmp_path / workdir), "epochs": 2, "steps_per_epoch": 5}
        if preset.startswith(("ring", "grid")):
            small["width_mult"] = 0.05
        return GaussianConfig.create(preset, {**small, **options})

    return make


# Everything that a run remembers besides its networks.
MEMORY = {
    "shuffle": False,
    "n_critic": 2,
    "replay": 50,
    "ema_decay": 0.9,
    "penalty": "r1",
    "penalty_final": 0.01,
    "penalty_steps": 9,
    "lr_decay": "linear",
    "lr_decay_steps": 9,
}


@pytest.mark.parametrize(
    ("preset", "options"),
    [
        ("z1", MEMORY),
        pytest.param(
            "grid_relativistic",
            {"n_critic": 2, "replay": 50, "penalty_steps": 9, "lr_decay_steps": 9},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "grid", {"n_critic": 2, "replay": 50, "ema_decay": 0.9}, marks=pytest.mark.slow
        ),
    ],
)
def test_killed_run_resumes_bit_equal(run_config, monkeypatch, preset, options):
    whole, broken = (
        run_config(name, preset, eval_samples=0, gif=False, log_every=1, **options)
        for name in ("whole", "broken")
    )
    training.run(whole)
    assert_killed_run_resumes(monkeypatch, whole, broken, step=8, saved=5)


def test_a_run_killed_while_it_is_scored_is_scored_when_it_goes_on(run_config, monkeypatch):
    config = run_config(eval_samples=100, gif=False, epochs=1)

    def kill(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(scoring.Scorer, "score", kill)
    with pytest.raises(KeyboardInterrupt):
        training.run(config)
    monkeypatch.undo()
    metrics = training.run(config)
    assert (metrics["step"], metrics["points"]) == (5, 100)
    folder = RunFolder(config.workdir)
    assert json.loads((folder / "metrics.json").read_text()) == metrics
    board = EventAccumulator(str(folder.tensorboard / "test"), size_guidance={"tensors": 0})
    board.Reload()
    assert [event.step for event in board.Tensors("samples/energy_distance")] == [5]


def test_a_run_is_scored_pictured_and_saved(run_config, capsys):
    config = run_config("grid", "grid", eval_samples=100)
    metrics = training.run(config)
    assert "modes captured" in capsys.readouterr().out
    assert metrics["points"] == 100
    assert 0 <= metrics["modes"] <= 25
    assert metrics["energy_distance"] > 0
    folder = RunFolder(config.workdir)
    assert sorted(p.name for p in folder.samples.glob("*.png")) == [
        f"scatter_epoch_00{epoch}.png" for epoch in range(3)
    ]
    with Image.open(folder.samples / "scatter.gif") as animation:
        assert animation.n_frames == 3
    # the file opens without our code and gives the run's points
    plain = keras.models.load_model(folder / "generator.keras", safe_mode=True)
    assert all(type(layer).__module__.startswith("keras.") for layer in plain.layers)
    (folder / "generator.keras").rename(folder / "exported.keras")
    from_checkpoint = sampling.open_run(folder.path).generator
    (folder / "exported.keras").rename(folder / "generator.keras")
    z = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    np.testing.assert_allclose(plain(z), from_checkpoint(z), rtol=1e-5, atol=1e-6)
    drawn = sampling.open_run(config.workdir).draw(7, seed=1)
    assert drawn.shape == (7, 2)
    assert drawn.dtype == np.float32


@pytest.mark.timeout(120)
def test_the_gaussian_is_learnt(tmp_path):
    """Ten times the toy's rate, so that a few seconds are enough to leave the first place."""
    config = GaussianConfig.create(
        "z100",
        {
            "workdir": str(tmp_path),
            "epochs": 1,
            "steps_per_epoch": 600,
            "lr": 2e-3,
            "beta_1": 0.5,
            "gif": False,
        },
    )
    dataset = training.load_data(config)
    before = training.build(config, dataset.spec)
    sampler = sampling.Sampler.of_model(before, config, dataset.class_names)
    first = scoring.Scorer(dataset, tmp_path).score(sampler, 1000, 0).metrics
    last = training.run(config)
    assert last["energy_distance"] < 0.2 * first["energy_distance"]

"""Whole runs of the image GANs: resume, samples, scores."""

import json

import keras
import numpy as np
import pytest
from PIL import Image
from test_gans_images import PRESETS
from test_training import Killed, assert_same_end, at_step, final_state, kill

from data_tools.errors import UsageError
from gan_keras import configs, sampling, training
from gan_keras.runs import RunFolder


@pytest.fixture
def make(data_dir, tmp_path):
    def make(experiment, preset=None, workdir="run", **options):
        small = {
            "dataset": "demo",
            "data_dir": str(data_dir),
            "workdir": str(tmp_path / workdir),
            "image_size": 0,
            "width_mult": 0.1,
            "batch_size": 4,
            "epochs": 2,
            "steps_per_epoch": 3,
            "pretraining": 1,
            "eval_samples": 0,
            "log_every": 1,
        }
        return configs.config_class(experiment).create(preset, small | options)

    return make


# Three runs take half a minute. That a step depends on the state alone is tested of every variant
# elsewhere; that runs save all of it, of one without labels and one with them also where time is
# short.
QUICK = {("cgan", "concatenation"), ("vanilla", "dense")}


@pytest.mark.parametrize(
    ("experiment", "preset"),
    [pytest.param(*row, marks=() if row in QUICK else pytest.mark.slow) for row in PRESETS],
)
def test_killed_run_resumes_bit_equal_and_its_export_draws_the_same(
    make, monkeypatch, experiment, preset
):
    options = {} if experiment == "cgan" else {"replay": 8}
    whole = make(experiment, preset, "whole", **options)
    training.run(whole)
    broken = make(experiment, preset, "broken", **options)
    at_step(monkeypatch, 5, kill)  # inside epoch 2
    with pytest.raises(Killed):
        training.run(broken)
    assert final_state(broken)[0] == "step_00000003.npz"
    training.run(broken)
    assert_same_end(whole, broken)

    folder = RunFolder(whole.workdir)
    exported = sampling.open_run(folder.path)
    (folder / "generator.keras").unlink()
    checkpoint = sampling.open_run(folder.path)
    assert ("keras" in exported.source, "checkpoints" in checkpoint.source) == (True, True)
    wanted = np.array([0, 1, 2, 3, 3], np.int32) if exported.takes_labels else 5
    one, two = (run.draw(wanted, 7).astype(int) for run in (exported, checkpoint))
    assert one.shape == (5, 28, 28, 1)
    assert np.abs(one - two).max() <= 1


def test_a_run_without_labels(make):
    config = make("vanilla", eval_samples=5, sample_every=2)
    metrics = training.run(config)
    assert metrics["samples"] == 20
    assert sum(metrics["class_shares"].values()) == pytest.approx(1)
    assert 0 <= metrics["entropy_ratio"] <= 1
    assert 0.9 < metrics["real_entropy_ratio"] < 1
    assert 1 <= metrics["modes"] <= 4
    assert 0.25 <= metrics["median_confidence"] <= 1
    assert metrics["diversity_ratio"] >= 0
    folder = RunFolder(config.workdir)
    # 10 columns of 10 attempts
    assert Image.open(folder.samples / "step_00000004.png").size == (280, 280)
    assert json.loads((folder / "config.json").read_text())["options"]["value_range"] == "unit"
    with pytest.raises(UsageError, match="--gan_train needs labels"):
        training.run(make("vanilla", workdir="other", gan_train=True))


def test_unit_range_is_shown_as_it_is(make):
    config = make("vanilla", "dense", value_range="unit", label_policy="hard")
    training.run(config)
    run = sampling.open_run(config.workdir)
    z = np.random.default_rng(0).normal(size=(3, 100)).astype(np.float32)
    raw = keras.models.load_model(f"{config.workdir}/generator.keras")(z)
    drawn = sampling.generate(run.generator, z, value_range=run.value_range)
    assert np.abs(drawn - 255.0 * np.array(raw)).max() <= 0.51


def test_way_between_two_images_without_labels(make):
    config = make("wgan", steps_per_epoch=1, epochs=1)
    training.run(config)
    run = sampling.open_run(config.workdir)
    there, back = run.interpolate(None, 0, 1, 5), run.interpolate(None, 1, 0, 5)
    assert there.shape == (5, 28, 28, 1)
    assert np.abs(there.astype(int) - back[::-1]).max() <= 2


def test_a_step_of_several_critic_updates_needs_as_many_images(make):
    assert (
        training.steps_per_epoch(
            make("wgan", batch_size=4, steps_per_epoch=0), training.load_data(make("wgan"))
        )
        == 2
    )
    with pytest.raises(UsageError, match="--batch_size=10 x --n_critic=5 is more than the 45"):
        training.run(make("wgan", batch_size=10))


def test_runs_of_earlier_versions_can_be_resumed(make):
    config = make("dcgan", epochs=1)
    training.run(config)
    path = RunFolder(config.workdir) / "config.json"
    stored = json.loads(path.read_text())
    for name in ("value_range", "feature_matching", "picture_epochs"):
        del stored["options"][name]
    path.write_text(json.dumps(stored))
    training.run(make("dcgan", epochs=2))

"""Whole runs of the image GANs: resume, samples, scores."""

import json

import keras
import numpy as np
import pytest
import small_runs
from absl.testing import flagsaver
from conftest import write_data_dir
from PIL import Image
from resuming import assert_killed_run_resumes

from gan_keras import configs
from gan_keras.foundation.errors import UsageError
from gan_keras.reports import score_tables
from gan_keras.runs import training
from gan_keras.samples import sampling
from gan_keras.storage.run_folder import RunFolder


def small_run(experiment, preset, data_dir, workdir, **options):
    """Configuration of a run of two epochs of three steps."""
    small = {"image_size": 0, "batch_size": 4, "steps_per_epoch": 3, "pretraining": 1}
    return small_runs.acgan(data_dir, workdir, preset, experiment, **{**small, **options})


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory, judges):
    """A run without labels that has ended, its configuration and metrics; tests only read it."""
    folder = tmp_path_factory.mktemp("unlabelled")
    data_dir = write_data_dir(folder / "data", judges)
    options = {"eval_samples": 5, "sample_every": 2}
    config = small_run("vanilla", None, data_dir, folder / "run", **options)
    return config, training.run(config)


# Three runs take half a minute; that a step depends on the state alone is tested elsewhere.
QUICK = {("vanilla", "dense")}
VARIANTS = ("cgan", "dcgan", "r3gan", "vanilla", "wgan", "wgan_gp")
PRESETS = [(name, preset) for name in VARIANTS for preset in configs.config_class(name).PRESETS]


@pytest.mark.parametrize(
    ("experiment", "preset"),
    [pytest.param(*row, marks=() if row in QUICK else pytest.mark.slow) for row in PRESETS],
)
def test_killed_run_resumes_bit_equal_and_its_export_draws_the_same(
    data_dir, tmp_path, monkeypatch, experiment, preset
):
    options = {} if experiment == "cgan" else {"replay": 8}
    whole, broken = (
        small_run(experiment, preset, data_dir, tmp_path / name, **options)
        for name in ("whole", "broken")
    )
    training.run(whole)
    assert_killed_run_resumes(monkeypatch, whole, broken, step=5, saved=3)  # inside epoch 2

    folder = RunFolder(whole.workdir)
    exported = sampling.open_run(folder.path)
    (folder / "generator.keras").unlink()
    checkpoint = sampling.open_run(folder.path)
    assert ("keras" in exported.source, "checkpoints" in checkpoint.source) == (True, True)
    wanted = np.array([0, 1, 2, 3, 3], np.int32) if exported.takes_labels else 5
    one, two = (run.draw(wanted, 7).astype(int) for run in (exported, checkpoint))
    assert one.shape == (5, 28, 28, 1)
    assert np.abs(one - two).max() <= 1


def test_a_run_without_labels(unlabelled):
    config, metrics = unlabelled
    assert metrics["samples"] == 20
    assert sum(metrics["class_shares"].values()) == pytest.approx(1)
    assert 0 <= metrics["entropy_ratio"] <= 1
    assert 0.9 < metrics["real_entropy_ratio"] < 1
    assert 1 <= metrics["modes"] <= 4
    assert 0.25 <= metrics["median_confidence"] <= 1
    assert metrics["diversity_ratio"] >= 0
    assert "entropy of classes" in score_tables.scores(metrics)
    folder = RunFolder(config.workdir)
    # 10 columns of 10 attempts
    assert Image.open(folder.samples / "step_00000004.png").size == (280, 280)
    assert json.loads((folder / "config.json").read_text())["options"]["value_range"] == "unit"


def test_samples_without_labels_in_the_unit_range(unlabelled, tmp_path):
    run = sampling.open_run(unlabelled[0].workdir)
    z = np.random.default_rng(0).normal(size=(3, 100)).astype(np.float32)
    raw = keras.models.load_model(f"{unlabelled[0].workdir}/generator.keras")(z)
    drawn = run.generate(z)
    assert np.abs(drawn - 255.0 * np.array(raw)).max() <= 0.51

    there, back = run.interpolate(None, 0, 1, 5), run.interpolate(None, 1, 0, 5)
    assert there.shape == (5, 28, 28, 1)
    assert np.abs(there.astype(int) - back[::-1]).max() <= 2
    sampling.write_npz(tmp_path / "s.npz", run.draw(7, 0), None, run.class_names)
    with np.load(tmp_path / "s.npz") as arrays:
        assert arrays["images"].shape == (7, 28, 28, 1)
        assert "labels" not in arrays


def test_flags_of_the_other_kind_of_run_are_refused(unlabelled, finished_acgan, tmp_path):
    from experiments import sample  # late: it defines flags

    for config, flag, kind in (
        (unlabelled[0], "labels", "takes no labels"),
        (finished_acgan, "count", "takes labels"),
    ):
        with flagsaver.flagsaver():
            out = tmp_path / "samples.png"
            sample.FLAGS(["sample", f"--workdir={config.workdir}", f"--out={out}", f"--{flag}=3"])
            with pytest.raises(UsageError, match=f"--{flag}: the generator of .* {kind}"):
                sample.main()


def test_a_step_of_several_critic_updates_needs_as_many_images(data_dir, tmp_path):
    config = small_run("wgan", None, data_dir, tmp_path / "run", steps_per_epoch=0)
    assert training.steps_per_epoch(config, training.load_data(config)) == 2
    with pytest.raises(UsageError, match="--batch_size=10 x --n_critic=5 is more than the 45"):
        training.run(config.replace(batch_size=10))

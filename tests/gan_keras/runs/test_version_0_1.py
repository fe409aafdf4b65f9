"""Runs of version 0.1: sampled, scored and, where the networks are still the same, continued.

version_0_1.zip holds two runs of four steps that version 0.1 made:

    python -m experiments.acgan --dataset=digits --width_mult=0.05 --batch_size=32 --latent_dim=4 \
        --image_size=8 --epochs=1 --steps_per_epoch=4 --eval_samples=4
    python -m experiments.gaussian --preset=grid_relativistic --width_mult=0.02 --epochs=1 \
        --steps_per_epoch=4 --eval_samples=50 --gif=false
"""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from gan_keras import configs
from gan_keras.foundation.errors import DataError
from gan_keras.runs import training
from gan_keras.samples import sampling, scoring
from gan_keras.storage import checkpoints
from gan_keras.storage.run_folder import RunFolder


@pytest.fixture
def old_run(tmp_path):
    def old_run(name):
        with zipfile.ZipFile(Path(__file__).with_name("version_0_1.zip")) as archive:
            archive.extractall(tmp_path)
        _, stored = RunFolder.started(tmp_path / name)
        return configs.from_dict(stored["options"]).replace(workdir=str(tmp_path / name))

    return old_run


def continued(config):
    """Trains an epoch more; returns the state before and after."""
    folder = RunFolder(config.workdir)
    before, _ = checkpoints.read(checkpoints.existing(folder.checkpoints)[0])
    metrics = training.run(config.replace(epochs=2, eval_samples=0))
    assert metrics["step"] == 8
    after, _ = checkpoints.read(checkpoints.existing(folder.checkpoints)[0])
    assert before.keys() == after.keys()
    assert (before["counters/000"], after["counters/000"]) == (4, 8)
    return before, after


def test_an_ac_gan_is_sampled_and_keeps_its_checkpoint(old_run):
    # its compact networks were others than today's
    config = old_run("acgan")
    images = sampling.open_run(config.workdir).draw(np.arange(10), seed=0)
    assert images.shape == (10, 8, 8, 1)
    folder = RunFolder(config.workdir)
    kept = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    with pytest.raises(DataError, match="does not fit this model.*by another version"):
        training.run(config.replace(epochs=2, eval_samples=0))
    assert all(path.read_bytes() == content for path, content in kept.items())


def test_a_gan_on_points_is_sampled_scored_and_continued(old_run):
    config = old_run("gaussian")
    assert sampling.open_run(config.workdir).draw(7, seed=0).shape == (7, 2)
    _, metrics, _ = scoring.score_run(config.workdir)
    assert (metrics["step"], metrics["points"]) == (4, 50)
    # weights beside losses on pairs have doubled: it is the preset of today
    assert (
        config.penalty_factor
        == configs.config_class("gaussian").create("grid_relativistic").penalty_factor
    )
    continued(config)

"""Configurations of runs that take seconds, and what such runs leave in their folders."""

import csv
import json

from gan_keras.configs.acgan import ACGANConfig
from gan_keras.configs.gaussian import GaussianConfig


def acgan(data_dir, workdir, preset=None, **options):
    """An AC-GAN on the toy images of conftest, not scored: 2 epochs of 5 steps unless told."""
    small = {
        "dataset": "demo",
        "data_dir": str(data_dir),
        "workdir": str(workdir),
        "width_mult": 0.1,
        "batch_size": 9,  # 45 train images: 5 steps per epoch
        "epochs": 2,
        "eval_samples": 0,
        "log_every": 1,
    }
    return ACGANConfig.create(preset, small | options)


def points(workdir, **options):
    """A GAN on points, in a third of the time, for what is the same in all runs; likewise."""
    small = {
        "workdir": str(workdir),
        "epochs": 2,
        "steps_per_epoch": 5,
        "eval_samples": 0,
        "log_every": 1,
        "gif": False,
        "picture_epochs": "99",  # none
    }
    return GaussianConfig.create("z1", small | options)


def read(config, name):
    """Content of a JSON file of a run."""
    with open(f"{config.workdir}/{name}", encoding="utf-8") as file:
        return json.load(file)


def rows(config, name):
    """Rows of a CSV file of a run, without the times."""
    with open(f"{config.workdir}/{name}", newline="") as file:
        return [
            {k: v for k, v in row.items() if "seconds" not in k} for row in csv.DictReader(file)
        ]

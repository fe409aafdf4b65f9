"""Configurations of runs that take seconds, and what such runs leave in their folders."""

import csv
import json

from gan_keras.configs import config_class
from gan_keras.configs.gaussian import GaussianConfig


def acgan(data_dir, workdir, preset=None, experiment="acgan", **options):
    """A GAN on the toy images of conftest, not scored: 2 epochs of 5 steps by default."""
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
    return config_class(experiment).create(preset, small | options)


def points(workdir, **options):
    """A GAN on points, which takes a third of the time; 2 epochs of 5 steps by default."""
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


def stored(config):
    """Content of the config.json of a run that no data set was loaded for."""
    data = {"fingerprint": "toy", "image_shape": [8, 8, 1], "class_names": [], "class_counts": []}
    facts = {"steps_per_epoch": 5, "data": data, "precision": "float32"}
    return {"format": 2, "options": config.to_dict(), **facts}


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

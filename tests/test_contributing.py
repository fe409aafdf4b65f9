"""The recipes of CONTRIBUTING.md are complete: what they add trains."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^\| an? (\w[\w ]*) \| (.*) \|$", CONTRIBUTING, flags=re.MULTILINE))

# Recipe -> new file -> its content.
FILES = {
    "data set": {
        "gan_keras/data/stripes.py": """
import numpy as np

from gan_keras.data.dataset import Dataset


def load(name, data_dir, options):
    labels = np.arange(64, dtype=np.int32) % 2
    images = np.zeros((64, 8, 8, 1), np.uint8)
    images[labels == 0, ::2] = images[labels == 1, :, ::2] = 255
    return Dataset(name, images, labels, images[:8], labels[:8], ("across", "down"))
""",
    },
    "architecture": {
        "gan_keras/networks/tiny.py": """
import math

import keras
from keras import layers

from gan_keras.networks import common


def make_generator(image_shape, latent_dim, width_mult, output, condition):
    inputs, x = common.latent_inputs(latent_dim, condition)
    x = layers.Dense(math.prod(image_shape), activation=output, dtype="float32")(x)
    return keras.Model(inputs, layers.Reshape(image_shape, dtype="float32")(x), name="generator")


def make_discriminator(image_shape, width_mult, condition):
    inputs, x = common.image_inputs(image_shape, condition)
    return common.logit_model(inputs, layers.Dense(4)(layers.Flatten()(x)), condition)
""",
    },
    "variant": {
        "gan_keras/gans/simple.py": """
import tensorflow as tf

from gan_keras.gans.plain import PlainGAN, image_networks
from gan_keras.steps.latents import Purpose


class SimpleGAN(PlainGAN):
    def train_step(self, data):
        (reals,) = self.batches(data)
        n = tf.shape(reals)[0]
        fakes = tf.stop_gradient(self.generate(n, Purpose.LATENT_D))
        with tf.GradientTape() as tape:
            d = self.loss_function.discriminator(self.discriminate(reals), self.discriminate(fakes))
        self.update_discriminator(tape, d["d_loss"])
        with tf.GradientTape() as tape:
            g_logits = self.discriminate(self.generate(n, Purpose.LATENT_G))
            g_loss = self.loss_function.generator(g_logits)
        self.update_generator(tape, g_loss)
        self.finish_step()
        return self.track(**d, g_loss=g_loss)


def build(config, spec):
    return SimpleGAN(config, *image_networks(config, spec))
""",
        "gan_keras/configs/simple.py": """
import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs.images import ImageGANConfig
from gan_keras.configs.tools import LossOptions


@dataclasses.dataclass(frozen=True)
class SimpleConfig(ImageGANConfig, LossOptions):
    experiment: ClassVar[str] = "simple"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {"small": {"networks": "tiny"}}
""",
        "experiments/simple.py": """
from experiments import common
from gan_keras.configs.simple import SimpleConfig

if __name__ == "__main__":
    common.main(SimpleConfig)
""",
    },
}
# Recipe -> file -> text in it and what stands there afterwards.
ROWS = {
    "loss": {
        "gan_keras/steps/losses.py": (
            "\nLOSSES: dict[str, AdversarialLoss] = {",
            '''
class Shifted(Hinge):
    """The hinge loss, one further."""

    def generator_terms(self, logits, target):
        return 1.0 - logits


LOSSES: dict[str, AdversarialLoss] = {
    "shifted": Shifted(),''',
        ),
        "gan_keras/configs/tools.py": ("LOSSES = (", 'LOSSES = (\n    "shifted",'),
    },
    "data set": {
        "gan_keras/data/__init__.py": (
            '    "digits": digits.load,',
            '    "digits": digits.load,\n    "stripes": stripes.load,',
        ),
    },
    "architecture": {
        "gan_keras/networks/__init__.py": ("IMAGES = {", 'IMAGES = {\n    "tiny": tiny,'),
        "gan_keras/configs/images.py": ('choices=("dense", ', 'choices=("tiny", "dense", '),
    },
    "variant": {
        "gan_keras/configs/__init__.py": (
            "CONFIGS = {",
            'CONFIGS = {\n    "simple": "SimpleConfig",',
        ),
    },
}
# The modules of a new file are imported beside the others.
IMPORTS = {
    "gan_keras/data/__init__.py": ("    stacked,\n", "    stacked,\n    stripes,\n"),
    "gan_keras/networks/__init__.py": ("    compact,\n", "    compact,\n    tiny,\n"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The packages with a new loss, data set, architecture and variant."""
    folder = tmp_path_factory.mktemp("copy")
    for package in ("gan_keras", "experiments", "data_tools"):
        ignored = shutil.ignore_patterns("__pycache__", "*.png", "results")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    for recipe in ("loss", "data set", "architecture", "variant"):
        for name, text in FILES.get(recipe, {}).items():
            (folder / name).write_text(text, encoding="utf-8")
        for name, change in ROWS[recipe].items():
            for old, new in filter(None, (change, IMPORTS.get(name))):
                path = folder / name
                before = path.read_text(encoding="utf-8")
                assert before.count(old) == 1, f"{name}: {old}"
                path.write_text(before.replace(old, new), encoding="utf-8")
    return folder


@pytest.mark.parametrize("recipe", ROWS)
def test_recipes_name_every_file_that_is_touched(recipe):
    named = re.findall(r"`([\w/]+/(?:\w+\.py)?)`", RECIPES[recipe])
    for path in [*FILES.get(recipe, {}), *ROWS[recipe]]:
        assert path in named or f"{path.rpartition('/')[0]}/" in named, path


def test_files_that_recipes_name_exist():
    for recipe in RECIPES.values():
        for name in re.findall(r"`([\w/]+/(?:[\w.]+\.(?:py|yaml))?)`", recipe):
            assert (ROOT / name).exists(), name


def test_what_is_added_trains_together(copy):
    data = ["--dataset=stripes", "--loss=shifted", "--batch_size=16", "--eval_samples=0"]
    length = ["--epochs=1", "--steps_per_epoch=2", "--workdir=run"]
    command = [sys.executable, "-m", "experiments.simple", *data, *length]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads((copy / "run" / "metrics.json").read_text())["step"] == 2
    options = json.loads((copy / "run" / "config.json").read_text())["options"]
    expected = {"experiment": "simple", "networks": "tiny", "loss": "shifted", "dataset": "stripes"}
    assert expected.items() <= options.items()

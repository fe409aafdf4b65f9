"""A run that can write without any training: its generator blends glyphs of the pen model."""

import functools
import tempfile
from pathlib import Path

import keras
import numpy as np
import small_runs
from keras import layers

from data_tools import crohme, demo
from data_tools.extract import Options
from gan_keras.configs.acgan import ACGANConfig
from gan_keras.data import Dataset, load
from gan_keras.foundation.files import write_json
from gan_keras.samples import sampling

LATENT = 16
# Examples of a class that the generator knows by heart.
KNOWN = 6


@functools.cache
def dataset(alphabet: str) -> Dataset:
    """Glyphs of the pen model, `math16` or `letters62`."""
    with tempfile.TemporaryDirectory() as folder:
        return _load(Path(folder), alphabet)


@functools.cache
def sampler(alphabet: str) -> sampling.Sampler:
    """The generator as writing takes it."""
    data = dataset(alphabet)
    return sampling.Sampler(generator(data), data.class_names, "normal", "bright", "signed", "toy")


def run_folder(path: Path, alphabet: str = "math16") -> Path:
    """Makes a run folder, with its data set beside it in `data`."""
    found = _load(path.parent / "data", alphabet)
    options = {
        "dataset": found.name,
        "data_dir": str(path.parent / "data"),
        "latent_dim": LATENT,
    }
    config = ACGANConfig.create("compact", options)
    stored = small_runs.stored(config)
    stored["data"] |= found.spec.to_dict()
    write_json(path / "config.json", stored)
    sampling.export(sampler(alphabet).generator, path / "generator.keras")
    return path


def generator(data: Dataset) -> keras.Model:
    """A model of standard layers: noise chooses, softly, among known examples of the class."""
    classes = data.num_classes
    known = np.stack(
        [
            np.resize(data.train_images[data.train_labels == k][:KNOWN], (KNOWN, 28, 28, 1))
            for k in range(classes)
        ]
    )
    random = np.random.default_rng(0)
    z, label = keras.Input((LATENT,)), keras.Input((), dtype="int32")
    memory = layers.Embedding(classes, KNOWN * 784)
    choice = layers.Dense(KNOWN, activation="softmax")
    examples = layers.Reshape((KNOWN, 784))(memory(label))
    ink = layers.Reshape((28, 28, 1))(layers.Dot((1, 1))([choice(z), examples]))
    model = keras.Model([z, label], layers.Rescaling(2.0, -1.0)(ink))
    memory.set_weights([known.reshape(classes, -1).astype(np.float32) / 255.0])
    weights = 6.0 * random.standard_normal((LATENT, KNOWN)) / LATENT**0.5
    choice.set_weights([weights, np.zeros(KNOWN)])
    return model


def _load(data_dir: Path, alphabet: str) -> Dataset:
    """Writes symbols of the pen model as a prepared data set, and loads it."""
    name, expressions = {"math16": ("demo", 120), "letters62": ("demo_letters", 400)}[alphabet]
    folder = data_dir / name
    folder.mkdir(parents=True, exist_ok=True)
    ink = folder / "expressions.zip"
    demo.write_archive(ink, expressions, alphabet)
    crohme.convert([str(ink)], folder / "symbols.npz", Options(classes=None), "all", workers=1)
    return load(name, data_dir)

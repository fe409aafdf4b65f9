"""The independent classifier that judges generated images.

A GAN's own discriminator takes part in any code that the two networks agree on, so a judge must
have seen real images only.
"""

import dataclasses
import functools
import hashlib
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import scipy
import tensorflow as tf
from keras import layers

from gan_keras.data import Dataset
from gan_keras.data.pipeline import scale, training_batches
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import atomic_path, kept, load_or_make
from gan_keras.layers import BatchNormalization
from gan_keras.storage import exports

# Raise it by hand when the code of the classifier or of its training changes the weights: files of
# the cache bear a hash of it, of the numbers below and of the version of Keras.
VERSION = 1
# Filters of the convolutions, block by block, and units and dropout behind them.
FILTERS = ((32,), (64, 64), (128,))
FEATURES, DROPOUT = 128, 0.4
BATCH = 128
EPOCHS = 8
# Small sets are passed over more often, up to MAX_EPOCHS times.
MIN_STEPS = 1000
MAX_EPOCHS = 40
LEARNING_RATE = 2e-3
SEED = 20_201  # of the judge; never a run's own seed
# Images that are read at a time.
READ_BATCH = 512


def make_classifier(
    image_shape: tuple[int, ...], num_classes: int, seed: int = SEED
) -> keras.Model:
    """Builds the classifier: three convolution blocks and a dense layer, about 0.3 M weights.

    It always computes in float32, whatever policy a run has set, and all its randomness is its own.

    Args:
        image_shape: `(height, width, channels)`.
        num_classes: Number of classes.
        seed: Of initial weights and dropout.

    Returns:
        A functional model from images in [-1, 1] to logits `(batch, num_classes)`.
    """
    seeds = iter(range(seed, seed + 100))

    def he_normal() -> keras.Initializer:
        return keras.initializers.HeNormal(seed=next(seeds))

    conv = functools.partial(layers.Conv2D, padding="same", use_bias=False, dtype="float32")
    dense = functools.partial(layers.Dense, dtype="float32")
    image = x = keras.Input(image_shape, name="image")
    for block in FILTERS:
        for filters in block:
            x = conv(filters, 3, kernel_initializer=he_normal())(x)
            x = BatchNormalization(momentum=0.9, dtype="float32")(x)
            x = layers.ReLU(dtype="float32")(x)
        x = layers.MaxPooling2D(2, padding="same", dtype="float32")(x)
    x = layers.Flatten(dtype="float32")(x)
    x = layers.Dropout(DROPOUT, seed=next(seeds), dtype="float32")(x)
    x = dense(FEATURES, "relu", kernel_initializer=he_normal(), name="features")(x)
    x = layers.Dropout(DROPOUT, seed=next(seeds), dtype="float32")(x)
    glorot = keras.initializers.GlorotUniform(seed=next(seeds))
    logits = dense(num_classes, kernel_initializer=glorot, name="logits")(x)
    return keras.Model(image, logits, name="classifier")


def train_classifier(dataset: Dataset, *, seed: int = SEED, verbose: int = 0) -> keras.Model:
    """Trains a classifier on a train split.

    The learning rate falls to zero along a cosine, so that the last weights are taken without a
    look at the test split. There are `EPOCHS` passes, or what makes `MIN_STEPS` up to `MAX_EPOCHS`.

    Args:
        dataset: Only its train split is used.
        seed: Of weights, dropout and data order.
        verbose: 1 shows a progress bar with the remaining time.
    """
    batch = min(BATCH, len(dataset.train_images))
    steps = len(dataset.train_images) // batch
    epochs = min(MAX_EPOCHS, max(EPOCHS, -(-MIN_STEPS // steps)))
    model = make_classifier(dataset.image_shape, dataset.num_classes, seed)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * steps)
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    data = training_batches(dataset, batch, seed)
    if verbose and not sys.stdout.isatty():
        verbose = 2  # one line per epoch: a bar would fill a log file
    model.fit(data, epochs=epochs, steps_per_epoch=steps, verbose=verbose, shuffle=False)
    return model


def cache_folder(data_dir: str | Path) -> Path:
    """Returns the folder that keeps the classifiers of the data sets in `data_dir`."""
    return Path(data_dir) / "classifiers"


def judge_name() -> str:
    """Returns a hash of all that the judge depends on besides its data."""
    architecture = FILTERS, FEATURES, DROPOUT
    settings = BATCH, EPOCHS, MIN_STEPS, MAX_EPOCHS, LEARNING_RATE, SEED
    facts = VERSION, keras.__version__, architecture, settings
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:8]


def check_asked(path: Path, data_dir: str | Path, workdir: str | Path) -> None:
    """Checks that nothing is made in a folder that only a run folder names: whose may it be?

    Args:
        path: What would be made in it.
        data_dir: The folder.
        workdir: The run folder, perhaps from elsewhere.

    Raises:
        UsageError: If it is not there yet, and the folder is not the default of all commands.
    """
    if not path.exists() and Path(data_dir) != Path("data"):
        raise UsageError(
            f"{workdir} names the folder of its data set, and the classifier that reads such "
            f"images is not there yet; give --data_dir={data_dir} to have it made and kept there"
        )


def cache_path(dataset: Dataset, cache_dir: str | Path, ending: str = ".keras") -> Path:
    """Returns the file for something made of a data set with the classifier, as `files.kept` does.

    The name has a hash of the images and labels and one of all that training depends on.

    Args:
        dataset: The data.
        cache_dir: Folder of the cache.
        ending: Of the file name; what is not the judge itself depends on the test split too.

    Raises:
        DataError: If it is not there and cannot be kept anywhere.
    """
    name = "".join(c if c.isalnum() else "_" for c in dataset.name)
    data = dataset.fingerprint(train_only=ending == ".keras")
    return kept(Path(cache_dir) / f"{name}-{data}-{judge_name()}{ending}")


def load_or_train(dataset: Dataset, cache_dir: str | Path, verbose: int = 0) -> keras.Model:
    """Returns the judge of a data set, trained once and then read from the cache.

    Of several processes that miss it, as the runs of a sweep do, one trains it and the others wait.

    Args:
        dataset: Real images; its train split trains the judge.
        cache_dir: Folder of the judges.
        verbose: 1 shows progress when it must be trained.
    """
    path = cache_path(dataset, cache_dir)

    def train() -> keras.Model:
        if verbose:
            print(f"training the reference classifier of {dataset.name} (once; kept in {path})")
        model = train_classifier(dataset, verbose=verbose)
        with atomic_path(path) as temporary:
            model.save(temporary)
        return model

    waiting = f"waiting for {path}, which another process trains"
    return load_or_make(path, _cached, train, waiting=waiting, verbose=verbose)


def _cached(path: Path) -> keras.Model | None:
    """Opens the judge of a file; None if there is none, or, with a warning, if it is damaged."""
    if not path.exists():
        return None
    try:
        return exports.load_model(path)
    except DataError as error:
        print(f"WARNING: {error}; training it again")
        return None


def _outputs(model: keras.Model, images: np.ndarray) -> Any:
    """Runs a model on uint8 images `(n, h, w, c)`, n at least 1."""
    data = tf.data.Dataset.from_tensor_slices(images).batch(READ_BATCH).map(scale).prefetch(2)
    return model.predict(data, verbose=0)


def predict(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Returns the classes of uint8 images `(n, h, w, c)`, n at least 1; int64 `(n,)`."""
    return np.argmax(_outputs(model, images), axis=-1)


def accuracy(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> float:
    """Computes the share of images read as their label, in [0, 1]; NaN for no images."""
    return float(np.mean(predict(model, images) == labels)) if len(images) else float("nan")


@dataclasses.dataclass(frozen=True)
class Reading:
    """Images as a classifier sees them.

    Attributes:
        features: Output of its last layer but one, each image's scaled to a root mean square of 1,
            float64 `(n, d)`. The length tells contrast and how sure the classifier is, and would
            outweigh the direction, which tells what is shown.
        probabilities: Of each class, float64 `(n, num_classes)`.
    """

    features: np.ndarray
    probabilities: np.ndarray

    @property
    def classes(self) -> np.ndarray:
        """The most probable class, int64 `(n,)`."""
        return self.probabilities.argmax(axis=1)

    def __getitem__(self, rows: np.ndarray) -> "Reading":
        return Reading(self.features[rows], self.probabilities[rows])


def make_reader(model: keras.Model) -> keras.Model:
    """Returns a model from images in [-1, 1] to features and logits of a classifier."""
    features = model.get_layer("features").output
    return keras.Model(model.input, [features, model.output], name="reader")


def read(reader: keras.Model, images: np.ndarray) -> Reading:
    """Reads uint8 images `(n, h, w, c)`, n at least 1, with a model of `make_reader`."""
    features, logits = (part.astype(np.float64) for part in _outputs(reader, images))
    size = np.sqrt((features**2).mean(axis=1, keepdims=True))
    features = np.divide(features, size, out=features, where=size > 0)
    return Reading(features, scipy.special.softmax(logits, axis=-1))

"""Legibility of a written page, by a classifier that had no part in writing it.

The reference classifier (`evaluation.classifier`) may choose among candidates, so it must not
grade: the grader here is another architecture with another seed. Both have seen real train images
only.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from gan_keras.data import Dataset
from gan_keras.data.pipeline import training_batches
from gan_keras.evaluation import classifier
from gan_keras.foundation.files import atomic_path, kept
from gan_keras.storage import exports
from gan_keras.writing.alphabet import Alphabet

GRADER_SEED = 7_700  # never the reference classifier's
BATCH = 128
EPOCHS = 8
# Small sets are passed over more often, large ones not so often.
MIN_STEPS, MAX_STEPS = 1500, 3000
_RATE = 2e-3
_VERSION = 1  # part of the name of a cached grader: count up with any change above or below


def make_grader(image_shape: tuple[int, ...], num_classes: int) -> keras.Model:
    """Builds the grader: two strided convolutions and two dense layers, on varied images.

    The reference classifier is deeper, pools by maxima, has batch normalisation, and sees images as
    they are.

    Args:
        image_shape: `(height, width, channels)`.
        num_classes: Number of classes.

    Returns:
        A model from images in [-1, 1] to logits `(batch, num_classes)`.
    """
    seeds = iter(range(GRADER_SEED, GRADER_SEED + 100))

    def weights() -> dict[str, keras.Initializer]:
        return {"kernel_initializer": keras.initializers.GlorotUniform(seed=next(seeds))}

    return keras.Sequential(
        [
            keras.Input(image_shape, name="image"),
            # Differences between two hands that are none between two characters.
            layers.RandomTranslation(0.06, 0.06, fill_mode="nearest", seed=next(seeds)),
            layers.RandomRotation(0.03, fill_mode="nearest", seed=next(seeds)),
            layers.RandomZoom(0.08, 0.08, fill_mode="nearest", seed=next(seeds)),
            layers.Conv2D(32, 5, 2, padding="same", activation="gelu", **weights()),
            layers.Conv2D(64, 3, 2, padding="same", activation="gelu", **weights()),
            layers.Flatten(),
            layers.LayerNormalization(),
            layers.Dropout(0.3, seed=next(seeds)),
            layers.Dense(192, activation="gelu", **weights()),
            layers.Dropout(0.3, seed=next(seeds)),
            layers.Dense(num_classes, name="logits", **weights()),
        ],
        name="grader",
    )


def grader(dataset: Dataset, cache_dir: Path) -> keras.Model:
    """Returns the grader of a data set, trained once on its train split and then kept.

    Args:
        dataset: Real images.
        cache_dir: Folder of the graders, one file per data set.

    Raises:
        DataError: If its file is damaged.
    """
    name = "".join(c if c.isalnum() else "_" for c in dataset.name)
    file = f"{name}-{dataset.fingerprint(train_only=True)}-grader{_VERSION}.keras"
    path = kept(cache_dir / file)
    if path.exists():
        return exports.load_model(path)
    print(f"training the grader of {dataset.name} (once; kept in {path})")
    batch = min(BATCH, len(dataset.train_images))
    steps = EPOCHS * (len(dataset.train_images) // batch)
    steps = int(np.clip(steps, MIN_STEPS, MAX_STEPS))
    model = make_grader(dataset.image_shape, dataset.num_classes)
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(_RATE, steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    data = training_batches(dataset, batch, GRADER_SEED).take(steps).repeat()
    model.fit(data, epochs=EPOCHS, steps_per_epoch=steps // EPOCHS, verbose=2, shuffle=False)
    with atomic_path(path) as temporary:
        model.save(temporary)
    return model


def grade(
    model: keras.Model, images: np.ndarray, labels: np.ndarray, alphabet: Alphabet
) -> dict[str, Any]:
    """Grades glyphs: how often they are read as their class.

    Args:
        model: The grader.
        images: uint8 `(n, h, w, 1)`, ink 255.
        labels: int `(n,)`.
        alphabet: Knows which classes look alike.

    Returns:
        `glyphs`, their number; `exact`, the share read as their class; and `per_class`, for each
        class that occurs, by number, the share read as it or as one that looks like it.
    """
    read = classifier.predict(model, images)
    groups = np.array(alphabet.groups())
    right = groups[read] == groups[labels]
    return {
        "glyphs": len(labels),
        "exact": float(np.mean(read == labels)),
        "per_class": {int(k): float(right[labels == k].mean()) for k in np.unique(labels)},
    }


def unevenness(values: np.ndarray, hands: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Variance of a trait within hands and between them.

    Each class's own mean is taken off first, so that it does not matter which characters are
    written.

    Args:
        values: float `(n,)`, a trait of each glyph, such as its slant.
        hands: int `(n,)`, who wrote it.
        labels: int `(n,)`, its class.

    Returns:
        `within`, the mean over hands of the variance within one; `between`, the variance of the
        hands' means; `ratio`, the first by the second.
    """
    rest = values.astype(np.float64).copy()
    for label in np.unique(labels):
        rest[labels == label] -= rest[labels == label].mean()
    each = [rest[hands == hand] for hand in np.unique(hands)]
    within = float(np.mean([part.var(ddof=1) for part in each]))
    between = float(np.var([part.mean() for part in each], ddof=1))
    return {"within": within, "between": between, "ratio": within / max(between, 1e-12)}

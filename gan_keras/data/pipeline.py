"""Batches for training and testing, as `tf.data` pipelines."""

import dataclasses
import functools
from typing import Self

import numpy as np
import tensorflow as tf

from gan_keras.data.dataset import Dataset, Examples
from gan_keras.data.lazy import LazyImages
from gan_keras.data.options import class_number
from gan_keras.foundation.errors import UsageError
from gan_keras.hardware import replicas

# value_range -> smallest value; the largest is 1
VALUE_RANGES = {"signed": -1.0, "unit": 0.0}
# The most images of the test split whose losses are computed after each epoch: with 10,000 that
# would take longer than everything else that is not training.
HELD_OUT = 2048
# What AutoGraph would take longer to rewrite than to trace.
_plain = tf.autograph.experimental.do_not_convert
# Distance between the pass numbers of two parts of a run, which enter the shuffle's seed.
_PART = 2**40


@dataclasses.dataclass(frozen=True)
class Withhold:
    """A class whose train examples are kept back for a while.

    Attributes:
        label: Number of the class.
        steps: Training steps for which it is kept back; None for all.
    """

    label: int
    steps: int | None

    @classmethod
    def create(
        cls, dataset: Dataset, class_name: str, until: int, steps_per_epoch: int
    ) -> Self | None:
        """Makes one from options.

        Args:
            dataset: Has the class.
            class_name: Name of the class; empty for none.
            until: Epochs for which it is kept back; 0 for all.
            steps_per_epoch: Training steps per epoch.

        Raises:
            UsageError: If there is no such class, or no other.
        """
        if not class_name:
            if until:
                raise UsageError(f"--withhold_until={until} needs --withhold_class=NAME")
            return None
        label = class_number(dataset, class_name, "withhold_class")
        if dataset.class_counts[label] == len(dataset.train_labels):
            raise UsageError(f"--withhold_class={class_name}: there is no other class to train on")
        return cls(label, until * steps_per_epoch or None)


@_plain
def scale(
    images: np.ndarray | tf.Tensor, ink: str = "bright", value_range: str = "signed"
) -> tf.Tensor:
    """Maps uint8 images to the networks' range, [-1, 1] or [0, 1]. Points stay as they are.

    Args:
        images: uint8, any shape, ink 255; or floats, which are points.
        ink: `bright` keeps ink at +1; `dark` puts it at the other end, on a ground of +1.
        value_range: `signed` is [-1, 1], `unit` is [0, 1].
    """
    if images.dtype != np.uint8:  # NumPy's or TensorFlow's
        return tf.cast(images, tf.float32)
    low = VALUE_RANGES[value_range]
    scaled = tf.cast(images, tf.float32) / (255.0 / (1.0 - low)) + low
    return (1.0 + low) - scaled if ink == "dark" else scaled


def unscale(images: tf.Tensor, ink: str = "bright", value_range: str = "signed") -> tf.Tensor:
    """Maps images in [-1, 1] or [0, 1] back to uint8, ink 255: the inverse of `scale`.

    Args:
        images: Float images; values outside the range are clipped.
        ink: As in `scale`.
        value_range: As in `scale`.
    """
    low = VALUE_RANGES[value_range]
    images = tf.cast(images, tf.float32)
    images = (1.0 + low) - images if ink == "dark" else images
    # (x + 1) * 127.5, not (x / 2 + 1) * 255: the latter turns black into grey 127.
    grey = (images - low) * (255.0 / (1.0 - low))
    return tf.cast(tf.round(tf.clip_by_value(grey, 0.0, 255.0)), tf.uint8)


def training_batches(
    dataset: Dataset,
    batch_size: int,
    seed: int,
    first_step: int = 0,
    ink: str = "bright",
    value_range: str = "signed",
    withhold: Withhold | None = None,
    shuffle: bool = True,
    deal: tuple[int, int] = (1, 1),
) -> tf.data.Dataset:
    """Endless batches whose order depends on `seed` and the number of the pass alone.

    A pass is one permutation of the train split without the last, incomplete batch. Since nothing
    else enters, a run resumed at any step sees what an uninterrupted one would have seen. While a
    class is withheld passes are shorter; when it returns a new pass begins.

    Args:
        dataset: Its train split is used.
        batch_size: Images per batch.
        seed: Run seed.
        first_step: Number of batches that were used up before.
        ink: As in `scale`.
        value_range: As in `scale`.
        withhold: A class that is kept back; None for none.
        shuffle: True gives each pass an order of its own; false keeps that of the data set.
        deal: Batches into which a step cuts one, and replicas that share each, see `replicas.deal`.

    Returns:
        Batches of images float32 `(batch_size, h, w, c)` and labels int32.

    Raises:
        ValueError: If a batch is larger than the train split.
    """
    everything = np.arange(len(dataset.train_labels), dtype=np.int64)
    make = functools.partial(_batch_rows, batch_size=batch_size, seed=seed, shuffle=shuffle)
    if withhold is None:
        rows = make(everything, first_step=first_step)
    else:
        others = np.flatnonzero(dataset.train_labels != withhold.label)
        rows = make(others, first_step=first_step)
        if withhold.steps is not None:
            left = withhold.steps - first_step
            after = make(everything, first_step=max(0, -left), part=1)
            rows = rows.take(left).concatenate(after) if left > 0 else after
    if deal[1] > 1:
        rows = rows.map(lambda numbers: replicas.deal(numbers, *deal))
    return _read(rows, dataset.train_images, dataset.train_labels, ink, value_range)


def evaluation_batches(
    dataset: Dataset, batch_size: int, ink: str = "bright", value_range: str = "signed"
) -> tf.data.Dataset:
    """The test split in order; the last batch may be smaller.

    Of a split of more than `HELD_OUT` images it takes some, spread over the split, which may be
    sorted by class.

    Args:
        dataset: Its test split is used.
        batch_size: Images per batch.
        ink: As in `scale`.
        value_range: As in `scale`.
    """
    size = len(dataset.test_labels)
    rows = tf.data.Dataset.range(0, size, max(1, -(-size // HELD_OUT))).batch(batch_size)
    return _read(rows, dataset.test_images, dataset.test_labels, ink, value_range)


def _batch_rows(
    pool: np.ndarray, *, batch_size: int, seed: int, first_step: int, shuffle: bool, part: int = 0
) -> tf.data.Dataset:
    """Endless batches of row numbers, int64 `(batch_size,)`, out of a pool.

    Args:
        pool: The rows to take.
        batch_size: Rows per batch.
        seed: Run seed.
        first_step: Batches of this part of the run that were used up before.
        shuffle: True gives each pass an order of its own.
        part: Number of the part of the run, so that no two parts have the same passes.
    """
    size = len(pool)
    steps = size // batch_size
    if steps == 0:
        raise ValueError(
            f"batch_size must be at most {size}, the train images. Received: "
            f"batch_size={batch_size}"
        )
    first_pass, used = divmod(first_step, steps)
    pool_tensor = tf.constant(pool)

    @_plain
    def one_pass(number: tf.Tensor) -> tf.data.Dataset:
        key = tf.stack([tf.constant(seed, tf.int64), tf.add(number, part * _PART)])
        order = tf.range(size)
        if shuffle:
            order = tf.random.experimental.stateless_shuffle(order, seed=key)
        order = tf.reshape(order[: steps * batch_size], (steps, batch_size))
        return tf.data.Dataset.from_tensor_slices(tf.gather(pool_tensor, order))

    passes = tf.data.Dataset.range(first_pass, tf.int64.max)
    # skip() before anything is read: only numbers are skipped, so a late resume starts at once.
    return passes.flat_map(one_pass).skip(used)


def _read(
    rows: tf.data.Dataset, images: Examples, labels: np.ndarray, ink: str, value_range: str
) -> tf.data.Dataset:
    """Turns row numbers into batches: inside the graph where images are in memory."""
    is_lazy = isinstance(images, LazyImages)
    with tf.device("CPU:0"):  # a GPU is given the batches, not the data set
        all_labels = tf.constant(labels)
        all_images = None if is_lazy else tf.constant(images)

    def take(rows: tf.Tensor) -> tf.Tensor:
        if not is_lazy:
            return tf.gather(all_images, rows)
        found = tf.numpy_function(lambda rows: images[rows], [rows], tf.uint8, stateful=False)
        return tf.ensure_shape(found, (rows.shape[0], *images.shape[1:]))

    @_plain
    def read(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return scale(take(rows), ink, value_range), tf.gather(all_labels, rows)

    # Decoding several batches at a time keeps their order.
    batches = rows.map(read, num_parallel_calls=4 if is_lazy else None).prefetch(2)
    options = tf.data.Options()
    # TensorFlow (2.21) would keep a second copy of the images for a graph that is no faster.
    options.experimental_optimization.apply_default_optimizations = False
    options.autotune.enabled = False
    return batches.with_options(options)

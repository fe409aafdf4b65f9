"""What `fit` and `evaluate` are given: checked, and brought into the form of the steps.

Shapes and types are checked where a step is traced, ranges on the first batch of each `fit` or
`evaluate`. To a step on the suite's own batches nothing is added but a look at the labels.
"""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_keras.configs.base import RunConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.data.pipeline import VALUE_RANGES, scale
from gan_keras.foundation.errors import UsageError, one_line

Batch = tuple[tf.Tensor, tf.Tensor | None, tf.Tensor | None]

# How far beyond their range images may be, by rounding.
_ROUNDING = 1e-3
_WRONG_LABEL = "a batch has a label that is no class of this GAN; labels are counted from 0"


@dataclasses.dataclass(frozen=True)
class Inputs:
    """What one GAN takes.

    Attributes:
        config: The options.
        spec: The data that it was built for.
        labelled: Whether its steps need labels; others are left out.
        weighted: Whether its steps know weights of examples.
    """

    config: RunConfig
    spec: DataSpec
    labelled: bool
    weighted: bool

    def form(self, data: Any, training: bool) -> Batch:
        """Brings a batch into the form that the steps expect; traced with the step.

        Args:
            data: Images, or a tuple of images, labels and weights: images uint8, which are scaled
                as the configuration says, or floats in the range that it names; labels of any
                integer type `(n,)` or `(n, 1)`.
            training: Whether it is for a training step, which may need several batches in one.

        Returns:
            Images float32 `(n, h, w, c)`, labels int32 `(n,)` or None, weights float32 `(n,)` or
            None.

        Raises:
            UsageError: If it cannot be done.
        """
        try:
            images, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        except ValueError as error:
            raise UsageError(one_line(error)) from None
        if isinstance(images, dict | list | tuple):
            names = ", ".join(images) if isinstance(images, dict) else "..."
            raise UsageError(
                f"a batch must be (images, labels); got {type(images).__name__}({names}): give "
                "tfds.load(..., as_supervised=True), or map the data set to such pairs"
            )
        images = _images(tf.convert_to_tensor(images), self.config, self.spec)
        if training:
            _check_size(images.shape[0], self.config)
        labels = self._labels(labels) if self.labelled else None
        if weights is not None:
            if not self.weighted:
                raise weightless(self.config)
            weights = _flat(tf.cast(weights, tf.float32), "weights")
        return images, labels, weights

    def check_values(self, data: Any) -> None:
        """Checks form and values of a first batch.

        Raises:
            UsageError: If images are not in the generator's range, or labels are no classes.
        """
        config, values = self.config, self.form(data, training=False)[0].numpy()
        if not values.size:
            raise UsageError("the first batch is empty")
        if not np.isfinite(values).all():
            raise UsageError("the first batch holds numbers that are not finite")
        if self.spec.is_points:
            return
        raw = np.asarray(keras.utils.unpack_x_y_sample_weight(data)[0])
        if raw.dtype == np.uint8:
            if raw.max() <= 1:
                raise UsageError(
                    "uint8 images must be from 0 to 255; those of the first batch hold nothing but "
                    "0 and 1: multiply them by 255"
                )
            return
        low, high = float(values.min()), float(values.max())
        least = VALUE_RANGES[config.value_range]
        if low < least - _ROUNDING or high > 1 + _ROUNDING:
            hint = "give them as uint8" if low >= 0 and high > 2 else "scale or clip them"
        elif least < 0 <= low:
            hint = "give 2 * images - 1, or build the GAN with value_range=unit"
        else:
            return
        raise UsageError(
            f"images must be uint8, or floats in {_range(config)}, the generator's range; those of "
            f"the first batch are from {low:g} to {high:g}: {hint}"
        )

    def _labels(self, labels: Any) -> tf.Tensor:
        """Class numbers, int32 `(n,)`; a one-hot code would take others for none.

        A step that XLA has compiled does not look, so that there the first batch must do.
        """
        classes = self.spec.num_classes
        if labels is None:
            raise UsageError(
                f"{self.config.experiment} needs a label for each image; give batches of (images, "
                "labels)"
            )
        labels = tf.convert_to_tensor(labels)
        if labels.shape.rank == 2 and labels.shape[1] == classes > 1:
            raise UsageError(
                f"labels must be class numbers (n,); got one-hot {_shape(labels.shape)}: give "
                "tf.argmax(labels, -1)"
            )
        if not labels.dtype.is_integer:
            raise UsageError(f"labels must be integers, the class numbers; got {labels.dtype.name}")
        labels = _flat(labels, "labels")
        labels = labels if labels.dtype == tf.int32 else tf.cast(labels, tf.int32)
        known = tf.reduce_all((labels >= 0) & (labels < classes))
        if not tf.executing_eagerly():
            tf.debugging.Assert(known, [_WRONG_LABEL])
        elif not known:
            low, high = labels.numpy().min(), labels.numpy().max()
            raise UsageError(
                f"labels must be from 0 to {classes - 1}, the classes that this GAN was built for; "
                f"those of a batch are from {low} to {high}"
            )
        return labels


def _images(images: tf.Tensor, config: RunConfig, spec: DataSpec) -> tf.Tensor:
    """Scaled images, or points, of the right shape."""
    wanted, what = spec.image_shape, "points" if spec.is_points else "images"
    rank = images.shape.rank
    if rank is None or not images.shape[1:].is_compatible_with(wanted):
        hint = ""
        if rank == len(wanted) and images.shape.is_compatible_with(wanted):
            hint = ": make batches of them, e.g. .batch(64)"
        elif rank == len(wanted) and images.shape[1:].is_compatible_with(wanted[:-1]):
            hint = ": add the channel, images[..., None]"
        raise UsageError(
            f"this GAN was built for batches of {what} {_shape((None, *wanted))}; got "
            f"{_shape(images.shape if rank is not None else ('?',))}{hint}"
        )
    if not images.shape[1:].is_fully_defined():
        images = tf.ensure_shape(images, (None, *wanted))
    if images.dtype == tf.uint8 and not spec.is_points:
        return scale(images, config.ink, config.value_range)
    if not images.dtype.is_floating:
        whole = "" if spec.is_points else f"uint8 from 0 to 255, or floats in {_range(config)}"
        raise UsageError(f"{what} must be {whole or 'floats'}; got {images.dtype.name}")
    return images if images.dtype == tf.float32 else tf.cast(images, tf.float32)


def _flat(values: tf.Tensor, what: str) -> tf.Tensor:
    """One value for each example, `(n,)` of `(n,)` or `(n, 1)`."""
    if values.shape.rank == 2 and values.shape[1] == 1:
        return values[:, 0]
    if values.shape.rank != 1:
        raise UsageError(f"{what} must have shape (n,); got {_shape(values.shape)}")
    return values


def _check_size(size: int | None, config: RunConfig) -> None:
    """Checks that a batch holds the batches of all updates of the discriminator in a step."""
    wanted = config.images_per_step
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if config.n_critic == 1 or replicas > 1 or size == wanted:
        return
    got = "sizes that may differ" if size is None else size
    raise UsageError(
        f"each batch of {config.experiment} must hold {wanted} examples, {config.batch_size} for "
        f"each of {config.n_critic} updates of the discriminator (n_critic); got {got}: give a "
        f"tf.data.Dataset with .batch({wanted}, drop_remainder=True)"
    )


def weightless(config: RunConfig) -> UsageError:
    """What is said to weights that would be left out."""
    return UsageError(
        f"sample_weight and class_weight play no part in the losses of {config.experiment}; "
        "leave them out"
    )


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Puts into words what a step has found wrong with labels.

    Raises:
        UsageError: If a step has had a wrong label.
    """
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        if _WRONG_LABEL not in error.message:
            raise
        raise UsageError(_WRONG_LABEL) from None


def _range(config: RunConfig) -> str:
    return f"[{VALUE_RANGES[config.value_range]:.0f}, 1]"


def _shape(shape: Any) -> str:
    sizes = ["n" if size is None else str(size) for size in shape]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"

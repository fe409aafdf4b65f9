"""What is done to images on their way into the discriminator: noise and differentiable changes.

All are called alike, `change(images, seed, step)`, are pure functions of their arguments and let
gradients through to the generator. Apply the same kind of change to reals and fakes, each with a
seed of its own; changing only the reals teaches the generator the change.
"""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from gan_keras.hardware import replicas


def _per_image(images, seed, low, high):
    shape = tf.stack([tf.shape(images)[0], 1, 1, 1])
    draws = replicas.draw(tf.random.stateless_uniform, shape, seed, minval=low, maxval=high)
    return tf.cast(draws, images.dtype)


def brightness(images, seed):
    """Adds one number in [-0.5, 0.5) to each image."""
    return images + _per_image(images, seed, -0.5, 0.5)


def saturation(images, seed):
    """Scales each pixel's distance to its grey value by a factor in [0, 2); only for 3 channels."""
    if images.shape[-1] != 3:
        return images
    grey = tf.reduce_mean(images, axis=-1, keepdims=True)
    return grey + _per_image(images, seed, 0.0, 2.0) * (images - grey)


def contrast(images, seed):
    """Scales each image's distance to its mean value by a factor in [0.5, 1.5)."""
    mean = tf.reduce_mean(images, axis=[1, 2, 3], keepdims=True)
    return mean + _per_image(images, seed, 0.5, 1.5) * (images - mean)


def translation(images, seed, ratio=0.125):
    """Shifts each image by up to `ratio` of its size along both axes; what is left empty is 0."""
    row_seed, column_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    for axis, axis_seed in ((1, row_seed), (2, column_seed)):
        images = _shift(images, axis, axis_seed, ratio)
    return images


def _shift(images, axis, seed, ratio):
    batch, size = tf.shape(images)[0], tf.shape(images)[axis]
    reach = tf.cast(tf.cast(size, tf.float32) * ratio + 0.5, tf.int32)
    shift = replicas.draw(
        tf.random.stateless_uniform,
        [batch, 1],
        seed,
        minval=-reach,
        maxval=reach + 1,
        dtype=tf.int32,
    )
    padding = [[0, 0]] * 4
    padding[axis] = [1, 1]
    # places 0 and size + 1 of the padded axis are empty
    places = tf.clip_by_value(tf.range(size)[tf.newaxis, :] + 1 - shift, 0, size + 1)
    return tf.gather(tf.pad(images, padding), places, axis=axis, batch_dims=1)


def cutout(images, seed, ratio=0.5):
    """Blanks (to 0) one box of `ratio` of the height and width of each image, at a random place."""
    row_seed, column_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    rows = _in_box(images, 1, row_seed, ratio)[:, :, tf.newaxis, tf.newaxis]
    columns = _in_box(images, 2, column_seed, ratio)[:, tf.newaxis, :, tf.newaxis]
    return tf.where(tf.logical_and(rows, columns), tf.zeros((), images.dtype), images)


def _in_box(images, axis, seed, ratio):
    """Whether a row (column) crosses the box, whose centre lies anywhere: bool `(batch, size)`."""
    size = tf.shape(images)[axis]
    length = tf.cast(tf.cast(size, tf.float32) * ratio + 0.5, tf.int32)
    centre = replicas.draw(
        tf.random.stateless_uniform,
        [tf.shape(images)[0], 1],
        seed,
        minval=0,
        maxval=size + 1 - length % 2,
        dtype=tf.int32,
    )
    start = centre - length // 2
    places = tf.range(size)[tf.newaxis, :]
    return tf.logical_and(places >= start, places < start + length)


DIFF_AUGMENT = {
    "color": (brightness, saturation, contrast),
    "translation": (translation,),
    "cutout": (cutout,),
}


@dataclass(frozen=True)
class DiffAugment:
    """Differentiable augmentation of all that the discriminator sees (Zhao et al. 2020).

    Attributes:
        policy: Names out of :data:`DIFF_AUGMENT`, applied in this order. "color" is brightness,
            saturation (images of 3 channels only) and contrast.
    """

    policy: tuple[str, ...] = ("color", "translation", "cutout")

    def __post_init__(self):
        unknown = [name for name in self.policy if name not in DIFF_AUGMENT]
        if unknown:
            raise ValueError(
                f"Unknown augmentation. Known: {', '.join(DIFF_AUGMENT)}. "
                f"Received: policy={self.policy}"
            )

    def __call__(self, images, seed, step=None):
        """Changes each image at random.

        Args:
            images: float `(batch, h, w, channels)` in [-1, 1].
            seed: int `(2,)`, a seed pair.
            step: Unused; there so that all changes are called alike.

        Returns:
            float of the same shape; colours may leave [-1, 1], as in the paper's code.
        """
        images = tf.convert_to_tensor(images)
        shape = images.shape
        changes = [change for name in self.policy for change in DIFF_AUGMENT[name]]
        seeds = tf.random.experimental.stateless_split(
            tf.cast(seed, tf.int32), max(len(changes), 1)
        )
        for index, change in enumerate(changes):
            images = change(images, seeds[index])
        return tf.ensure_shape(images, shape)


@dataclass(frozen=True)
class InstanceNoise:
    """Gaussian noise on the discriminator's input that fades out (Sønderby et al. 2017).

    Attributes:
        stddev: float >= 0, standard deviation at step 0, in units of the images' values.
        decay_steps: int >= 0, steps after which a linear decay reaches 0; 0: it stays.
    """

    stddev: float = 0.05
    decay_steps: int = 0

    def __post_init__(self):
        if self.stddev < 0 or self.decay_steps < 0:
            raise ValueError(
                "stddev and decay_steps must be >= 0. "
                f"Received: stddev={self.stddev}, decay_steps={self.decay_steps}"
            )

    def stddev_at(self, step):
        """Standard deviation at a step: float32 scalar."""
        if not self.decay_steps:
            return tf.constant(self.stddev, tf.float32)
        done = tf.cast(tf.convert_to_tensor(step), tf.float32) / self.decay_steps
        return self.stddev * tf.maximum(1.0 - done, 0.0)

    def __call__(self, images, seed, step=0):
        """Adds noise.

        Args:
            images: float `(batch, ...)`.
            seed: int `(2,)`, a seed pair.
            step: Scalar int, the step of the training (read at run time: a tensor or variable).

        Returns:
            float of the same shape and dtype.
        """
        images = tf.convert_to_tensor(images)
        noise = replicas.draw(tf.random.stateless_normal, tf.shape(images), seed)
        return images + tf.cast(self.stddev_at(step) * noise, images.dtype)


@dataclass(frozen=True)
class Chain:
    """Several changes one after the other; an empty chain changes nothing.

    Attributes:
        changes: Callables `(images, seed, step)`.
    """

    changes: tuple = ()

    def __call__(self, images, seed, step=0):
        """Applies all changes, each with a seed derived from the given one."""
        for index, change in enumerate(self.changes):
            own = tf.random.experimental.stateless_fold_in(tf.cast(seed, tf.int32), index)
            images = change(images, own, step)
        return images

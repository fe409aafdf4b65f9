"""Changes of images on their way into the discriminator: augmentation, noise, packing.

All are pure functions that let gradients through to the generator. Reals and fakes get the same
kind of change, each with a seed of its own; changing only the reals would teach the generator the
change.
"""

from collections.abc import Callable

import tensorflow as tf

from gan_keras.steps import latents

Change = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


def changes(policy: str = "", noise: float = 0.0, fade_steps: int = 0) -> list[Change]:
    """Makes the changes that options turn on, `(images, seed, step)` -> images.

    Args:
        policy: Keys of `DIFF_AUGMENT` separated by commas; none if empty.
        noise: Standard deviation of instance noise at step 0; none if 0.
        fade_steps: Steps after which the noise has faded; 0: it stays.
    """
    found: list[Change] = []
    if policy:
        names = [name.strip() for name in policy.split(",")]
        found.append(lambda images, seed, step: diff_augment(images, seed, names))
    if noise:
        found.append(
            lambda images, seed, step: instance_noise(images, seed, step, noise, fade_steps)
        )
    return found


def apply(changes: list[Change], images: tf.Tensor, seed: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
    """Applies changes one after the other, each with a seed derived from the given one.

    Args:
        changes: What `changes` gave.
        images: float `(batch, ...)`.
        seed: Seed pair.
        step: Scalar int tensor or variable, the training step.
    """
    for index, change in enumerate(changes):
        own = tf.random.experimental.stateless_fold_in(tf.cast(seed, tf.int32), index)
        images = change(images, own, step)
    return images


def diff_augment(images: tf.Tensor, seed: tf.Tensor, policy: list[str]) -> tf.Tensor:
    """Differentiable augmentation of all that the discriminator sees (Zhao et al. 2020).

    Args:
        images: float `(batch, h, w, channels)` in [-1, 1].
        seed: Seed pair.
        policy: Keys of `DIFF_AUGMENT`, applied in this order.

    Returns:
        float of the same shape; colours may leave [-1, 1], as in the paper's code.
    """
    shape = images.shape
    functions = [change for name in policy for change in DIFF_AUGMENT[name]]
    seeds = tf.random.experimental.stateless_split(tf.cast(seed, tf.int32), len(functions))
    for index, change in enumerate(functions):
        images = change(images, seeds[index])
    return tf.ensure_shape(images, shape)


def brightness(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Adds one number in [-0.5, 0.5) to each image."""
    return images + _per_image(images, seed, -0.5, 0.5)


def saturation(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Scales each pixel's distance to its grey value by a factor in [0, 2); only for 3 channels."""
    if images.shape[-1] != 3:
        return images
    grey = tf.reduce_mean(images, axis=-1, keepdims=True)
    return grey + _per_image(images, seed, 0.0, 2.0) * (images - grey)


def contrast(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Scales each image's distance to its mean value by a factor in [0.5, 1.5)."""
    mean = tf.reduce_mean(images, axis=[1, 2, 3], keepdims=True)
    return mean + _per_image(images, seed, 0.5, 1.5) * (images - mean)


def translation(images: tf.Tensor, seed: tf.Tensor, ratio: float = 0.125) -> tf.Tensor:
    """Shifts each image by up to `ratio` of its size along both axes; the empty part is 0."""
    row_seed, column_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    for axis, axis_seed in ((1, row_seed), (2, column_seed)):
        images = _shift(images, axis, axis_seed, ratio)
    return images


def cutout(images: tf.Tensor, seed: tf.Tensor, ratio: float = 0.5) -> tf.Tensor:
    """Sets one box of `ratio` of the height and width of each image, at a random place, to 0."""
    row_seed, column_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    rows = _in_box(images, 1, row_seed, ratio)[:, :, tf.newaxis, tf.newaxis]
    columns = _in_box(images, 2, column_seed, ratio)[:, tf.newaxis, :, tf.newaxis]
    return tf.where(tf.logical_and(rows, columns), tf.zeros((), images.dtype), images)


# Augmentations by the names of `--diff_augment`.
DIFF_AUGMENT: dict[str, tuple[Callable[[tf.Tensor, tf.Tensor], tf.Tensor], ...]] = {
    "color": (brightness, saturation, contrast),
    "translation": (translation,),
    "cutout": (cutout,),
}


def instance_noise(
    images: tf.Tensor, seed: tf.Tensor, step: tf.Tensor, stddev: float, fade_steps: int = 0
) -> tf.Tensor:
    """Adds Gaussian noise that fades out (Sønderby et al. 2017).

    Args:
        images: float `(batch, ...)`.
        seed: Seed pair.
        step: Scalar int tensor or variable, the training step.
        stddev: Standard deviation at step 0, in units of the images' values.
        fade_steps: Steps after which a linear decay reaches 0; 0: it stays.
    """
    noise = latents.draw(tf.random.stateless_normal, tf.shape(images), seed)
    scale = tf.constant(stddev, tf.float32)
    if fade_steps:
        done = tf.cast(tf.convert_to_tensor(step), tf.float32) / fade_steps
        scale = stddev * tf.maximum(1.0 - done, 0.0)
    return images + tf.cast(scale * noise, images.dtype)


def pack(images: tf.Tensor, count: int) -> tf.Tensor:
    """Joins every `count` neighbours of a batch into one example (PacGAN, Lin et al. 2018, 3).

    Args:
        images: float `(batch, ..., channels)`; an incomplete pack is filled from the start.
        count: Degree of packing.

    Returns:
        float `(ceil(batch / count), ..., count * channels)`, the images side by side in the
        channels.
    """
    if count == 1:
        return images
    batch, rank = images.shape[0], images.shape.rank
    if batch is None or batch % count:
        size = tf.shape(images)[0]
        images = tf.gather(images, tf.range(-(-size // count) * count) % size)
    shape = tf.shape(images)
    grouped = tf.reshape(images, tf.concat([[-1, count], shape[1:]], axis=0))
    # The group axis moves to the last place but one, beside the channels.
    grouped = tf.transpose(grouped, [0, *range(2, rank), 1, rank])
    channels = count * images.shape[-1]
    packed = tf.reshape(grouped, tf.concat([[-1], shape[1:-1], [channels]], axis=0))
    packs = None if batch is None else -(-batch // count)
    return tf.ensure_shape(packed, [packs, *images.shape[1:-1], channels])


def _per_image(images: tf.Tensor, seed: tf.Tensor, low: float, high: float) -> tf.Tensor:
    """One random number per image, of a shape that broadcasts."""
    shape = tf.stack([tf.shape(images)[0], 1, 1, 1])
    draws = latents.draw(tf.random.stateless_uniform, shape, seed, minval=low, maxval=high)
    return tf.cast(draws, images.dtype)


def _shift(images: tf.Tensor, axis: int, seed: tf.Tensor, ratio: float) -> tf.Tensor:
    batch, size = tf.shape(images)[0], tf.shape(images)[axis]
    reach = tf.cast(tf.cast(size, tf.float32) * ratio + 0.5, tf.int32)
    draw = {"minval": -reach, "maxval": reach + 1, "dtype": tf.int32}
    shift = latents.draw(tf.random.stateless_uniform, [batch, 1], seed, **draw)
    padding = [[0, 0]] * 4
    padding[axis] = [1, 1]
    # Places 0 and size + 1 of the padded axis are empty.
    places = tf.clip_by_value(tf.range(size)[tf.newaxis, :] + 1 - shift, 0, size + 1)
    return tf.gather(tf.pad(images, padding), places, axis=axis, batch_dims=1)


def _in_box(images: tf.Tensor, axis: int, seed: tf.Tensor, ratio: float) -> tf.Tensor:
    """True where a row (column) crosses the box, whose centre lies anywhere: `(batch, size)`."""
    batch, size = tf.shape(images)[0], tf.shape(images)[axis]
    length = tf.cast(tf.cast(size, tf.float32) * ratio + 0.5, tf.int32)
    draw = {"minval": 0, "maxval": size + 1 - length % 2, "dtype": tf.int32}
    centre = latents.draw(tf.random.stateless_uniform, [batch, 1], seed, **draw)
    start = centre - length // 2
    places = tf.range(size)[tf.newaxis, :]
    return tf.logical_and(places >= start, places < start + length)

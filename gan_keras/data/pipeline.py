"""Batches for training and testing, as `tf.data` pipelines over arrays in memory."""

import tensorflow as tf

from gan_keras.data.dataset import Dataset


def scale(images: tf.Tensor, ink: str = "bright") -> tf.Tensor:
    """Maps uint8 images to [-1, 1], what the networks see.

    Args:
        images: uint8, any shape, ink 255.
        ink: `bright` keeps ink at +1; `dark` puts it at -1 on a +1 ground.
    """
    scaled = tf.cast(images, tf.float32) / 127.5 - 1.0
    return -scaled if ink == "dark" else scaled


def unscale(images: tf.Tensor, ink: str = "bright") -> tf.Tensor:
    """Maps images in [-1, 1] back to uint8, ink 255: the inverse of `scale`.

    Args:
        images: Float images; values outside [-1, 1] are clipped.
        ink: As in `scale`.
    """
    images = tf.cast(images, tf.float32)
    images = -images if ink == "dark" else images
    # (x + 1) * 127.5, not (x / 2 + 1) * 255: the latter turns black into grey 127.
    return tf.cast(tf.round(tf.clip_by_value((images + 1.0) * 127.5, 0.0, 255.0)), tf.uint8)


def training_batches(
    dataset: Dataset, batch_size: int, seed: int, first_step: int = 0, ink: str = "bright"
) -> tf.data.Dataset:
    """Endless batches whose order depends on `seed` and the number of the pass alone.

    A pass is one permutation of the train split without the last, incomplete batch. Since nothing
    else enters, a run resumed at any step sees what an uninterrupted one would have seen.

    Args:
        dataset: Its train split is used.
        batch_size: Images a batch.
        seed: Run seed.
        first_step: How many batches were used up before.
        ink: As in `scale`.

    Returns:
        Batches of images float32 `(batch_size, h, w, c)` in [-1, 1] and labels int32.

    Raises:
        ValueError: If a batch is larger than the train split.
    """
    size = len(dataset.train_images)
    steps = size // batch_size
    if steps == 0:
        raise ValueError(
            f"batch_size must be at most {size}, the train images. Received: "
            f"batch_size={batch_size}"
        )
    images, labels = tf.constant(dataset.train_images), tf.constant(dataset.train_labels)
    first_pass, used = divmod(first_step, steps)

    def indices(pass_number: tf.Tensor) -> tf.data.Dataset:
        key = tf.stack([tf.constant(seed, tf.int64), pass_number])
        order = tf.random.experimental.stateless_shuffle(tf.range(size), seed=key)
        return tf.data.Dataset.from_tensor_slices(
            tf.reshape(order[: steps * batch_size], (steps, batch_size))
        )

    def gather(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return scale(tf.gather(images, rows), ink), tf.gather(labels, rows)

    passes = tf.data.Dataset.range(first_pass, tf.int64.max)
    # skip() before gather(): only indices are skipped, so a late resume starts at once.
    return passes.flat_map(indices).skip(used).map(gather).prefetch(2)


def evaluation_batches(dataset: Dataset, batch_size: int, ink: str = "bright") -> tf.data.Dataset:
    """The test split in order, the last batch may be smaller.

    Args:
        dataset: Its test split is used.
        batch_size: Images a batch.
        ink: As in `scale`.
    """
    data = tf.data.Dataset.from_tensor_slices((dataset.test_images, dataset.test_labels))
    data = data.batch(batch_size)
    return data.map(lambda images, labels: (scale(images, ink), labels)).prefetch(2)

"""Layers that let a discriminator look at a whole batch."""

from __future__ import annotations

import keras
import tensorflow as tf

from gan_keras.hardware import replicas


@keras.saving.register_keras_serializable(package="gan_keras")
class MinibatchDiscrimination(keras.layers.Layer):
    """Lets a discriminator see how alike the examples of a batch are (Salimans et al. 2016, 3.2).

    A tensor T maps the features f(x_i) to B rows of C numbers, M_i. Appended to the features are
    `o(x_i)_b = sum_j exp(-||M_i,b - M_j,b||_1)` over all examples j of the batch, i included.
    Reals and fakes must come in separate batches.

    Args:
        num_kernels: int, B, the features that are appended.
        kernel_dim: int, C, the dimension in which distances are taken.
        **kwargs: Of `keras.layers.Layer`.

    Raises:
        ValueError: If the input is not `(batch, features)`.
    """

    def __init__(self, num_kernels=50, kernel_dim=5, **kwargs):
        super().__init__(**kwargs)
        self.num_kernels = num_kernels
        self.kernel_dim = kernel_dim

    def build(self, input_shape):
        """Creates the tensor T, `(features, num_kernels * kernel_dim)`."""
        if len(input_shape) != 2:
            raise ValueError(
                "MinibatchDiscrimination needs an input of shape (batch, features). "
                f"Received: shape={tuple(input_shape)}"
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.num_kernels * self.kernel_dim),
            initializer="glorot_uniform",
        )

    def call(self, inputs):
        """Appends the closeness features.

        Args:
            inputs: float `(batch, features)`.

        Returns:
            float `(batch, features + num_kernels)`.
        """
        rows = tf.matmul(inputs, tf.cast(self.kernel, inputs.dtype))
        rows = tf.reshape(tf.cast(rows, tf.float32), [-1, self.num_kernels, self.kernel_dim])
        others = replicas.gather(rows)
        distances = tf.reduce_sum(tf.abs(rows[:, tf.newaxis] - others[tf.newaxis]), axis=-1)
        closeness = tf.reduce_sum(tf.exp(-distances), axis=1)
        return tf.concat([inputs, tf.cast(closeness, inputs.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        """`(batch, features + num_kernels)`."""
        return (input_shape[0], input_shape[1] + self.num_kernels)

    def get_config(self):
        """Configuration from which the layer can be rebuilt."""
        own = {"num_kernels": self.num_kernels, "kernel_dim": self.kernel_dim}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="gan_keras")
class MinibatchStdDev(keras.layers.Layer):
    """Appends the batch's mean standard deviation as a constant channel (Karras et al. 2018, 3).

    The standard deviation of each feature at each place over a group of examples, averaged to one
    number per group. Reals and fakes must come in separate batches.

    Args:
        group_size: None for the whole batch, or an int that divides every batch.
        epsilon: float, added to the variance: the root of 0 has no gradient.
        **kwargs: Of `keras.layers.Layer`.

    Raises:
        ValueError: If the group size is not positive or does not divide a known batch size.
    """

    def __init__(self, group_size=None, epsilon=1e-8, **kwargs):
        super().__init__(**kwargs)
        if group_size is not None and group_size < 1:
            raise ValueError(f"group_size must be None or >= 1. Received: group_size={group_size}")
        self.group_size = group_size
        self.epsilon = epsilon

    def call(self, inputs):
        """Appends the standard deviation.

        Args:
            inputs: float `(batch, ..., channels)` of rank 2 or more.

        Returns:
            float `(batch, ..., channels + 1)`.
        """
        shape = tf.shape(inputs)
        batch = inputs.shape[0]
        if self.group_size is not None and batch is not None and batch % self.group_size:
            raise ValueError(
                f"group_size must divide the batch. Received: group_size={self.group_size}, "
                f"batch={batch}"
            )
        group = shape[0] if self.group_size is None else self.group_size
        grouped = tf.reshape(
            tf.cast(inputs, tf.float32), tf.concat([[-1, group], shape[1:]], axis=0)
        )
        across = replicas.mean if self.group_size is None else lambda own: own
        centre = across(tf.reduce_mean(grouped, axis=1, keepdims=True))
        variance = across(tf.reduce_mean(tf.square(grouped - centre), axis=1))
        deviation = tf.sqrt(variance + self.epsilon)
        mean = tf.reduce_mean(deviation, axis=list(range(1, inputs.shape.rank)))
        each = tf.reshape(tf.repeat(mean, group), [-1] + [1] * (inputs.shape.rank - 1))
        channel = tf.broadcast_to(each, tf.concat([shape[:-1], [1]], axis=0))
        return tf.concat([inputs, tf.cast(channel, inputs.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        """`(batch, ..., channels + 1)`."""
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self):
        """Configuration from which the layer can be rebuilt."""
        own = {"group_size": self.group_size, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="gan_keras")
class GroupStdDev(keras.layers.Layer):
    """How much a group of examples varies, one number a channel (after Karras et al. 2018, 3).

    The standard deviation of each feature at each place over a group of neighbours in the batch,
    averaged over places, given to every member of the group. Unlike :class:`MinibatchStdDev` it
    keeps channels apart and may see reals and fakes in one batch, reals in the first half: the
    number of groups is even, so that no group has both.

    Args:
        group_size: int >= 2, about how many examples make a group; any batch size will do.
        epsilon: float, added to the variance: the root of 0 has no gradient.
        **kwargs: Of `keras.layers.Layer`.

    Raises:
        ValueError: If the group size is below 2.
    """

    def __init__(self, group_size=16, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        if group_size < 2:
            raise ValueError(f"group_size must be at least 2. Received: group_size={group_size}")
        self.group_size = group_size
        self.epsilon = epsilon

    def call(self, inputs):
        """Measures the variation.

        Args:
            inputs: float `(batch, h, w, channels)`.

        Returns:
            float `(batch, channels)`.
        """
        values = tf.cast(inputs, tf.float32)
        known = inputs.shape[0]
        if known and known % self._groups(known) == 0:
            return tf.cast(self._of_equal_groups(values, self._groups(known)), inputs.dtype)
        batch = tf.shape(inputs)[0]
        groups = self._groups(batch)
        group = tf.range(batch) * groups // batch
        # Sorted segments would do on a CPU, but XLA, which compiles for GPUs, has none.
        mean = tf.math.unsorted_segment_mean(values, group, groups)
        # Two passes: the mean of squares less the square of the mean loses digits.
        distance = tf.square(values - tf.gather(mean, group))
        variance = tf.math.unsorted_segment_mean(distance, group, groups)
        deviation = tf.reduce_mean(tf.sqrt(variance + self.epsilon), axis=[1, 2])
        return tf.cast(tf.gather(deviation, group), inputs.dtype)

    def _groups(self, batch):
        """Number of groups, even."""
        return 2 * ((batch + 2 * self.group_size - 1) // (2 * self.group_size))

    def _of_equal_groups(self, values, groups):
        """The same without sums over segments, which take five times as long."""
        size = values.shape[0] // groups
        grouped = tf.reshape(values, [groups, size, *values.shape[1:]])
        variance = tf.math.reduce_variance(grouped, axis=1)
        deviation = tf.reduce_mean(tf.sqrt(variance + self.epsilon), axis=[1, 2])
        return tf.repeat(deviation, size, axis=0)

    def compute_output_shape(self, input_shape):
        """`(batch, channels)`."""
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        """Configuration from which the layer can be rebuilt."""
        own = {"group_size": self.group_size, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


def pack(images, count):
    """Joins every `count` neighbours of a batch into one example (PacGAN, Lin et al. 2018, 3).

    Args:
        images: float `(batch, ..., channels)`; the batch must be a multiple of `count`.
        count: int >= 1, the degree of packing.

    Returns:
        float `(batch / count, ..., count * channels)`, the images side by side in the channels.

    Raises:
        ValueError: If a known batch size is no multiple of `count`.
    """
    images = tf.convert_to_tensor(images)
    batch, rank = images.shape[0], images.shape.rank
    if count < 1 or (batch is not None and batch % count):
        raise ValueError(
            f"count must be >= 1 and divide the batch. Received: count={count}, batch={batch}"
        )
    if count == 1:
        return images
    shape = tf.shape(images)
    grouped = tf.reshape(images, tf.concat([[-1, count], shape[1:]], axis=0))
    # the group axis to the last place but one, beside the channels
    grouped = tf.transpose(grouped, [0, *range(2, rank), 1, rank])
    packed = tf.reshape(grouped, tf.concat([[-1], shape[1:-1], [count * images.shape[-1]]], axis=0))
    return tf.ensure_shape(
        packed,
        [None if batch is None else batch // count, *images.shape[1:-1], count * images.shape[-1]],
    )


@keras.saving.register_keras_serializable(package="gan_keras")
class Packing(keras.layers.Layer):
    """:func:`pack` as the first layer of a discriminator.

    The logits are as many as there are packs, so ask for that many targets. With a gradient
    penalty use :func:`pack` outside the discriminator: the penalty is about the gradient with
    respect to a whole pack.

    Args:
        count: int >= 1, the degree of packing.
        **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(self, count, **kwargs):
        super().__init__(**kwargs)
        self.count = count

    def call(self, inputs):
        """Packs `(batch, ..., channels)` to `(batch / count, ..., count * channels)`."""
        return pack(inputs, self.count)

    def compute_output_shape(self, input_shape):
        """`(batch / count, ..., count * channels)`."""
        batch = None if input_shape[0] is None else input_shape[0] // self.count
        return (batch, *input_shape[1:-1], self.count * input_shape[-1])

    def get_config(self):
        """Configuration from which the layer can be rebuilt."""
        return {**super().get_config(), "count": self.count}

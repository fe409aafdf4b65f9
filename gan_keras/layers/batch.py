"""Layers that look at a whole batch: batch normalization and measures of its variety."""

from typing import Any

import keras
import tensorflow as tf

from gan_keras.hardware import replicas

Shape = tuple[int | None, ...]


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

    def __init__(self, num_kernels: int = 50, kernel_dim: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_kernels = num_kernels
        self.kernel_dim = kernel_dim

    def build(self, input_shape: Shape) -> None:
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

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
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

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """`(batch, features + num_kernels)`."""
        return (input_shape[0], input_shape[1] + self.num_kernels)

    def get_config(self) -> dict[str, Any]:
        """Configuration from which the layer can be rebuilt."""
        own = {"num_kernels": self.num_kernels, "kernel_dim": self.kernel_dim}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="gan_keras")
class MinibatchStdDev(keras.layers.Layer):
    """Appends the batch's mean standard deviation as a constant channel (Karras et al. 2018, 3).

    The standard deviation of each feature at each place over the batch, averaged to one number.
    Reals and fakes must come in separate batches.

    Args:
        epsilon: Added to the variance: the root of 0 has no gradient.
        **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(self, epsilon: float = 1e-8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Appends the standard deviation.

        Args:
            inputs: float `(batch, ..., channels)` of rank 2 or more.

        Returns:
            float `(batch, ..., channels + 1)`.
        """
        shape = tf.shape(inputs)
        values = tf.cast(inputs, tf.float32)[tf.newaxis]  # one group; it fixes the order of sums
        centre = replicas.mean(tf.reduce_mean(values, axis=1, keepdims=True))
        variance = replicas.mean(tf.reduce_mean(tf.square(values - centre), axis=1))
        deviation = tf.sqrt(variance + self.epsilon)
        mean = tf.reduce_mean(deviation, axis=list(range(1, inputs.shape.rank)))
        each = tf.reshape(tf.repeat(mean, shape[0]), [-1] + [1] * (inputs.shape.rank - 1))
        channel = tf.broadcast_to(each, tf.concat([shape[:-1], [1]], axis=0))
        return tf.concat([inputs, tf.cast(channel, inputs.dtype)], axis=-1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """`(batch, ..., channels + 1)`."""
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self) -> dict[str, Any]:
        """Configuration from which the layer can be rebuilt."""
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package="gan_keras")
class GroupStdDev(keras.layers.Layer):
    """Measures how much a group of examples varies, one number per channel.

    The standard deviation of each feature at each place over a group of neighbours in the batch,
    averaged over places, given to every member of the group (after Karras et al. 2018, section 3).
    Unlike `MinibatchStdDev` it keeps channels apart and may see reals and fakes in one batch,
    reals in the first half: the number of groups is even, so that no group has both.

    Args:
        group_size: int >= 2, about how many examples make a group; any batch size will do.
        epsilon: float, added to the variance: the root of 0 has no gradient.
        **kwargs: Of `keras.layers.Layer`.

    Raises:
        ValueError: If the group size is below 2.
    """

    def __init__(self, group_size: int = 16, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if group_size < 2:
            raise ValueError(f"group_size must be at least 2. Received: group_size={group_size}")
        self.group_size = group_size
        self.epsilon = epsilon

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
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

    def _groups(self, batch: int | tf.Tensor) -> int | tf.Tensor:
        """Number of groups, even."""
        return 2 * ((batch + 2 * self.group_size - 1) // (2 * self.group_size))

    def _of_equal_groups(self, values: tf.Tensor, groups: int) -> tf.Tensor:
        """The same without sums over segments, which take five times as long."""
        size = values.shape[0] // groups
        grouped = tf.reshape(values, [groups, size, *values.shape[1:]])
        variance = tf.math.reduce_variance(grouped, axis=1)
        deviation = tf.reduce_mean(tf.sqrt(variance + self.epsilon), axis=[1, 2])
        return tf.repeat(deviation, size, axis=0)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """`(batch, channels)`."""
        return (input_shape[0], input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Configuration from which the layer can be rebuilt."""
        own = {"group_size": self.group_size, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


def _normalise(
    x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Normalises a batch by its own statistics (Ioffe and Szegedy 2015, algorithm 1), fused.

    TensorFlow (2.21) knows the first derivative of its operation only. Penalties on a critic's
    gradient need the second, which is that of the first in plain operations.

    Args:
        x: float32 `(batch, height, width, channels)`.
        scale: float32 `(channels,)`.
        offset: float32 `(channels,)`.
        epsilon: float, added to the variance.

    Returns:
        The normalised batch, and its mean and (biased) variance, `(channels,)` each, through which
        no gradient flows.
    """

    @tf.custom_gradient
    def forward(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) -> tuple[Any, Any]:
        y, mean, variance, *kept = tf.raw_ops.FusedBatchNormV3(
            x=x,
            scale=scale,
            offset=offset,
            mean=tf.zeros(0),
            variance=tf.zeros(0),
            epsilon=epsilon,
            is_training=True,
        )
        count = _count(x)
        # The operation's is the unbiased variance.
        biased = variance * ((count - 1.0) / count)

        def gradient(dy: tf.Tensor, *_: tf.Tensor) -> tuple[tf.Tensor, ...]:
            return backward(x, scale, dy, *kept)

        return (y, mean, biased), gradient

    @tf.custom_gradient
    def backward(
        x: tf.Tensor, scale: tf.Tensor, dy: tf.Tensor, *kept: tf.Tensor
    ) -> tuple[Any, Any]:
        found = tf.raw_ops.FusedBatchNormGradV3(
            y_backprop=dy,
            x=x,
            scale=scale,
            reserve_space_1=kept[0],
            reserve_space_2=kept[1],
            reserve_space_3=kept[2],
            epsilon=epsilon,
            is_training=True,
        )

        def gradient(*upstream: tf.Tensor) -> tuple[tf.Tensor | None, ...]:
            sources = (x, scale, dy)
            with tf.GradientTape() as tape:
                tape.watch(sources)
                plain = _plain_gradients(*sources, epsilon)
            return (*tape.gradient(plain, sources, output_gradients=upstream), *([None] * 3))

        return tuple(found[:3]), gradient

    return forward(x, scale, offset)


def _count(x: tf.Tensor) -> tf.Tensor:
    """Number of values per channel in a batch, float32."""
    return tf.cast(tf.size(x) // x.shape[-1], tf.float32)


def _plain_gradients(
    x: tf.Tensor, scale: tf.Tensor, dy: tf.Tensor, epsilon: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Gradients of a normalised batch with respect to x, scale and offset, in plain operations."""
    axes = list(range(x.shape.rank - 1))
    mean, variance = tf.nn.moments(x, axes)
    inverse = tf.math.rsqrt(variance + epsilon)
    normal = (x - mean) * inverse
    d_scale = tf.reduce_sum(dy * normal, axes)
    d_offset = tf.reduce_sum(dy, axes)
    dx = scale * inverse * (dy - (d_offset + normal * d_scale) / _count(x))
    return dx, d_scale, d_offset


@keras.saving.register_keras_serializable(package="gan_keras")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras' layer, in training as one fused operation where that can be.

    Keras composes the normalisation of a batch of a dozen passes over memory each way, which on a
    processor can take as long as the convolutions around it. The fused operation normalises by the
    same biased variance. It gives out the unbiased one, which is turned back, so the moving
    statistics equal Keras' own.

    Arguments, weights and results, up to rounding, equal `keras.layers.BatchNormalization`.
    """

    def call(
        self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Normalises; fused if the batch is one of images, `(batch, height, width, channels)`.

        Args:
            inputs: float `(batch, ..., channels)`.
            training: bool, whether the batch's statistics are used (and gathered).
            mask: As for Keras' layer.
        """
        fused = (
            training
            and self.trainable
            and mask is None
            and len(inputs.shape) == 4
            and self.axis in (-1, 3)
            and not self.renorm
            and not self.synchronized
        )
        if not fused:
            return super().call(inputs, training=training, mask=mask)
        x = tf.cast(inputs, tf.float32)
        channels = x.shape[-1]
        scale = tf.convert_to_tensor(self.gamma) if self.scale else tf.ones(channels)
        offset = tf.convert_to_tensor(self.beta) if self.center else tf.zeros(channels)
        y, mean, variance = _normalise(x, scale, offset, self.epsilon)
        for moving, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + new * (1.0 - self.momentum))
        return tf.cast(y, self.compute_dtype)

    def plain(self) -> keras.layers.Layer:
        """Returns the layer of Keras, of the same name and unbuilt."""
        return keras.layers.BatchNormalization.from_config(self.get_config())

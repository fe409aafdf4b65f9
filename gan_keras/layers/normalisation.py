"""Normalisations that Keras lacks."""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="gan_keras")
class PixelNorm(keras.layers.Layer):
    """Scales each pixel's feature vector to unit mean square (Karras et al. 2018, section 4.2).

    `b = a / sqrt(mean_c a_c^2 + epsilon)`.

    Args:
        epsilon: float, keeps the root away from 0.
        **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(self, epsilon=1e-8, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, inputs):
        """Normalises `(..., channels)` over the channels."""
        values = tf.cast(inputs, tf.float32)
        mean_square = tf.reduce_mean(tf.square(values), axis=-1, keepdims=True)
        return tf.cast(values * tf.math.rsqrt(mean_square + self.epsilon), inputs.dtype)

    def compute_output_shape(self, input_shape):
        """The input's shape."""
        return input_shape

    def get_config(self):
        """Configuration from which the layer can be rebuilt."""
        return {**super().get_config(), "epsilon": self.epsilon}


def _normalise(x, scale, offset, epsilon):
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
    def forward(x, scale, offset):
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

        def gradient(dy, *_):
            return backward(x, scale, dy, *kept)

        return (y, mean, biased), gradient

    @tf.custom_gradient
    def backward(x, scale, dy, *kept):
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

        def gradient(*upstream):
            sources = (x, scale, dy)
            with tf.GradientTape() as tape:
                tape.watch(sources)
                plain = _plain_gradients(*sources, epsilon)
            return (*tape.gradient(plain, sources, output_gradients=upstream), *([None] * 3))

        return tuple(found[:3]), gradient

    return forward(x, scale, offset)


def _count(x):
    """How many values of each channel a batch has, as a float32."""
    return tf.cast(tf.size(x) // x.shape[-1], tf.float32)


def _plain_gradients(x, scale, dy, epsilon):
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
    statistics are those of Keras too.

    Arguments, weights and results, up to rounding, are those of `keras.layers.BatchNormalization`.
    """

    def call(self, inputs, training=None, mask=None):
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

    def plain(self):
        """Returns the layer of Keras, of the same name and unbuilt."""
        return keras.layers.BatchNormalization.from_config(self.get_config())


@keras.saving.register_keras_serializable(package="gan_keras")
class ConditionalBatchNormalization(keras.layers.Layer):
    """Batch normalisation with a gain and a shift for every class (de Vries et al. 2017).

    As generators of projection GANs use it (Miyato and Koyama 2018). Gains start at 1, shifts at 0.

    Args:
        num_classes: int, classes.
        momentum: float in [0, 1), of the moving statistics.
        epsilon: float, added to the variance.
        **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(self, num_classes, momentum=0.99, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.num_classes = num_classes
        self.momentum = momentum
        self.epsilon = epsilon
        self.norm = BatchNormalization(
            momentum=momentum, epsilon=epsilon, center=False, scale=False, dtype=self.dtype_policy
        )

    def build(self, input_shape):
        """Creates gains and shifts, `(num_classes, channels)` each."""
        shape = (self.num_classes, input_shape[0][-1])
        self.gamma = self.add_weight(name="gamma", shape=shape, initializer="ones")
        self.beta = self.add_weight(name="beta", shape=shape, initializer="zeros")
        self.norm.build(input_shape[0])

    def call(self, inputs, training=False):
        """Normalises and applies each example's gain and shift.

        Args:
            inputs: Pair of float `(batch, ..., channels)` and int labels `(batch,)` or
                `(batch, 1)`.
            training: bool, whether the batch's statistics are used (and gathered).

        Returns:
            float `(batch, ..., channels)`.
        """
        features, labels = inputs
        labels = tf.reshape(tf.cast(labels, tf.int32), [-1])
        shape = [-1] + [1] * (features.shape.rank - 2) + [features.shape[-1]]
        gamma = tf.reshape(tf.gather(tf.cast(self.gamma, features.dtype), labels), shape)
        beta = tf.reshape(tf.gather(tf.cast(self.beta, features.dtype), labels), shape)
        return gamma * self.norm(features, training=training) + beta

    def compute_output_shape(self, input_shape):
        """The features' shape."""
        return input_shape[0]

    def get_config(self):
        """Configuration from which the layer can be rebuilt."""
        own = {
            "num_classes": self.num_classes,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }
        return {**super().get_config(), **own}

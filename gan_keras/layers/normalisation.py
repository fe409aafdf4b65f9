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
        self.norm = keras.layers.BatchNormalization(
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

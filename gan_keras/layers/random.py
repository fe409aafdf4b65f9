"""Keras' random layers, whose numbers do not depend on how many devices share a batch."""

import keras
import tensorflow as tf

from gan_keras.hardware import replicas
from gan_keras.steps import latents


@keras.saving.register_keras_serializable(package="gan_keras")
class Dropout(keras.layers.Dropout):
    """`keras.layers.Dropout`; several devices mask their shares of a batch as one would the whole.

    Keras' own layer would give the same masks to the shares of all devices.
    """

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Masks and scales, or passes the inputs on.

        Args:
            inputs: float `(batch, ...)`.
            training: bool, whether to mask.
        """
        if not training or not self.rate or replicas.total() == 1:
            return super().call(inputs, training=training)
        numbers = latents.draw(
            tf.random.stateless_uniform,
            tf.shape(inputs),
            _next_seed(self.seed_generator),
            dtype=inputs.dtype,
        )
        return tf.where(numbers >= self.rate, inputs * (1.0 / (1.0 - self.rate)), 0.0)

    def plain(self) -> keras.layers.Layer:
        """The layer of Keras that does the same on one device."""
        return keras.layers.Dropout.from_config(self.get_config())


@keras.saving.register_keras_serializable(package="gan_keras")
class GaussianNoise(keras.layers.GaussianNoise):
    """`keras.layers.GaussianNoise`; as `Dropout` on several devices."""

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Adds noise, or passes the inputs on.

        Args:
            inputs: float `(batch, ...)`.
            training: bool, whether to add noise.
        """
        if not training or not self.stddev or replicas.total() == 1:
            return super().call(inputs, training=training)
        return inputs + latents.draw(
            tf.random.stateless_normal,
            tf.shape(inputs),
            _next_seed(self.seed_generator),
            stddev=self.stddev,
            dtype=self.compute_dtype,
        )

    def plain(self) -> keras.layers.Layer:
        """The layer of Keras that does the same on one device."""
        return keras.layers.GaussianNoise.from_config(self.get_config())


def _next_seed(generator: keras.random.SeedGenerator) -> tf.Tensor:
    """The seed pair that Keras would use, as its TensorFlow backend makes it 32 bits wide."""
    return tf.cast(tf.math.floormod(generator.next(), tf.int32.max - 1), tf.int32)

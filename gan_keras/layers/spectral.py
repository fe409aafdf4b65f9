"""Spectral normalisation (Miyato et al. 2018)."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="gan_keras")
class SpectralNorm(keras.layers.Wrapper):
    """Divides a layer's kernel by its largest singular value (Miyato et al. 2018, eq. 8).

    `keras.layers.SpectralNormalization` overwrites the kernel in every training call, so that a
    generator step, which passes through the discriminator, changes the discriminator, and the
    gradient misses the normalisation. Here the kernel stays what the optimizer made it, the layer
    runs with `W / sigma(W)`, and gradients flow through sigma, as in the paper. A training
    call only stores the progress of the power iteration.

    Args:
        layer: A layer with a `kernel` (Dense, Conv2D, ...).
        **kwargs: Of `keras.layers.Wrapper`.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Builds the wrapped layer and the start vector of the power iteration."""
        super().build(input_shape)
        kernel = self.layer.kernel
        # not constant: orthogonal to the first singular vector it would never find it
        self.vector_u = self.add_weight(
            name="vector_u",
            shape=(kernel.shape[-1],),
            initializer=keras.initializers.RandomNormal(stddev=1.0, seed=0),
            dtype="float32",
            trainable=False,
            autocast=False,
        )

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Calls the layer with its kernel divided by its spectral norm."""
        variable = self.layer.kernel
        kernel = tf.convert_to_tensor(variable)
        matrix = tf.reshape(tf.cast(kernel, tf.float32), [-1, kernel.shape[-1]])
        fixed = tf.stop_gradient(matrix)
        u = tf.convert_to_tensor(self.vector_u)
        v = tf.math.l2_normalize(tf.linalg.matvec(fixed, u))
        u = tf.math.l2_normalize(tf.linalg.matvec(fixed, v, transpose_a=True))
        if training:
            self.vector_u.assign(u)
        sigma = tf.reduce_sum(v * tf.linalg.matvec(matrix, u))
        kernel = kernel / tf.cast(tf.maximum(sigma, 1e-12), kernel.dtype)
        # within the scope the layer reads the normalised tensor in the place of its variable
        with keras.StatelessScope(state_mapping=[(variable, kernel)]):
            return self.layer(inputs)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The wrapped layer's output shape."""
        return self.layer.compute_output_shape(input_shape)

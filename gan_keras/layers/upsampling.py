"""Upsampling and convolution in one."""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_keras.layers.batch import BatchNormalization
from gan_keras.layers.random import Dropout, GaussianNoise


@keras.saving.register_keras_serializable(package="gan_keras")
class UpsampleConv2D(keras.layers.Conv2D):
    """Nearest-neighbour upsampling and a "same" convolution in one, exactly, for less work.

    Equal to `UpSampling2D(factor)` followed by `Conv2D(filters, kernel_size, padding="same")` in
    values and gradients, with the same `kernel` and `bias` (shape, initialisation, order), so that
    weights can be exchanged with the plain pair; `plain_clone` does so for a whole model.

    Nearest upsampling is a transposed convolution with ones, and two convolutions in a row are
    one: a transposed convolution of stride `factor`, whose kernel at each place sums the taps that
    meet there, a fixed linear map of the kernel. At factor 2 a 5x5 kernel becomes a 6x6 one, of
    which each output sees 9 taps (for 25), a 3x3 kernel a 4x4 one (4 taps for 9).

    Where no tap is lost by it (5x5 at factor 2, not 3x3), the transposed convolution is computed as
    a convolution at the low resolution to `factor^2` times the channels and `depth_to_space`.
    On AVX2 that takes 0.96 of the time for 5x5, 256 to 128 channels at 28x28, forward and
    gradients, and 0.6 for 64 to 1; elsewhere (3x3) it is slower than the pair.

    Forward and gradients on one core with AVX-512, the transposed convolution against the pair:
    5x5, 256 to 128 channels at 28x28, 2.5 times as fast in float32; 3x3, 64 to 32 to 128 channels
    at 14x14 to 32x32, 1.7 to 2.1 times in float32, 1.3 to 1.8 in bfloat16; 5x5 to one channel 4.6
    and 3.0.

    Args:
        filters: int, channels of the output.
        kernel_size: int or pair, size of the (high-resolution) kernel.
        factor: int >= 1, upsampling factor of both axes.
        padding: "same".
        **kwargs: Of `keras.layers.Conv2D`: activation, use_bias, initialisers and so on. Strides,
            dilation and groups must be 1, the data format "channels_last".

    Raises:
        ValueError: If an argument of the convolution is not supported.

    Example:
        ```python
        x = UpsampleConv2D(32, 5, factor=2)(x)  # (batch, 7, 7, 64) -> (batch, 14, 14, 32)
        ```
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        factor: int = 2,
        padding: str = "same",
        **kwargs: Any,
    ) -> None:
        super().__init__(filters, kernel_size, padding=padding, **kwargs)
        given = (self.padding, self.data_format, *self.strides, *self.dilation_rate, self.groups)
        if given != ("same", "channels_last", 1, 1, 1, 1, 1):
            raise ValueError(
                "UpsampleConv2D needs padding=same, data_format=channels_last, and strides, "
                f"dilation_rate and groups of 1. Received: {given}"
            )
        self.factor = factor

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Upsamples and convolves.

        Args:
            inputs: float `(batch, h, w, channels)`.

        Returns:
            float `(batch, factor h, factor w, filters)`.
        """
        kernel = self._spread_kernel(inputs.dtype)
        if all(_is_subpixel(size, self.factor) for size in self.kernel_size):
            outputs = tf.nn.conv2d(inputs, self._subpixel_kernel(kernel), 1, padding="SAME")
            if self.factor > 1:  # the operation refuses 1
                outputs = tf.nn.depth_to_space(outputs, self.factor)
        else:
            batch, height, width, _ = tf.unstack(tf.shape(inputs))
            shape = [batch, height * self.factor, width * self.factor, self.filters]
            outputs = tf.nn.conv2d_transpose(inputs, kernel, shape, self.factor, padding="SAME")
        outputs = tf.ensure_shape(outputs, self.compute_output_shape(inputs.shape))
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, tf.cast(self.bias, inputs.dtype))
        return outputs if self.activation is None else self.activation(outputs)

    def _spread_kernel(self, dtype: tf.DType) -> tf.Tensor:
        """Sums the kernel's taps: `(rows, columns, filters, channels)`."""
        rows, columns = (_spread(size, self.factor) for size in self.kernel_size)
        kernel = tf.cast(self.kernel, dtype)
        # one matrix product over pairs of row and column taps, so that bfloat16 rounds only once
        pairs = tf.constant(np.kron(rows, columns), dtype)
        summed = tf.matmul(pairs, tf.reshape(kernel, [pairs.shape[1], -1]))
        shape = [len(rows), len(columns), kernel.shape[2], self.filters]
        return tf.transpose(tf.reshape(summed, shape), [0, 1, 3, 2])

    def _subpixel_kernel(self, kernel: tf.Tensor) -> tf.Tensor:
        """Reorders a spread kernel: `(taps, taps, channels, factor^2 filters)`, by output phase.

        Place u of the transposed convolution's kernel serves phase r, tap a where
        `u = factor a + r`; a convolution reads its taps the other way round.
        """
        rows, columns, filters, channels = kernel.shape
        taps = rows // self.factor, columns // self.factor
        kernel = tf.reshape(kernel, [taps[0], self.factor, taps[1], self.factor, filters, channels])
        kernel = tf.transpose(tf.reverse(kernel, [0, 2]), [0, 2, 5, 1, 3, 4])
        return tf.reshape(kernel, [*taps, channels, self.factor**2 * filters])

    def multiplications(self, input_shape: tuple[int | None, ...]) -> int:
        """Multiplications of one example's way through the kernel.

        Args:
            input_shape: `(batch, h, w, channels)`.
        """
        taps = (len(_spread(size, self.factor)) for size in self.kernel_size)
        return math.prod(taps) * math.prod(input_shape[1:]) * self.filters

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """`(batch, factor h, factor w, filters)`."""
        batch, height, width = input_shape[:3]
        sizes = [None if size is None else size * self.factor for size in (height, width)]
        return (batch, *sizes, self.filters)

    def get_config(self) -> dict[str, Any]:
        """Configuration from which the layer can be rebuilt."""
        return {**super().get_config(), "factor": self.factor}

    def plain(self) -> keras.layers.Layer:
        """Returns the `Conv2D` of the equivalent plain pair, of the same name and unbuilt."""
        config = self.get_config()
        del config["factor"]
        return keras.layers.Conv2D.from_config(config)


def _spread(size: int, factor: int) -> np.ndarray:
    """Works out, for one axis, which taps meet where in the transposed convolution's kernel.

    Output o of the plain pair is the sum over taps t of `kernel[t] * low[(o + t - left) // factor]`
    with `left = (size - 1) // 2`. So pixel j of the low resolution reaches output o through the
    taps with `o + t - left = factor j + r`, r from 0 to factor - 1. A transposed convolution
    reaches it at place `u = o - factor j + before`; with `before = size - 1 - left` that is
    `u = r + size - 1 - t`.

    Args:
        size: int, taps of the kernel.
        factor: int, upsampling factor.

    Returns:
        0/1 array `(places, size)`. An even kernel gets a place without taps at the end, which makes
        "same" padding begin with `before`.
    """
    places = np.zeros((size + factor - size % 2, size))
    for tap in range(size):
        places[size - 1 - tap : size - 1 - tap + factor, tap] = 1.0
    return places


def _is_subpixel(size: int, factor: int) -> bool:
    """Tells if a convolution with "same" padding has one tap per `factor` places of an axis.

    Args:
        size: int, taps of the kernel.
        factor: int, upsampling factor.
    """
    taps, rest = divmod(len(_spread(size, factor)), factor)
    before = size // 2  # places before an output's own pixel: size - 1 - left of `_spread`
    return rest == 0 and before % factor == 0 and before // factor + (taps - 1) // 2 == taps - 1


def plain_clone(model: keras.Model) -> keras.Model:
    """Copies a model with every `UpsampleConv2D` as the pair `UpSampling2D`, `Conv2D`.

    Random layers and BatchNormalization become Keras' own. The copy has the same weights in the
    same order and computes the same function, but needs no class of this package to be loaded: use
    it for export.

    Args:
        model: Functional model; may contain others. Layers within wrappers are copied as they are.

    Returns:
        Functional model with its own copies of the weights.
    """
    factors = {
        layer.name: layer.factor for layer in model.layers if isinstance(layer, UpsampleConv2D)
    }

    def upsampling(layer: keras.layers.Layer) -> keras.layers.Layer:
        return keras.layers.UpSampling2D(
            factors[layer.name], name=f"{layer.name}_upsampling", dtype=layer.dtype_policy
        )

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, keras.Model):
            return plain_clone(layer)
        if isinstance(layer, (UpsampleConv2D, BatchNormalization, Dropout, GaussianNoise)):
            return layer.plain()
        return layer.__class__.from_config(layer.get_config())

    def call(layer: keras.layers.Layer, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if layer.name in factors:
            inputs = upsampling(layer)(inputs)
        return layer(inputs, *args, **kwargs)

    copy = keras.models.clone_model(model, clone_function=clone, call_function=call)
    copy.set_weights(model.get_weights())
    return copy


def portable(model: keras.Model) -> keras.Model:
    """Copies a model as standard layers in float32, for files that must run well anywhere.

    Args:
        model: As for `plain_clone`.
    """

    def in_float32(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        if not isinstance(layer, keras.layers.InputLayer):
            config["dtype"] = "float32"
        return type(layer).from_config(config)

    copy = keras.models.clone_model(plain_clone(model), clone_function=in_float32)
    copy.set_weights(model.get_weights())
    return copy

"""The DCGAN nets of jomian78's 2-D image sets.

At z of length 100 generator and discriminator have 93,009 and 633,073 parameters for 28x28x1,
351,427 and 3,179,473 for 32x32x3. In both a dense layer as wide as the image remains.

Of `depth` convolutions the first and the last change the grid by `stride`, the others keep it.
"""

from typing import Any

import keras
from keras import layers

from gan_keras.layers import BatchNormalization, Dropout, UpsampleConv2D
from gan_keras.networks import common

SLOPE = 0.01
FILTERS = 32
START_CHANNELS = 16  # of the generator's first grid, for each channel of the image


def make_generator(
    image_shape: common.ImageShape,
    latent_dim: int,
    width_mult: float,
    output: str,
    condition: common.Condition | None,
    *,
    depth: int = 2,
    kernel_size: int = 5,
    stride: int = 2,
    upsampling: str = "transposed",
    init: str = "glorot_uniform",
    init_std: float = 0.0,
    g_slope: float = SLOPE,
) -> keras.Model:
    """Builds the generator: a dense layer and transposed convolutions with BatchNorm.

    With `upsampling="resize"` nearest neighbours and a convolution take the place of transposed
    convolutions, which leaves no checkerboard (Odena et al. 2016).

    Raises:
        ValueError: If a side of the image is no multiple of `stride` squared, or the depth is
            impossible.
    """
    height, width, channels = image_shape
    strides = _strides(depth, stride)
    if height % stride**2 or width % stride**2:
        raise ValueError(
            f"these networks need image sides that are multiples of {stride**2} at stride "
            f"{stride} (--image_size={8 * stride**2}). Received: image_shape={tuple(image_shape)}"
        )

    def grow(x: keras.KerasTensor, filters: int, stride: int, **kwargs: Any) -> keras.KerasTensor:
        kwargs |= {"padding": "same", "kernel_initializer": common.initializer(init, init_std)}
        if upsampling == "transposed":
            return layers.Conv2DTranspose(filters, kernel_size, stride, **kwargs)(x)
        if stride > 1:
            return UpsampleConv2D(filters, kernel_size, factor=stride, **kwargs)(x)
        return layers.Conv2D(filters, kernel_size, **kwargs)(x)

    def activate(x: keras.KerasTensor) -> keras.KerasTensor:
        return layers.LeakyReLU(negative_slope=g_slope)(BatchNormalization()(x))

    start = common.scaled_width(START_CHANNELS * channels, width_mult)
    grid = height // stride**2, width // stride**2
    inputs, x = common.latent_inputs(latent_dim, condition)
    x = layers.Dense(grid[0] * grid[1] * start)(x)
    x = activate(layers.Reshape((*grid, start))(x))
    for each in strides[:-1]:
        x = activate(grow(x, common.scaled_width(FILTERS, width_mult), each))
    x = grow(x, channels, strides[-1], activation=output, dtype="float32")
    return keras.Model(inputs, x, name="generator")


def make_discriminator(
    image_shape: common.ImageShape,
    width_mult: float,
    condition: common.Condition | None,
    *,
    d_features: int = FILTERS,
    depth: int = 2,
    kernel_size: int = 5,
    stride: int = 2,
    init: str = "glorot_uniform",
    init_std: float = 0.0,
    d_dropout: float = 0.0,
    d_slope: float = SLOPE,
) -> keras.Model:
    """Builds the discriminator: convolutions and a dense layer, BatchNorm after all but the first.

    The last convolution has half as many filters as the others, which have `d_features`.

    Raises:
        ValueError: If the depth is impossible.
    """
    height, width, channels = image_shape
    inputs, x = common.image_inputs(image_shape, condition)
    for number, each in enumerate(_strides(depth, stride), start=1):
        filters = d_features // 2 if number == depth else d_features
        filters = common.scaled_width(filters, width_mult)
        kernel = common.initializer(init, init_std)
        x = layers.Conv2D(filters, kernel_size, each, "same", kernel_initializer=kernel)(x)
        x = BatchNormalization()(x) if number > 1 else x
        x = layers.LeakyReLU(negative_slope=d_slope)(x)
        x = Dropout(d_dropout)(x) if d_dropout else x
    units = common.scaled_width(height * width * channels, width_mult)
    x = layers.Dense(units)(layers.Flatten()(x))
    x = layers.LeakyReLU(negative_slope=d_slope)(BatchNormalization()(x))
    return common.logit_model(inputs, x, condition)


def _strides(depth: int, stride: int) -> list[int]:
    """Strides of `depth` convolutions: the first and the last change the grid."""
    if not 2 <= depth <= 6:
        raise ValueError(f"--depth must be from 2 to 6. Received: {depth}")
    return [stride, *[1] * (depth - 2), stride]

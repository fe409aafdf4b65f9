"""The DCGAN nets of jomian78's 2-D image sets.

At z of length 100 generator and discriminator have 93,009 and 633,073 parameters for 28x28x1,
351,427 and 3,179,473 for 32x32x3. In both a dense layer as wide as the image remains.
"""

import keras
from keras import layers

from gan_keras.layers import BatchNormalization, Dropout, UpsampleConv2D
from gan_keras.networks.common import (
    Condition,
    image_inputs,
    initializer,
    latent_inputs,
    logit_model,
    scaled_width,
)

SLOPE = 0.01
FILTERS = 32
START_CHANNELS = 16  # of the generator's first grid, for each channel of the image


def make_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int = 100,
    width_mult: float = 1.0,
    *,
    output: str = "tanh",
    condition: Condition | None = None,
    depth: int = 2,
    kernel_size: int = 5,
    stride: int = 2,
    upsampling: str = "transposed",
    init: str = "glorot_uniform",
    init_std: float = 0.0,
    g_slope: float = SLOPE,
) -> keras.Model:
    """Builds the generator: a dense layer and transposed convolutions with BatchNorm.

    Args:
        image_shape: `(height, width, channels)`, multiples of `stride` squared.
        latent_dim: Length of z.
        width_mult: Multiplies every hidden width.
        output: Last activation.
        condition: How it is told the class, if at all.
        depth: Convolutions. The first and the last grow the grid, those between keep it.
        kernel_size: Side of the kernels.
        stride: Growth of the grid by each of the two.
        upsampling: `transposed`, or `resize`: nearest neighbours and a convolution, which leaves
            no checkerboard (Odena et al. 2016).
        init: Of the convolutions.
        init_std: Standard deviation of normal ones; 0 for 0.02.
        g_slope: Negative slope of LeakyReLU.

    Returns:
        A functional model from z, or `[z, label]`, to images float32.

    Raises:
        ValueError: If the shape or the depth cannot be had.
    """
    height, width, channels = image_shape
    strides = _strides(depth, stride)
    if height % stride**2 or width % stride**2:
        raise ValueError(
            f"these networks need image sides that are multiples of {stride**2} at stride "
            f"{stride}. Received: image_shape={tuple(image_shape)}"
        )

    def grow(x, filters, stride, **kwargs):
        kwargs |= {"padding": "same", "kernel_initializer": initializer(init, init_std)}
        if upsampling == "transposed":
            return layers.Conv2DTranspose(filters, kernel_size, stride, **kwargs)(x)
        if stride > 1:
            return UpsampleConv2D(filters, kernel_size, factor=stride, **kwargs)(x)
        return layers.Conv2D(filters, kernel_size, **kwargs)(x)

    def activate(x):
        return layers.LeakyReLU(negative_slope=g_slope)(BatchNormalization()(x))

    grid = (
        height // stride**2,
        width // stride**2,
        scaled_width(START_CHANNELS * channels, width_mult),
    )
    inputs, x = latent_inputs(latent_dim, condition)
    x = layers.Dense(grid[0] * grid[1] * grid[2])(x)
    x = activate(layers.Reshape(grid)(x))
    for each in strides[:-1]:
        x = activate(grow(x, scaled_width(FILTERS, width_mult), each))
    x = grow(x, channels, strides[-1], activation=output, dtype="float32")
    return keras.Model(inputs, x, name="generator")


def make_discriminator(
    image_shape: tuple[int, int, int],
    width_mult: float = 1.0,
    *,
    condition: Condition | None = None,
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

    Args:
        image_shape: `(height, width, channels)`.
        width_mult: Multiplies every hidden width.
        condition: How it is told the class, if at all.
        d_features: Filters of the first convolution; the last has half as many.
        depth: Convolutions. The first and the last shrink the grid, those between keep it.
        kernel_size: Side of the kernels.
        stride: Of the two that shrink it.
        init: Of the convolutions.
        init_std: Standard deviation of normal ones; 0 for 0.02.
        d_dropout: Rate of dropout after each convolution.
        d_slope: Negative slope of LeakyReLU.

    Returns:
        A functional model from images, or `[image, label]`, to a logit.

    Raises:
        ValueError: If the depth cannot be had.
    """
    height, width, channels = image_shape
    strides = _strides(depth, stride)
    inputs, x = image_inputs(image_shape, condition)
    for number, each in enumerate(strides):
        filters = d_features if number < depth - 1 else d_features // 2
        x = layers.Conv2D(
            scaled_width(filters, width_mult),
            kernel_size,
            each,
            padding="same",
            kernel_initializer=initializer(init, init_std),
        )(x)
        x = BatchNormalization()(x) if number else x
        x = layers.LeakyReLU(negative_slope=d_slope)(x)
        x = Dropout(d_dropout)(x) if d_dropout else x
    x = layers.Dense(scaled_width(height * width * channels, width_mult))(layers.Flatten()(x))
    x = layers.LeakyReLU(negative_slope=d_slope)(BatchNormalization()(x))
    return logit_model(inputs, x, condition)


def _strides(depth: int, stride: int) -> list[int]:
    """Strides of `depth` convolutions: the first and the last change the grid."""
    if not 2 <= depth <= 6:
        raise ValueError(f"--depth must be from 2 to 6. Received: {depth}")
    return [stride, *[1] * (depth - 2), stride]

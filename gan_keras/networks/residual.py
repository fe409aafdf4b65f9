"""Small residual nets without normalisation, after R3GAN (Huang et al. 2024, arXiv:2501.05441).

What is kept of the paper's nets: no normalisation anywhere, LeakyReLU, residual branches whose last
convolution starts at zero (Fixup), resampling by bilinear filters and 1x1 convolutions outside the
branches. What is left out for CPUs: grouped convolutions and the wide inverted bottleneck.
"""

import keras
from keras import layers

from gan_keras.networks.common import (
    Condition,
    image_inputs,
    latent_inputs,
    logit_model,
    quarter_size,
    scaled_width,
)

SLOPE = 0.2
WIDTHS = (128, 96, 64)  # at a quarter, half and the full side of the image


def _initial(gain: float) -> keras.Initializer:
    """He's normal with the variance of LeakyReLU, times a gain."""
    return keras.initializers.VarianceScaling(2.0 * gain**2 / (1 + SLOPE**2), "fan_in", "normal")


def _block(x: keras.KerasTensor, branches: int) -> keras.KerasTensor:
    """A residual branch of two 3x3 convolutions.

    Args:
        x: `(batch, h, w, channels)`.
        branches: Branches in the network: with m convolutions each, Fixup scales the first one by
            `branches ** (-1 / (2 m - 2))` (Zhang et al. 2019, section 3).
    """
    channels = x.shape[-1]
    gain = branches**-0.5
    y = layers.LeakyReLU(negative_slope=SLOPE)(x)
    y = layers.Conv2D(channels, 3, padding="same", kernel_initializer=_initial(gain))(y)
    y = layers.LeakyReLU(negative_slope=SLOPE)(y)
    y = layers.Conv2D(channels, 3, padding="same", kernel_initializer="zeros")(y)
    return layers.Add()([x, y])


def make_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int = 64,
    width_mult: float = 1.0,
    *,
    output: str = "tanh",
    condition: Condition | None = None,
    depth: int = 1,
) -> keras.Model:
    """Builds the generator: a dense layer, then residual blocks at three sizes.

    Args:
        image_shape: `(height, width, channels)`, height and width multiples of 4.
        latent_dim: Length of z.
        width_mult: Multiplies the filters.
        output: Last activation.
        condition: How it is told the class, if at all.
        depth: Residual blocks at each size; of two convolutions.

    Returns:
        A functional model from z, or `[z, label]`, to images float32.
    """
    height, width = quarter_size(image_shape)
    widths = [scaled_width(filters, width_mult) for filters in WIDTHS]
    inputs, x = latent_inputs(latent_dim, condition)
    x = layers.Dense(height * width * widths[0], kernel_initializer=_initial(1.0))(x)
    x = layers.Reshape((height, width, widths[0]))(x)
    for number, filters in enumerate(widths):
        if number:
            # the 1x1 convolution first: it is linear too, and on a quarter of the places
            x = layers.Conv2D(filters, 1, use_bias=False, kernel_initializer=_initial(1.0))(x)
            x = layers.UpSampling2D(2, interpolation="bilinear")(x)
        for _ in range(depth):
            x = _block(x, depth * len(widths))
    x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    x = layers.Conv2D(image_shape[-1], 3, padding="same", activation=output, dtype="float32")(x)
    return keras.Model(inputs, x, name="generator")


def make_discriminator(
    image_shape: tuple[int, int, int],
    width_mult: float = 1.0,
    *,
    condition: Condition | None = None,
    depth: int = 1,
) -> keras.Model:
    """Builds the discriminator, the generator's mirror image.

    Args:
        image_shape: `(height, width, channels)`, height and width multiples of 4.
        width_mult: Multiplies the filters.
        condition: How it is told the class, if at all.
        depth: Residual blocks at each size; of two convolutions.

    Returns:
        A functional model from images, or `[image, label]`, to a logit.
    """
    quarter_size(image_shape)
    widths = [scaled_width(filters, width_mult) for filters in reversed(WIDTHS)]
    inputs, x = image_inputs(image_shape, condition)
    x = layers.Conv2D(widths[0], 3, padding="same", kernel_initializer=_initial(1.0))(x)
    for number, filters in enumerate(widths):
        if number:
            x = layers.AveragePooling2D(2)(x)
            x = layers.Conv2D(filters, 1, use_bias=False, kernel_initializer=_initial(1.0))(x)
        for _ in range(depth):
            x = _block(x, depth * len(widths))
    x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    # a bias would cancel in the pairing loss
    return logit_model(inputs, layers.Flatten()(x), condition, use_bias=False)

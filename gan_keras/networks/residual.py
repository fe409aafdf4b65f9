"""Small residual nets without normalisation, after R3GAN (Huang et al. 2024, arXiv:2501.05441).

Kept from the paper's nets: no normalisation anywhere, LeakyReLU, residual branches whose last
convolution starts at zero (Fixup), resampling by bilinear filters and 1x1 convolutions outside the
branches. Left out for CPUs: grouped convolutions and the wide inverted bottleneck. `depth` is the
number of residual blocks at each of three sizes. Height and width must be multiples of 4.
"""

import keras
from keras import layers

from gan_keras.networks import common

SLOPE = 0.2
WIDTHS = (128, 96, 64)  # at a quarter, half and the full side of the image


def _initial(gain: float = 1.0) -> keras.Initializer:
    """He's normal with the variance of LeakyReLU, times a gain."""
    return keras.initializers.VarianceScaling(2.0 * gain**2 / (1 + SLOPE**2), "fan_in", "normal")


def _blocks(x: keras.KerasTensor, depth: int) -> keras.KerasTensor:
    """Applies `depth` residual branches of two 3x3 convolutions.

    Fixup scales the first of m convolutions in each of n branches of the whole network by
    `n ** (-1 / (2 m - 2))` (Zhang et al. 2019, section 3).
    """
    channels, gain = x.shape[-1], (depth * len(WIDTHS)) ** -0.5
    for _ in range(depth):
        y = x
        for initial in (_initial(gain), "zeros"):
            y = layers.LeakyReLU(negative_slope=SLOPE)(y)
            y = layers.Conv2D(channels, 3, padding="same", kernel_initializer=initial)(y)
        x = layers.Add()([x, y])
    return x


def make_generator(
    image_shape: common.ImageShape,
    latent_dim: int,
    width_mult: float,
    output: str,
    condition: common.Condition | None,
    *,
    depth: int = 1,
) -> keras.Model:
    """Builds the generator: a dense layer, then residual blocks at three sizes."""
    height, width = common.quarter_size(image_shape)
    widths = [common.scaled_width(filters, width_mult) for filters in WIDTHS]
    inputs, x = common.latent_inputs(latent_dim, condition)
    x = layers.Dense(height * width * widths[0], kernel_initializer=_initial())(x)
    x = _blocks(layers.Reshape((height, width, widths[0]))(x), depth)
    for filters in widths[1:]:
        # the 1x1 convolution first: it is linear too, and on a quarter of the places
        x = layers.Conv2D(filters, 1, use_bias=False, kernel_initializer=_initial())(x)
        x = _blocks(layers.UpSampling2D(2, interpolation="bilinear")(x), depth)
    x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    x = layers.Conv2D(image_shape[-1], 3, padding="same", activation=output, dtype="float32")(x)
    return keras.Model(inputs, x, name="generator")


def make_discriminator(
    image_shape: common.ImageShape,
    width_mult: float,
    condition: common.Condition | None,
    *,
    depth: int = 1,
) -> keras.Model:
    """Builds the discriminator, the generator's mirror image."""
    common.quarter_size(image_shape)
    first, *widths = (common.scaled_width(filters, width_mult) for filters in reversed(WIDTHS))
    inputs, x = common.image_inputs(image_shape, condition)
    x = layers.Conv2D(first, 3, padding="same", kernel_initializer=_initial())(x)
    x = _blocks(x, depth)
    for filters in widths:
        x = layers.AveragePooling2D(2)(x)
        x = layers.Conv2D(filters, 1, use_bias=False, kernel_initializer=_initial())(x)
        x = _blocks(x, depth)
    x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    # a bias would cancel in the pairing loss
    return common.logit_model(inputs, layers.Flatten()(x), condition, use_bias=False)

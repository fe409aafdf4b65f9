"""The fully connected nets of naoki shibuya's MNIST GAN (github.com/naokishibuya).

At 28x28x1 and z of length 100 the generator has 114,064 parameters, the discriminator 100,609.
"""

import math

import keras
from keras import layers

from gan_keras.networks.common import (
    Condition,
    image_inputs,
    latent_inputs,
    logit_model,
    scaled_width,
)

SLOPE = 0.01


def make_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int = 100,
    width_mult: float = 1.0,
    *,
    output: str = "tanh",
    condition: Condition | None = None,
    g_slope: float = SLOPE,
) -> keras.Model:
    """Builds the generator: one hidden layer.

    Args:
        image_shape: `(height, width, channels)`.
        latent_dim: Length of z.
        width_mult: Multiplies the hidden width.
        output: Last activation.
        condition: How it is told the class, if at all.
        g_slope: Negative slope of LeakyReLU.

    Returns:
        A functional model from z, or `[z, label]`, to images float32.
    """
    inputs, x = latent_inputs(latent_dim, condition)
    x = layers.Dense(scaled_width(128, width_mult))(x)
    x = layers.LeakyReLU(negative_slope=g_slope)(x)
    x = layers.Dense(math.prod(image_shape), activation=output, dtype="float32")(x)
    return keras.Model(inputs, layers.Reshape(image_shape, dtype="float32")(x), name="generator")


def make_discriminator(
    image_shape: tuple[int, int, int],
    width_mult: float = 1.0,
    *,
    condition: Condition | None = None,
    d_features: int = 128,
) -> keras.Model:
    """Builds the discriminator: one hidden layer.

    Args:
        image_shape: `(height, width, channels)`.
        width_mult: Multiplies the hidden width.
        condition: How it is told the class, if at all.
        d_features: Hidden units.

    Returns:
        A functional model from images, or `[image, label]`, to a logit.
    """
    inputs, x = image_inputs(image_shape, condition)
    x = layers.Dense(scaled_width(d_features, width_mult))(layers.Flatten()(x))
    x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    return logit_model(inputs, x, condition)

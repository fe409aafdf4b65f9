"""The fully connected nets of naoki shibuya's MNIST GAN (github.com/naokishibuya).

At 28x28x1 and z of length 100 the generator has 114,064 parameters, the discriminator 100,609.
"""

import math

import keras
from keras import layers

from gan_keras.networks import common

SLOPE = 0.01


def make_generator(
    image_shape: common.ImageShape,
    latent_dim: int,
    width_mult: float,
    output: str,
    condition: common.Condition | None,
    *,
    g_slope: float = SLOPE,
) -> keras.Model:
    """Builds the generator: one hidden layer."""
    inputs, x = common.latent_inputs(latent_dim, condition)
    x = layers.Dense(common.scaled_width(128, width_mult))(x)
    x = layers.LeakyReLU(negative_slope=g_slope)(x)
    x = layers.Dense(math.prod(image_shape), activation=output, dtype="float32")(x)
    return keras.Model(inputs, layers.Reshape(image_shape, dtype="float32")(x), name="generator")


def make_discriminator(
    image_shape: common.ImageShape,
    width_mult: float,
    condition: common.Condition | None,
    *,
    d_features: int = 128,
) -> keras.Model:
    """Builds the discriminator: one hidden layer of `d_features` units."""
    inputs, x = common.image_inputs(image_shape, condition)
    x = layers.Dense(common.scaled_width(d_features, width_mult))(layers.Flatten()(x))
    return common.logit_model(inputs, layers.LeakyReLU(negative_slope=SLOPE)(x), condition)

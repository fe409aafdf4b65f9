"""Upsampling AC-GAN nets: nearest-neighbour doubling and 3x3 convolutions, BatchNorm, no dropout.

Resize-convolutions leave no checkerboard by construction (Odena et al. 2016, "Deconvolution and
checkerboard artifacts"), where transposed convolutions have to learn not to. A step takes about
twice as long as with `compact` at the same width.
"""

import functools

import keras
from keras import layers

from gan_keras.layers import BatchNormalization, UpsampleConv2D
from gan_keras.networks import common

make_discriminator = functools.partial(
    common.conv_discriminator, ((32, 4, 2), (64, 4, 2), (128, 3, 1)), slope=0.2, projection=True
)


def make_generator(
    image_shape: common.ImageShape, num_classes: int, latent_dim: int = 64, width_mult: float = 1.0
) -> keras.Model:
    """Builds the generator: one dense layer, two doublings each followed by a convolution.

    Height and width must be multiples of 4.
    """
    height, width = common.quarter_size(image_shape)
    channels = common.scaled_width(64, width_mult)
    z, label = common.class_inputs(latent_dim)
    x = common.joined_embedding(z, label, num_classes)
    x = layers.Dense(channels * height * width, use_bias=False)(x)
    x = layers.ReLU()(BatchNormalization(epsilon=1e-5)(x))
    x = layers.Reshape((height, width, channels))(x)
    for filters in (64, 32):
        x = UpsampleConv2D(common.scaled_width(filters, width_mult), 3, use_bias=False)(x)
        x = layers.ReLU()(BatchNormalization(epsilon=1e-5)(x))
    x = layers.Conv2D(image_shape[-1], 3, padding="same", activation="tanh", dtype="float32")(x)
    return keras.Model([z, label], x, name="generator")

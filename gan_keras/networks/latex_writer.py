"""The AC-GAN nets of the LaTeX Writer (github.com/karan1149/latex-writer), layer for layer.

They come from keras-acgan (github.com/lukedeo/keras-acgan). At 28x28x1, 16 classes and z of
length 100 the generator has 8,173,121 parameters, the discriminator 601,105.
"""

import functools
from typing import Any

import keras
from keras import layers

from gan_keras.layers import UpsampleConv2D
from gan_keras.networks import common

# `LeakyReLU()` of the original means the layer's default slope.
make_discriminator = functools.partial(
    common.conv_discriminator,
    ((32, 3, 2), (64, 3, 1), (128, 3, 2), (256, 3, 1)),  # filters, kernel size, stride
    slope=0.3,
    dropout=0.3,
)


def make_generator(
    image_shape: common.ImageShape, num_classes: int, latent_dim: int = 100, width_mult: float = 1.0
) -> keras.Model:
    """Builds the generator: embedding times z, two dense layers, two upsampling blocks.

    Height and width must be multiples of 4.
    """
    height, width = common.quarter_size(image_shape)
    channels = common.scaled_width(128, width_mult)
    convolution: dict[str, Any] = {"padding": "same", "kernel_initializer": "glorot_normal"}
    z, label = common.class_inputs(latent_dim)
    x = common.multiplied_embedding(z, label, num_classes)
    x = layers.Dense(common.scaled_width(1024, width_mult), activation="relu")(x)
    x = layers.Dense(channels * height * width, activation="relu")(x)
    x = layers.Reshape((height, width, channels))(x)
    for filters in (256, 128):
        filters = common.scaled_width(filters, width_mult)
        x = UpsampleConv2D(filters, 5, activation="relu", **convolution)(x)
    x = layers.Conv2D(image_shape[-1], 2, activation="tanh", dtype="float32", **convolution)(x)
    return keras.Model([z, label], x, name="generator")

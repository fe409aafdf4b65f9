"""The AC-GAN nets of the LaTeX Writer (github.com/karan1149/latex-writer), layer for layer.

They come from keras-acgan (github.com/lukedeo/keras-acgan). At 28x28x1, 16 classes and z of
length 100 the generator has 8,173,121 parameters, the discriminator 601,105.
"""

import keras
from keras import layers

from gan_keras.layers import UpsampleConv2D
from gan_keras.networks.common import (
    class_inputs,
    make_convolutional_discriminator,
    quarter_size,
    scaled_width,
)

# `LeakyReLU()` of the original means the layer's default slope.
SLOPE = 0.3
DROPOUT = 0.3
# filters, kernel size, stride
CONVOLUTIONS = ((32, 3, 2), (64, 3, 1), (128, 3, 2), (256, 3, 1))


def make_generator(
    image_shape: tuple[int, int, int],
    num_classes: int,
    latent_dim: int = 100,
    width_mult: float = 1.0,
) -> keras.Model:
    """Builds the generator: embedding times z, two dense layers, two upsampling blocks.

    Args:
        image_shape: `(height, width, channels)`, height and width multiples of 4.
        num_classes: Number of classes.
        latent_dim: Length of z.
        width_mult: Multiplies every hidden width.

    Returns:
        A functional model from `[z, label]` to images float32 in (-1, 1).
    """
    height, width = quarter_size(image_shape)
    wide = lambda n: scaled_width(n, width_mult)  # noqa: E731
    z, label = class_inputs(latent_dim)
    embedding = layers.Embedding(num_classes, latent_dim, embeddings_initializer="glorot_normal")
    x = layers.Multiply()([z, embedding(label)])
    x = layers.Dense(wide(1024), activation="relu")(x)
    x = layers.Dense(wide(128) * height * width, activation="relu")(x)
    x = layers.Reshape((height, width, wide(128)))(x)
    for filters in (256, 128):
        x = UpsampleConv2D(wide(filters), 5, activation="relu", kernel_initializer="glorot_normal")(
            x
        )
    x = layers.Conv2D(
        image_shape[-1],
        2,
        padding="same",
        activation="tanh",
        kernel_initializer="glorot_normal",
        dtype="float32",
    )(x)
    return keras.Model([z, label], x, name="generator")


def make_discriminator(
    image_shape: tuple[int, int, int], num_classes: int, width_mult: float = 1.0
) -> keras.Model:
    """Builds the discriminator: four convolutions with LeakyReLU and dropout, two heads.

    Args:
        image_shape: `(height, width, channels)`.
        num_classes: Number of classes.
        width_mult: Multiplies every hidden width.

    Returns:
        A functional model from images in [-1, 1] to `[source logit, class logits]`.
    """
    return make_convolutional_discriminator(
        image_shape,
        num_classes,
        CONVOLUTIONS,
        slope=SLOPE,
        dropout=DROPOUT,
        width_mult=width_mult,
    )

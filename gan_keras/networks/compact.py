"""Small AC-GAN nets for the best quality per CPU minute on 28x28 symbols."""

import keras
from keras import layers

from gan_keras.networks.common import (
    class_inputs,
    make_convolutional_discriminator,
    quarter_size,
    scaled_width,
)

SLOPE = 0.2
DROPOUT = 0.3
# filters, kernel size, stride
CONVOLUTIONS = ((32, 4, 2), (64, 4, 2), (128, 3, 1))
EMBEDDING = 64


def make_generator(
    image_shape: tuple[int, int, int],
    num_classes: int,
    latent_dim: int = 64,
    width_mult: float = 1.0,
) -> keras.Model:
    """Builds the generator.

    Args:
        image_shape: `(height, width, channels)`, height and width multiples of 4.
        num_classes: Number of classes.
        latent_dim: Length of z.
        width_mult: Multiplies every hidden width.

    Returns:
        A functional model from `[z, label]` to images float32 in (-1, 1).
    """
    height, width = quarter_size(image_shape)
    base = scaled_width(64, width_mult)
    z, label = class_inputs(latent_dim)
    embedding = layers.Embedding(num_classes, EMBEDDING)(label)
    x = layers.Concatenate()([z, embedding])
    x = layers.Dense(base * height * width, use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.ReLU()(x)
    x = layers.Reshape((height, width, base))(x)
    for filters in (64, 32):
        x = layers.UpSampling2D(2)(x)
        x = layers.Conv2D(scaled_width(filters, width_mult), 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
    x = layers.Conv2D(image_shape[-1], 3, padding="same", activation="tanh", dtype="float32")(x)
    return keras.Model([z, label], x, name="generator")


def make_discriminator(
    image_shape: tuple[int, int, int], num_classes: int, width_mult: float = 1.0
) -> keras.Model:
    """Builds the discriminator.

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

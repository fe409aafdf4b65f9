"""Upsampling AC-GAN nets: nearest-neighbour doubling and 3x3 convolutions, BatchNorm, no dropout.

Resize-convolutions leave no checkerboard by construction (Odena et al. 2016, "Deconvolution and
checkerboard artifacts"), where transposed convolutions have to learn not to. About twice as slow a
step as `compact` at the same width.
"""

import keras
from keras import layers

from gan_keras.layers import BatchNormalization, UpsampleConv2D
from gan_keras.networks.common import (
    class_inputs,
    make_convolutional_discriminator,
    quarter_size,
    scaled_width,
)

SLOPE = 0.2
EMBEDDING = 64
# filters, kernel size, stride
CONVOLUTIONS = ((32, 4, 2), (64, 4, 2), (128, 3, 1))


def make_generator(
    image_shape: tuple[int, int, int],
    num_classes: int,
    latent_dim: int = 64,
    width_mult: float = 1.0,
) -> keras.Model:
    """Builds the generator: one dense layer, two doublings each followed by a convolution.

    Args:
        image_shape: `(height, width, channels)`, height and width multiples of 4.
        num_classes: Number of classes.
        latent_dim: Length of z.
        width_mult: Multiplies every hidden width.

    Returns:
        A functional model from `[z, label]` to images float32 in (-1, 1).
    """
    height, width = quarter_size(image_shape)
    channels = scaled_width(64, width_mult)
    z, label = class_inputs(latent_dim)
    small = keras.initializers.RandomNormal(stddev=0.05)  # or the generator would not hear z
    embedding = layers.Embedding(num_classes, EMBEDDING, embeddings_initializer=small)
    x = layers.Concatenate()([z, embedding(label)])
    x = layers.Dense(channels * height * width, use_bias=False)(x)
    x = layers.ReLU()(BatchNormalization(epsilon=1e-5)(x))
    x = layers.Reshape((height, width, channels))(x)
    for filters in (64, 32):
        x = UpsampleConv2D(scaled_width(filters, width_mult), 3, use_bias=False)(x)
        x = layers.ReLU()(BatchNormalization(epsilon=1e-5)(x))
    x = layers.Conv2D(image_shape[-1], 3, padding="same", activation="tanh", dtype="float32")(x)
    return keras.Model([z, label], x, name="generator")


def make_discriminator(
    image_shape: tuple[int, int, int], num_classes: int, width_mult: float = 1.0
) -> keras.Model:
    """Builds the discriminator: three convolutions, and a source head that knows the class.

    Args:
        image_shape: `(height, width, channels)`.
        num_classes: Number of classes.
        width_mult: Multiplies every hidden width.

    Returns:
        A functional model from `[image, label]` to `[source logit, class logits]`.
    """
    return make_convolutional_discriminator(
        image_shape,
        num_classes,
        CONVOLUTIONS,
        slope=SLOPE,
        dropout=0.0,
        width_mult=width_mult,
        projection=True,
    )

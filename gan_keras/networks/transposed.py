"""keras-acgan's later nets: a transposed-convolution generator with BatchNorm.

The generator is that of the Keras team's `mnist_acgan.py` example (the successor of
github.com/lukedeo/keras-acgan); its discriminator differs from the earlier one only in the slope.
"""

import keras
from keras import layers

from gan_keras.layers import BatchNormalization
from gan_keras.networks.common import (
    class_inputs,
    make_convolutional_discriminator,
    quarter_size,
    scaled_width,
)
from gan_keras.networks.latex_writer import CONVOLUTIONS, DROPOUT

SLOPE = 0.2


def make_generator(
    image_shape: tuple[int, int, int],
    num_classes: int,
    latent_dim: int = 100,
    width_mult: float = 1.0,
) -> keras.Model:
    """Builds the generator: embedding times z, one dense layer, three transposed convolutions.

    Args:
        image_shape: `(height, width, channels)`, height and width multiples of 4 from 20 px on.
        num_classes: Number of classes.
        latent_dim: Length of z.
        width_mult: Multiplies every hidden width.

    Returns:
        A functional model from `[z, label]` to images float32 in (-1, 1).

    Raises:
        ValueError: If the image is too small: the first convolution grows the grid by 4.
    """
    height, width = (side - 4 for side in quarter_size(image_shape))
    if min(height, width) < 1:
        raise ValueError(
            "images must be at least 20 px high and wide. Received: "
            f"image_shape={tuple(image_shape)}"
        )
    wide = lambda n: scaled_width(n, width_mult)  # noqa: E731
    z, label = class_inputs(latent_dim)
    embedding = layers.Embedding(num_classes, latent_dim, embeddings_initializer="glorot_normal")
    x = layers.Multiply()([z, embedding(label)])
    x = layers.Dense(wide(384) * height * width, activation="relu")(x)
    x = layers.Reshape((height, width, wide(384)))(x)
    for filters, strides, padding in ((192, 1, "valid"), (96, 2, "same")):
        x = layers.Conv2DTranspose(
            wide(filters),
            5,
            strides,
            padding=padding,
            activation="relu",
            kernel_initializer="glorot_normal",
        )(x)
        x = BatchNormalization()(x)
    x = layers.Conv2DTranspose(
        image_shape[-1],
        5,
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

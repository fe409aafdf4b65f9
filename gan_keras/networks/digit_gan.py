"""The nets of a TensorFlow 1 notebook on MNIST that studied mode collapse.

At 28x28x1 and z of length 100 the generator has 328,962 parameters (328,812 of them trainable),
the discriminator 3,265,409. The generator goes down, not up: from 56x56 each convolution halves
the grid and a bilinear resize doubles it again.
"""

import keras
from keras import layers

from gan_keras.layers import BatchNormalization, Dropout
from gan_keras.networks.common import (
    Condition,
    image_inputs,
    initializer,
    latent_inputs,
    logit_model,
    scaled_width,
)

# The notebook normalises by the batch's own statistics even when it samples, and gathers moving
# ones at 0.999 that it never uses. Ours are used, so they must keep up with the weights.
MOMENTUM = 0.99


def make_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int = 100,
    width_mult: float = 1.0,
    *,
    output: str = "tanh",
    condition: Condition | None = None,
    init: str = "truncated_normal",
    init_std: float = 0.0,
) -> keras.Model:
    """Builds the generator: one dense layer to twice the image's size, three convolutions.

    Args:
        image_shape: `(height, width, channels)`.
        latent_dim: Length of z.
        width_mult: Multiplies the filters.
        output: Last activation; the notebook's is `sigmoid`.
        condition: How it is told the class, if at all.
        init: Of the convolutions.
        init_std: Standard deviation of normal ones; 0 for 0.02.

    Returns:
        A functional model from z, or `[z, label]`, to images float32.
    """
    height, width, channels = image_shape
    inputs, x = latent_inputs(latent_dim, condition)
    x = layers.Dense(4 * height * width, activation="relu")(x)
    x = layers.Reshape((2 * height, 2 * width, 1))(x)
    for filters in (50, 25):
        x = layers.Conv2D(
            scaled_width(filters, width_mult),
            3,
            2,
            padding="same",
            activation="relu",
            kernel_initializer=initializer(init, init_std),
        )(x)
        x = BatchNormalization(momentum=MOMENTUM, scale=False)(x)
        x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    x = layers.Conv2D(
        channels,
        3,
        2,
        padding="same",
        activation=output,
        kernel_initializer=initializer(init, init_std),
        dtype="float32",
    )(x)
    return keras.Model(inputs, x, name="generator")


def make_discriminator(
    image_shape: tuple[int, int, int],
    width_mult: float = 1.0,
    *,
    condition: Condition | None = None,
    d_features: int = 32,
    kernel_size: int = 5,
    init: str = "truncated_normal",
    init_std: float = 0.0,
    d_dropout: float = 0.0,
) -> keras.Model:
    """Builds the discriminator: two convolutions with average pooling, one dense layer.

    Args:
        image_shape: `(height, width, channels)`.
        width_mult: Multiplies every hidden width.
        condition: How it is told the class, if at all.
        d_features: Filters of the first convolution; the second has twice as many.
        kernel_size: Side of the kernels.
        init: Of the convolutions.
        init_std: Standard deviation of normal ones; 0 for 0.02.
        d_dropout: Rate of dropout after each convolution.

    Returns:
        A functional model from images, or `[image, label]`, to a logit.
    """
    inputs, x = image_inputs(image_shape, condition)
    for filters in (d_features, 2 * d_features):
        x = layers.Conv2D(
            scaled_width(filters, width_mult),
            kernel_size,
            padding="same",
            activation="relu",
            kernel_initializer=initializer(init, init_std),
        )(x)
        x = layers.AveragePooling2D(2)(x)
        x = Dropout(d_dropout)(x) if d_dropout else x
    x = layers.Dense(scaled_width(1024, width_mult), activation="relu")(layers.Flatten()(x))
    return logit_model(inputs, x, condition)

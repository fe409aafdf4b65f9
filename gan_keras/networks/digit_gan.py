"""The nets of a TensorFlow 1 notebook on MNIST that studied mode collapse.

At 28x28x1 and z of length 100 the generator has 328,962 parameters (328,812 of them trainable),
the discriminator 3,265,409. The generator goes down, not up: from 56x56 each convolution halves
the grid and a bilinear resize doubles it again. The notebook's generator ends in a sigmoid.
"""

import keras
from keras import layers

from gan_keras.layers import BatchNormalization, Dropout
from gan_keras.networks import common

# The notebook normalises by the batch's own statistics even when it samples, and gathers moving
# ones at 0.999 that it never uses. Ours are used, so they must keep up with the weights.
MOMENTUM = 0.99


def make_generator(
    image_shape: common.ImageShape,
    latent_dim: int,
    width_mult: float,
    output: str,
    condition: common.Condition | None,
    *,
    init: str = "truncated_normal",
    init_std: float = 0.0,
) -> keras.Model:
    """Builds the generator: one dense layer to twice the image's size, three convolutions."""
    height, width, channels = image_shape

    def convolve(x: keras.KerasTensor, filters: int, **kwargs: str) -> keras.KerasTensor:
        normal = common.initializer(init, init_std)
        return layers.Conv2D(filters, 3, 2, "same", kernel_initializer=normal, **kwargs)(x)

    inputs, x = common.latent_inputs(latent_dim, condition)
    x = layers.Dense(4 * height * width, activation="relu")(x)
    x = layers.Reshape((2 * height, 2 * width, 1))(x)
    for filters in (50, 25):
        x = convolve(x, common.scaled_width(filters, width_mult), activation="relu")
        x = BatchNormalization(momentum=MOMENTUM, scale=False)(x)
        x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    x = convolve(x, channels, activation=output, dtype="float32")
    return keras.Model(inputs, x, name="generator")


def make_discriminator(
    image_shape: common.ImageShape,
    width_mult: float,
    condition: common.Condition | None,
    *,
    d_features: int = 32,
    kernel_size: int = 5,
    init: str = "truncated_normal",
    init_std: float = 0.0,
    d_dropout: float = 0.0,
) -> keras.Model:
    """Builds the discriminator: two convolutions with average pooling, one dense layer.

    The second convolution has twice as many filters as the first, which has `d_features`.
    """
    inputs, x = common.image_inputs(image_shape, condition)
    for filters in (d_features, 2 * d_features):
        filters = common.scaled_width(filters, width_mult)
        kernel = common.initializer(init, init_std)
        x = layers.Conv2D(
            filters, kernel_size, padding="same", activation="relu", kernel_initializer=kernel
        )(x)
        x = layers.AveragePooling2D(2)(x)
        x = Dropout(d_dropout)(x) if d_dropout else x
    x = layers.Dense(common.scaled_width(1024, width_mult), activation="relu")(layers.Flatten()(x))
    return common.logit_model(inputs, x, condition)

"""keras-acgan's later nets: a transposed-convolution generator with BatchNorm.

The generator is the one of the Keras team's `mnist_acgan.py` example (the successor of
github.com/lukedeo/keras-acgan); its discriminator differs from the earlier one only in the slope.
"""

import functools

import keras
from keras import layers

from gan_keras.layers import BatchNormalization
from gan_keras.networks import common, latex_writer

make_discriminator = functools.partial(latex_writer.make_discriminator, slope=0.2)


def make_generator(
    image_shape: common.ImageShape, num_classes: int, latent_dim: int = 100, width_mult: float = 1.0
) -> keras.Model:
    """Builds the generator: embedding times z, one dense layer, three transposed convolutions.

    Height and width must be multiples of 4.

    Raises:
        ValueError: If the image is smaller than 20 px: the first convolution grows the grid by 4.
    """
    height, width = (side - 4 for side in common.quarter_size(image_shape))
    if min(height, width) < 1:
        raise ValueError(
            "images must be at least 20 px high and wide (--image_size=32). "
            f"Received: image_shape={tuple(image_shape)}"
        )
    channels = common.scaled_width(384, width_mult)
    glorot = {"kernel_initializer": "glorot_normal"}
    z, label = common.class_inputs(latent_dim)
    x = common.multiplied_embedding(z, label, num_classes)
    x = layers.Dense(channels * height * width, activation="relu")(x)
    x = layers.Reshape((height, width, channels))(x)
    for filters, strides, padding in ((192, 1, "valid"), (96, 2, "same")):
        filters = common.scaled_width(filters, width_mult)
        x = layers.Conv2DTranspose(filters, 5, strides, padding, activation="relu", **glorot)(x)
        x = BatchNormalization()(x)
    x = layers.Conv2DTranspose(
        image_shape[-1], 5, 2, "same", activation="tanh", dtype="float32", **glorot
    )(x)
    return keras.Model([z, label], x, name="generator")

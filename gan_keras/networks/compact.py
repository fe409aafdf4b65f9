"""Small AC-GAN nets, the best quality per CPU minute that we measured on 28x28 symbols.

What made the difference, in this order: a projection term in the source head (Miyato & Koyama 2018,
arXiv:1802.05637), which keeps the variety within a class that the auxiliary head alone destroys;
BatchNorm in the generator whose scale and shift come from noise and class (Chen et al. 2019,
arXiv:1810.01365); no dropout; a class embedding that starts small against the noise.
"""

import functools

import keras
from keras import layers

from gan_keras.layers import BatchNormalization
from gan_keras.networks import common

# Filters, kernel size, stride. Most of a step is the second convolution: a smaller one makes twice
# as many steps a minute, which do more good than its width.
make_discriminator = functools.partial(
    common.conv_discriminator, ((48, 4, 2), (96, 3, 2)), slope=0.2, projection=True, deviation=True
)


def make_generator(
    image_shape: common.ImageShape, num_classes: int, latent_dim: int = 64, width_mult: float = 1.0
) -> keras.Model:
    """Builds the generator: a dense layer, a convolution, two transposed ones, modulated BatchNorm.

    Height and width must be multiples of 4.
    """
    height, width = common.quarter_size(image_shape)
    channels = common.scaled_width(64, width_mult)
    z, label = common.class_inputs(latent_dim)
    condition = common.joined_embedding(z, label, num_classes)
    x = layers.Dense(channels * height * width, use_bias=False)(condition)
    x = layers.Reshape((height, width, channels))(x)
    x = layers.ReLU()(modulated_batch_norm(x, condition))
    x = layers.Conv2D(channels, 3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(modulated_batch_norm(x, condition))
    x = layers.Conv2DTranspose(channels, 4, 2, padding="same", use_bias=False)(x)
    x = layers.ReLU()(modulated_batch_norm(x, condition))
    x = layers.Conv2DTranspose(image_shape[-1], 4, 2, "same", activation="tanh", dtype="float32")(x)
    return keras.Model([z, label], x, name="generator")


def modulated_batch_norm(x: keras.KerasTensor, condition: keras.KerasTensor) -> keras.KerasTensor:
    """BatchNorm whose scale and shift are linear in a condition (Chen et al. 2019, eq. 2).

    Made of standard layers, so that an exported generator opens without this package.
    """
    channels = x.shape[-1]

    def affine(bias: str) -> keras.KerasTensor:
        small = keras.initializers.RandomNormal(stddev=0.02)
        dense = layers.Dense(channels, kernel_initializer=small, bias_initializer=bias)
        return layers.Reshape((1, 1, channels))(dense(condition))

    x = BatchNormalization(epsilon=1e-5, center=False, scale=False)(x)
    return layers.Add()([layers.Multiply()([x, affine("ones")]), affine("zeros")])

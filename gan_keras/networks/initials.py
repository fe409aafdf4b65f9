"""The DCGAN-like nets of a blog post on decorated initials (BenoitLeguay/GAN_IconClass).

At 64x64x1 and z of length 50 the generator has 3,166,976 parameters, the critic 2,765,312, counts
with the moving statistics of BatchNorm. No convolution has a bias. The number of doublings depends
on the image: sides are halved while they stay even and at least 4. With `init="normal"` BatchNorm's
gains are N(1, init_std) too.
"""

from typing import Any

import keras
from keras import layers

from gan_keras.layers import BatchNormalization, Dropout
from gan_keras.networks import common

SLOPE = 0.2
FILTERS = 64  # beside the image
SMALLEST = 4


def make_generator(
    image_shape: common.ImageShape,
    latent_dim: int,
    width_mult: float,
    output: str,
    condition: common.Condition | None,
    *,
    init: str = "torch",
    init_std: float = 0.0,
    g_dropout: float = 0.0,
    g_slope: float = 0.0,
) -> keras.Model:
    """Builds the generator: transposed 4x4 convolutions with BatchNorm, from z as a 1x1 image on.

    Raises:
        ValueError: If the image's sides cannot be halved.
    """
    doublings = _halvings(image_shape)
    start = tuple(side // 2**doublings for side in image_shape[:2])

    def convolve(x: keras.KerasTensor, *args: Any, **kwargs: Any) -> keras.KerasTensor:
        kernel = common.initializer(init, init_std)
        layer = layers.Conv2DTranspose(*args, use_bias=False, kernel_initializer=kernel, **kwargs)
        return layer(x)

    inputs, x = common.latent_inputs(latent_dim, condition)
    x = layers.Reshape((1, 1, x.shape[-1]))(x)
    for number in range(doublings):
        filters = common.scaled_width(FILTERS * 2 ** (doublings - 1 - number), width_mult)
        x = convolve(x, filters, 4, 2, "same") if number else convolve(x, filters, start)
        x = _batch_norm(init, init_std)(x)
        x = Dropout(g_dropout)(x) if g_dropout else x
        x = layers.LeakyReLU(negative_slope=g_slope)(x) if g_slope else layers.ReLU()(x)
    x = convolve(x, image_shape[-1], 4, 2, "same", activation=output, dtype="float32")
    return keras.Model(inputs, x, name="generator")


def make_discriminator(
    image_shape: common.ImageShape,
    width_mult: float,
    condition: common.Condition | None,
    *,
    d_features: int = FILTERS,
    init: str = "torch",
    init_std: float = 0.0,
    norm: str = "batch",
    sigmoid: bool = False,
) -> keras.Model:
    """Builds the critic: 4x4 convolutions of stride 2, normalised after the first.

    The first convolution has `d_features` filters, each further one twice as many. A gradient
    penalty is about single images, so it does not go with BatchNorm (Gulrajani et al. 2017,
    section 4).

    Raises:
        ValueError: If the image's sides cannot be halved.
    """
    inputs, x = common.image_inputs(image_shape, condition)
    for number in range(_halvings(image_shape)):
        filters = common.scaled_width(d_features * 2**number, width_mult)
        kernel = common.initializer(init, init_std)
        x = layers.Conv2D(filters, 4, 2, "same", use_bias=False, kernel_initializer=kernel)(x)
        if number and norm == "batch":
            x = _batch_norm(init, init_std)(x)
        elif number and norm == "layer":
            # over all places and channels, with one gain per channel: one group
            x = layers.GroupNormalization(1)(x)
        x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    return common.logit_model(
        inputs,
        layers.Flatten()(x),  # a last convolution over the whole grid is a dense layer
        condition,
        use_bias=False,
        sigmoid=sigmoid,
        kernel_initializer=common.initializer(init, init_std),
    )


def _batch_norm(init: str, init_std: float) -> keras.layers.Layer:
    """BatchNorm with PyTorch's constants."""
    gains = "ones"
    if init == "normal":
        gains = keras.initializers.RandomNormal(mean=1.0, stddev=init_std or 0.02)
    return BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=gains)


def _halvings(image_shape: common.ImageShape) -> int:
    """Number of times that both sides can be halved and stay at least `SMALLEST`."""
    sides, count = image_shape[:2], 0
    while all(side % 2 == 0 and side // 2 >= SMALLEST for side in sides):
        sides, count = [side // 2 for side in sides], count + 1
    if not count:
        raise ValueError(
            f"these networks need even image sides from {2 * SMALLEST} px on (--image_size=32). "
            f"Received: image_shape={tuple(image_shape)}"
        )
    return count

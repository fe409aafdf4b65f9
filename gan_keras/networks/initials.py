"""The DCGAN-like nets of a blog post on decorated initials (BenoitLeguay/GAN_IconClass).

At 64x64x1 and z of length 50 the generator has 3,166,976 parameters, the critic 2,765,312, counts
with the moving statistics of BatchNorm. No convolution has a bias. Other sizes get as many
doublings as fit: sides are halved while they stay even and at least 4.
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

SLOPE = 0.2
FILTERS = 64  # beside the image
SMALLEST = 4


def make_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int = 50,
    width_mult: float = 1.0,
    *,
    output: str = "tanh",
    condition: Condition | None = None,
    init: str = "torch",
    init_std: float = 0.0,
    g_dropout: float = 0.0,
    g_slope: float = 0.0,
) -> keras.Model:
    """Builds the generator: transposed 4x4 convolutions with BatchNorm, from z as a 1x1 image on.

    Args:
        image_shape: `(height, width, channels)`.
        latent_dim: Length of z.
        width_mult: Multiplies the filters.
        output: Last activation.
        condition: How it is told the class, if at all.
        init: Of the convolutions; with `normal`, BatchNorm's gains are N(1, std) too.
        init_std: Standard deviation of normal ones; 0 for 0.02.
        g_dropout: Rate of dropout after each BatchNorm.
        g_slope: Negative slope of LeakyReLU; 0 is ReLU.

    Returns:
        A functional model from z, or `[z, label]`, to images float32.

    Raises:
        ValueError: If the image's sides cannot be halved.
    """
    doublings = _halvings(image_shape)
    height, width = (side // 2**doublings for side in image_shape[:2])
    inputs, x = latent_inputs(latent_dim, condition)
    x = layers.Reshape((1, 1, x.shape[-1]))(x)
    for number in range(doublings):
        filters = scaled_width(FILTERS * 2 ** (doublings - 1 - number), width_mult)
        kernel = {"kernel_initializer": initializer(init, init_std), "use_bias": False}
        if number:
            x = layers.Conv2DTranspose(filters, 4, 2, padding="same", **kernel)(x)
        else:
            x = layers.Conv2DTranspose(filters, (height, width), **kernel)(x)
        x = _batch_norm(init, init_std)(x)
        x = Dropout(g_dropout)(x) if g_dropout else x
        x = layers.LeakyReLU(negative_slope=g_slope)(x) if g_slope else layers.ReLU()(x)
    x = layers.Conv2DTranspose(
        image_shape[-1],
        4,
        2,
        padding="same",
        use_bias=False,
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
    d_features: int = FILTERS,
    init: str = "torch",
    init_std: float = 0.0,
    norm: str = "batch",
    sigmoid: bool = False,
) -> keras.Model:
    """Builds the critic: 4x4 convolutions of stride 2, normalised after the first.

    Args:
        image_shape: `(height, width, channels)`.
        width_mult: Multiplies the filters.
        condition: How it is told the class, if at all.
        d_features: Filters of the first convolution; each further one has twice as many.
        init: Of the convolutions; with `normal`, BatchNorm's gains are N(1, std) too.
        init_std: Standard deviation of normal ones; 0 for 0.02.
        norm: `none`, `batch` or `layer`. A gradient penalty is about single images, so it does not
            go with BatchNorm (Gulrajani et al. 2017, section 4).
        sigmoid: Whether it ends in a sigmoid.

    Returns:
        A functional model from images, or `[image, label]`, to a score.

    Raises:
        ValueError: If the image's sides cannot be halved.
    """
    inputs, x = image_inputs(image_shape, condition)
    for number in range(_halvings(image_shape)):
        x = layers.Conv2D(
            scaled_width(d_features * 2**number, width_mult),
            4,
            2,
            padding="same",
            use_bias=False,
            kernel_initializer=initializer(init, init_std),
        )(x)
        if number and norm == "batch":
            x = _batch_norm(init, init_std)(x)
        elif number and norm == "layer":
            # over all places and channels, with a gain a channel: one group
            x = layers.GroupNormalization(1)(x)
        x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    return logit_model(
        inputs,
        layers.Flatten()(x),  # a last convolution over the whole grid is a dense layer
        condition,
        use_bias=False,
        sigmoid=sigmoid,
        kernel_initializer=initializer(init, init_std),
    )


def _batch_norm(init: str, init_std: float) -> keras.layers.Layer:
    """BatchNorm with PyTorch's constants."""
    gains = "ones"
    if init == "normal":
        gains = keras.initializers.RandomNormal(mean=1.0, stddev=init_std or 0.02)
    return BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=gains)


def _halvings(image_shape: tuple[int, int, int]) -> int:
    """How often both sides can be halved and stay at least `SMALLEST`."""
    height, width, _ = image_shape
    count = 0
    while not (height % 2 or width % 2) and min(height, width) // 2 >= SMALLEST:
        height, width, count = height // 2, width // 2, count + 1
    if not count:
        raise ValueError(
            f"these networks need even image sides from {2 * SMALLEST} px on. Received: "
            f"image_shape={tuple(image_shape)}"
        )
    return count

"""Nets over points instead of images.

`gaussian`: the small nets of github.com/BenoitLeguay/GAN_IconClass. `pacgan`: those with which
PacGAN (Lin et al. 2018, arXiv:1712.04086) compared GANs on ring and grid.
"""

import keras
from keras import layers

from gan_keras.networks.common import logit_model, scaled_width

FAMILIES = ("gaussian", "pacgan")
SLOPE = 0.2
MAXOUT = 5  # linear pieces of a maxout unit


def _torch_dense(units: int, inputs: int, **kwargs) -> layers.Dense:
    """A dense layer that starts like PyTorch's: all from U(-1/sqrt(n), 1/sqrt(n)), n inputs."""
    limit = inputs**-0.5
    return layers.Dense(
        units,
        kernel_initializer=keras.initializers.RandomUniform(-limit, limit),
        bias_initializer=keras.initializers.RandomUniform(-limit, limit),
        **kwargs,
    )


def _normal() -> keras.Initializer:
    """PacGAN's first weights."""
    return keras.initializers.RandomNormal(stddev=0.02)


def make_generator(
    family: str, dimensions: int, latent_dim: int, width_mult: float = 1.0
) -> keras.Model:
    """Builds the generator: 2 hidden layers, or 4 with BatchNorm (`pacgan`).

    Args:
        family: One of `FAMILIES`.
        dimensions: Coordinates of a point.
        latent_dim: Length of z.
        width_mult: Multiplies every hidden width.

    Returns:
        A functional model from z to points float32 `(batch, dimensions)`.
    """
    z = keras.Input((latent_dim,), name="latent")
    x = z
    if family == "pacgan":
        for _ in range(4):
            units = scaled_width(400, width_mult)
            x = layers.Dense(units, use_bias=False, kernel_initializer=_normal())(x)
            x = layers.ReLU()(layers.BatchNormalization(momentum=0.95, epsilon=1e-4)(x))
        x = layers.Dense(dimensions, kernel_initializer=_normal(), dtype="float32")(x)
    else:
        for width in (6, 12):
            x = _torch_dense(scaled_width(width, width_mult), x.shape[-1])(x)
            x = layers.LeakyReLU(negative_slope=SLOPE)(x)
        x = _torch_dense(dimensions, x.shape[-1], dtype="float32")(x)
    return keras.Model(z, x, name="generator")


def make_discriminator(family: str, dimensions: int, width_mult: float = 1.0) -> keras.Model:
    """Builds the discriminator: 2 hidden layers, or 3 of maxout units (`pacgan`).

    Args:
        family: One of `FAMILIES`.
        dimensions: Coordinates of what it judges: a point, or several that are packed.
        width_mult: Multiplies every hidden width.

    Returns:
        A functional model from points to a logit.
    """
    point = keras.Input((dimensions,), name="point")
    x = point
    if family == "pacgan":
        units = scaled_width(200, width_mult)
        for _ in range(3):
            x = layers.Dense(MAXOUT * units, kernel_initializer=_normal())(x)
            x = layers.GlobalMaxPooling1D()(layers.Reshape((MAXOUT, units))(x))
        return logit_model(point, x, None, kernel_initializer=_normal())
    for width in (12, 6):
        x = _torch_dense(scaled_width(width, width_mult), x.shape[-1])(x)
        x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    logit = _torch_dense(1, x.shape[-1], dtype="float32", name="logit")(x)
    return keras.Model(point, logit, name="discriminator")

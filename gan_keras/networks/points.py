"""Nets over points instead of images.

`gaussian`: the small nets of github.com/BenoitLeguay/GAN_IconClass. `pacgan`: the nets with which
PacGAN (Lin et al. 2018, arXiv:1712.04086) compared GANs on ring and grid.
"""

from typing import Any

import keras
from keras import layers

from gan_keras.networks.common import logit_model, scaled_width

SLOPE = 0.2
MAXOUT = 5  # linear pieces of a maxout unit


def make_generator(
    family: str, dimensions: int, latent_dim: int, width_mult: float = 1.0
) -> keras.Model:
    """Builds the generator: 2 hidden layers, or 4 with BatchNorm (`pacgan`).

    Args:
        family: `gaussian` or `pacgan`.
        dimensions: Coordinates of a point.
        latent_dim: Length of z.
        width_mult: Multiplies every hidden width.

    Returns:
        A functional model from z to points float32 `(batch, dimensions)`.
    """
    z = x = keras.Input((latent_dim,), name="latent")
    if family == "pacgan":
        units = scaled_width(400, width_mult)
        for _ in range(4):
            x = layers.Dense(units, use_bias=False, kernel_initializer=_normal())(x)
            x = layers.ReLU()(layers.BatchNormalization(momentum=0.95, epsilon=1e-4)(x))
        x = layers.Dense(dimensions, kernel_initializer=_normal(), dtype="float32")(x)
    else:
        x = _torch_dense(_leaky_layers(x, (6, 12), width_mult), dimensions, dtype="float32")
    return keras.Model(z, x, name="generator")


def make_discriminator(family: str, dimensions: int, width_mult: float = 1.0) -> keras.Model:
    """Builds the discriminator: 2 hidden layers, or 3 of maxout units (`pacgan`).

    Args:
        family: `gaussian` or `pacgan`.
        dimensions: Coordinates of its input: of one point, or of several that are packed.
        width_mult: Multiplies every hidden width.

    Returns:
        A functional model from points to a logit.
    """
    point = x = keras.Input((dimensions,), name="point")
    if family == "pacgan":
        units = scaled_width(200, width_mult)
        for _ in range(3):
            x = layers.Dense(MAXOUT * units, kernel_initializer=_normal())(x)
            x = layers.GlobalMaxPooling1D()(layers.Reshape((MAXOUT, units))(x))
        return logit_model(point, x, kernel_initializer=_normal())
    x = _torch_dense(_leaky_layers(x, (12, 6), width_mult), 1, dtype="float32", name="logit")
    return keras.Model(point, x, name="discriminator")


def _normal() -> keras.Initializer:
    """PacGAN's first weights."""
    return keras.initializers.RandomNormal(stddev=0.02)


def _leaky_layers(
    x: keras.KerasTensor, widths: tuple[int, ...], width_mult: float
) -> keras.KerasTensor:
    for width in widths:
        x = _torch_dense(x, scaled_width(width, width_mult))
        x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    return x


def _torch_dense(x: keras.KerasTensor, units: int, **kwargs: Any) -> keras.KerasTensor:
    """A dense layer that starts like PyTorch's: all from U(-1/sqrt(n), 1/sqrt(n)), n inputs."""
    limit = x.shape[-1] ** -0.5
    return layers.Dense(
        units,
        kernel_initializer=keras.initializers.RandomUniform(-limit, limit),
        bias_initializer=keras.initializers.RandomUniform(-limit, limit),
        **kwargs,
    )(x)

"""Keras layers that GANs need and Keras lacks; all of them can be saved and reloaded."""

from gan_keras.layers.batch import (
    BatchNormalization,
    GroupStdDev,
    MinibatchDiscrimination,
    MinibatchStdDev,
)
from gan_keras.layers.random import Dropout, GaussianNoise
from gan_keras.layers.spectral import SpectralNorm
from gan_keras.layers.upsampling import UpsampleConv2D, plain_clone, portable

__all__ = [
    "BatchNormalization",
    "Dropout",
    "GaussianNoise",
    "GroupStdDev",
    "MinibatchDiscrimination",
    "MinibatchStdDev",
    "SpectralNorm",
    "UpsampleConv2D",
    "plain_clone",
    "portable",
]

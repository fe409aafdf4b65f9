"""Keras layers that GANs need and Keras lacks; all of them can be saved and reloaded."""

from gan_keras.layers.minibatch import (
    GroupStdDev,
    MinibatchDiscrimination,
    MinibatchStdDev,
    Packing,
    pack,
)
from gan_keras.layers.normalisation import (
    BatchNormalization,
    ConditionalBatchNormalization,
    PixelNorm,
)
from gan_keras.layers.random import Dropout, GaussianNoise
from gan_keras.layers.spectral import SpectralNorm
from gan_keras.layers.upsampling import UpsampleConv2D, plain_clone

__all__ = [
    "BatchNormalization",
    "ConditionalBatchNormalization",
    "Dropout",
    "GaussianNoise",
    "GroupStdDev",
    "MinibatchDiscrimination",
    "MinibatchStdDev",
    "Packing",
    "PixelNorm",
    "SpectralNorm",
    "UpsampleConv2D",
    "pack",
    "plain_clone",
]

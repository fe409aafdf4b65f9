"""The benchmarked GANs in PyTorch, layer for layer, with its own optimizers and dropout.

`MAKE[net](image_shape, num_classes)` gives a model whose `train_step(images, labels)` does one step
on images `(n, c, h, w)` in [-1, 1]. `PEERS` has other projects' recipes, as they publish them.
"""

from collections.abc import Callable

from experiments.benchmarks.plain_torch import (
    acgan,
    ae_acgan,
    common,
    compact,
    dcgan,
    projection,
    wgan_gp,
)

MAKE = {
    "original": acgan.make_original,
    "transposed": acgan.make_transposed,
    "compact": compact.CompactGAN,
    "ae_acgan": ae_acgan.AEACGAN,
    "dcgan": dcgan.make,
    "wgan_gp": wgan_gp.make,
}

PEERS: dict[str, Callable[..., common.GAN]] = {"torch_mimicry": projection.make}

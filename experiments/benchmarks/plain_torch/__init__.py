"""The benchmarked GANs in PyTorch, layer for layer, with its own optimizers and dropout.

`MAKE[net](image_shape, num_classes)` gives a model whose `train_step(images, labels)` does one step
on images `(n, c, h, w)` in [-1, 1].
"""

from experiments.benchmarks.plain_torch import acgan, ae_acgan, compact, dcgan, wgan_gp

MAKE = {
    "original": acgan.make_original,
    "transposed": acgan.make_transposed,
    "compact": compact.CompactGAN,
    "ae_acgan": ae_acgan.AEACGAN,
    "dcgan": dcgan.make,
    "wgan_gp": wgan_gp.make,
}

"""The benchmarked GANs as one would write them after keras.io's examples: nothing made faster.

Same networks, losses, optimizers and batches as the suite's presets; Keras layers alone, float32,
one `train_step`, in graph mode. `MAKE[net](image_shape, num_classes)` gives a compiled model for
batches of images in [-1, 1] and labels. `PEERS` has other projects' recipes, as they publish them.
"""

import functools
from collections.abc import Callable

from experiments.benchmarks.plain_keras import (
    acgan,
    ae_acgan,
    common,
    compact,
    conditional,
    dcgan,
    wgan_gp,
)

MAKE = {
    "original": acgan.make_original,
    "transposed": acgan.make_transposed,
    "compact": compact.make,
    "ae_acgan": ae_acgan.make,
    "dcgan": dcgan.make,
    "wgan_gp": wgan_gp.make,
}

PEERS: dict[str, Callable[..., common.GAN]] = {
    "keras_acgan": functools.partial(acgan.make_original, rate=2e-4),
    "keras_mnist_acgan": functools.partial(acgan.make_transposed, real=0.95, classify_fakes=False),
    "keras_io_cgan": conditional.make,
}

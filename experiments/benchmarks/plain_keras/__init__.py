"""The benchmarked GANs as one would write them after keras.io's examples: nothing made faster.

Same networks, losses, optimizers and batches as the suite's presets; Keras layers alone, float32,
one `train_step`, in graph mode. `MAKE[net](image_shape, num_classes)` gives a compiled model for
batches of images in [-1, 1] and labels.
"""

from experiments.benchmarks.plain_keras import acgan, ae_acgan, compact, dcgan, wgan_gp

MAKE = {
    "original": acgan.make_original,
    "transposed": acgan.make_transposed,
    "compact": compact.make,
    "ae_acgan": ae_acgan.make,
    "dcgan": dcgan.make,
    "wgan_gp": wgan_gp.make,
}

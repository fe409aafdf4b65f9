"""keras-acgan's later nets."""

from torch import nn

from experiments.benchmarks.plain_torch import common

LATENT_DIM = 100


def make(image_shape, num_classes):
    height, width = image_shape[0] // 4 - 4, image_shape[1] // 4 - 4
    body = [
        nn.Linear(LATENT_DIM, 384 * height * width),
        nn.ReLU(),
        common.Reshape(384, height, width),
        nn.ConvTranspose2d(384, 192, 5),
        nn.ReLU(),
        nn.BatchNorm2d(192),
        common.same_transposed(192, 96, 5),
        nn.ReLU(),
        nn.BatchNorm2d(96),
        common.same_transposed(96, image_shape[-1], 5),
        nn.Tanh(),
    ]
    generator = common.Labelled(nn.Sequential(*body), num_classes, LATENT_DIM)
    discriminator = common.acgan_discriminator(image_shape, num_classes, 0.2)
    return common.ACGAN(generator, discriminator, LATENT_DIM, num_classes, 2e-4)

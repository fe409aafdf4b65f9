"""DCGAN on 28x28 images: jomian78's nets, an update on reals and one on fakes."""

import torch
from torch import Tensor, nn

from experiments.benchmarks.plain_torch import common

LATENT_DIM, SLOPE = 100, 0.01


class DCGAN(common.GAN):
    """The discriminator's targets are flipped: 0 for reals, 0.9 to 1 for fakes."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module) -> None:
        super().__init__(generator=generator, discriminator=discriminator)
        self.g_optimizer = common.adam(generator, rate=1e-4)
        self.d_optimizer = common.adam(discriminator, rate=1e-3)

    def train_step(self, images: Tensor, labels: Tensor) -> None:
        batch = len(images)
        fakes = self.unseen(self.generator, torch.randn(batch, LATENT_DIM))
        soft = 0.9 + 0.1 * torch.rand(batch, 1)
        for seen, targets in ((images, torch.zeros(batch, 1)), (fakes, soft)):
            loss = common.source_loss(self.run(self.discriminator, seen), targets)
            self.update(self.d_optimizer, loss)
        fakes = self.run(self.generator, torch.randn(batch, LATENT_DIM))
        g_loss = common.source_loss(self.run(self.discriminator, fakes), 0.0)
        self.update(self.g_optimizer, g_loss)


def norm(channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels, 1e-3, 0.01), nn.LeakyReLU(SLOPE)]


def make(image_shape: common.Shape, num_classes: int) -> common.GAN:
    height, width, channels = image_shape
    start = 16 * channels
    generator = nn.Sequential(
        nn.Linear(LATENT_DIM, start * (height // 4) * (width // 4)),
        common.Reshape(start, height // 4, width // 4),
        *norm(start),
        common.same_transposed(start, 32, 5),
        *norm(32),
        common.same_transposed(32, channels, 5),
        nn.Tanh(),
    )
    pixels = height * width * channels
    discriminator = nn.Sequential(
        common.same_conv(channels, 32, 5, 2),
        nn.LeakyReLU(SLOPE),
        common.same_conv(32, 16, 5, 2),
        *norm(16),
        nn.Flatten(),
        nn.Linear(16 * (height // 4) * (width // 4), pixels),
        nn.BatchNorm1d(pixels, 1e-3, 0.01),
        nn.LeakyReLU(SLOPE),
        nn.Linear(pixels, 1),
    )
    return DCGAN(generator, discriminator)

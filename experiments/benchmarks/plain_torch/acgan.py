"""The LaTeX Writer's AC-GAN (`original`) and keras-acgan's later nets (`transposed`)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from experiments.benchmarks.plain_torch import common

LATENT_DIM = 100


class ACGAN(common.GAN):
    """The step of keras-acgan: discriminator, then generator on twice as many new images."""

    def __init__(
        self, generator: nn.Module, discriminator: nn.Module, num_classes: int, rate: float
    ) -> None:
        super().__init__(generator=generator, discriminator=discriminator)
        self.num_classes = num_classes
        self.g_optimizer = common.adam(generator, rate=rate)
        self.d_optimizer = common.adam(discriminator, rate=rate)

    def draw(self, n: int) -> tuple[Tensor, Tensor]:
        return torch.rand(n, LATENT_DIM) * 2.0 - 1.0, torch.randint(self.num_classes, (n,))

    def train_step(self, images: Tensor, labels: Tensor) -> None:
        batch = len(images)
        z, fake_labels = self.draw(batch)
        fakes = self.unseen(self.generator, z, fake_labels)
        source, classes = self.run(self.discriminator, torch.cat([images, fakes]))
        d_loss = common.source_loss(source, common.targets(batch, 1.0, 0.0))
        d_loss = d_loss + functional.cross_entropy(classes, torch.cat([labels, fake_labels]))
        self.update(self.d_optimizer, d_loss)

        z, fake_labels = self.draw(2 * batch)
        fakes = self.run(self.generator, z, fake_labels)
        source, classes = self.run(self.discriminator, fakes)
        g_loss = common.source_loss(source, 1.0) + functional.cross_entropy(classes, fake_labels)
        self.update(self.g_optimizer, g_loss)


class Labelled(nn.Module):
    """A generator from z times an embedding of the class."""

    def __init__(self, body: list[nn.Module], num_classes: int) -> None:
        super().__init__()
        self.embedding, self.body = nn.Embedding(num_classes, LATENT_DIM), nn.Sequential(*body)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        return self.body(z * self.embedding(labels))


def make_discriminator(image_shape: common.Shape, num_classes: int, slope: float) -> nn.Module:
    """Four convolutions with dropout under two heads."""
    height, width, channels = image_shape
    trunk = []
    for filters, stride in ((32, 2), (64, 1), (128, 2), (256, 1)):
        trunk += [common.same_conv(channels, filters, 3, stride), nn.LeakyReLU(slope)]
        trunk += [nn.Dropout(0.3)]
        channels = filters
    features = 256 * (height // 4) * (width // 4)
    return common.Heads(nn.Sequential(*trunk), features, num_classes)


def make_original(image_shape: common.Shape, num_classes: int) -> ACGAN:
    height, width, channels = image_shape
    body = [nn.Linear(LATENT_DIM, 1024), nn.ReLU()]
    body += [nn.Linear(1024, 128 * (height // 4) * (width // 4)), nn.ReLU()]
    body += [common.Reshape(128, height // 4, width // 4)]
    for inputs, outputs in ((128, 256), (256, 128)):
        body += [nn.Upsample(scale_factor=2), common.same_conv(inputs, outputs, 5), nn.ReLU()]
    body += [common.same_conv(128, channels, 2), nn.Tanh()]
    discriminator = make_discriminator(image_shape, num_classes, 0.3)
    return ACGAN(Labelled(body, num_classes), discriminator, num_classes, 5e-5)


def make_transposed(image_shape: common.Shape, num_classes: int) -> ACGAN:
    height, width = image_shape[0] // 4 - 4, image_shape[1] // 4 - 4
    body = [nn.Linear(LATENT_DIM, 384 * height * width), nn.ReLU()]
    body += [common.Reshape(384, height, width)]
    body += [nn.ConvTranspose2d(384, 192, 5), nn.ReLU(), nn.BatchNorm2d(192)]
    body += [common.same_transposed(192, 96, 5), nn.ReLU(), nn.BatchNorm2d(96)]
    body += [common.same_transposed(96, image_shape[-1], 5), nn.Tanh()]
    discriminator = make_discriminator(image_shape, num_classes, 0.2)
    return ACGAN(Labelled(body, num_classes), discriminator, num_classes, 2e-4)

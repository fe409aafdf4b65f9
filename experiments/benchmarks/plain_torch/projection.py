"""torch-mimicry's cGAN-PD (Miyato & Koyama 2018) with its residual nets for images of 32x32.

Spectral normalization, hinge loss, Adam(2e-4, 0, 0.9), batches of 64, five discriminator updates
to one of the generator, which comes first. Published widths are 256 (generator) and 128; here they
are a quarter, for processors: a sixteenth of the multiplications. The linear decay of the rate over
100,000 steps is left out. Images are padded to a multiple of 8.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from experiments.benchmarks.plain_torch import common

LATENT_DIM, N_CRITIC = 128, 5
G_WIDTH, D_WIDTH = 64, 32


def xavier(layer: nn.Module, gain: float = 1.0) -> nn.Module:
    nn.init.xavier_uniform_(layer.weight, gain)
    return layer


def conv(inputs: int, outputs: int, size: int = 3) -> nn.Module:
    """A convolution; those of 3x3 lie before or behind a ReLU."""
    layer = nn.Conv2d(inputs, outputs, size, padding=size // 2)
    return xavier(layer, math.sqrt(2.0) if size == 3 else 1.0)


def normed(layer: nn.Module) -> nn.Module:
    return nn.utils.parametrizations.spectral_norm(layer)


def grown(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="bilinear")


class ClassNorm(nn.Module):
    """BatchNorm with a scale and a shift for each class, then ReLU."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(G_WIDTH, affine=False)
        self.scale, self.shift = (nn.Embedding(num_classes, G_WIDTH) for _ in range(2))
        nn.init.normal_(self.scale.weight, 1.0, 0.02)
        nn.init.zeros_(self.shift.weight)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        scale, shift = (each(labels)[:, :, None, None] for each in (self.scale, self.shift))
        return functional.relu(scale * self.norm(x) + shift)


class GrowingBlock(nn.Module):
    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(ClassNorm(num_classes) for _ in range(2))
        self.first, self.second = (conv(G_WIDTH, G_WIDTH) for _ in range(2))
        self.shortcut = conv(G_WIDTH, G_WIDTH, 1)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        residual = self.first(grown(self.norms[0](x, labels)))
        residual = self.second(self.norms[1](residual, labels))
        return residual + self.shortcut(grown(x))


class Generator(nn.Module):
    def __init__(self, image_shape: common.Shape, num_classes: int) -> None:
        super().__init__()
        *self.size, channels = image_shape
        self.start = [-(-side // 8) for side in self.size]
        self.dense = xavier(nn.Linear(LATENT_DIM, G_WIDTH * math.prod(self.start)))
        self.blocks = nn.ModuleList(GrowingBlock(num_classes) for _ in range(3))
        self.norm = nn.BatchNorm2d(G_WIDTH)
        self.last = xavier(conv(G_WIDTH, channels))

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        x = self.dense(z).unflatten(1, (G_WIDTH, *self.start))
        x = x.contiguous(memory_format=torch.channels_last)
        for block in self.blocks:
            x = block(x, labels)
        x = torch.tanh(self.last(functional.relu(self.norm(x))))
        top, left = ((8 * n - side) // 2 for n, side in zip(self.start, self.size, strict=True))
        return x[:, :, top : top + self.size[0], left : left + self.size[1]]


class Block(nn.Module):
    """A residual block of the discriminator; the first one of all begins with a convolution."""

    def __init__(self, inputs: int, first: bool = False, pooled: bool = True) -> None:
        super().__init__()
        self.first, self.pooled = first, pooled
        self.convs = nn.ModuleList(normed(conv(n, D_WIDTH)) for n in (inputs, D_WIDTH))
        if pooled:
            self.shortcut = normed(conv(inputs, D_WIDTH, 1))

    def forward(self, x: Tensor) -> Tensor:
        if not self.first:
            x = functional.relu(x)  # of the shortcut as well
        residual = self.convs[1](functional.relu(self.convs[0](x)))
        if not self.pooled:
            return residual + x
        # pooling and a 1x1 convolution can change places
        return functional.avg_pool2d(residual, 2) + self.shortcut(functional.avg_pool2d(x, 2))


class Discriminator(nn.Module):
    def __init__(self, image_shape: common.Shape, num_classes: int) -> None:
        super().__init__()
        *size, channels = image_shape
        height, width = (-side % 8 for side in size)
        edges = (width // 2, width - width // 2, height // 2, height - height // 2)
        self.blocks = nn.Sequential(
            nn.ConstantPad2d(edges, -1.0),
            Block(channels, first=True),
            Block(D_WIDTH),
            Block(D_WIDTH, pooled=False),
            Block(D_WIDTH, pooled=False),
            nn.ReLU(),
        )
        self.source = normed(xavier(nn.Linear(D_WIDTH, 1)))
        self.projection = normed(xavier(nn.Embedding(num_classes, D_WIDTH)))

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        features = self.blocks(images).sum((2, 3))
        return self.source(features)[:, 0] + (self.projection(labels) * features).sum(1)


class ProjectionGAN(common.GAN):
    """A step on the images of all its discriminator updates."""

    def __init__(self, image_shape: common.Shape, num_classes: int) -> None:
        super().__init__(
            generator=Generator(image_shape, num_classes),
            discriminator=Discriminator(image_shape, num_classes),
        )
        self.num_classes, self.latent_dim = num_classes, LATENT_DIM
        self.g_optimizer, self.d_optimizer = (
            common.adam(network, rate=2e-4, betas=(0.0, 0.9)) for network in self.networks.values()
        )

    def fakes(self, batch: int) -> tuple[Tensor, Tensor]:
        labels = torch.randint(self.num_classes, (batch,))
        return self.run(self.generator, torch.randn(batch, LATENT_DIM), labels), labels

    def train_step(self, images: Tensor, labels: Tensor) -> None:
        g_loss = -self.run(self.discriminator, *self.fakes(len(images) // N_CRITIC)).mean()
        self.update(self.g_optimizer, g_loss)
        for real in zip(images.chunk(N_CRITIC), labels.chunk(N_CRITIC), strict=True):
            with torch.no_grad():
                fake = self.fakes(len(real[0]))
            d_loss = functional.relu(1.0 - self.run(self.discriminator, *real)).mean()
            d_loss = d_loss + functional.relu(1.0 + self.run(self.discriminator, *fake)).mean()
            self.update(self.d_optimizer, d_loss)


def make(image_shape: common.Shape, num_classes: int) -> common.GAN:
    return ProjectionGAN(image_shape, num_classes)

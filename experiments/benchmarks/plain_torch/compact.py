"""The suite's compact AC-GAN: projection, modulated BatchNorm, lazy R1, averaged generator."""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional

from experiments.benchmarks.plain_torch import common

LATENT_DIM, CHANNELS, SLOPE = 64, 64, 0.2
R1_FACTOR, R1_EVERY = 0.15, 8
EMA_DECAY = 0.9995


class Modulated(nn.Module):
    """BatchNorm whose scale and shift are linear in a condition, then ReLU."""

    def __init__(self, condition: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(CHANNELS, affine=False)
        self.scale, self.shift = (nn.Linear(condition, CHANNELS) for _ in range(2))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale = self.scale(condition)[:, :, None, None]
        return functional.relu(self.norm(x) * scale + self.shift(condition)[:, :, None, None])


class Generator(nn.Module):
    def __init__(self, image_shape: common.Shape, num_classes: int) -> None:
        super().__init__()
        height, width, channels = image_shape
        condition = LATENT_DIM + 64
        self.embedding = nn.Embedding(num_classes, 64)
        self.dense = nn.Linear(condition, CHANNELS * (height // 4) * (width // 4), bias=False)
        self.reshape = common.Reshape(CHANNELS, height // 4, width // 4)
        self.norms = nn.ModuleList(Modulated(condition) for _ in range(3))
        self.mix = common.same_conv(CHANNELS, CHANNELS, 3, 1, bias=False)
        self.grow = common.same_transposed(CHANNELS, CHANNELS, 4, bias=False)
        self.last = common.same_transposed(CHANNELS, channels, 4)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        condition = torch.cat([z, self.embedding(labels)], 1)
        x = self.norms[0](self.reshape(self.dense(condition)), condition)
        x = self.norms[1](self.mix(x), condition)
        return torch.tanh(self.last(self.norms[2](self.grow(x), condition)))


class Discriminator(nn.Module):
    def __init__(self, image_shape: common.Shape, num_classes: int) -> None:
        super().__init__()
        height, width, channels = image_shape
        self.first = common.same_conv(channels, 48, 4, 2)
        self.second = common.same_conv(48, 96, 3, 2)
        features = 96 * (height // 4) * (width // 4) + 96
        self.source = nn.Linear(features, 1)
        self.classes = nn.Linear(features, num_classes)
        self.projection = nn.Linear(features, num_classes, bias=False)

    def forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        x = functional.leaky_relu(self.first(images), SLOPE)
        x = functional.leaky_relu(self.second(x), SLOPE)
        groups = x.float().unflatten(0, (-1, 16))
        deviation = (groups.var(1, correction=0) + 1e-6).sqrt().mean((2, 3))
        deviation = deviation.repeat_interleave(16, 0).to(x.dtype)
        features = torch.cat([x.flatten(1), deviation], 1)
        projection = self.projection(features).gather(1, labels[:, None])
        return self.source(features) + projection, self.classes(features)


class CompactGAN(common.GAN):
    """One generated batch serves both updates."""

    def __init__(self, image_shape: common.Shape, num_classes: int) -> None:
        super().__init__(
            generator=Generator(image_shape, num_classes),
            discriminator=Discriminator(image_shape, num_classes),
        )
        self.average = copy.deepcopy(self.generator)
        self.num_classes, self.steps = num_classes, 0
        self.g_optimizer = common.adam(self.generator, rate=1.6e-3, betas=(0.5, 0.99))
        self.d_optimizer = common.adam(self.discriminator, rate=1.6e-3, betas=(0.5, 0.99))

    def r1(self, images: Tensor, labels: Tensor) -> Tensor:
        images = images.requires_grad_()
        # by `forward`: what is compiled has no second derivatives
        score = self.run(self.discriminator.forward, images, labels)[0].sum()
        (gradient,) = torch.autograd.grad(score, images, create_graph=True)
        return 0.5 * R1_FACTOR * R1_EVERY * gradient.square().sum((1, 2, 3)).mean()

    def train_step(self, images: Tensor, labels: Tensor) -> None:
        batch = len(images)
        z, fake_labels = torch.randn(batch, LATENT_DIM), torch.randint(self.num_classes, (batch,))
        fakes = self.run(self.generator, z, fake_labels)
        both, both_labels = torch.cat([images, fakes.detach()]), torch.cat([labels, fake_labels])
        source, classes = self.run(self.discriminator, both, both_labels)
        d_loss = common.source_loss(source, common.targets(batch, 1.0, 0.0))
        d_loss = d_loss + 0.25 * functional.cross_entropy(classes[:batch], labels)
        if self.steps % R1_EVERY == 0:
            d_loss = d_loss + self.r1(images, labels)
        self.update(self.d_optimizer, d_loss)

        source, classes = self.run(self.discriminator, fakes, fake_labels)
        g_loss = common.source_loss(source, 1.0)
        g_loss = g_loss + 0.2 * functional.cross_entropy(classes, fake_labels)
        self.update(self.g_optimizer, g_loss)
        self.steps += 1
        averages, weights = (
            [each for each in network.state_dict().values() if each.is_floating_point()]
            for network in (self.average, self.generator)
        )
        torch._foreach_lerp_(averages, weights, 1.0 - EMA_DECAY)

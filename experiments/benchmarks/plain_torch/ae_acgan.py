"""The auto-encoder-stabilised AC-GAN of MNIST-GAN, depth 64."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from experiments.benchmarks.plain_torch import common

LATENT_DIM, DEPTH, SLOPE, DROPOUT = 100, 64, 0.3, 0.4


class Noise(nn.Module):
    """Gaussian noise on the input."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.05 * torch.randn_like(x) if self.training else x


def block(layer: nn.Module) -> list[nn.Module]:
    return [layer, nn.LeakyReLU(SLOPE), nn.Dropout(DROPOUT)]


def trunk(image_shape: common.Shape) -> nn.Module:
    height, width, channels = image_shape
    return nn.Sequential(
        Noise(),
        *block(common.same_conv(channels, DEPTH, 4, 2)),
        *block(common.same_conv(DEPTH, DEPTH, 4, 2)),
        nn.Flatten(),
        *block(nn.Linear(DEPTH * (height // 4) * (width // 4), DEPTH)),
    )


class Generator(nn.Module):
    def __init__(self, image_shape: common.Shape, num_classes: int) -> None:
        super().__init__()
        height, width, channels = image_shape
        self.body = nn.Sequential(
            *block(nn.Linear(num_classes + LATENT_DIM, DEPTH * (height // 4) * (width // 4))),
            common.Reshape(DEPTH, height // 4, width // 4),
            *block(common.same_transposed(DEPTH, DEPTH, 4)),
            *block(common.same_transposed(DEPTH, DEPTH, 4)),
            common.same_conv(DEPTH, channels, 7),
            nn.Tanh(),
        )

    def forward(self, classes: Tensor, z: Tensor) -> Tensor:
        return self.body(torch.cat([classes, z], 1))


class Encoder(nn.Module):
    def __init__(self, image_shape: common.Shape, num_classes: int) -> None:
        super().__init__()
        self.trunk = trunk(image_shape)
        self.code, self.classes = nn.Linear(DEPTH, LATENT_DIM), nn.Linear(DEPTH, num_classes)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        x = self.trunk(images)
        return torch.sigmoid(self.code(x)), torch.softmax(self.classes(x), 1)


class AEACGAN(common.GAN):
    """Three updates a step: discriminator, generator, encoder and generator together."""

    def __init__(self, image_shape: common.Shape, num_classes: int) -> None:
        super().__init__(
            encoder=Encoder(image_shape, num_classes),
            generator=Generator(image_shape, num_classes),
            discriminator=common.Heads(trunk(image_shape), DEPTH, num_classes),
        )
        self.num_classes = num_classes
        self.g_optimizer = common.adam(self.generator, rate=2e-4)
        self.d_optimizer = common.adam(self.discriminator, rate=2e-4)
        self.ae_optimizer = common.adam(self.encoder, self.generator, rate=2e-4)

    def train_step(self, images: Tensor, labels: Tensor) -> None:
        batch = len(images)
        z, fake_labels = torch.randn(batch, LATENT_DIM), torch.randint(self.num_classes, (batch,))
        wanted = functional.one_hot(fake_labels, self.num_classes).float()
        fakes = self.unseen(self.generator, wanted, z)
        source, classes = self.run(self.discriminator, torch.cat([images, fakes]))
        d_loss = common.source_loss(source, common.targets(batch, 0.9, 0.1))
        d_loss = d_loss + functional.cross_entropy(classes, torch.cat([labels, fake_labels]))
        self.update(self.d_optimizer, d_loss)

        source, classes = self.run(self.discriminator, self.run(self.generator, wanted, z))
        g_loss = common.source_loss(source, 0.9) + functional.cross_entropy(classes, fake_labels)
        self.update(self.g_optimizer, g_loss)

        code, classes = self.run(self.encoder, images)
        ae_loss = (images - self.run(self.generator, classes, code)).abs().mean()
        self.update(self.ae_optimizer, ae_loss)

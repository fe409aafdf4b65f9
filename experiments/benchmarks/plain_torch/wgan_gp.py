"""WGAN-GP at 64x64: DCGAN-like nets, five critic updates a step, each on a batch of its own."""

import torch
from torch import Tensor, nn

from experiments.benchmarks.plain_torch import common

LATENT_DIM, SLOPE, N_CRITIC, FACTOR = 100, 0.2, 5, 10.0


class WGANGP(common.GAN):
    """Algorithm 1 of Gulrajani et al. 2017."""

    def __init__(self, generator: nn.Module, critic: nn.Module) -> None:
        super().__init__(generator=generator, critic=critic)
        self.g_optimizer = common.adam(generator, rate=1e-4, betas=(0.0, 0.999))
        self.d_optimizer = common.adam(critic, rate=1e-4, betas=(0.0, 0.999))

    def gradient_penalty(self, images: Tensor, fakes: Tensor) -> Tensor:
        between = torch.lerp(images, fakes, torch.rand(len(images), 1, 1, 1)).requires_grad_()
        # by `forward`: what is compiled has no second derivatives
        score = self.run(self.critic.forward, between).sum()
        (gradient,) = torch.autograd.grad(score, between, create_graph=True)
        norm = (gradient.square().sum((1, 2, 3)) + 1e-12).sqrt()
        return (norm - 1.0).square().mean()

    def train_step(self, images: Tensor, labels: Tensor) -> None:
        batch = len(images) // N_CRITIC
        for reals in images.chunk(N_CRITIC):
            with torch.no_grad():
                fakes = self.run(self.generator, torch.randn(batch, LATENT_DIM))
            d_loss = self.run(self.critic, fakes).mean() - self.run(self.critic, reals).mean()
            d_loss = d_loss + FACTOR * self.gradient_penalty(reals, fakes)
            self.update(self.d_optimizer, d_loss)
        fakes = self.run(self.generator, torch.randn(batch, LATENT_DIM))
        self.update(self.g_optimizer, -self.run(self.critic, fakes).mean())


def make(image_shape: common.Shape, num_classes: int) -> common.GAN:
    height, width, channels = image_shape
    inputs = LATENT_DIM
    generator = [nn.Unflatten(1, (LATENT_DIM, 1, 1))]
    for number, filters in enumerate((256, 128, 64, 32)):
        grow = common.same_transposed if number else nn.ConvTranspose2d
        generator += [grow(inputs, filters, 4, bias=False), nn.BatchNorm2d(filters), nn.ReLU()]
        inputs = filters
    generator += [common.same_transposed(inputs, channels, 4, bias=False), nn.Tanh()]

    critic, inputs = [], channels
    for number, filters in enumerate((32, 64, 128, 256)):
        critic += [common.same_conv(inputs, filters, 4, 2, bias=False)]
        critic += [nn.GroupNorm(1, filters, 1e-3)] if number else []
        critic += [nn.LeakyReLU(SLOPE)]
        inputs = filters
    critic += [nn.Flatten(), nn.Linear(inputs * (height // 16) * (width // 16), 1, bias=False)]
    return WGANGP(nn.Sequential(*generator), nn.Sequential(*critic))

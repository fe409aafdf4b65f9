"""Base of the PyTorch sides: layouts, precision, compilation, layers."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

Shape = tuple[int, int, int]


class GAN:
    """Base of the benchmarked models.

    Args:
        **networks: Networks by name.
    """

    def __init__(self, **networks: nn.Module) -> None:
        self.networks = networks
        vars(self).update(networks)
        self.bfloat16 = False

    def prepare(self, bfloat16: bool, compiled: bool) -> None:
        """Puts the networks into channels-last layout, bfloat16 autocast and `torch.compile`."""
        self.bfloat16 = bfloat16
        for network in self.networks.values():
            network.to(memory_format=torch.channels_last)
            network.train()
            if compiled:
                network.compile(dynamic=False)  # kernels for each batch size

    def parameters(self) -> dict[str, int]:
        """Parameters of each network, with the statistics of BatchNorm as Keras counts them."""
        return {
            name: sum(
                each.numel() for each in network.state_dict().values() if each.is_floating_point()
            )
            for name, network in self.networks.items()
        }

    def run(self, network: Callable[..., Any], *inputs: Tensor) -> Any:
        """A network under autocast if it is on; what comes out is float32."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            found = network(*inputs)
        if isinstance(found, tuple):
            return tuple(each.float() for each in found)
        return found.float()

    def unseen(self, generator: nn.Module, *inputs: Tensor) -> Tensor:
        """Images for the discriminator alone: no gradients, running statistics."""
        generator.eval()
        with torch.no_grad():
            fakes = self.run(generator, *inputs)
        generator.train()
        return fakes

    @staticmethod
    def update(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        """One step of an optimizer, with the gradients of its own weights alone."""
        weights = [each for group in optimizer.param_groups for each in group["params"]]
        for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            weight.grad = gradient
        optimizer.step()


def adam(
    *models: nn.Module, rate: float, betas: tuple[float, float] = (0.5, 0.999)
) -> torch.optim.Optimizer:
    """Adam in its fused form."""
    weights = [weight for model in models for weight in model.parameters()]
    return torch.optim.Adam(weights, rate, betas, fused=True)


def targets(batch: int, real: float, fake: float) -> Tensor:
    """One target per image of a batch of real and as many generated ones."""
    return torch.tensor([real, fake]).repeat_interleave(batch)[:, None]


def source_loss(logits: Tensor, target: Tensor | float) -> Tensor:
    """Sigmoid cross-entropy against one target for all, or one each."""
    if not torch.is_tensor(target):
        target = torch.full_like(logits, target)
    return functional.binary_cross_entropy_with_logits(logits, target)


def same_conv(inputs: int, outputs: int, size: int, stride: int = 1, **kwargs: Any) -> nn.Module:
    """A convolution with Keras' "same" padding, which puts the odd pixel last."""
    before, after = (size - stride) // 2, (size - stride + 1) // 2
    if before == after:
        return nn.Conv2d(inputs, outputs, size, stride, before, **kwargs)
    padding = nn.ZeroPad2d((before, after, before, after))
    return nn.Sequential(padding, nn.Conv2d(inputs, outputs, size, stride, **kwargs))


def same_transposed(
    inputs: int, outputs: int, size: int, stride: int = 2, **kwargs: Any
) -> nn.Module:
    """A transposed convolution that multiplies the sides by its stride."""
    total = size - stride
    padding = -(-total // 2)
    return nn.ConvTranspose2d(
        inputs, outputs, size, stride, padding, output_padding=2 * padding - total, **kwargs
    )


class Reshape(nn.Module):
    """From vectors to channels-last grids."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.shape = (height, width, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x.view(-1, *self.shape).permute(0, 3, 1, 2)


class Heads(nn.Module):
    """A trunk under a source and a class head."""

    def __init__(self, trunk: nn.Module, features: int, num_classes: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.source, self.classes = nn.Linear(features, 1), nn.Linear(features, num_classes)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        x = self.trunk(images).flatten(1)
        return self.source(x), self.classes(x)

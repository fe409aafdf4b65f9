"""What the PyTorch sides share: layouts, precision, compilation, the AC-GAN's step."""

import torch
from torch import nn
from torch.nn import functional


def networks(model):
    """The networks of a model, by name; the averaged generator is not one of them."""
    return {
        key: value
        for key, value in vars(model).items()
        if isinstance(value, nn.Module) and key != "average"
    }


def parameters(network):
    """Parameters, and the statistics of BatchNorm as Keras counts them."""
    counters = sum("num_batches" in name for name, _ in network.named_buffers())
    held = [*network.parameters(), *network.buffers()]
    return sum(each.numel() for each in held) - counters


def prepare(model, bfloat16, compiled):
    """Puts the networks into channels-last layout, bfloat16 autocast and `torch.compile`."""
    model.bfloat16 = bfloat16
    for key, network in networks(model).items():
        network.to(memory_format=torch.channels_last)
        network.train()
        if compiled:
            network.compile(dynamic=False)  # kernels for each batch size
        setattr(model, key, network)


class GAN:
    """Base of the benchmarked models."""

    bfloat16 = False

    def run(self, network, *inputs):
        """A network under autocast if it is on; what comes out is float32."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            found = network(*inputs)
        if isinstance(found, tuple):
            return tuple(each.float() for each in found)
        return found.float()

    @staticmethod
    def update(optimizer, loss):
        """One step of an optimizer, with the gradients of its own weights alone."""
        weights = [each for group in optimizer.param_groups for each in group["params"]]
        for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            weight.grad = gradient
        optimizer.step()


def adam(*models, rate, betas=(0.5, 0.999)):
    """Adam in its fused form."""
    weights = [weight for model in models for weight in model.parameters()]
    return torch.optim.Adam(weights, rate, betas, fused=True)


def source_loss(logits, target):
    """Sigmoid cross-entropy against one target for all, or one each."""
    if not torch.is_tensor(target):
        target = torch.full_like(logits, target)
    return functional.binary_cross_entropy_with_logits(logits, target)


class SameConv(nn.Conv2d):
    """A convolution with Keras' "same" padding, which puts the odd pixel last."""

    def __init__(self, inputs, outputs, size, stride=1, **kwargs):
        super().__init__(inputs, outputs, size, stride, **kwargs)
        total = size - stride if stride > 1 else size - 1
        self.before, self.after = total // 2, total - total // 2

    def forward(self, x):
        if self.before == self.after:
            return functional.conv2d(x, self.weight, self.bias, self.stride, self.before)
        pads = (self.before, self.after) * 2
        return super().forward(functional.pad(x, pads))


def same_transposed(inputs, outputs, size, stride=2, **kwargs):
    """A transposed convolution that multiplies the sides by its stride."""
    total = size - stride
    padding = -(-total // 2)
    return nn.ConvTranspose2d(
        inputs, outputs, size, stride, padding, output_padding=2 * padding - total, **kwargs
    )


class Reshape(nn.Module):
    """From vectors to channels-last grids."""

    def __init__(self, channels, height, width):
        super().__init__()
        self.shape = (height, width, channels)

    def forward(self, x):
        return x.view(-1, *self.shape).permute(0, 3, 1, 2)


class Heads(nn.Module):
    """A trunk under a source and a class head."""

    def __init__(self, trunk, features, num_classes):
        super().__init__()
        self.trunk = trunk
        self.source, self.classes = nn.Linear(features, 1), nn.Linear(features, num_classes)

    def forward(self, images):
        x = self.trunk(images).flatten(1)
        return self.source(x), self.classes(x)


def acgan_discriminator(image_shape, num_classes, slope):
    """Four convolutions with dropout under two heads."""
    height, width, channels = image_shape
    trunk = []
    for filters, stride in ((32, 2), (64, 1), (128, 2), (256, 1)):
        trunk += [SameConv(channels, filters, 3, stride), nn.LeakyReLU(slope), nn.Dropout(0.3)]
        channels = filters
    return Heads(nn.Sequential(*trunk), 256 * (height // 4) * (width // 4), num_classes)


class Labelled(nn.Module):
    """A generator from z times an embedding of the class."""

    def __init__(self, body, num_classes, latent_dim):
        super().__init__()
        self.embedding, self.body = nn.Embedding(num_classes, latent_dim), body

    def forward(self, z, labels):
        return self.body(z * self.embedding(labels))


class ACGAN(GAN):
    """The step of keras-acgan: discriminator, then generator on twice as many new images."""

    def __init__(self, generator, discriminator, latent_dim, num_classes, rate):
        self.generator, self.discriminator = generator, discriminator
        self.latent_dim, self.num_classes = latent_dim, num_classes
        self.g_optimizer = adam(generator, rate=rate)
        self.d_optimizer = adam(discriminator, rate=rate)

    def draw(self, n):
        return torch.rand(n, self.latent_dim) * 2.0 - 1.0, torch.randint(self.num_classes, (n,))

    def train_step(self, images, labels):
        batch = len(images)
        z, fake_labels = self.draw(batch)
        with torch.no_grad():
            self.generator.eval()
            fakes = self.run(self.generator, z, fake_labels)
            self.generator.train()
        source, classes = self.run(self.discriminator, torch.cat([images, fakes]))
        is_real = torch.cat([torch.ones(batch, 1), torch.zeros(batch, 1)])
        d_loss = source_loss(source, is_real)
        d_loss = d_loss + functional.cross_entropy(classes, torch.cat([labels, fake_labels]))
        self.update(self.d_optimizer, d_loss)

        z, fake_labels = self.draw(2 * batch)
        fakes = self.run(self.generator, z, fake_labels)
        source, classes = self.run(self.discriminator, fakes)
        g_loss = source_loss(source, 1.0) + functional.cross_entropy(classes, fake_labels)
        self.update(self.g_optimizer, g_loss)

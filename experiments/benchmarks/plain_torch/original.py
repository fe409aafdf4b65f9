"""The LaTeX Writer's AC-GAN."""

from torch import nn

from experiments.benchmarks.plain_torch import common

LATENT_DIM = 100


def make(image_shape, num_classes):
    height, width, channels = image_shape
    body = [nn.Linear(LATENT_DIM, 1024), nn.ReLU()]
    body += [nn.Linear(1024, 128 * (height // 4) * (width // 4)), nn.ReLU()]
    body += [common.Reshape(128, height // 4, width // 4)]
    for inputs, outputs in ((128, 256), (256, 128)):
        body += [nn.Upsample(scale_factor=2), common.SameConv(inputs, outputs, 5), nn.ReLU()]
    body += [common.SameConv(128, channels, 2), nn.Tanh()]
    generator = common.Labelled(nn.Sequential(*body), num_classes, LATENT_DIM)
    discriminator = common.acgan_discriminator(image_shape, num_classes, 0.3)
    return common.ACGAN(generator, discriminator, LATENT_DIM, num_classes, 5e-5)

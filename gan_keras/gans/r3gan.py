"""R3GAN: relativistic pairing with R1 and R2 (Huang et al. 2024, arXiv:2501.05441)."""

import tensorflow as tf

from gan_keras.configs.r3gan import R3GANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans import plain
from gan_keras.gans.plain import PlainGAN
from gan_keras.steps.latents import Purpose


class R3GAN(PlainGAN):
    """The regularised relativistic GAN.

    With f = softplus, the discriminator minimises `E f(D(G(z)) - D(x))` and gradient penalties at
    reals (R1) and fakes (R2); the generator minimises `E f(D(x) - D(G(z)))`. A fake must beat the
    real that it is paired with, which no collapsed generator can.
    """

    HALF = 1.0  # each half is half of the pairs' loss already

    def train_step(self, data):
        """Updates the discriminator, then the generator on the same reals.

        Args:
            data: Images float32 `(n_critic * batch, h, w, c)`, and labels, which are not used.

        Returns:
            The step's values, keyed by `METRICS`; the discriminator's are those of its last update.
        """
        for k, images in enumerate(self.batches(data)):
            n = tf.shape(images)[0]
            fakes = self.generate(n, Purpose.LATENT_D, k)
            d = self.update_on_both(images, fakes, k)  # with R1 and R2

        g = self.train_generator(images)
        self.finish_step()
        return self.track(**d, **g)


def build(config: R3GANConfig, spec: DataSpec) -> R3GAN:
    """Builds and compiles the R3GAN of a configuration.

    Args:
        config: Its `precision` must be set as the global dtype policy already.
        spec: Image shape of the train split.
    """
    return plain.build(R3GAN, config, spec)

"""The Wasserstein GAN with weight clipping (Arjovsky et al. 2017, arXiv:1701.07875)."""

import tensorflow as tf

from gan_keras.configs.wgan import WGANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans import plain
from gan_keras.gans.plain import PlainGAN
from gan_keras.steps.latents import Purpose


class WGAN(PlainGAN):
    """Algorithm 1 of the paper.

    The critic f maximises `E f(x) - E f(G(z))`, its weights clipped to a box after each update, so
    that `-d_loss` estimates a multiple of the Wasserstein distance.
    """

    HALF = 1.0  # d_loss is the sum of both halves

    def train_step(self, data):
        """Updates the critic `n_critic` times, then the generator.

        Args:
            data: Images float32 `(n_critic * batch, h, w, c)`, and labels, which are not used.

        Returns:
            The step's values, keyed by `METRICS`; the critic's are those of its last update.
        """
        for t, images in enumerate(self.batches(data)):
            n = tf.shape(images)[0]
            fakes = self.generate(n, Purpose.LATENT_D, t)
            d = self.update_on_both(images, fakes, t)  # clips the critic's weights

        g = self.train_generator(images)
        self.finish_step()
        return self.track(**d, **g)


def build(config: WGANConfig, spec: DataSpec) -> WGAN:
    """Builds and compiles the WGAN of a configuration.

    Args:
        config: Its `precision` must be set as the global dtype policy already.
        spec: Image shape of the train split.
    """
    return plain.build(WGAN, config, spec)

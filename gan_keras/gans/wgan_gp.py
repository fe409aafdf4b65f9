"""The Wasserstein GAN with gradient penalty (Gulrajani et al. 2017, arXiv:1704.00028)."""

import tensorflow as tf

from gan_keras.configs.wgan_gp import WGANGPConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans import plain
from gan_keras.gans.plain import PlainGAN
from gan_keras.latents import Purpose


class WGANGP(PlainGAN):
    """Algorithm 1 of the paper.

    The critic D minimises `E D(G(z)) - E D(x) + factor E (||grad D(x^)|| - 1)^2` (eq. 3), with x^
    on the lines between reals and fakes.
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
            fakes, _ = self.memory.exchange(fakes, self.step_seed(Purpose.REPLAY, t))
            x = self.seen(images, Purpose.AUGMENT_REAL, t)
            x_fake = self.seen(fakes, Purpose.AUGMENT_FAKE, t)
            with tf.GradientTape() as tape:
                d = self.discriminator_values(self.judge(x), self.judge(x_fake), t)
                seed = self.step_seed(Purpose.PENALTY, t)  # of the places between x and x_fake
                penalty = self.tools.penalty(self.judge, x, x_fake, seed, self.steps)
                d_total = d["d_loss"] + penalty + self.d_history.penalty()
            d_norm = self.update_discriminator(tape, d_total)

        with tf.GradientTape() as tape:
            fakes = self.generate(n, Purpose.LATENT_G)
            g_loss = self.generator_loss(fakes, images)
            g_total = g_loss + self.g_history.penalty()
        g_norm = self.update_generator(tape, g_total)
        self.finish_step()
        norms = {"d_gradient_norm": d_norm, "g_gradient_norm": g_norm}
        return self.track(**d, **norms, gradient_penalty=penalty, g_loss=g_loss)


def build(config: WGANGPConfig, spec: DataSpec) -> WGANGP:
    """Builds and compiles the WGAN-GP of a configuration.

    Args:
        config: Its `precision` must be set as the global dtype policy already.
        spec: Image shape of the train split.
    """
    return plain.build(WGANGP, config, spec)

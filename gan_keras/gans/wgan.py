"""The Wasserstein GAN with weight clipping (Arjovsky et al. 2017, arXiv:1701.07875)."""

from typing import Any

import tensorflow as tf

from gan_keras.configs.wgan import WGANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans.plain import PlainGAN, image_networks
from gan_keras.steps import losses
from gan_keras.steps.latents import Purpose


class WGAN(PlainGAN):
    """Algorithm 1 of the paper.

    The critic f maximises `E f(x) - E f(G(z))`, its weights clipped to a box after each update, so
    that `-d_loss` estimates a multiple of the Wasserstein distance.
    """

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Updates the critic `n_critic` times, then the generator.

        Args:
            data: Images float32 `(n_critic * batch, h, w, c)`, and labels, which are not used.

        Returns:
            The step's values, keyed by `METRICS`; the critic's are from its last update.
        """
        wasserstein = losses.Wasserstein()
        for t, reals in enumerate(self.batches(data)):
            n = tf.shape(reals)[0]
            fakes = self.replayed(self.generate(n, Purpose.LATENT_D, t), t)
            seen_reals = self.seen(reals, Purpose.AUGMENT_REAL, t)
            fakes = self.seen(fakes, Purpose.AUGMENT_FAKE, t)
            with tf.GradientTape() as tape:
                real_scores, fake_scores = self.discriminate(seen_reals), self.discriminate(fakes)
                d = wasserstein.discriminator(real_scores, fake_scores)
            # Clips the critic's weights to [-c, c], c = `--weight_clip`.
            d_norm = self.update_discriminator(tape, d["d_loss"])

        with tf.GradientTape() as tape:
            fakes = self.seen(self.generate(n, Purpose.LATENT_G), Purpose.AUGMENT_G)
            matching = self.feature_matching(self.seen(reals, Purpose.AUGMENT_G, 1), fakes)
            g_loss = wasserstein.generator(self.discriminate(fakes)) + matching
        g_norm = self.update_generator(tape, g_loss)
        self.finish_step()
        return self.track(
            **d,
            g_loss=g_loss,
            g_gradient_norm=g_norm,
            d_gradient_norm=d_norm,
        )


def build(config: WGANConfig, spec: DataSpec) -> WGAN:
    """Builds the WGAN of a configuration, see `gans.build`."""
    return WGAN(config, *image_networks(config, spec))

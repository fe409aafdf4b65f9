"""The Wasserstein GAN with gradient penalty (Gulrajani et al. 2017, arXiv:1704.00028)."""

import functools
from typing import Any

import tensorflow as tf

from gan_keras.configs.wgan_gp import WGANGPConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans.plain import PlainGAN, image_networks
from gan_keras.steps import losses, penalties
from gan_keras.steps.latents import Purpose


class WGANGP(PlainGAN):
    """Algorithm 1 of the paper.

    The critic D minimises `E D(G(z)) - E D(x) + lambda E (||grad D(x^)|| - 1)^2` (eq. 3), with x^
    on the lines between reals and fakes and lambda = `--penalty_factor`.
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
                seed = self.step_seed(Purpose.PENALTY, t)
                between = functools.partial(
                    penalties.gradient_penalty, self.discriminate, seen_reals, fakes, seed
                )
                penalty = self.penalty.lazily(self.steps, between)
                d_total = d["d_loss"] + penalty
            d_norm = self.update_discriminator(tape, d_total)

        with tf.GradientTape() as tape:
            fakes = self.seen(self.generate(n, Purpose.LATENT_G), Purpose.AUGMENT_G)
            matching = self.feature_matching(self.seen(reals, Purpose.AUGMENT_G, 1), fakes)
            g_loss = wasserstein.generator(self.discriminate(fakes)) + matching
        g_norm = self.update_generator(tape, g_loss)
        self.finish_step()
        return self.track(
            **d,
            g_loss=g_loss,
            gradient_penalty=penalty,
            g_gradient_norm=g_norm,
            d_gradient_norm=d_norm,
        )


def build(config: WGANGPConfig, spec: DataSpec) -> WGANGP:
    """Builds the WGAN-GP of a configuration, see `gans.build`."""
    return WGANGP(config, *image_networks(config, spec))

"""R3GAN: relativistic pairing with R1 and R2 (Huang et al. 2024, arXiv:2501.05441)."""

from typing import Any

import tensorflow as tf

from gan_keras.configs.r3gan import R3GANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans.plain import PlainGAN, image_networks
from gan_keras.steps import losses
from gan_keras.steps.latents import Purpose


class R3GAN(PlainGAN):
    """The regularised relativistic GAN.

    With f = softplus, the discriminator minimises `E f(D(G(z)) - D(x))` and gradient penalties at
    reals (R1) and fakes (R2); the generator minimises `E f(D(x) - D(G(z)))`. A fake must beat the
    real that it is paired with, which no collapsed generator can.
    """

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Updates the discriminator, then the generator on the same reals.

        Args:
            data: Images float32 `(n_critic * batch, h, w, c)`, and labels, which are not used.

        Returns:
            The step's values, keyed by `METRICS`; the discriminator's are from its last update.
        """
        relativistic = losses.Relativistic()
        for k, reals in enumerate(self.batches(data)):
            n = tf.shape(reals)[0]
            fakes = self.replayed(self.generate(n, Purpose.LATENT_D, k), k)
            seen_reals = self.seen(reals, Purpose.AUGMENT_REAL, k)
            fakes = self.seen(fakes, Purpose.AUGMENT_FAKE, k)
            with tf.GradientTape() as tape:
                real_logits, fake_logits = self.discriminate(seen_reals), self.discriminate(fakes)
                d = relativistic.discriminator(real_logits, fake_logits)
                # R1 and R2 with weight gamma = `--penalty_factor`.
                seed = self.step_seed(Purpose.PENALTY, k)
                penalty = self.penalty(self.discriminate, seen_reals, fakes, seed, self.steps)
                d_total = d["d_loss"] + penalty
            d_norm = self.update_discriminator(tape, d_total)

        with tf.GradientTape() as tape:
            fakes = self.seen(self.generate(n, Purpose.LATENT_G), Purpose.AUGMENT_G)
            seen_reals = self.seen(reals, Purpose.AUGMENT_G, 1)
            matching = self.feature_matching(seen_reals, fakes)
            g_logits = self.discriminate(fakes)
            g_loss = relativistic.generator(g_logits, self.discriminate(seen_reals)) + matching
        g_norm = self.update_generator(tape, g_loss)
        self.finish_step()
        return self.track(
            **d,
            g_loss=g_loss,
            gradient_penalty=penalty,
            g_gradient_norm=g_norm,
            d_gradient_norm=d_norm,
        )


def build(config: R3GANConfig, spec: DataSpec) -> R3GAN:
    """Builds the R3GAN of a configuration, see `gans.build`."""
    return R3GAN(config, *image_networks(config, spec))

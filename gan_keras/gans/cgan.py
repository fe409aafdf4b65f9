"""The conditional GAN (Mirza & Osindero 2014, arXiv:1411.1784)."""

from typing import Any

import tensorflow as tf

from gan_keras.configs.cgan import CGANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans.plain import PlainGAN, image_networks
from gan_keras.networks.common import Condition
from gan_keras.steps.latents import Purpose


class CGAN(PlainGAN):
    """A GAN both of whose networks are told the class.

    The discriminator maximises `E log D(x|y) + E log(1 - D(G(z|y)|y))` (eq. 2), by concatenation
    or by a projection (Miyato & Koyama 2018, eq. 3). The classes y of generated images are those
    of the reals: within each class the discriminator sees as many of either, however rare it is.
    """

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Updates the discriminator on pairs of image and class, then the generator.

        Args:
            data: Images float32 `(n_critic * batch, h, w, c)` and labels int32.

        Returns:
            The step's values, keyed by `METRICS`; the discriminator's are from its last update.
        """
        loss = self.loss_function
        every_label = self.unpack(data)[1]
        every_label = tf.split(every_label, self.config.n_critic)
        for k, (reals, y) in enumerate(zip(self.batches(data), every_label, strict=True)):
            n = tf.shape(reals)[0]
            fakes = self.replayed(self.generate(n, Purpose.LATENT_D, k, y), k)
            seen_reals = self.seen(reals, Purpose.AUGMENT_REAL, k)
            fakes = self.seen(fakes, Purpose.AUGMENT_FAKE, k)

            def critic(images: tf.Tensor, y: tf.Tensor = y) -> tf.Tensor:
                return self.discriminate(images, y)

            with tf.GradientTape() as tape:
                real_logits, fake_logits = critic(seen_reals), critic(fakes)
                d = loss.discriminator(real_logits, fake_logits, *self.d_targets(n, k))
                seed = self.step_seed(Purpose.PENALTY, k)
                penalty = self.penalty(critic, seen_reals, fakes, seed, self.steps)
                d_total = d["d_loss"] + penalty
            d_norm = self.update_discriminator(tape, d_total)

        with tf.GradientTape() as tape:
            fakes = self.seen(self.generate(n, Purpose.LATENT_G, labels=y), Purpose.AUGMENT_G)
            matching = self.feature_matching(self.seen(reals, Purpose.AUGMENT_G, 1), fakes, y)
            g_loss = loss.generator(critic(fakes), target=self.g_target(n))
            g_loss += matching
        g_norm = self.update_generator(tape, g_loss)
        self.finish_step()
        return self.track(
            **d,
            g_loss=g_loss,
            gradient_penalty=penalty,
            g_gradient_norm=g_norm,
            d_gradient_norm=d_norm,
        )


def build(config: CGANConfig, spec: DataSpec) -> CGAN:
    """Builds the conditional GAN of a configuration, see `gans.build`."""
    condition = Condition(spec.num_classes, config.conditioning)
    return CGAN(config, *image_networks(config, spec, condition))

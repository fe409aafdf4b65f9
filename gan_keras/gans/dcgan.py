"""The deep convolutional GAN (Radford et al. 2016, arXiv:1511.06434)."""

from typing import Any

import tensorflow as tf

from gan_keras.configs.dcgan import DCGANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans.plain import PlainGAN, image_networks
from gan_keras.steps.latents import Purpose


class DCGAN(PlainGAN):
    """A GAN whose networks normalise by the batch.

    The paper puts BatchNorm into both networks, so real and generated images must never share a
    batch: the discriminator has an update on each. It sees images that the generator makes in
    inference mode, as Keras' `predict` gives them.
    """

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Updates the discriminator on real, then on generated images, then the generator.

        Args:
            data: Images float32 `(n_critic * batch, h, w, c)`, and labels, which are not used.

        Returns:
            The step's values, keyed by `METRICS`; the discriminator's are from its last updates.
        """
        loss = self.loss_function
        for k, reals in enumerate(self.batches(data)):
            fakes = self.generate(tf.shape(reals)[0], Purpose.LATENT_D, k, training=False)
            fakes = self.seen(self.replayed(fakes, k), Purpose.AUGMENT_FAKE, k)
            with tf.GradientTape() as tape:
                real_logits = self.discriminate(self.seen(reals, Purpose.AUGMENT_REAL, k))
                n = tf.shape(real_logits)[0]
                real_target, fake_target = self.d_targets(n, k)
                d_real = loss.on_reals(real_logits, real_target)
            real_norm = self.update_discriminator(tape, d_real)

            with tf.GradientTape() as tape:
                fake_logits = self.discriminate(fakes)
                d_fake = loss.on_fakes(fake_logits, fake_target)
            fake_norm = self.update_discriminator(tape, d_fake)

        # The discriminator stays in training mode: it normalises by this batch as well.
        with tf.GradientTape() as tape:
            fakes = self.generate(tf.shape(reals)[0], Purpose.LATENT_G)
            fakes = self.seen(fakes, Purpose.AUGMENT_G)
            matching = self.feature_matching(self.seen(reals, Purpose.AUGMENT_G, 1), fakes)
            g_loss = loss.generator(self.discriminate(fakes), target=self.g_target(n)) + matching
        g_norm = self.update_generator(tape, g_loss)
        self.finish_step()
        return self.track(
            **loss.from_halves(d_real, d_fake, real_logits, fake_logits),
            g_loss=g_loss,
            g_gradient_norm=g_norm,
            d_gradient_norm=0.5 * (real_norm + fake_norm),
        )


def build(config: DCGANConfig, spec: DataSpec) -> DCGAN:
    """Builds the DCGAN of a configuration, see `gans.build`."""
    return DCGAN(config, *image_networks(config, spec))

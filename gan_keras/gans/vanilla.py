"""The generative adversarial network (Goodfellow et al. 2014, arXiv:1406.2661)."""

from typing import Any

import keras
import tensorflow as tf

from gan_keras.configs.vanilla import VanillaConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans.base import own_optimizers
from gan_keras.gans.plain import PlainGAN, image_networks
from gan_keras.steps.latents import Purpose


class VanillaGAN(PlainGAN):
    """The plain GAN: algorithm 1 of the paper, with k = `n_critic`.

    The discriminator ascends `E log D(x) + E log(1 - D(G(z)))`; the generator descends the same
    (`--loss=minimax`, eq. 1) or ascends `E log D(G(z))` (non-saturating, section 3).

    `--separate_updates` gives the discriminator an update on each half, `--fakes` says what it
    sees, and `--shared_optimizer_bug` lets its optimizer update the generator too.
    """

    def compile(
        self,
        g_optimizer: keras.optimizers.Optimizer | str | None = None,
        d_optimizer: keras.optimizers.Optimizer | str | None = None,
        **kwargs: Any,
    ) -> None:
        """Compiles as `GAN.compile`; with the bug, the generator's optimizer remains unused."""
        if self.config.shared_optimizer_bug:
            g_optimizer, d_optimizer = own_optimizers(g_optimizer, d_optimizer)
            d_optimizer = d_optimizer or self.make_optimizer()
            # Moments for the variables of both, but one step count, which moves twice per step.
            d_optimizer.build(
                [*self.discriminator.trainable_variables, *self.generator.trainable_variables]
            )
        super().compile(g_optimizer, d_optimizer, **kwargs)
        if self.config.shared_optimizer_bug:
            self.g_optimizer = self.d_optimizer

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Updates the discriminator k times, then the generator, then its average.

        Args:
            data: Images float32 `(k * batch, h, w, c)`, and labels, which are not used.

        Returns:
            The step's values, keyed by `METRICS`; the discriminator's are from update k.
        """
        fakes_kind = self.config.fakes
        update = self._update_on_each if self.config.separate_updates else self._update_on_both
        for k, reals in enumerate(self.batches(data)):
            n = tf.shape(reals)[0]
            with tf.GradientTape() as g_tape:
                training = fakes_kind != "inference"
                fakes = self.generate(n, Purpose.LATENT_D, k, training=training)
            d = update(
                self.seen(reals, Purpose.AUGMENT_REAL, k),
                self.seen(self.replayed(fakes, k), Purpose.AUGMENT_FAKE, k),
                k,
            )

        with g_tape if fakes_kind == "shared" else tf.GradientTape() as tape:
            if fakes_kind != "shared":
                fakes = self.generate(n, Purpose.LATENT_G)
            fakes = self.seen(fakes, Purpose.AUGMENT_G)
            matching = self.feature_matching(self.seen(reals, Purpose.AUGMENT_G, 1), fakes)
            logits = self.discriminate(fakes)
            target = self.g_target(tf.shape(logits)[0])
            g_loss = self.loss_function.generator(logits, target=target) + matching
        g_norm = self.update_generator(tape, g_loss)
        self.finish_step()
        return self.track(**d, g_loss=g_loss, g_gradient_norm=g_norm)

    def _update_on_both(self, reals: tf.Tensor, fakes: tf.Tensor, k: int) -> dict[str, tf.Tensor]:
        """One update of the discriminator on real and generated images."""
        with tf.GradientTape() as tape:
            real_logits, fake_logits = self.discriminate(reals), self.discriminate(fakes)
            n = tf.shape(real_logits)[0]
            d = self.loss_function.discriminator(real_logits, fake_logits, *self.d_targets(n, k))
            seed = self.step_seed(Purpose.PENALTY, k)
            penalty = self.penalty(self.discriminate, reals, fakes, seed, self.steps)
            d_total = d["d_loss"] + penalty
        norm = self.update_discriminator(tape, d_total)
        return {**d, "gradient_penalty": penalty, "d_gradient_norm": norm}

    def _update_on_each(self, reals: tf.Tensor, fakes: tf.Tensor, k: int) -> dict[str, tf.Tensor]:
        """One update of the discriminator on real images, then one on generated images."""
        with tf.GradientTape() as tape:
            real_logits = self.discriminate(reals)
            real_target, fake_target = self.d_targets(tf.shape(real_logits)[0], k)
            d_real = self.loss_function.on_reals(real_logits, real_target)
        real_norm = self.update_discriminator(tape, d_real)

        with tf.GradientTape() as tape:
            fake_logits = self.discriminate(fakes)
            d_fake = self.loss_function.on_fakes(fake_logits, fake_target)
        fake_norm = self.update_discriminator(tape, d_fake)
        d = self.loss_function.from_halves(d_real, d_fake, real_logits, fake_logits)
        return {**d, "d_gradient_norm": 0.5 * (real_norm + fake_norm)}


def build(config: VanillaConfig, spec: DataSpec) -> VanillaGAN:
    """Builds the plain GAN of a configuration, see `gans.build`."""
    return VanillaGAN(config, *image_networks(config, spec))

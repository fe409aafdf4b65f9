"""A GAN over points whose distribution is known, where mode collapse can be seen and counted."""

from typing import Any

import numpy as np
import tensorflow as tf

from gan_keras.configs.gaussian import GaussianConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.drawing import plots
from gan_keras.gans.plain import PlainGAN, equip
from gan_keras.networks import points
from gan_keras.steps import latents
from gan_keras.steps.latents import Purpose

SCATTERED = 1000  # generated points in a picture


class GaussianGAN(PlainGAN):
    """The GAN of Goodfellow et al. 2014 on points instead of images.

    With `--simultaneous` the generator's gradient is taken at the discriminator that was there
    before the step, on the same generated points; otherwise at the updated one, on new points.
    """

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Updates the discriminator `n_critic` times, then the generator and its average.

        Args:
            data: Points float32 `(n_critic * batch, d)`, and labels, which are not used.

        Returns:
            The step's values, keyed by `METRICS`; the discriminator's are from its last update.
        """
        loss = self.loss_function
        for k, reals in enumerate(self.batches(data)):
            n = tf.shape(reals)[0]
            with tf.GradientTape() as g_tape:
                fakes = self.generate(n, Purpose.LATENT_D, k)
                if self.config.simultaneous:
                    g_loss = self._generator_loss(fakes, reals)
            seen_reals = self.seen(reals, Purpose.AUGMENT_REAL, k)
            fakes = self.seen(self.replayed(fakes, k), Purpose.AUGMENT_FAKE, k)
            with tf.GradientTape() as tape:
                real_logits, fake_logits = self.discriminate(seen_reals), self.discriminate(fakes)
                d = loss.discriminator(
                    real_logits, fake_logits, *self.d_targets(tf.shape(real_logits)[0], k)
                )
                seed = self.step_seed(Purpose.PENALTY, k)
                penalty = self.penalty(self.discriminate, seen_reals, fakes, seed, self.steps)
                d_total = d["d_loss"] + penalty
            d_norm = self.update_discriminator(tape, d_total)

        if not self.config.simultaneous:
            with tf.GradientTape() as g_tape:
                g_loss = self._generator_loss(self.generate(n, Purpose.LATENT_G), reals)
        g_norm = self.update_generator(g_tape, g_loss)
        self.finish_step()
        return self.track(
            **d,
            g_loss=g_loss,
            gradient_penalty=penalty,
            g_gradient_norm=g_norm,
            d_gradient_norm=d_norm,
        )

    def _generator_loss(self, fakes: tf.Tensor, reals: tf.Tensor) -> tf.Tensor:
        """Loss of the generator at the discriminator as it is now."""
        fakes = self.seen(fakes, Purpose.AUGMENT_G)
        reals = self.seen(reals, Purpose.AUGMENT_G, 1)
        matching = self.feature_matching(reals, fakes)
        logits = self.discriminate(fakes)
        real_logits = self.discriminate(reals) if self.loss_function.compares else None
        target = self.g_target(tf.shape(logits)[0])
        return self.loss_function.generator(logits, real_logits, target) + matching

    def pictures(self, real: np.ndarray) -> dict[str, np.ndarray]:
        """Generated points over real ones, from the same noise each time.

        Args:
            real: Held-out points.
        """
        z = self.sample_latent(SCATTERED, latents.step_seed(self.seed, 0, Purpose.PREVIEW))
        title = f"step {int(self.steps.numpy()):,}"
        return {"scatter": plots.scatter(np.asarray(real), self(z).numpy(), title)}


def build(config: GaussianConfig, spec: DataSpec) -> GaussianGAN:
    """Builds the GAN over points of a configuration, see `gans.build`.

    Raises:
        ValueError: If the data set has images.
    """
    if not spec.is_points:
        raise ValueError(
            "the experiment 'gaussian' needs a data set of points: gaussian, gaussian3d, ring or "
            f"grid. Received: --dataset={config.dataset}"
        )
    (dimensions,) = spec.image_shape
    discriminator = points.make_discriminator(
        config.networks, dimensions * config.packing, config.width_mult
    )
    generator = points.make_generator(
        config.networks, dimensions, config.latent_dim, config.width_mult
    )
    return GaussianGAN(config, generator, equip(discriminator, config))

"""The generative adversarial network (Goodfellow et al. 2014, arXiv:1406.2661)."""

import keras
import tensorflow as tf

from gan_keras.configs.vanilla import VanillaConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans import plain
from gan_keras.gans.plain import PlainGAN
from gan_keras.steps.latents import Purpose


class VanillaGAN(PlainGAN):
    """The plain GAN: algorithm 1 of the paper, with k = `n_critic`.

    The discriminator ascends `E log D(x) + E log(1 - D(G(z)))`; the generator descends the same
    (`--loss=minimax`, eq. 1) or ascends `E log D(G(z))` (non-saturating, section 3).

    Args:
        generator: As for `PlainGAN`.
        discriminator: As for `PlainGAN`.
        fakes: What the discriminator sees: `fresh` images, those of the generator's own update
            (`shared`), or fresh ones made in `inference` mode.
        separate_updates: Whether the discriminator has an update on each half.
        shared_optimizer_bug: Whether the discriminator's optimizer updates the generator too.
        **kwargs: As for `PlainGAN`.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        fakes: str = "fresh",
        separate_updates: bool = False,
        shared_optimizer_bug: bool = False,
        **kwargs,
    ):
        super().__init__(generator, discriminator, **kwargs)
        self.fakes = fakes
        self.separate_updates = separate_updates
        self.shared_optimizer_bug = shared_optimizer_bug

    def compile(self, g_optimizer, d_optimizer, **kwargs) -> None:
        """As `GAN.compile`; with the bug, the generator's optimizer remains unused.

        Args:
            g_optimizer: For the generator.
            d_optimizer: For the discriminator; another instance.
            **kwargs: For `keras.Model.compile`.
        """
        if self.shared_optimizer_bug:
            # Moments for the variables of both, but one step count, which moves twice a step.
            d_optimizer.build(
                [*self.discriminator.trainable_variables, *self.generator.trainable_variables]
            )
        super().compile(g_optimizer, d_optimizer, **kwargs)
        if self.shared_optimizer_bug:
            self.g_optimizer = d_optimizer

    def train_step(self, data):
        """Updates the discriminator k times, then the generator, then its average.

        Args:
            data: Images float32 `(k * batch, h, w, c)`, and labels, which are not used.

        Returns:
            The step's values, keyed by `METRICS`; the discriminator's are those of update k.
        """
        update_discriminator = self.update_on_each if self.separate_updates else self.update_on_both
        for k, images in enumerate(self.batches(data)):
            n = tf.shape(images)[0]
            with tf.GradientTape() as g_tape:
                fakes = self.generate(n, Purpose.LATENT_D, k, training=self.fakes != "inference")
            d = update_discriminator(images, fakes, k)

        with g_tape if self.fakes == "shared" else tf.GradientTape() as tape:
            if self.fakes != "shared":
                fakes = self.generate(n, Purpose.LATENT_G)
            g_loss = self.generator_loss(fakes, images)
            g_total = g_loss + self.g_history.penalty()
        g_norm = self.update_generator(tape, g_total)
        self.finish_step()
        return self.track(**d, g_loss=g_loss, g_gradient_norm=g_norm)


def build(config: VanillaConfig, spec: DataSpec) -> VanillaGAN:
    """Builds and compiles the plain GAN of a configuration.

    Args:
        config: Its `precision` must be set as the global dtype policy already.
        spec: Image shape of the train split.
    """
    return plain.build(
        VanillaGAN,
        config,
        spec,
        fakes=config.fakes,
        separate_updates=config.separate_updates,
        shared_optimizer_bug=config.shared_optimizer_bug,
    )

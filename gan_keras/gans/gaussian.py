"""A GAN over points whose distribution is known, where mode collapse can be seen and counted."""

import keras
import numpy as np
import tensorflow as tf

from gan_keras.configs.gaussian import GaussianConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.drawing import plots
from gan_keras.gans.plain import PlainGAN
from gan_keras.networks import points
from gan_keras.steps import latents, toolbox
from gan_keras.steps.latents import Purpose

SCATTERED = 1000  # generated points in a picture


class GaussianGAN(PlainGAN):
    """The GAN of Goodfellow et al. 2014 on points instead of images.

    Args:
        generator: Functional model from z to points.
        discriminator: Functional model from points, packed if the tools pack, to logits.
        simultaneous: Whether the generator's gradient is taken at the discriminator that was
            there before the step, on the same generated points; otherwise at the updated one, on
            new points.
        **kwargs: As for `PlainGAN`.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        simultaneous: bool = False,
        **kwargs,
    ):
        super().__init__(generator, discriminator, **kwargs)
        self.simultaneous = simultaneous

    def train_step(self, data):
        """`n_critic` updates of the discriminator, then one of the generator and of its average.

        Args:
            data: Points float32 `(n_critic * batch, d)`, and labels, which are not used.

        Returns:
            The step's values, keyed by `METRICS`; the discriminator's are those of its last update.
        """
        for k, reals in enumerate(self.batches(data)):
            with tf.GradientTape() as g_tape:
                fakes = self.generate(tf.shape(reals)[0], Purpose.LATENT_D, k)
                if self.simultaneous:
                    g_loss = self.generator_loss(fakes, reals)
                    g_total = g_loss + self.g_history.penalty()
            d = self.update_on_both(reals, fakes, k)

        if self.simultaneous:
            g = {"g_loss": g_loss, "g_gradient_norm": self.update_generator(g_tape, g_total)}
        else:
            g = self.train_generator(reals)
        self.finish_step()
        return self.track(**d, **g)

    def pictures(self, real: np.ndarray) -> dict[str, np.ndarray]:
        """Generated points over real ones, from the same noise each time.

        Args:
            real: Held-out points.
        """
        z = self.sample_latent(SCATTERED, latents.step_seed(self.seed, 0, Purpose.PREVIEW))
        title = f"step {int(self.steps.numpy()):,}"
        return {"scatter": plots.scatter(np.asarray(real), self(z).numpy(), title)}


def build(config: GaussianConfig, spec: DataSpec) -> GaussianGAN:
    """Builds and compiles the GAN of a configuration.

    Args:
        config: Its `precision` must be set as the global dtype policy already.
        spec: Of a set of points.

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
    gan = GaussianGAN(
        points.make_generator(config.networks, dimensions, config.latent_dim, config.width_mult),
        toolbox.equip(discriminator, config),
        simultaneous=config.simultaneous,
        latent=config.latent,
        tools=toolbox.Toolbox.from_config(config),
        ema_decay=config.ema_decay,
        seed=config.seed,
    )
    gan.compile(
        g_optimizer=toolbox.optimizer(config, config.lr * config.g_lr_mult, gan.steps),
        d_optimizer=toolbox.optimizer(config, config.lr, gan.steps),
    )
    return gan

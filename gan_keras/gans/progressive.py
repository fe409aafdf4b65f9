"""Progressive growing of GANs (Karras et al. 2018, arXiv:1710.10196)."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from gan_keras.configs.progressive import ProgressiveConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans.base import GAN
from gan_keras.networks import progressive
from gan_keras.steps import updates
from gan_keras.steps.latents import Purpose


@dataclasses.dataclass(frozen=True)
class Schedule:
    """When a GAN grows: a function of the step alone, so that a resumed run grows alike.

    Attributes:
        sizes: Side of the images of each stage.
        stable_steps: Steps with all layers of a stage fully in, before the next stage.
        fade_steps: Steps in which the new layers of a stage come in.
    """

    sizes: tuple[int, ...]
    stable_steps: int
    fade_steps: int

    @property
    def starts(self) -> list[int]:
        """First step of each stage; stage 0 has nothing to fade in."""
        later = range(len(self.sizes) - 1)
        return [0] + [self.stable_steps + n * (self.fade_steps + self.stable_steps) for n in later]

    def stage(self, step: tf.Tensor) -> tf.Tensor:
        """Number of the stage, int32 scalar."""
        return tf.reduce_sum(tf.cast(step >= tf.constant(self.starts, step.dtype), tf.int32)) - 1

    def alpha(self, step: tf.Tensor) -> tf.Tensor:
        """Share of the stage's new layers, float32 scalar in [0, 1]; 1 in stage 0."""
        stage = self.stage(step)
        done = step - tf.gather(tf.constant(self.starts, step.dtype), stage)
        share = tf.cast(done, tf.float32) / self.fade_steps
        return tf.where(stage > 0, tf.minimum(share, 1.0), 1.0)

    def starts_at(self, step: tf.Tensor) -> tf.Tensor:
        """True where a new stage starts at a step, bool scalar."""
        return tf.reduce_any(step == tf.constant(self.starts[1:], step.dtype))


def fade(old: tf.Tensor, new: tf.Tensor, alpha: tf.Tensor) -> tf.Tensor:
    """`(1 - alpha) old + alpha new` with `old` of half the size (paper, figure 2).

    Args:
        old: Images `(n, h / 2, w / 2, c)`.
        new: Images `(n, h, w, c)`.
        alpha: float scalar.
    """
    return (1.0 - alpha) * tf.repeat(tf.repeat(old, 2, axis=1), 2, axis=2) + alpha * new


def shrink(images: tf.Tensor, factor: int) -> tf.Tensor:
    """Means of squares of `factor x factor` pixels."""
    return tf.nn.avg_pool2d(images, factor, factor, "VALID") if factor > 1 else images


class ProgressiveGAN(GAN):
    """A GAN that begins with small images and doubles their size.

    All stages are part of one training step, which takes the one that the step's number asks for.
    When a stage begins the optimizers forget their moments, as in the paper's code.

    Args:
        config: Options of the variant; `drift` weighs the mean squared score of real images (paper,
            appendix A.1).
        generator: From `progressive.make_generator`.
        discriminator: The model of all layers from `progressive.make_discriminators`.
        stages: The discriminators of each stage from there.
        schedule: When to grow.
    """

    METRICS = (*GAN.METRICS, "image_size", "alpha")

    def __init__(
        self,
        config: ProgressiveConfig,
        generator: keras.Model,
        discriminator: keras.Model,
        stages: list[keras.Model],
        schedule: Schedule,
    ) -> None:
        super().__init__(config, generator, discriminator)
        self.schedule = schedule
        numbers = range(len(schedule.sizes))
        self.generators = [progressive.stage_generator(generator, k) for k in numbers]
        self.averaged_generators = self.generators
        if self.averaged_generator is not generator:
            self.averaged_generators = [
                progressive.stage_generator(self.averaged_generator, k) for k in numbers
            ]
        self.discriminators = stages
        self.stage = self.add_weight(
            shape=(), dtype="int32", initializer="zeros", trainable=False, name="stage"
        )
        self.alpha = self.add_weight(
            shape=(), dtype="float32", initializer="ones", trainable=False, name="alpha"
        )

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Grows if it is time, then makes the step of the stage.

        Args:
            data: Images float32 `(batch, h, w, c)` of the last size, and labels, not used.

        Returns:
            The step's values, keyed by `METRICS`.
        """
        images = self.unpack(data)[0]
        self._grow()
        values = self._at_stage(self._train_at, images)
        self.finish_step()
        return self.track(**values)

    def _train_at(self, stage: int, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Updates the discriminator, then the generator of a stage."""
        alpha, loss = tf.convert_to_tensor(self.alpha), self.loss_function
        critic = functools.partial(self._discriminate_at, stage, alpha)
        reals = self.reals(stage, alpha, images)
        n = tf.shape(reals)[0]

        fakes = self._generate_at(stage, alpha, n, self.step_seed(Purpose.LATENT_D))
        reals = self.seen(reals, Purpose.AUGMENT_REAL)
        fakes = self.seen(fakes, Purpose.AUGMENT_FAKE)
        with tf.GradientTape() as tape:
            real_logits, fake_logits = critic(reals), critic(fakes)
            d = loss.discriminator(real_logits, fake_logits, *self.d_targets(n))
            seed = self.step_seed(Purpose.PENALTY)
            penalty = self.penalty(critic, reals, fakes, seed, self.steps)
            drift = self.config.drift * tf.reduce_mean(tf.square(real_logits))
            d_total = d["d_loss"] + penalty + drift
        variables = self.discriminators[stage].trainable_variables
        d_norm = updates.update(self.d_optimizer, tape, d_total, variables)

        with tf.GradientTape() as tape:
            fakes = self._generate_at(stage, alpha, n, self.step_seed(Purpose.LATENT_G))
            g_logits = critic(self.seen(fakes, Purpose.AUGMENT_G))
            compared = critic(reals) if loss.compares else None
            g_loss = loss.generator(g_logits, compared, self.g_target(n))
        variables = self.generators[stage].trainable_variables
        return {
            **d,
            "g_loss": g_loss,
            "gradient_penalty": penalty,
            "g_gradient_norm": updates.update(self.g_optimizer, tape, g_loss, variables),
            "d_gradient_norm": d_norm,
            "image_size": tf.constant(float(self.schedule.sizes[stage])),
            "alpha": alpha,
        }

    def _grow(self) -> None:
        """Sets stage and alpha of this step."""
        step = tf.convert_to_tensor(self.steps)
        self.stage.assign(self.schedule.stage(step))
        self.alpha.assign(self.schedule.alpha(step))

        def forget() -> tf.Tensor:
            for optimizer in (self.g_optimizer, self.d_optimizer):
                for variable in optimizer.variables:
                    if not variable.path.endswith("learning_rate"):
                        variable.assign(tf.zeros_like(tf.convert_to_tensor(variable)))
            return tf.constant(True)

        tf.cond(self.schedule.starts_at(step), forget, lambda: tf.constant(False))

    def _at_stage(
        self, function: Callable[[int, tf.Tensor], dict[str, tf.Tensor]], images: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Does `function(stage, images)` for the stage that the variable says."""
        branches = [functools.partial(function, k, images) for k in range(len(self.generators))]
        return tf.switch_case(tf.convert_to_tensor(self.stage), branches)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Measures losses at the present stage on held-out images and as many generated ones.

        Args:
            data: As for `train_step`.
        """
        images = self.unpack(data, training=False)[0]
        seed = self.next_test_seed()

        def test(stage: int, images: tf.Tensor) -> dict[str, tf.Tensor]:
            alpha, loss = tf.convert_to_tensor(self.alpha), self.loss_function
            reals = self.reals(stage, alpha, images)
            n = tf.shape(reals)[0]
            fakes = self._generate_at(stage, alpha, n, seed, averaged=True)
            real_logits, fake_logits = (
                self._discriminate_at(stage, alpha, x, training=False) for x in (reals, fakes)
            )
            d = loss.discriminator(real_logits, fake_logits, *self.d_targets(n))
            return {
                **d,
                "g_loss": loss.generator(fake_logits, real_logits, self.g_target(n)),
                "image_size": tf.constant(float(self.schedule.sizes[stage])),
                "alpha": alpha,
            }

        return self.track(**self._at_stage(test, images))

    def reals(self, stage: int, alpha: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
        """Real images as a stage sees them, faded between two sizes as generated ones are.

        Args:
            stage: Its number.
            alpha: Share of its new layers.
            images: Of the last size.
        """
        images = shrink(images, self.schedule.sizes[-1] // self.schedule.sizes[stage])
        return fade(shrink(images, 2), images, alpha) if stage else images

    def _generate_at(
        self, stage: int, alpha: tf.Tensor, n: tf.Tensor, seed: tf.Tensor, averaged: bool = False
    ) -> tf.Tensor:
        """Generates `n` images of a stage."""
        nets = self.averaged_generators if averaged else self.generators
        found = nets[stage](self.sample_latent(n, seed), training=not averaged)
        return fade(*found, alpha) if stage else found

    def _discriminate_at(
        self, stage: int, alpha: tf.Tensor, images: tf.Tensor, training: bool = True
    ) -> tf.Tensor:
        """Logits of images of a stage."""
        shares = tf.fill([tf.shape(images)[0], 1, 1, 1], alpha)
        return self.discriminators[stage]([images, shares], training=training)

    def sampler(self) -> keras.Model:
        """The averaged generator as it is at this step: from z to images of the last size.

        Before the last stage pixels are repeated.
        """
        stage, alpha = int(self.stage.numpy()), float(self.alpha.numpy())
        net, sizes = self.averaged_generator, self.schedule.sizes
        x = net.outputs[stage]
        if stage and alpha < 1.0:
            old = layers.UpSampling2D(2, dtype="float32")(net.outputs[stage - 1])
            weigh = functools.partial(layers.Rescaling, dtype="float32")
            x = layers.Add(dtype="float32")([weigh(alpha)(x), weigh(1.0 - alpha)(old)])
        if sizes[stage] < sizes[-1]:
            x = layers.UpSampling2D(sizes[-1] // sizes[stage], dtype="float32")(x)
        return keras.Model(net.inputs[0], x, name="generator")

    def parts(self) -> dict[str, list[keras.Variable]]:
        """Variables of the growth."""
        return {"growth": [self.stage, self.alpha]}


def build(config: ProgressiveConfig, spec: DataSpec) -> ProgressiveGAN:
    """Builds the growing GAN of a configuration, see `gans.build`.

    Raises:
        ValueError: If images of this shape cannot be halved.
    """
    shape = spec.image_shape
    schedule = Schedule(
        tuple(progressive.stage_sizes(shape)), config.stable_steps, config.fade_steps
    )
    discriminator, stages = progressive.make_discriminators(
        shape, config.width_mult, equalized=config.equalized
    )
    generator = progressive.make_generator(
        shape, config.latent_dim, config.width_mult, equalized=config.equalized
    )
    return ProgressiveGAN(config, generator, discriminator, stages, schedule)

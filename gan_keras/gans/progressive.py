"""Progressive growing of GANs (Karras et al. 2018, arXiv:1710.10196)."""

import dataclasses
import functools

import keras
import tensorflow as tf
from keras import layers

from gan_keras.configs.progressive import ProgressiveConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans.base import GAN
from gan_keras.networks import progressive
from gan_keras.steps import toolbox
from gan_keras.steps.gradients import after, global_norm
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
        """Whether a new stage starts at a step, bool scalar."""
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
        generator: From `progressive.make_generator`.
        discriminator: The model of all layers from `progressive.make_discriminators`.
        stages: The discriminators of each stage from there.
        schedule: When to grow.
        drift: Weight of the mean squared score of real images (paper, appendix A.1).
        **kwargs: As for `GAN`.
    """

    METRICS = (
        "g_loss",
        "d_loss",
        "d_real",
        "d_fake",
        "gradient_penalty",
        "real_score",
        "fake_score",
        "g_gradient_norm",
        "d_gradient_norm",
        "image_size",
        "alpha",
    )

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        stages: list[keras.Model],
        *,
        schedule: Schedule,
        drift: float = 0.0,
        **kwargs,
    ):
        super().__init__(generator, discriminator, **kwargs)
        self.schedule = schedule
        self.drift = drift
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

    def train_step(self, data):
        """Grows if it is time, then updates the discriminator, then the generator of the stage.

        Args:
            data: Images float32 `(batch, h, w, c)` of the last size, and labels, not used.

        Returns:
            The step's values, keyed by `METRICS`.
        """
        images = keras.utils.unpack_x_y_sample_weight(data)[0]
        self._grow()
        values = self._at_stage(self._train_at, images)
        self.finish_step()
        return self.track(**values)

    def _grow(self) -> None:
        """Sets stage and alpha of this step."""
        step = tf.convert_to_tensor(self.steps)
        self.stage.assign(self.schedule.stage(step))
        self.alpha.assign(self.schedule.alpha(step))

        def forget():
            for optimizer in (self.g_optimizer, self.d_optimizer):
                for variable in optimizer.variables:
                    if not variable.path.endswith("learning_rate"):
                        variable.assign(tf.zeros_like(tf.convert_to_tensor(variable)))
            return tf.constant(True)

        tf.cond(self.schedule.starts_at(step), forget, lambda: tf.constant(False))

    def _at_stage(self, function, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Does `function(stage, images)` for the stage that the variable says."""
        branches = [functools.partial(function, k, images) for k in range(len(self.generators))]
        return tf.switch_case(tf.convert_to_tensor(self.stage), branches)

    def _train_at(self, stage: int, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Both updates at one stage."""
        alpha = tf.convert_to_tensor(self.alpha)
        discriminate = functools.partial(self._discriminate, stage, alpha)
        reals = self.reals(stage, alpha, images)
        n = tf.shape(reals)[0]

        fakes = self._generate(stage, alpha, n, self.step_seed(Purpose.LATENT_D))
        seen = self.tools.change(reals, self.step_seed(Purpose.AUGMENT_REAL), self.steps)
        fakes = self.tools.change(fakes, self.step_seed(Purpose.AUGMENT_FAKE), self.steps)
        with tf.GradientTape() as d_tape:
            real_logits, fake_logits = discriminate(seen), discriminate(fakes)
            d = self._discriminator_values(real_logits, fake_logits)
            d["gradient_penalty"] = self.tools.penalty(
                discriminate, seen, fakes, self.step_seed(Purpose.PENALTY), self.steps
            )
            drift = self.drift * tf.reduce_mean(tf.square(real_logits))
            d_total = d["d_loss"] + d["gradient_penalty"] + drift
        d["d_gradient_norm"] = _update(
            self.d_optimizer, d_tape, d_total, self.discriminators[stage].trainable_variables
        )

        with tf.GradientTape() as g_tape:
            fakes = self._generate(stage, alpha, n, self.step_seed(Purpose.LATENT_G))
            seed = self.step_seed(Purpose.AUGMENT_G)
            fakes = self.tools.change(fakes, seed, self.steps)
            g_loss = self._generator_loss(discriminate, fakes, seen)
        g_norm = _update(
            self.g_optimizer, g_tape, g_loss, self.generators[stage].trainable_variables
        )
        return {**d, "g_loss": g_loss, "g_gradient_norm": g_norm, **self._growth(stage, alpha)}

    def test_step(self, data):
        """Losses at the present stage on held-out images and as many generated ones.

        Args:
            data: As for `train_step`.
        """
        images = keras.utils.unpack_x_y_sample_weight(data)[0]
        seed = self.next_test_seed()

        def test(stage, images):
            alpha = tf.convert_to_tensor(self.alpha)
            discriminate = functools.partial(self._discriminate, stage, alpha, training=False)
            reals = self.reals(stage, alpha, images)
            fakes = self._generate(stage, alpha, tf.shape(reals)[0], seed, averaged=True)
            d = self._discriminator_values(discriminate(reals), discriminate(fakes))
            g_loss = self._generator_loss(discriminate, fakes, reals)
            return {**d, "g_loss": g_loss, **self._growth(stage, alpha)}

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

    def _generate(self, stage, alpha, n, seed, averaged=False):
        """Generates `n` images of a stage."""
        nets = self.averaged_generators if averaged else self.generators
        found = nets[stage](self.sample_latent(n, seed), training=not averaged)
        return fade(*found, alpha) if stage else found

    def _discriminate(self, stage, alpha, images, training=True):
        """Logits of images of a stage."""
        shares = tf.fill([tf.shape(images)[0], 1, 1, 1], alpha)
        return self.discriminators[stage]([images, shares], training=training)

    def _discriminator_values(self, real_logits, fake_logits):
        """The discriminator's loss, its halves, and the scores that it gives."""
        n = tf.shape(real_logits)[0]
        d_real, d_fake = self.tools.loss.discriminator(
            real_logits,
            fake_logits,
            self.tools.targets.real(n, self.step_seed(Purpose.TARGETS_REAL)),
            self.tools.targets.fake(n, self.step_seed(Purpose.TARGETS_FAKE)),
        )
        # Cross-entropies by their mean, ln 2 at best; a critic by the distance that it estimates.
        score = tf.identity if self.tools.loss.is_critic else tf.sigmoid
        half = 1.0 if self.tools.loss.is_critic else 0.5
        return {
            "d_loss": half * (d_real + d_fake),
            "d_real": d_real,
            "d_fake": d_fake,
            "real_score": tf.reduce_mean(score(real_logits)),
            "fake_score": tf.reduce_mean(score(fake_logits)),
        }

    def _generator_loss(self, discriminate, fakes, reals):
        """The adversarial loss of the generator."""
        logits = discriminate(fakes)
        target = self.tools.targets.generator(
            tf.shape(logits)[0], self.step_seed(Purpose.TARGETS_G)
        )
        paired = self.tools.loss.needs_real_logits_for_generator
        return self.tools.loss.generator(
            logits, discriminate(reals) if paired else None, target=target
        )

    def _growth(self, stage, alpha):
        return {"image_size": tf.constant(float(self.schedule.sizes[stage])), "alpha": alpha}

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

    def parts(self) -> dict[str, list[tf.Variable]]:
        """How far it has grown."""
        return {"growth": [self.stage, self.alpha]}


def _update(optimizer, tape, loss, variables) -> tf.Tensor:
    """Updates the variables of a stage; returns the norm of their gradient."""
    gradients = tape.gradient(loss, variables)
    with after(loss, gradients):
        optimizer.apply(gradients, variables)
    return global_norm(gradients)


def build(config: ProgressiveConfig, spec: DataSpec) -> ProgressiveGAN:
    """Builds and compiles the growing GAN of a configuration.

    Args:
        config: Its `precision` must be set as the global dtype policy already.
        spec: Image shape of the train split.

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
    gan = ProgressiveGAN(
        progressive.make_generator(
            shape, config.latent_dim, config.width_mult, equalized=config.equalized
        ),
        discriminator,
        stages,
        schedule=schedule,
        drift=config.drift,
        latent=config.latent,
        tools=toolbox.Toolbox.from_config(config),
        ema_decay=config.ema_decay,
        seed=config.seed,
    )

    gan.compile(
        g_optimizer=toolbox.adam(config, config.lr * config.g_lr_mult, gan.steps),
        d_optimizer=toolbox.adam(config, config.lr, gan.steps),
    )
    return gan

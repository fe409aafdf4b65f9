"""What the image GANs without an auxiliary classifier share: everything but the training step."""

from typing import TypeVar

import keras
import tensorflow as tf

from gan_keras import networks
from gan_keras.configs.images import ImageGANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans.base import GAN
from gan_keras.networks.common import Condition
from gan_keras.steps import toolbox
from gan_keras.steps.latents import Purpose


class PlainGAN(GAN):
    """A generator of images and a discriminator with one logit an image.

    The methods take labels where both networks do, and None where neither does. Reals and fakes
    always are batches of their own: BatchNorm and whatever else looks at a batch never sees them
    mixed.

    Args:
        generator: Functional model from z, or from `[z, label]`, to images.
        discriminator: Functional model from images, packed if the tools pack, or from
            `[image, label]`, to logits.
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
    )
    # d_loss is the mean of both halves, whatever the loss: ln 2 of cross-entropies where the
    # discriminator cannot tell them apart. Beside a mean a penalty weighs twice as much as beside
    # the sum that papers write (help of --penalty_factor); presets are measured so.
    HALF = 0.5

    def __init__(self, generator: keras.Model, discriminator: keras.Model, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.match = self.tools.matching(discriminator)
        self.memory = self.tools.memory(generator.output.shape[1:])

    def batches(self, data) -> list[tf.Tensor]:
        """The images of a step, a batch for each update of the discriminator."""
        return self.tools.batches(keras.utils.unpack_x_y_sample_weight(data)[0])

    def generate(
        self,
        n: tf.Tensor,
        purpose: Purpose,
        index: int = 0,
        labels: tf.Tensor | None = None,
        training: bool = True,
    ) -> tf.Tensor:
        """Draws z and generates `n` images.

        Args:
            n: How many.
            purpose: Which z of the step.
            index: Number of the discriminator's update.
            labels: Classes that are wanted, int `(n,)`.
            training: Whether the generator runs in training mode.
        """
        z = self.sample_latent(n, self.step_seed(purpose, index))
        return self.generator(z if labels is None else [z, labels], training=training)

    def judge(
        self, images: tf.Tensor, labels: tf.Tensor | None = None, training: bool = True
    ) -> tf.Tensor:
        """Logits of images as the discriminator sees them."""
        return self.discriminator(_inputs(images, labels), training=training)

    def seen(self, images: tf.Tensor, purpose: Purpose, index: int = 0) -> tf.Tensor:
        """What the discriminator is shown instead of images: changed, then packed.

        Args:
            images: float `(n, h, w, c)`.
            purpose: Which of the step's changes.
            index: Number of the discriminator's update.
        """
        seed = self.step_seed(purpose, index)
        return self.tools.pack(self.tools.change(images, seed, self.steps))

    def update_on_both(
        self,
        reals: tf.Tensor,
        fakes: tf.Tensor,
        index: int = 0,
        labels: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        """One update of the discriminator on both halves; returns the step's values of its own.

        Args:
            reals: Real images.
            fakes: As many generated ones; no gradient flows to the generator.
            index: Number of this update within the step.
            labels: Classes of both.
        """
        fakes, _ = self.memory.exchange(fakes, self.step_seed(Purpose.REPLAY, index))
        reals = self.seen(reals, Purpose.AUGMENT_REAL, index)
        fakes = self.seen(fakes, Purpose.AUGMENT_FAKE, index)
        with tf.GradientTape() as tape:
            real_logits, fake_logits = self.judge(reals, labels), self.judge(fakes, labels)
            d = self.discriminator_values(real_logits, fake_logits, index)
            d["gradient_penalty"] = self.tools.penalty(
                lambda images: self.judge(images, labels),
                reals,
                fakes,
                self.step_seed(Purpose.PENALTY, index),
                self.steps,
            )
            total = d["d_loss"] + d["gradient_penalty"] + self.d_history.penalty()
        d["d_gradient_norm"] = self.update_discriminator(tape, total)
        return d

    def update_on_each(
        self, reals: tf.Tensor, fakes: tf.Tensor, index: int = 0
    ) -> dict[str, tf.Tensor]:
        """An update of the discriminator on real images, then one on generated images.

        Args:
            reals: Real images.
            fakes: Generated ones; no gradient flows to the generator.
            index: Number of this pair of updates within the step.

        Returns:
            The step's values of the discriminator; its gradient norm is the mean of both.
        """
        fakes, _ = self.memory.exchange(fakes, self.step_seed(Purpose.REPLAY, index))
        d = {}
        for half, images, purpose in (
            ("real", reals, Purpose.AUGMENT_REAL),
            ("fake", fakes, Purpose.AUGMENT_FAKE),
        ):
            images = self.seen(images, purpose, index)
            with tf.GradientTape() as tape:
                logits = self.judge(images)
                targets = self.targets(half, tf.shape(logits)[0], index)
                on_half = getattr(self.tools.loss, f"on_{half}s")
                d[f"d_{half}"] = on_half(logits, targets)
                total = d[f"d_{half}"] + self.d_history.penalty()
            d[f"{half}_norm"] = self.update_discriminator(tape, total)
            d[f"{half}_score"] = self.score(logits)
        d["d_loss"] = self.HALF * (d["d_real"] + d["d_fake"])
        d["d_gradient_norm"] = 0.5 * (d.pop("real_norm") + d.pop("fake_norm"))
        return d

    def train_generator(
        self, reals: tf.Tensor, labels: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        """One update of the generator on images of its own; returns the step's values of its own.

        The discriminator stays in training mode: it normalises by this batch as well.

        Args:
            reals: Real images, as many as are generated; only some losses and tools look at them.
            labels: Classes of both.
        """
        with tf.GradientTape() as tape:
            fakes = self.generate(tf.shape(reals)[0], Purpose.LATENT_G, labels=labels)
            g_loss = self.generator_loss(fakes, reals, labels)
            total = g_loss + self.g_history.penalty()
        return {"g_loss": g_loss, "g_gradient_norm": self.update_generator(tape, total)}

    def discriminator_values(
        self, real_logits: tf.Tensor, fake_logits: tf.Tensor, index: int = 0
    ) -> dict[str, tf.Tensor]:
        """The discriminator's loss, its halves, and the scores that it gives."""
        d_real, d_fake = self.tools.loss.discriminator(
            real_logits,
            fake_logits,
            self.targets("real", tf.shape(real_logits)[0], index),
            self.targets("fake", tf.shape(fake_logits)[0], index),
        )
        return {
            "d_loss": self.HALF * (d_real + d_fake),
            "d_real": d_real,
            "d_fake": d_fake,
            "real_score": self.score(real_logits),
            "fake_score": self.score(fake_logits),
        }

    def targets(self, half: str, n: tf.Tensor, index: int = 0) -> float | tf.Tensor:
        """What the discriminator is told of `n` logits of a half, `real` or `fake`."""
        purpose = {"real": Purpose.TARGETS_REAL, "fake": Purpose.TARGETS_FAKE}[half]
        return getattr(self.tools.targets, half)(n, self.step_seed(purpose, index))

    def score(self, logits: tf.Tensor) -> tf.Tensor:
        """Mean probability of being real, or a critic's mean score."""
        return tf.reduce_mean(logits if self.tools.loss.is_critic else tf.sigmoid(logits))

    def generator_loss(
        self, fakes: tf.Tensor, reals: tf.Tensor, labels: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Loss of the generator, through the discriminator in training mode.

        Args:
            fakes: Generated images.
            reals: As many real ones, which only some losses and tools look at.
            labels: Classes of both.
        """
        fakes = self.seen(fakes, Purpose.AUGMENT_G)
        reals = self.seen(reals, Purpose.AUGMENT_G, index=1)
        matching = self.match(_inputs(reals, labels), _inputs(fakes, labels))
        return self.adversarial_loss(fakes, reals, labels) + matching

    def adversarial_loss(
        self,
        fakes: tf.Tensor,
        reals: tf.Tensor,
        labels: tf.Tensor | None = None,
        training: bool = True,
    ) -> tf.Tensor:
        """The generator's loss without what tools add, on images as the discriminator sees them."""
        logits = self.judge(fakes, labels, training)
        real_logits = None
        if self.tools.loss.needs_real_logits_for_generator:
            real_logits = self.judge(reals, labels, training)
        n, seed = tf.shape(logits)[0], self.step_seed(Purpose.TARGETS_G)
        target = self.tools.targets.generator(n, seed)
        return self.tools.loss.generator(logits, real_logits, target=target)

    def test_step(self, data):
        """Losses on held-out images and as many generated by the averaged generator.

        Args:
            data: As for `train_step`, of any batch size.
        """
        reals, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        labels = labels if len(self.generator.inputs) == 2 else None
        z = self.sample_latent(tf.shape(reals)[0], self.next_test_seed())
        fakes = self.averaged_generator(z if labels is None else [z, labels], training=False)
        reals, fakes = self.tools.pack(reals), self.tools.pack(fakes)
        real_logits = self.judge(reals, labels, training=False)
        d = self.discriminator_values(real_logits, self.judge(fakes, labels, training=False))
        g_loss = self.adversarial_loss(fakes, reals, labels, training=False)
        return self.track(**d, g_loss=g_loss)

    def parts(self) -> dict[str, list[tf.Variable]]:
        """The memory of past images."""
        return {"memory": self.memory.variables}


def _inputs(images: tf.Tensor, labels: tf.Tensor | None) -> tf.Tensor | list[tf.Tensor]:
    """What a discriminator takes."""
    return images if labels is None else [images, labels]


Variant = TypeVar("Variant", bound=PlainGAN)


def build(
    variant: type[Variant],
    config: ImageGANConfig,
    spec: DataSpec,
    condition: Condition | None = None,
    **kwargs,
) -> Variant:
    """Builds and compiles a variant on the networks that its configuration names.

    Args:
        variant: The class.
        config: Its `precision` must be set as the global dtype policy already.
        spec: Image shape of the train split.
        condition: How both networks are told the class; None for a variant without labels.
        **kwargs: What the variant takes beyond `PlainGAN`.

    Raises:
        ValueError: If the networks cannot be built for such data and options.
    """
    generator, discriminator = networks.build_images(
        config.networks,
        spec.image_shape,
        config.latent_dim,
        width_mult=config.width_mult,
        output=config.output_activation,
        condition=condition,
        packing=config.packing,
        knobs=config.knobs(),
    )
    gan = variant(
        generator,
        toolbox.equip(discriminator, config),
        latent=config.latent,
        tools=toolbox.Toolbox.from_config(config),
        ema_decay=config.ema_decay,
        seed=config.seed,
        **kwargs,
    )
    gan.compile(
        g_optimizer=toolbox.optimizer(config, config.lr * config.g_lr_mult, gan.steps),
        d_optimizer=toolbox.optimizer(config, config.lr, gan.steps),
    )
    return gan

"""The auxiliary-classifier GAN (Odena, Olah & Shlens 2017, arXiv:1610.09585)."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_keras import networks
from gan_keras.configs.acgan import ACGANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans.base import GAN
from gan_keras.steps import latents, losses
from gan_keras.steps.latents import Purpose


class ACGAN(GAN):
    """AC-GAN: the discriminator also names the class, and the generator is rewarded for it.

    With S the source (real or generated) and C the class, the discriminator maximises
    L_S + L_C and the generator L_C - L_S (paper, eqs. 2 and 3), here on logits and with the source
    loss that `--loss` names.

    `--aux_on_fakes` lets the discriminator's class loss count generated images, too, as the paper's
    eq. 3 does; it lets both networks agree on a wrong code ("label switching"). With
    `--share_fakes` one generated batch serves both updates; otherwise the generator's update draws
    `2 * batch` new images, as keras-acgan did.

    Args:
        config: Options of the variant.
        generator: Functional model from `[z, label]` to images in [-1, 1].
        discriminator: Functional model to `[source logit, class logits]`, from images or from
            `[image, label]` where the source logit is conditional on the class as well (projection,
            Miyato & Koyama 2018); without BatchNorm, as real and generated images share a batch.
        class_probabilities: float `(num_classes,)`, probabilities of the labels of generated
            images.
    """

    METRICS = (
        "g_loss",
        "g_source",
        "g_class",
        "d_loss",
        "d_real",
        "d_fake",
        "d_class",
        "gradient_penalty",
        "real_score",
        "fake_score",
        "class_accuracy",
        "fake_class_accuracy",
        "g_gradient_norm",
        "d_gradient_norm",
    )
    WEIGHTED = True

    def __init__(
        self,
        config: ACGANConfig,
        generator: keras.Model,
        discriminator: keras.Model,
        class_probabilities: np.ndarray,
    ) -> None:
        super().__init__(config, generator, discriminator)
        self.class_probabilities = class_probabilities

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Updates the discriminator, then the generator, then its average.

        Args:
            data: Images float32 `(batch, h, w, c)` in [-1, 1], labels int32 `(batch,)` and
                optionally one weight per image, which weighs the class loss on real images.

        Returns:
            The step's values, keyed by `METRICS`.
        """
        images, labels, weights = self.unpack(data)
        batch = tf.shape(images)[0]
        share = self.config.share_fakes

        with tf.GradientTape() as g_tape:
            # Without sharing, the discriminator sees images made in inference mode.
            fake_labels = self.sample_labels(batch, Purpose.LABELS_D)
            fakes = self.generate(batch, Purpose.LATENT_D, labels=fake_labels, training=share)
        with tf.GradientTape() as d_tape:
            both = tf.concat([images, tf.stop_gradient(fakes)], axis=0)
            d, d_total = self.judge(both, labels, fake_labels, weights)
        d["d_gradient_norm"] = self.update_discriminator(d_tape, d_total)

        with g_tape if share else tf.GradientTape() as tape:
            if not share:
                fake_labels = self.sample_labels(2 * batch, Purpose.LABELS_G)
                fakes = self.generate(2 * batch, Purpose.LATENT_G, labels=fake_labels)
            # The gradient runs through the discriminator, but only the generator is updated.
            source, classes = self.discriminate(self.seen(fakes, Purpose.AUGMENT_G), fake_labels)
            g = self.generator_losses(source, classes, fake_labels)
        g["g_gradient_norm"] = self.update_generator(tape, g["g_loss"])
        self.finish_step()
        return self.track(**d, **g)

    def judge(
        self,
        both: tf.Tensor,
        labels: tf.Tensor,
        fake_labels: tf.Tensor,
        weights: tf.Tensor | None,
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """Losses of the discriminator's update on real and generated images, and their total.

        Args:
            both: Images, the first half real.
            labels: Classes of the real ones.
            fake_labels: Classes of the generated ones.
            weights: Optional weights `(batch,)` of the class loss on real images.
        """
        with latents.parts(2):
            both = self.seen(both, Purpose.AUGMENT_REAL)
            source, classes = self.discriminate(both, tf.concat([labels, fake_labels], axis=0))
        d = self.discriminator_losses(source, classes, labels, fake_labels, weights)
        batch = tf.shape(labels)[0]
        d["gradient_penalty"] = self.penalty(
            lambda x: self.discriminate(x, labels)[0],
            both[:batch],
            both[batch:],
            self.step_seed(Purpose.PENALTY),
            self.steps,
            lambda x: self.discriminate(x, fake_labels)[0],
        )
        return d, d["d_loss"] + d["gradient_penalty"]

    def discriminator_losses(
        self,
        source: tf.Tensor,
        classes: tf.Tensor,
        labels: tf.Tensor,
        fake_labels: tf.Tensor,
        weights: tf.Tensor | None,
    ) -> dict[str, tf.Tensor]:
        """Losses of the discriminator on a batch whose first part is real."""
        n = tf.shape(labels)[0]
        d = self.loss_function.discriminator(source[:n], source[n:], *self.d_targets(n))
        d_class = losses.class_loss(labels, classes[:n], weights)
        if self.config.aux_on_fakes:
            # The mean over both halves, as of the source.
            d_class = 0.5 * (d_class + losses.class_loss(fake_labels, classes[n:]))
        return {
            **d,
            "d_loss": d["d_loss"] + self.config.d_class_weight * d_class,
            "d_class": d_class,
            "class_accuracy": _accuracy(labels, classes[:n]),
        }

    def generator_losses(
        self, source: tf.Tensor, classes: tf.Tensor, labels: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Losses of the generator on images that were generated for `labels`."""
        target = self.g_target(tf.shape(labels)[0])
        g_source = self.loss_function.generator(source, target=target)
        g_class = losses.class_loss(labels, classes)
        return {
            "g_loss": g_source + self.config.g_class_weight * g_class,
            "g_source": g_source,
            "g_class": g_class,
            "fake_class_accuracy": _accuracy(labels, classes),
        }

    def sample_labels(self, n: tf.Tensor, purpose: Purpose) -> tf.Tensor:
        """Draws the labels of `n` generated images, int32."""
        return latents.sample_labels(self.class_probabilities, n, self.step_seed(purpose))

    def discriminate(
        self, images: tf.Tensor, labels: tf.Tensor | None = None, training: bool = True
    ) -> Any:
        """Source and class logits; the labels matter to conditional discriminators only."""
        conditional = len(self.discriminator.inputs) == 2
        return super().discriminate(images, labels if conditional else None, training)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Measures losses on held-out images and as many of the averaged generator.

        Args:
            data: As for `train_step`.
        """
        return self.track(**self.test_losses(data))

    def test_losses(self, data: Any) -> dict[str, tf.Tensor]:
        """Losses of discriminator and generator in a test step.

        Args:
            data: As for `train_step`.
        """
        images, labels, weights = self.unpack(data, training=False)
        batch = tf.shape(images)[0]
        seeds = tf.random.experimental.stateless_split(self.next_test_seed(), 2)
        fake_labels = latents.sample_labels(self.class_probabilities, batch, seeds[0])
        z = self.sample_latent(batch, seeds[1])
        fakes = self.averaged_generator([z, fake_labels], training=False)
        both, both_labels = (
            tf.concat(parts, axis=0) for parts in ((images, fakes), (labels, fake_labels))
        )
        source, classes = self.discriminate(both, both_labels, training=False)
        d = self.discriminator_losses(source, classes, labels, fake_labels, weights)
        return {**d, **self.generator_losses(source[batch:], classes[batch:], fake_labels)}


def _accuracy(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Share of labels that are the largest logit."""
    hits = tf.equal(labels, tf.argmax(logits, axis=-1, output_type=labels.dtype))
    return tf.reduce_mean(tf.cast(hits, tf.float32))


def build(config: ACGANConfig, spec: DataSpec) -> ACGAN:
    """Builds the AC-GAN of a configuration, see `gans.build`."""
    family = networks.CLASS_CONDITIONAL[config.networks]
    shape, classes = spec.image_shape, spec.num_classes
    return ACGAN(
        config,
        family.make_generator(shape, classes, config.latent_dim, config.width_mult),
        family.make_discriminator(shape, classes, config.width_mult),
        latents.class_probabilities(spec.class_counts, config.class_sampling),
    )

"""The auxiliary-classifier GAN (Odena, Olah & Shlens 2017, arXiv:1610.09585)."""

import keras
import numpy as np
import tensorflow as tf

from gan_keras import latents, losses, networks, replicas, toolbox
from gan_keras.configs.acgan import ACGANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans.base import GAN
from gan_keras.latents import Purpose


class ACGAN(GAN):
    """AC-GAN: the discriminator also names the class, and the generator is paid for it.

    With S the source (real or generated) and C the class, the discriminator maximises
    L_S + L_C and the generator L_C - L_S (paper, eqs. 2 and 3), here on logits and with the source
    loss that the toolbox holds.

    Args:
        generator: Functional model from `[z, label]` to images in [-1, 1].
        discriminator: Functional model to `[source logit, class logits]`, from images or from
            `[image, label]` where the source logit is conditional on the class as well (projection,
            Miyato & Koyama 2018); without BatchNorm, as real and generated images share a batch.
        class_probabilities: float `(num_classes,)`, with which the labels of generated images
            are drawn.
        aux_on_fakes: Whether the discriminator's class loss also counts generated images. The
            paper's eq. 3 does; it lets both nets agree on a wrong code ("label switching").
        d_class_weight: Weight of the class loss in the discriminator's loss.
        g_class_weight: Weight of the class loss in the generator's loss.
        share_fakes: Whether one generated batch serves both updates. If not, the generator's
            update draws `2 * batch` new ones, as keras-acgan did.
        **kwargs: As for `GAN`.
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

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        class_probabilities: np.ndarray,
        aux_on_fakes: bool = False,
        d_class_weight: float = 1.0,
        g_class_weight: float = 1.0,
        share_fakes: bool = True,
        **kwargs,
    ):
        super().__init__(generator, discriminator, **kwargs)
        self.class_probabilities = np.asarray(class_probabilities, np.float64)
        self.aux_on_fakes = aux_on_fakes
        self.d_class_weight = d_class_weight
        self.g_class_weight = g_class_weight
        self.share_fakes = share_fakes

    def train_step(self, data):
        """One update of the discriminator, then one of the generator, then of its average.

        Args:
            data: Images float32 `(batch, h, w, c)` in [-1, 1], labels int32 `(batch,)` and
                optionally a weight an image, which weighs the class loss on real images.

        Returns:
            The step's values, keyed by `METRICS`.
        """
        images, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        batch = tf.shape(images)[0]

        with tf.GradientTape() as g_tape:
            # Without sharing, the discriminator sees images made in inference mode.
            fakes, fake_labels = self._generate(batch, Purpose.LATENT_D, Purpose.LABELS_D)
        with tf.GradientTape() as d_tape:
            both = tf.concat([images, tf.stop_gradient(fakes)], axis=0)
            with replicas.parts(2):
                both = self.tools.change(both, self.step_seed(Purpose.AUGMENT_REAL), self.steps)
                source, classes = self._discriminate(both, tf.concat([labels, fake_labels], axis=0))
            d = self._discriminator_losses(source, classes, labels, fake_labels, weights)
            d["gradient_penalty"] = self.tools.penalty(
                lambda x: self._discriminate(x, labels)[0],
                both[:batch],
                both[batch:],
                self.step_seed(Purpose.PENALTY),
                self.steps,
            )
            d_total = d["d_loss"] + d["gradient_penalty"] + self.d_history.penalty()
        d["d_gradient_norm"] = self.update_discriminator(d_tape, d_total)

        with g_tape if self.share_fakes else tf.GradientTape() as tape:
            if not self.share_fakes:
                fakes, fake_labels = self._generate(2 * batch, Purpose.LATENT_G, Purpose.LABELS_G)
            seen = self.tools.change(fakes, self.step_seed(Purpose.AUGMENT_G), self.steps)
            # The gradient runs through the discriminator, but only the generator is updated.
            g = self._generator_losses(*self._discriminate(seen, fake_labels), fake_labels)
            g_total = g["g_loss"] + self.g_history.penalty()
        g["g_gradient_norm"] = self.update_generator(tape, g_total)
        self.finish_step()
        return self.track(**d, **g)

    def test_step(self, data):
        """Losses on held-out images and as many generated by the averaged generator.

        Args:
            data: As for `train_step`.
        """
        return self.track(**self.test_losses(data))

    def test_losses(self, data) -> dict[str, tf.Tensor]:
        """What a test step measures of discriminator and generator.

        Args:
            data: As for `train_step`.
        """
        images, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        batch = tf.shape(images)[0]
        seeds = tf.random.experimental.stateless_split(self.next_test_seed(), 2)
        fake_labels = latents.sample_labels(self.class_probabilities, batch, seeds[0])
        fakes = self.averaged_generator(
            [self.sample_latent(batch, seeds[1]), fake_labels], training=False
        )
        both = tf.concat([images, fakes], axis=0)
        both_labels = tf.concat([labels, fake_labels], axis=0)
        source, classes = self._discriminate(both, both_labels, training=False)
        d = self._discriminator_losses(source, classes, labels, fake_labels, weights)
        g = self._generator_losses(source[batch:], classes[batch:], fake_labels)
        return {**d, **g}

    def _generate(self, n, latent_purpose, label_purpose):
        """Draws z and labels and generates `n` images; returns images and labels."""
        labels = latents.sample_labels(self.class_probabilities, n, self.step_seed(label_purpose))
        z = self.sample_latent(n, self.step_seed(latent_purpose))
        training = self.share_fakes or latent_purpose == Purpose.LATENT_G
        return self.generator([z, labels], training=training), labels

    def _discriminate(self, images, labels, training=True):
        """Source and class logits; the labels matter to conditional discriminators only."""
        conditional = len(self.discriminator.inputs) == 2
        return self.discriminator([images, labels] if conditional else images, training=training)

    def _discriminator_losses(self, source, classes, labels, fake_labels, weights):
        """Losses of the discriminator on a batch whose first part is real."""
        batch = tf.shape(labels)[0]
        d_real, d_fake = self.tools.loss.discriminator(
            source[:batch],
            source[batch:],
            self.tools.targets.real(batch, self.step_seed(Purpose.TARGETS_REAL)),
            self.tools.targets.fake(batch, self.step_seed(Purpose.TARGETS_FAKE)),
        )
        d_class = losses.class_loss(labels, classes[:batch], weights)
        if self.aux_on_fakes:
            # likewise the mean over both halves
            d_class = 0.5 * (d_class + losses.class_loss(fake_labels, classes[batch:]))
        # The mean over both halves: ln 2 where the discriminator cannot tell them apart.
        return {
            "d_loss": 0.5 * (d_real + d_fake) + self.d_class_weight * d_class,
            "d_real": d_real,
            "d_fake": d_fake,
            "d_class": d_class,
            "real_score": tf.reduce_mean(tf.sigmoid(source[:batch])),
            "fake_score": tf.reduce_mean(tf.sigmoid(source[batch:])),
            "class_accuracy": _accuracy(labels, classes[:batch]),
        }

    def _generator_losses(self, source, classes, fake_labels):
        """Losses of the generator on generated images."""
        targets = self.tools.targets.generator(
            tf.shape(fake_labels)[0], self.step_seed(Purpose.TARGETS_G)
        )
        g_source = self.tools.loss.generator(source, target=targets)
        g_class = losses.class_loss(fake_labels, classes)
        return {
            "g_loss": g_source + self.g_class_weight * g_class,
            "g_source": g_source,
            "g_class": g_class,
            "fake_class_accuracy": _accuracy(fake_labels, classes),
        }


def _accuracy(labels, logits):
    """Share of labels that are the largest logit."""
    hits = tf.equal(labels, tf.argmax(logits, axis=-1, output_type=labels.dtype))
    return tf.reduce_mean(tf.cast(hits, tf.float32))


def build(config: ACGANConfig, spec: DataSpec) -> ACGAN:
    """Builds and compiles the AC-GAN of a configuration.

    Args:
        config: Its `precision` must be set as the global dtype policy already.
        spec: Image shape, classes and class counts of the train split.
    """
    family = networks.class_conditional(config.networks)
    shape, classes = spec.image_shape, spec.num_classes
    gan = ACGAN(
        family.make_generator(shape, classes, config.latent_dim, config.width_mult),
        family.make_discriminator(shape, classes, config.width_mult),
        class_probabilities=latents.class_probabilities(spec.class_counts, config.class_sampling),
        aux_on_fakes=config.aux_on_fakes,
        d_class_weight=config.d_class_weight,
        g_class_weight=config.g_class_weight,
        share_fakes=config.share_fakes,
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

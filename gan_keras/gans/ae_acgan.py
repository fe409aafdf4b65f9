"""The AC-GAN that an auto-encoder keeps stable (github.com/markusmeingast/MNIST-GAN)."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_keras.configs.ae_acgan import AEACGANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.data.pipeline import unscale
from gan_keras.drawing import grids
from gan_keras.gans.acgan import ACGAN
from gan_keras.gans.base import own_optimizers
from gan_keras.networks import autoencoder
from gan_keras.steps import latents, updates
from gan_keras.steps.latents import Purpose

# Pairs and samples in the pictures, and the class whose variety the original shows.
PICTURED = 10
VARIED_CLASS = 3


class AEACGAN(ACGAN):
    """AE-AC-GAN: encoder and generator also learn to reproduce each batch of real images.

    The encoder E finds z and class probabilities y of an image, the generator G makes the image
    from them. Each step minimises ||x - G(E(x))|| after the two losses of the AC-GAN. E gets no
    labels, and no adversarial loss is put on what G(E(x)) looks like.

    `--noautoencoder` leaves the third phase out. With `--dropout_in_fakes` the discriminator sees
    images made with dropout, as the generator's own update makes them.

    Args:
        config: Options of the variant.
        generator: From `autoencoder.make_generator`.
        discriminator: As for `ACGAN`.
        class_probabilities: As for `ACGAN`.
        encoder: Functional model from images to `[z, y]`.
    """

    METRICS = (*ACGAN.METRICS, "ae_loss", "ae_gradient_norm")
    TRAIN_METRICS = (*ACGAN.TRAIN_METRICS, "ae_gradient_norm")

    def __init__(
        self,
        config: AEACGANConfig,
        generator: keras.Model,
        discriminator: keras.Model,
        class_probabilities: np.ndarray,
        encoder: keras.Model,
    ) -> None:
        super().__init__(config, generator, discriminator, class_probabilities)
        self.encoder = encoder
        self.decoder = autoencoder.decoder_of(generator)
        self.averaged_decoder = self.decoder
        if self.averaged_generator is not generator:
            self.averaged_decoder = autoencoder.decoder_of(self.averaged_generator)

    def compile(
        self,
        g_optimizer: keras.optimizers.Optimizer | str | None = None,
        d_optimizer: keras.optimizers.Optimizer | str | None = None,
        ae_optimizer: keras.optimizers.Optimizer | str | None = None,
        **kwargs: Any,
    ) -> None:
        """Takes a third optimizer, for encoder and generator together.

        The generator so has two optimizer states, one for each of its losses.

        Args:
            g_optimizer: For the generator's adversarial and class loss.
            d_optimizer: For the discriminator.
            ae_optimizer: For the reconstruction; another instance.
            **kwargs: As for `GAN.compile`.

        Raises:
            UsageError: As `GAN.compile`.
        """
        g_optimizer, d_optimizer, ae_optimizer = own_optimizers(
            g_optimizer, d_optimizer, ae_optimizer
        )
        super().compile(g_optimizer, d_optimizer, **kwargs)
        self.ae_optimizer = ae_optimizer or self.make_optimizer(self.config.ae_lr_mult)
        self.ae_optimizer.build(self.autoencoder_variables)

    @property
    def networks(self) -> dict[str, keras.Model]:
        """The networks that are trained, by name."""
        return {"encoder": self.encoder, **super().networks}

    @property
    def autoencoder_variables(self) -> list[keras.Variable]:
        """The variables that the third phase trains."""
        return [*self.encoder.trainable_variables, *self.generator.trainable_variables]

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Updates the discriminator, the generator, and the auto-encoder.

        Args:
            data: As for `ACGAN`.

        Returns:
            The step's values, keyed by `METRICS`.
        """
        images, labels, weights = self.unpack(data)
        batch = tf.shape(images)[0]
        z = self.sample_latent(batch, self.step_seed(Purpose.LATENT_D))
        fake_labels = self.sample_labels(batch, Purpose.LABELS_D)

        # 1. The discriminator tells real images from generated ones and names the classes.
        fakes = self.generator([z, fake_labels], training=self.config.dropout_in_fakes)
        both = tf.concat([images, fakes], axis=0)
        with tf.GradientTape() as d_tape:
            d, d_total = self.judge(both, labels, fake_labels, weights)
        d["d_gradient_norm"] = self.update_discriminator(d_tape, d_total)

        # 2. The generator, from the same z and labels, against the new discriminator.
        with tf.GradientTape() as g_tape:
            fakes = self.generator([z, fake_labels], training=True)
            source, classes = self.discriminate(self.seen(fakes, Purpose.AUGMENT_G), fake_labels)
            g = self.generator_losses(source, classes, fake_labels)
        g["g_gradient_norm"] = self.update_generator(g_tape, g["g_loss"])

        # 3. Encoder and generator reproduce the real images of this step.
        ae = {"ae_loss": tf.zeros(())}
        if self.config.autoencoder:
            with tf.GradientTape() as tape:
                copies = self.decoder(self.encoder(images, training=True), training=True)
                loss = self._distance(images - copies)
            variables, due = self.autoencoder_variables, self.generator_is_due()
            norm = updates.update(self.ae_optimizer, tape, loss, variables, due)
            ae = {"ae_loss": loss, "ae_gradient_norm": norm}
        self.finish_step()
        return self.track(**d, **g, **ae)

    def test_losses(self, data: Any) -> dict[str, tf.Tensor]:
        """Losses of an AC-GAN's test step, with the reconstruction of held-out images.

        Args:
            data: As for `train_step`.
        """
        images, _, _ = self.unpack(data, training=False)
        losses = super().test_losses(data)
        if not self.config.autoencoder:
            return {**losses, "ae_loss": tf.zeros(())}
        return {**losses, "ae_loss": self._distance(images - self.reconstruct(images))}

    def _distance(self, difference: tf.Tensor) -> tf.Tensor:
        """Distance of images to their reconstructions."""
        size = tf.abs if self.config.ae_loss == "mae" else tf.square
        return tf.reduce_mean(size(difference))

    def reconstruct(self, images: tf.Tensor) -> tf.Tensor:
        """Reconstructs images by encoder and averaged generator, without dropout.

        Args:
            images: float `(batch, h, w, c)` in [-1, 1].
        """
        return self.averaged_decoder(self.encoder(images, training=False), training=False)

    def pictures(self, real: np.ndarray) -> dict[str, np.ndarray]:
        """Strips of all classes and of one class, and real images above their reconstructions.

        Args:
            real: Held-out images in [-1, 1].
        """
        classes = len(self.class_probabilities)
        varied = min(VARIED_CLASS, classes - 1)
        strips = {
            "classes": np.arange(classes, dtype=np.int32),
            "variability": np.full(PICTURED, varied, np.int32),
        }
        seed = latents.step_seed(self.seed, 0, Purpose.PREVIEW)
        found = {
            name: grids.tile(unscale(self([self.sample_latent(len(y), seed), y])).numpy(), len(y))
            for name, y in strips.items()
        }
        if self.config.autoencoder and len(real):
            real = tf.convert_to_tensor(real[:PICTURED])
            pairs = tf.concat([real, self.reconstruct(real)], axis=0)
            found["reconstructions"] = grids.tile(unscale(pairs).numpy(), len(real))
        return found

    def parts(self) -> dict[str, list[keras.Variable]]:
        """Encoder and third optimizer."""
        return {"encoder": self.encoder.variables, "ae_optimizer": self.ae_optimizer.variables}


def build(config: AEACGANConfig, spec: DataSpec) -> AEACGAN:
    """Builds the AE-AC-GAN of a configuration, see `gans.build`."""
    shape, classes = spec.image_shape, spec.num_classes
    common = {
        "width_mult": config.width_mult,
        "depth": config.depth,
        "dropout": config.dropout,
        "init_std": config.init_std,
    }
    return AEACGAN(
        config,
        autoencoder.make_generator(
            shape, classes, config.latent_dim, batch_norm=config.g_batch_norm, **common
        ),
        autoencoder.make_discriminator(shape, classes, batch_norm=config.d_batch_norm, **common),
        latents.class_probabilities(spec.class_counts, config.class_sampling),
        autoencoder.make_encoder(
            shape, classes, config.latent_dim, batch_norm=config.e_batch_norm, **common
        ),
    )

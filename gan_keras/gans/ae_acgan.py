"""The AC-GAN that an auto-encoder keeps stable (github.com/markusmeingast/MNIST-GAN)."""

import keras
import numpy as np
import tensorflow as tf

from gan_keras.configs.ae_acgan import AEACGANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.data.pipeline import unscale
from gan_keras.drawing import grids
from gan_keras.gans.acgan import ACGAN
from gan_keras.hardware import replicas
from gan_keras.networks import autoencoder
from gan_keras.steps import latents, toolbox
from gan_keras.steps.gradients import after, global_norm, gradients_of
from gan_keras.steps.latents import Purpose

# Pairs and samples in the pictures, and the class whose variety the original shows.
PICTURED = 10
VARIED_CLASS = 3
RECONSTRUCTION_LOSSES = {
    "mae": lambda difference: tf.reduce_mean(tf.abs(difference)),
    "mse": lambda difference: tf.reduce_mean(tf.square(difference)),
}


class AEACGAN(ACGAN):
    """AE-AC-GAN: encoder and generator also learn to reproduce each batch of real images.

    The encoder E finds z and class probabilities y of an image, the generator G makes the image
    from them. Each step minimises ||x - G(E(x))|| after the two losses of the AC-GAN. E gets no
    labels, and no adversarial loss is put on what G(E(x)) looks like.

    Args:
        generator: From `autoencoder.make_generator`.
        discriminator: As for `ACGAN`.
        encoder: Functional model from images to `[z, y]`.
        autoencoder_phase: Whether the third phase takes place; without it this is an AC-GAN.
        reconstruction_loss: `mae` or `mse`.
        dropout_in_fakes: Whether the discriminator sees images made with dropout, as the
            generator's own update makes them.
        **kwargs: As for `ACGAN`; `share_fakes` has no meaning here.
    """

    METRICS = (*ACGAN.METRICS, "ae_loss", "ae_gradient_norm")
    TRAIN_METRICS = (*ACGAN.TRAIN_METRICS, "ae_gradient_norm")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        encoder: keras.Model,
        *,
        autoencoder_phase: bool = True,
        reconstruction_loss: str = "mae",
        dropout_in_fakes: bool = False,
        **kwargs,
    ):
        super().__init__(generator, discriminator, **kwargs)
        self.encoder = encoder
        self.decoder = autoencoder.decoder_of(generator)
        self.averaged_decoder = self.decoder
        if self.averaged_generator is not generator:
            self.averaged_decoder = autoencoder.decoder_of(self.averaged_generator)
        self.autoencoder_phase = autoencoder_phase
        self.dropout_in_fakes = dropout_in_fakes
        self._distance = RECONSTRUCTION_LOSSES[reconstruction_loss]

    def compile(self, g_optimizer, d_optimizer, ae_optimizer, **kwargs) -> None:
        """Takes a third optimizer, for encoder and generator together.

        The generator so has two optimizer states, one of each of its losses.

        Args:
            g_optimizer: For the generator's adversarial and class loss.
            d_optimizer: For the discriminator.
            ae_optimizer: For the reconstruction; another instance.
            **kwargs: As for `GAN.compile`.

        Raises:
            ValueError: If two of them are the same object.
        """
        if ae_optimizer in (g_optimizer, d_optimizer):
            raise ValueError(
                "the auto-encoder needs an optimizer of its own. Received: a shared one"
            )
        super().compile(g_optimizer, d_optimizer, **kwargs)
        self.ae_optimizer = ae_optimizer
        ae_optimizer.build(self._autoencoder_variables)

    @property
    def networks(self) -> dict[str, keras.Model]:
        """The networks that are trained, by name."""
        return {"encoder": self.encoder, **super().networks}

    def train_step(self, data):
        """One update of the discriminator, one of the generator, one of the auto-encoder.

        Args:
            data: As for `ACGAN`.

        Returns:
            The step's values, keyed by `METRICS`.
        """
        images, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        batch = tf.shape(images)[0]
        z = self.sample_latent(batch, self.step_seed(Purpose.LATENT_D))
        fake_labels = latents.sample_labels(
            self.class_probabilities, batch, self.step_seed(Purpose.LABELS_D)
        )

        # 1. The discriminator tells real images from generated ones and names the classes.
        fakes = self.generator([z, fake_labels], training=self.dropout_in_fakes)
        both = tf.concat([images, fakes], axis=0)
        with tf.GradientTape() as d_tape:
            with replicas.parts(2):
                both = self.tools.change(both, self.step_seed(Purpose.AUGMENT_REAL), self.steps)
                source, classes = self._discriminate(both, tf.concat([labels, fake_labels], axis=0))
            d = self._discriminator_losses(source, classes, labels, fake_labels, weights)
            d["gradient_penalty"] = self._penalty(both, labels, fake_labels)
            d_total = d["d_loss"] + d["gradient_penalty"] + self.d_history.penalty()
        d["d_gradient_norm"] = self.update_discriminator(d_tape, d_total)

        # 2. The generator, from the same z and labels, against the new discriminator.
        with tf.GradientTape() as g_tape:
            fakes = self.generator([z, fake_labels], training=True)
            seen = self.tools.change(fakes, self.step_seed(Purpose.AUGMENT_G), self.steps)
            g = self._generator_losses(*self._discriminate(seen, fake_labels), fake_labels)
            g_total = g["g_loss"] + self.g_history.penalty()
        g["g_gradient_norm"] = self.update_generator(g_tape, g_total)

        # 3. Encoder and generator reproduce the real images of this step.
        ae = self._update_autoencoder(images)
        self.finish_step()
        return self.track(**d, **g, **ae)

    def _update_autoencoder(self, images) -> dict[str, tf.Tensor]:
        """Updates encoder and generator by the reconstruction loss, and nothing else."""
        if not self.autoencoder_phase:
            return {"ae_loss": tf.zeros(())}
        with tf.GradientTape() as tape:
            copies = self.decoder(self.encoder(images, training=True), training=True)
            loss = self._distance(images - copies)
        variables = self._autoencoder_variables
        gradients = gradients_of(tape, loss, variables)
        with after(loss, gradients):
            self.tools.when_due(
                self.steps,
                lambda: self.ae_optimizer.apply(gradients, variables),
                [*variables, *self.ae_optimizer.variables],
            )
        return {"ae_loss": loss, "ae_gradient_norm": global_norm(gradients)}

    @property
    def _autoencoder_variables(self):
        return [*self.encoder.trainable_variables, *self.generator.trainable_variables]

    def test_losses(self, data) -> dict[str, tf.Tensor]:
        """As of an AC-GAN, with the reconstruction of held-out images.

        Args:
            data: As for `train_step`.
        """
        images, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        losses = super().test_losses(data)
        if not self.autoencoder_phase:
            return {**losses, "ae_loss": tf.zeros(())}
        return {**losses, "ae_loss": self._distance(images - self.reconstruct(images))}

    def reconstruct(self, images: tf.Tensor) -> tf.Tensor:
        """What encoder and averaged generator make of images, without dropout.

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
        if self.autoencoder_phase and len(real):
            real = tf.convert_to_tensor(real[:PICTURED])
            pairs = tf.concat([real, self.reconstruct(real)], axis=0)
            found["reconstructions"] = grids.tile(unscale(pairs).numpy(), len(real))
        return found

    def parts(self) -> dict[str, list[tf.Variable]]:
        """Encoder and third optimizer."""
        return {"encoder": self.encoder.variables, "ae_optimizer": self.ae_optimizer.variables}


def build(config: AEACGANConfig, spec: DataSpec) -> AEACGAN:
    """Builds and compiles the AE-AC-GAN of a configuration.

    Args:
        config: Its `precision` must be set as the global dtype policy already.
        spec: Image shape, classes and class counts of the train split.
    """
    shape, classes = spec.image_shape, spec.num_classes
    common = {
        "width_mult": config.width_mult,
        "depth": config.depth,
        "dropout": config.dropout,
        "init_std": config.init_std,
    }
    gan = AEACGAN(
        autoencoder.make_generator(
            shape, classes, config.latent_dim, batch_norm=config.g_batch_norm, **common
        ),
        autoencoder.make_discriminator(shape, classes, batch_norm=config.d_batch_norm, **common),
        autoencoder.make_encoder(
            shape, classes, config.latent_dim, batch_norm=config.e_batch_norm, **common
        ),
        autoencoder_phase=config.autoencoder,
        reconstruction_loss=config.ae_loss,
        dropout_in_fakes=config.dropout_in_fakes,
        class_probabilities=latents.class_probabilities(spec.class_counts, config.class_sampling),
        aux_on_fakes=config.aux_on_fakes,
        d_class_weight=config.d_class_weight,
        g_class_weight=config.g_class_weight,
        latent=config.latent,
        tools=toolbox.Toolbox.from_config(config),
        ema_decay=config.ema_decay,
        seed=config.seed,
    )

    gan.compile(
        g_optimizer=toolbox.adam(config, config.lr * config.g_lr_mult, gan.steps),
        d_optimizer=toolbox.adam(config, config.lr, gan.steps),
        ae_optimizer=toolbox.adam(config, config.lr * config.ae_lr_mult, gan.steps),
    )
    return gan

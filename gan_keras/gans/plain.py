"""The parts that GANs with one logit per image share, apart from their training steps."""

from typing import Any

import keras
import tensorflow as tf

from gan_keras import layers, networks
from gan_keras.configs.images import ImageGANConfig
from gan_keras.configs.tools import BatchOptions
from gan_keras.data.dataset import DataSpec
from gan_keras.gans.base import GAN, LOGIT
from gan_keras.networks.common import Condition
from gan_keras.steps import augment


class PlainGAN(GAN):
    """A generator and a discriminator with one logit per image.

    Labels are given where both networks take them. Reals and fakes always are batches of their own:
    BatchNorm and whatever else looks at a batch never sees them mixed.

    The generator maps z, or `[z, label]`, to images; the discriminator maps images, packed if
    `--packing` says so, or `[image, label]`, to logits.
    """

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Measures losses on held-out images and as many of the averaged generator.

        Args:
            data: As for `train_step`, of any batch size.
        """
        reals, labels, _ = self.unpack(data, training=False)
        labels = labels if len(self.generator.inputs) == 2 else None
        z = self.sample_latent(tf.shape(reals)[0], self.next_test_seed())
        fakes = self.averaged_generator(z if labels is None else [z, labels], training=False)
        real_logits, fake_logits = (
            self.discriminate(augment.pack(images, self.config.packing), labels, training=False)
            for images in (reals, fakes)
        )
        n = tf.shape(real_logits)[0]
        d = self.loss_function.discriminator(real_logits, fake_logits, *self.d_targets(n))
        return self.track(
            **d, g_loss=self.loss_function.generator(fake_logits, real_logits, self.g_target(n))
        )


def image_networks(
    config: ImageGANConfig, spec: DataSpec, condition: Condition | None = None
) -> tuple[keras.Model, keras.Model]:
    """Builds the generator and the discriminator that a configuration names.

    Args:
        config: The options; `precision` must be set as the global dtype policy already.
        spec: Image shape of the train split.
        condition: Form in which both networks are told the class; None for a variant without
            labels.

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
        knobs=config.network_options(),
    )
    return generator, equip(discriminator, config)


def equip(discriminator: keras.Model, config: BatchOptions) -> keras.Model:
    """Adds the tools that are layers to a discriminator.

    Args:
        discriminator: Functional model of plain layers that ends in one named `LOGIT`.
        config: The options.

    Returns:
        The discriminator itself where none of them is on, else a copy with new weights.
    """
    added = []
    if config.minibatch_stddev:
        added.append(layers.MinibatchStdDev())
    if config.minibatch_discrimination:
        added.append(layers.MinibatchDiscrimination(config.minibatch_discrimination))
    if not added and not config.spectral_norm:
        return discriminator

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        copy = type(layer).from_config(layer.get_config())
        if config.spectral_norm and hasattr(layer, "kernel"):
            return layers.SpectralNorm(copy, name=layer.name, dtype=layer.dtype_policy)
        return copy

    def call(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
        if layer.name == LOGIT:
            (features,) = args
            for extra in added:
                features = extra(features)
            args = (features,)
        return layer(*args, **kwargs)

    return keras.models.clone_model(discriminator, clone_function=clone, call_function=call)

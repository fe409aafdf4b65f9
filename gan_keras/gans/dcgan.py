"""The deep convolutional GAN (Radford et al. 2016, arXiv:1511.06434)."""

import tensorflow as tf

from gan_keras.configs.dcgan import DCGANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans import plain
from gan_keras.gans.plain import PlainGAN
from gan_keras.steps.latents import Purpose


class DCGAN(PlainGAN):
    """A GAN whose networks normalise by the batch.

    The paper puts BatchNorm into both networks, so real and generated images must never share a
    batch: the discriminator has an update on each. It sees images that the generator makes in
    inference mode, as Keras' `predict` gives them.
    """

    def train_step(self, data):
        """Updates the discriminator on real, then on generated images, then the generator.

        Args:
            data: Images float32 `(n_critic * batch, h, w, c)`, and labels, which are not used.

        Returns:
            The step's values, keyed by `METRICS`; the discriminator's are those of its last update.
        """
        for k, images in enumerate(self.batches(data)):
            n = tf.shape(images)[0]
            fakes = self.generate(n, Purpose.LATENT_D, k, training=False)
            d = self.update_on_each(images, fakes, k)

        g = self.train_generator(images)
        self.finish_step()
        return self.track(**d, **g)


def build(config: DCGANConfig, spec: DataSpec) -> DCGAN:
    """Builds and compiles the DCGAN of a configuration.

    Args:
        config: Its `precision` must be set as the global dtype policy already.
        spec: Image shape of the train split.
    """
    return plain.build(DCGAN, config, spec)

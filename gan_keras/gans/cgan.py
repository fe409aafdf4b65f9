"""The conditional GAN (Mirza & Osindero 2014, arXiv:1411.1784)."""

import keras
import tensorflow as tf

from gan_keras.configs.cgan import CGANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.gans import plain
from gan_keras.gans.plain import PlainGAN
from gan_keras.networks.common import Condition
from gan_keras.steps.latents import Purpose


class CGAN(PlainGAN):
    """A GAN both of whose networks are told the class.

    The discriminator maximises `E log D(x|y) + E log(1 - D(G(z|y)|y))` (eq. 2), by concatenation
    or by a projection (Miyato & Koyama 2018, eq. 3). The classes y of generated images are those
    of the reals: within each class the discriminator sees as many of either, however rare it is.
    """

    def train_step(self, data):
        """Updates the discriminator on pairs of image and class, then the generator.

        Args:
            data: Images float32 `(n_critic * batch, h, w, c)` and labels int32.

        Returns:
            The step's values, keyed by `METRICS`; the discriminator's are those of its last update.
        """
        for k, (images, labels) in enumerate(self.batches(data)):
            n = tf.shape(images)[0]
            fakes = self.generate(n, Purpose.LATENT_D, k, labels)
            d = self.update_on_both(images, fakes, k, labels)

        g = self.train_generator(images, labels)
        self.finish_step()
        return self.track(**d, **g)

    def batches(self, data) -> list[tuple[tf.Tensor, tf.Tensor]]:
        """Images and labels of a step, a pair for each update of the discriminator."""
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        return list(zip(self.tools.batches(images), self.tools.batches(labels), strict=True))


def build(config: CGANConfig, spec: DataSpec) -> CGAN:
    """Builds and compiles the conditional GAN of a configuration.

    Args:
        config: Its `precision` must be set as the global dtype policy already.
        spec: Image shape and classes of the train split.
    """
    condition = Condition(spec.num_classes, config.conditioning)
    return plain.build(CGAN, config, spec, condition)

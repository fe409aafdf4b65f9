"""DCGAN on 28x28 images: jomian78's nets, an update on reals and one on fakes."""

import keras
import tensorflow as tf
from keras import layers, ops

from experiments.benchmarks.plain_keras import common

LATENT_DIM, SLOPE = 100, 0.01


class DCGAN(common.GAN):
    """The discriminator's targets are flipped: 0 for reals, 0.9 to 1 for fakes."""

    def __init__(self, generator: keras.Model, discriminator: keras.Model) -> None:
        super().__init__(("g_loss", "d_loss"), generator=generator, discriminator=discriminator)
        self.g_optimizer = keras.optimizers.Adam(1e-4, beta_1=0.5, epsilon=1e-8)
        self.d_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5, epsilon=1e-8)

    def train_step(self, data: common.Data) -> common.Logs:
        images, _ = data
        batch = ops.shape(images)[0]
        fakes = self.generator(self.normal(batch, LATENT_DIM), training=False)
        soft = keras.random.uniform((batch, 1), 0.9, 1.0, seed=self.seed)
        d_loss = 0.0
        for seen, targets in ((images, ops.zeros((batch, 1))), (fakes, soft)):
            with tf.GradientTape() as tape:
                loss = self.source_loss(targets, self.discriminator(seen, training=True))
            self.update(self.d_optimizer, tape, loss, self.discriminator.trainable_weights)
            d_loss += 0.5 * loss

        with tf.GradientTape() as tape:
            fakes = self.generator(self.normal(batch, LATENT_DIM), training=True)
            source = self.discriminator(fakes, training=True)
            g_loss = self.source_loss(ops.zeros((batch, 1)), source)
        self.update(self.g_optimizer, tape, g_loss, self.generator.trainable_weights)
        return self.logs(g_loss=g_loss, d_loss=d_loss)


def activate(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.LeakyReLU(negative_slope=SLOPE)(layers.BatchNormalization()(x))


def make(image_shape: common.Shape, num_classes: int) -> common.GAN:
    height, width, channels = image_shape
    z = keras.Input((LATENT_DIM,))
    x = layers.Dense(16 * channels * (height // 4) * (width // 4))(z)
    x = activate(layers.Reshape((height // 4, width // 4, 16 * channels))(x))
    x = activate(layers.Conv2DTranspose(32, 5, 2, padding="same")(x))
    x = layers.Conv2DTranspose(channels, 5, 2, padding="same", activation="tanh")(x)
    generator = keras.Model(z, x)

    image = keras.Input(image_shape)
    x = layers.LeakyReLU(negative_slope=SLOPE)(layers.Conv2D(32, 5, 2, padding="same")(image))
    x = layers.Flatten()(activate(layers.Conv2D(16, 5, 2, padding="same")(x)))
    x = activate(layers.Dense(height * width * channels)(x))
    discriminator = keras.Model(image, layers.Dense(1)(x))
    return DCGAN(generator, discriminator)

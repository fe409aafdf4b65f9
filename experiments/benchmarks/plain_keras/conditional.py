"""The conditional GAN of keras.io's examples: one-hot labels beside z and as planes of the image.

Adam(3e-4) for both nets, batches of 64, images in [0, 1]; generated images have the labels of the
real batch.
"""

import keras
import tensorflow as tf
from keras import layers, ops

from experiments.benchmarks.plain_keras import common

LATENT_DIM, SLOPE = 128, 0.2


class ConditionalGAN(common.GAN):
    """Discriminator, then generator, each on generated images of its own."""

    def __init__(self, generator: keras.Model, discriminator: keras.Model) -> None:
        super().__init__(("g_loss", "d_loss"), generator=generator, discriminator=discriminator)
        self.g_optimizer, self.d_optimizer = (keras.optimizers.Adam(3e-4) for _ in range(2))

    def train_step(self, data: common.Data) -> common.Logs:
        images, labels = data
        batch = ops.shape(images)[0]

        fakes = self.generator([self.normal(batch, LATENT_DIM), labels])
        both, both_labels = ops.concatenate([images, fakes]), ops.concatenate([labels, labels])
        with tf.GradientTape() as tape:
            source = self.discriminator([both, both_labels])
            d_loss = self.source_loss(common.targets(batch, 0.0, 1.0), source)
        self.update(self.d_optimizer, tape, d_loss, self.discriminator.trainable_weights)

        z = self.normal(batch, LATENT_DIM)
        with tf.GradientTape() as tape:
            source = self.discriminator([self.generator([z, labels]), labels])
            g_loss = self.source_loss(ops.zeros((batch, 1)), source)
        self.update(self.g_optimizer, tape, g_loss, self.generator.trainable_weights)
        return self.logs(g_loss=g_loss, d_loss=d_loss)


def make_generator(image_shape: common.Shape, num_classes: int) -> keras.Model:
    height, width, channels = image_shape
    z, label = keras.Input((LATENT_DIM,)), keras.Input((), dtype="int32")
    start = height // 4, width // 4, LATENT_DIM + num_classes
    x = layers.Concatenate()([z, ops.one_hot(label, num_classes)])
    x = layers.Dense(start[0] * start[1] * start[2])(x)
    x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    x = layers.Reshape(start)(x)
    for _ in range(2):
        x = layers.Conv2DTranspose(128, 4, 2, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    x = layers.Conv2D(channels, 7, padding="same", activation="sigmoid")(x)
    return keras.Model([z, label], x)


def make_discriminator(image_shape: common.Shape, num_classes: int) -> keras.Model:
    image, label = keras.Input(image_shape), keras.Input((), dtype="int32")
    planes = ops.one_hot(label, num_classes)[:, None, None, :]
    planes = ops.tile(planes, (1, *image_shape[:2], 1))
    x = layers.Concatenate()([image, planes])
    for filters in (64, 128):
        x = layers.Conv2D(filters, 3, 2, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    x = layers.GlobalMaxPooling2D()(x)
    return keras.Model([image, label], layers.Dense(1)(x))


def make(image_shape: common.Shape, num_classes: int) -> common.GAN:
    generator = make_generator(image_shape, num_classes)
    return ConditionalGAN(generator, make_discriminator(image_shape, num_classes))

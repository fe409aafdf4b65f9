"""The auto-encoder-stabilised AC-GAN of MNIST-GAN, depth 64."""

import keras
import tensorflow as tf
from keras import layers, ops

from experiments.benchmarks.plain_keras import common

LATENT_DIM, DEPTH, SLOPE, DROPOUT = 100, 64, 0.3, 0.4


class AEACGAN(common.GAN):
    """Three updates per step: discriminator, generator, encoder and generator together."""

    def __init__(self, num_classes: int, **networks: keras.Model) -> None:
        super().__init__(("g_loss", "d_loss", "ae_loss"), **networks)
        self.num_classes = num_classes
        self.distance = keras.losses.MeanAbsoluteError()
        self.g_optimizer, self.d_optimizer, self.ae_optimizer = (
            keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(3)
        )

    def train_step(self, data: common.Data) -> common.Logs:
        images, labels = data
        batch = ops.shape(images)[0]
        z, fake_labels = self.normal(batch, LATENT_DIM), self.labels(batch, self.num_classes)
        classes_wanted = ops.one_hot(fake_labels, self.num_classes)

        fakes = self.generator([classes_wanted, z], training=False)
        both = ops.concatenate([images, fakes])
        both_labels = ops.concatenate([ops.cast(labels, "int32"), fake_labels])
        with tf.GradientTape() as tape:
            source, classes = self.discriminator(both, training=True)
            d_loss = self.source_loss(common.targets(batch, 0.9, 0.1), source)
            d_loss += self.class_loss(both_labels, classes)
        self.update(self.d_optimizer, tape, d_loss, self.discriminator.trainable_weights)

        with tf.GradientTape() as tape:
            fakes = self.generator([classes_wanted, z], training=True)
            source, classes = self.discriminator(fakes, training=True)
            g_loss = self.source_loss(0.9 * ops.ones((batch, 1)), source)
            g_loss += self.class_loss(fake_labels, classes)
        self.update(self.g_optimizer, tape, g_loss, self.generator.trainable_weights)

        with tf.GradientTape() as tape:
            code, classes = self.encoder(images, training=True)
            ae_loss = self.distance(images, self.generator([classes, code], training=True))
        weights = self.encoder.trainable_weights + self.generator.trainable_weights
        self.update(self.ae_optimizer, tape, ae_loss, weights)
        return self.logs(g_loss=g_loss, d_loss=d_loss, ae_loss=ae_loss)


def block(x: keras.KerasTensor, layer: layers.Layer) -> keras.KerasTensor:
    x = layers.LeakyReLU(negative_slope=SLOPE)(layer(x))
    return layers.Dropout(DROPOUT)(x)


def features(image: keras.KerasTensor) -> keras.KerasTensor:
    x = layers.GaussianNoise(0.05)(image)
    for _ in range(2):
        x = block(x, layers.Conv2D(DEPTH, 4, 2, padding="same"))
    return block(layers.Flatten()(x), layers.Dense(DEPTH))


def make_generator(image_shape: common.Shape, num_classes: int) -> keras.Model:
    height, width, channels = image_shape
    y, z = keras.Input((num_classes,)), keras.Input((LATENT_DIM,))
    x = layers.Concatenate()([y, z])
    x = block(x, layers.Dense(DEPTH * (height // 4) * (width // 4)))
    x = layers.Reshape((height // 4, width // 4, DEPTH))(x)
    for _ in range(2):
        x = block(x, layers.Conv2DTranspose(DEPTH, 4, 2, padding="same"))
    x = layers.Conv2D(channels, 7, padding="same", activation="tanh")(x)
    return keras.Model([y, z], x)


def make(image_shape: common.Shape, num_classes: int) -> common.GAN:
    image = keras.Input(image_shape)
    x = features(image)
    code = layers.Dense(LATENT_DIM, activation="sigmoid")(x)
    encoder = keras.Model(image, [code, layers.Dense(num_classes, activation="softmax")(x)])
    image = keras.Input(image_shape)
    x = features(image)
    discriminator = keras.Model(image, [layers.Dense(1)(x), layers.Dense(num_classes)(x)])
    generator = make_generator(image_shape, num_classes)
    return AEACGAN(num_classes, encoder=encoder, generator=generator, discriminator=discriminator)

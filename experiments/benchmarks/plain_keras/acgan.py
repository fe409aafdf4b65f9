"""The LaTeX Writer's AC-GAN (`original`) and keras-acgan's later nets (`transposed`).

The step is keras-acgan's: images made anew for each update. Its author's later one, among the
examples of Keras 2, has soft targets of real images, and classifies real images only.
"""

import keras
import tensorflow as tf
from keras import layers, ops

from experiments.benchmarks.plain_keras import common

LATENT_DIM = 100


class ACGAN(common.GAN):
    """Discriminator on real and generated images, then generator on twice as many new ones."""

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        num_classes: int,
        rate: float,
        real: float = 1.0,
        classify_fakes: bool = True,
    ) -> None:
        super().__init__(("g_loss", "d_loss"), generator=generator, discriminator=discriminator)
        self.num_classes, self.real, self.classify_fakes = num_classes, real, classify_fakes
        self.g_optimizer, self.d_optimizer = (
            keras.optimizers.Adam(rate, beta_1=0.5, epsilon=1e-8) for _ in range(2)
        )

    def draw(self, n: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        z = keras.random.uniform((n, LATENT_DIM), -1.0, 1.0, seed=self.seed)
        return z, self.labels(n, self.num_classes)

    def train_step(self, data: common.Data) -> common.Logs:
        images, labels = data
        batch = ops.shape(images)[0]

        z, fake_labels = self.draw(batch)
        fakes = self.generator([z, fake_labels], training=False)
        both = ops.concatenate([images, fakes])
        classified = ops.cast(labels, "int32")
        if self.classify_fakes:
            classified = ops.concatenate([classified, fake_labels])
        with tf.GradientTape() as tape:
            source, classes = self.discriminator(both, training=True)
            d_loss = self.source_loss(common.targets(batch, self.real, 0.0), source)
            d_loss += self.class_loss(classified, classes[: ops.shape(classified)[0]])
        self.update(self.d_optimizer, tape, d_loss, self.discriminator.trainable_weights)

        z, fake_labels = self.draw(2 * batch)
        with tf.GradientTape() as tape:
            fakes = self.generator([z, fake_labels], training=True)
            source, classes = self.discriminator(fakes, training=True)
            g_loss = self.source_loss(self.real * ops.ones((2 * batch, 1)), source)
            g_loss += self.class_loss(fake_labels, classes)
        self.update(self.g_optimizer, tape, g_loss, self.generator.trainable_weights)
        return self.logs(g_loss=g_loss, d_loss=d_loss)


def make_discriminator(image_shape: common.Shape, num_classes: int, slope: float) -> keras.Model:
    """Four convolutions with dropout under two heads."""
    image = keras.Input(image_shape)
    x = image
    for filters, strides in ((32, 2), (64, 1), (128, 2), (256, 1)):
        x = layers.Conv2D(filters, 3, strides, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=slope)(x)
        x = layers.Dropout(0.3)(x)
    x = layers.Flatten()(x)
    return keras.Model(image, [layers.Dense(1)(x), layers.Dense(num_classes)(x)])


def inputs(num_classes: int) -> tuple[list[keras.KerasTensor], keras.KerasTensor]:
    """Inputs of a generator, and z times an embedding of the label."""
    z, label = keras.Input((LATENT_DIM,)), keras.Input((), dtype="int32")
    embedding = layers.Embedding(num_classes, LATENT_DIM, embeddings_initializer="glorot_normal")
    return [z, label], layers.Multiply()([z, embedding(label)])


def make_original(image_shape: common.Shape, num_classes: int, rate: float = 5e-5) -> ACGAN:
    height, width, channels = image_shape
    given, x = inputs(num_classes)
    x = layers.Dense(1024, activation="relu")(x)
    x = layers.Dense(128 * (height // 4) * (width // 4), activation="relu")(x)
    x = layers.Reshape((height // 4, width // 4, 128))(x)
    for filters in (256, 128):
        x = layers.UpSampling2D(2)(x)
        x = layers.Conv2D(filters, 5, padding="same", activation="relu")(x)
    x = layers.Conv2D(channels, 2, padding="same", activation="tanh")(x)
    discriminator = make_discriminator(image_shape, num_classes, slope=0.3)
    return ACGAN(keras.Model(given, x), discriminator, num_classes, rate)


def make_transposed(image_shape: common.Shape, num_classes: int, **step) -> ACGAN:
    height, width, channels = image_shape
    start = (height // 4 - 4, width // 4 - 4, 384)
    given, x = inputs(num_classes)
    x = layers.Dense(start[0] * start[1] * start[2], activation="relu")(x)
    x = layers.Reshape(start)(x)
    x = layers.Conv2DTranspose(192, 5, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2DTranspose(96, 5, 2, padding="same", activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2DTranspose(channels, 5, 2, padding="same", activation="tanh")(x)
    discriminator = make_discriminator(image_shape, num_classes, slope=0.2)
    return ACGAN(keras.Model(given, x), discriminator, num_classes, 2e-4, **step)

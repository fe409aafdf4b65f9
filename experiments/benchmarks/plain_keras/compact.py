"""The suite's compact AC-GAN: projection, modulated BatchNorm, lazy R1, averaged generator."""

import keras
import tensorflow as tf
from keras import layers, ops

from experiments.benchmarks.plain_keras import common

LATENT_DIM, CHANNELS, SLOPE = 64, 64, 0.2
R1_FACTOR, R1_EVERY = 0.15, 8
EMA_DECAY = 0.9995


class GroupDeviation(layers.Layer):
    """Standard deviation of each channel over groups of 16 examples."""

    def call(self, x: keras.KerasTensor) -> tf.Tensor:
        height, width, channels = x.shape[1:]
        groups = ops.reshape(x, (-1, 16, height, width, channels))
        deviation = ops.mean(ops.sqrt(ops.var(groups, axis=1) + 1e-6), axis=(1, 2))
        return ops.repeat(deviation, 16, axis=0)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (input_shape[0], input_shape[-1])


class CompactGAN(common.GAN):
    """One generated batch serves both updates."""

    def __init__(
        self, generator: keras.Model, discriminator: keras.Model, num_classes: int
    ) -> None:
        super().__init__(("g_loss", "d_loss"), generator=generator, discriminator=discriminator)
        self.num_classes = num_classes
        self.average = keras.models.clone_model(generator)
        self.average.set_weights(generator.get_weights())
        self.steps = self.add_weight(shape=(), dtype="int64", initializer="zeros", trainable=False)
        self.g_optimizer, self.d_optimizer = (
            keras.optimizers.Adam(1.6e-3, beta_1=0.5, beta_2=0.99, epsilon=1e-8) for _ in range(2)
        )

    def r1(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(images)
            score = ops.sum(self.discriminator([images, labels], training=True)[0])
        squares = ops.sum(ops.square(tape.gradient(score, images)), axis=(1, 2, 3))
        return 0.5 * R1_FACTOR * R1_EVERY * ops.mean(squares)

    def train_step(self, data: common.Data) -> common.Logs:
        images, labels = data
        batch = ops.shape(images)[0]
        z, fake_labels = self.normal(batch, LATENT_DIM), self.labels(batch, self.num_classes)

        with tf.GradientTape() as g_tape:
            fakes = self.generator([z, fake_labels], training=True)
            with tf.GradientTape() as d_tape:
                both = ops.concatenate([images, ops.stop_gradient(fakes)])
                both_labels = ops.concatenate([ops.cast(labels, "int32"), fake_labels])
                source, classes = self.discriminator([both, both_labels], training=True)
                d_loss = self.source_loss(common.targets(batch, 1.0, 0.0), source)
                d_loss += 0.25 * self.class_loss(labels, classes[:batch])
                d_loss += tf.cond(
                    self.steps % R1_EVERY == 0,
                    lambda: self.r1(images, labels),
                    lambda: tf.zeros(()),
                )
            self.update(self.d_optimizer, d_tape, d_loss, self.discriminator.trainable_weights)

            source, classes = self.discriminator([fakes, fake_labels], training=True)
            g_loss = self.source_loss(ops.ones((batch, 1)), source)
            g_loss += 0.2 * self.class_loss(fake_labels, classes)
        self.update(self.g_optimizer, g_tape, g_loss, self.generator.trainable_weights)

        for average, weight in zip(self.average.weights, self.generator.weights, strict=True):
            average.assign(EMA_DECAY * average + (1.0 - EMA_DECAY) * weight)
        self.steps.assign_add(1)
        return self.logs(g_loss=g_loss, d_loss=d_loss)


def modulated(x: keras.KerasTensor, condition: keras.KerasTensor) -> keras.KerasTensor:
    def affine(bias: str) -> keras.KerasTensor:
        dense = layers.Dense(CHANNELS, bias_initializer=bias)
        return layers.Reshape((1, 1, CHANNELS))(dense(condition))

    x = layers.BatchNormalization(epsilon=1e-5, center=False, scale=False)(x)
    return layers.ReLU()(layers.Add()([layers.Multiply()([x, affine("ones")]), affine("zeros")]))


def make_generator(image_shape: common.Shape, num_classes: int) -> keras.Model:
    height, width, channels = image_shape
    z, label = keras.Input((LATENT_DIM,)), keras.Input((), dtype="int32")
    condition = layers.Concatenate()([z, layers.Embedding(num_classes, 64)(label)])
    x = layers.Dense(CHANNELS * (height // 4) * (width // 4), use_bias=False)(condition)
    x = layers.Reshape((height // 4, width // 4, CHANNELS))(x)
    x = modulated(x, condition)
    x = modulated(layers.Conv2D(CHANNELS, 3, padding="same", use_bias=False)(x), condition)
    x = layers.Conv2DTranspose(CHANNELS, 4, 2, padding="same", use_bias=False)(x)
    x = modulated(x, condition)
    x = layers.Conv2DTranspose(channels, 4, 2, padding="same", activation="tanh")(x)
    return keras.Model([z, label], x)


def make_discriminator(image_shape: common.Shape, num_classes: int) -> keras.Model:
    image, label = keras.Input(image_shape), keras.Input((), dtype="int32")
    x = image
    for filters, kernel in ((48, 4), (96, 3)):
        x = layers.Conv2D(filters, kernel, 2, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    x = layers.Concatenate()([layers.Flatten()(x), GroupDeviation()(x)])
    one_hot = layers.CategoryEncoding(num_classes, output_mode="one_hot")(label)
    projection = layers.Dot(axes=1)([layers.Dense(num_classes, use_bias=False)(x), one_hot])
    source = layers.Add()([layers.Dense(1)(x), projection])
    return keras.Model([image, label], [source, layers.Dense(num_classes)(x)])


def make(image_shape: common.Shape, num_classes: int) -> common.GAN:
    generator = make_generator(image_shape, num_classes)
    return CompactGAN(generator, make_discriminator(image_shape, num_classes), num_classes)

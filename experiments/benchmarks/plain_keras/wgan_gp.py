"""WGAN-GP at 64x64: DCGAN-like nets, five critic updates a step, each on a batch of its own."""

import keras
import tensorflow as tf
from keras import layers, ops

from experiments.benchmarks.plain_keras import common

LATENT_DIM, SLOPE, N_CRITIC, FACTOR = 100, 0.2, 5, 10.0


class WGANGP(common.GAN):
    """As in keras.io's example, with the batches of all critic updates in one."""

    def __init__(self, generator: keras.Model, critic: keras.Model) -> None:
        super().__init__(("g_loss", "d_loss"), generator=generator, critic=critic)
        self.g_optimizer, self.d_optimizer = (
            keras.optimizers.Adam(1e-4, beta_1=0.0, epsilon=1e-8) for _ in range(2)
        )

    def gradient_penalty(self, images: tf.Tensor, fakes: tf.Tensor) -> tf.Tensor:
        alpha = keras.random.uniform((ops.shape(images)[0], 1, 1, 1), seed=self.seed)
        between = images + alpha * (fakes - images)
        with tf.GradientTape() as tape:
            tape.watch(between)
            score = self.critic(between, training=True)
        gradients = tape.gradient(score, between)
        norm = ops.sqrt(ops.sum(ops.square(gradients), axis=(1, 2, 3)) + 1e-12)
        return ops.mean(ops.square(norm - 1.0))

    def train_step(self, data: common.Data) -> common.Logs:
        batch = ops.shape(data[0])[0] // N_CRITIC
        for images in tf.split(data[0], N_CRITIC):
            fakes = self.generator(self.normal(batch, LATENT_DIM), training=True)
            with tf.GradientTape() as tape:
                d_loss = ops.mean(self.critic(fakes, training=True))
                d_loss -= ops.mean(self.critic(images, training=True))
                d_loss += FACTOR * self.gradient_penalty(images, fakes)
            self.update(self.d_optimizer, tape, d_loss, self.critic.trainable_weights)

        z = self.normal(batch, LATENT_DIM)
        with tf.GradientTape() as tape:
            g_loss = -ops.mean(self.critic(self.generator(z, training=True), training=True))
        self.update(self.g_optimizer, tape, g_loss, self.generator.trainable_weights)
        return self.logs(g_loss=g_loss, d_loss=d_loss)


def make(image_shape: common.Shape, num_classes: int) -> common.GAN:
    channels = image_shape[-1]
    z = keras.Input((LATENT_DIM,))
    x = layers.Reshape((1, 1, LATENT_DIM))(z)
    for filters in (256, 128, 64, 32):
        padding = "valid" if filters == 256 else "same"  # from 1x1 to 4x4, then doubled
        x = layers.Conv2DTranspose(filters, 4, 2, padding=padding, use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
    x = layers.Conv2DTranspose(channels, 4, 2, padding="same", use_bias=False, activation="tanh")(x)
    generator = keras.Model(z, x)

    image = keras.Input(image_shape)
    x = image
    for number, filters in enumerate((32, 64, 128, 256)):
        x = layers.Conv2D(filters, 4, 2, padding="same", use_bias=False)(x)
        x = layers.GroupNormalization(1)(x) if number else x
        x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    critic = keras.Model(image, layers.Dense(1, use_bias=False)(layers.Flatten()(x)))
    return WGANGP(generator, critic)

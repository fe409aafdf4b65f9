"""WGAN-GP at 64x64: DCGAN-like nets, five critic updates a step, each on a batch of its own."""

import keras
import tensorflow as tf
from keras import layers, ops

LATENT_DIM, SLOPE, N_CRITIC, FACTOR = 100, 0.2, 5, 10.0


class WGANGP(keras.Model):
    """As in keras.io's example, with the batches of all critic updates in one."""

    def __init__(self, generator, critic):
        super().__init__()
        self.generator, self.critic = generator, critic
        self.seed = keras.random.SeedGenerator(0)
        self.g_loss, self.d_loss = keras.metrics.Mean("g_loss"), keras.metrics.Mean("d_loss")
        self.built = True

    def compile(self, g_optimizer, d_optimizer):
        super().compile(optimizer=None)
        self.g_optimizer, self.d_optimizer = g_optimizer, d_optimizer

    @property
    def metrics(self):
        return [self.g_loss, self.d_loss]

    def gradient_penalty(self, images, fakes):
        alpha = keras.random.uniform((ops.shape(images)[0], 1, 1, 1), seed=self.seed)
        between = images + alpha * (fakes - images)
        with tf.GradientTape() as tape:
            tape.watch(between)
            score = self.critic(between, training=True)
        gradients = tape.gradient(score, between)
        norm = ops.sqrt(ops.sum(ops.square(gradients), axis=(1, 2, 3)) + 1e-12)
        return ops.mean(ops.square(norm - 1.0))

    def train_step(self, data):
        batch = ops.shape(data[0])[0] // N_CRITIC
        for images in tf.split(data[0], N_CRITIC):
            z = keras.random.normal((batch, LATENT_DIM), seed=self.seed)
            fakes = self.generator(z, training=True)
            with tf.GradientTape() as tape:
                d_loss = ops.mean(self.critic(fakes, training=True))
                d_loss -= ops.mean(self.critic(images, training=True))
                d_loss += FACTOR * self.gradient_penalty(images, fakes)
            weights = self.critic.trainable_weights
            gradients = tape.gradient(d_loss, weights)
            self.d_optimizer.apply_gradients(zip(gradients, weights, strict=True))

        z = keras.random.normal((batch, LATENT_DIM), seed=self.seed)
        with tf.GradientTape() as tape:
            g_loss = -ops.mean(self.critic(self.generator(z, training=True), training=True))
        weights = self.generator.trainable_weights
        self.g_optimizer.apply_gradients(zip(tape.gradient(g_loss, weights), weights, strict=True))
        self.g_loss.update_state(g_loss)
        self.d_loss.update_state(d_loss)
        return {"g_loss": self.g_loss.result(), "d_loss": self.d_loss.result()}


def make(image_shape, num_classes):
    channels = image_shape[-1]
    z = keras.Input((LATENT_DIM,))
    x = layers.Reshape((1, 1, LATENT_DIM))(z)
    for filters, strides, padding in (
        (256, 1, "valid"),
        (128, 2, "same"),
        (64, 2, "same"),
        (32, 2, "same"),
    ):
        x = layers.Conv2DTranspose(filters, 4, strides, padding=padding, use_bias=False)(x)
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

    gan = WGANGP(generator, critic)
    gan.compile(
        keras.optimizers.Adam(1e-4, beta_1=0.0, epsilon=1e-8),
        keras.optimizers.Adam(1e-4, beta_1=0.0, epsilon=1e-8),
    )
    return gan

"""DCGAN on 28x28 images: jomian78's nets, an update on reals and one on fakes."""

import keras
import tensorflow as tf
from keras import layers, ops

LATENT_DIM, SLOPE = 100, 0.01


class DCGAN(keras.Model):
    """The discriminator's targets are flipped: 0 for reals, 0.9 to 1 for fakes."""

    def __init__(self, generator, discriminator):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.seed = keras.random.SeedGenerator(0)
        self.g_loss, self.d_loss = keras.metrics.Mean("g_loss"), keras.metrics.Mean("d_loss")
        self.loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)
        self.built = True

    def compile(self, g_optimizer, d_optimizer):
        super().compile(optimizer=None)
        self.g_optimizer, self.d_optimizer = g_optimizer, d_optimizer

    @property
    def metrics(self):
        return [self.g_loss, self.d_loss]

    def train_step(self, data):
        images, _ = data
        batch = ops.shape(images)[0]
        fakes = self.generator(self.draw(batch), training=False)
        soft = keras.random.uniform((batch, 1), 0.9, 1.0, seed=self.seed)
        d_loss = 0.0
        for seen, targets in ((images, ops.zeros((batch, 1))), (fakes, soft)):
            with tf.GradientTape() as tape:
                loss = self.loss_fn(targets, self.discriminator(seen, training=True))
            weights = self.discriminator.trainable_weights
            gradients = tape.gradient(loss, weights)
            self.d_optimizer.apply_gradients(zip(gradients, weights, strict=True))
            d_loss += 0.5 * loss

        with tf.GradientTape() as tape:
            fakes = self.generator(self.draw(batch), training=True)
            g_loss = self.loss_fn(ops.zeros((batch, 1)), self.discriminator(fakes, training=True))
        weights = self.generator.trainable_weights
        self.g_optimizer.apply_gradients(zip(tape.gradient(g_loss, weights), weights, strict=True))
        self.g_loss.update_state(g_loss)
        self.d_loss.update_state(d_loss)
        return {"g_loss": self.g_loss.result(), "d_loss": self.d_loss.result()}

    def draw(self, n):
        return keras.random.normal((n, LATENT_DIM), seed=self.seed)


def activate(x):
    return layers.LeakyReLU(negative_slope=SLOPE)(layers.BatchNormalization()(x))


def make(image_shape, num_classes):
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

    gan = DCGAN(generator, discriminator)
    gan.compile(
        keras.optimizers.Adam(1e-4, beta_1=0.5, epsilon=1e-8),
        keras.optimizers.Adam(1e-3, beta_1=0.5, epsilon=1e-8),
    )
    return gan

"""AC-GAN, the step of keras-acgan: images made anew for each update."""

import keras
import tensorflow as tf
from keras import layers, ops


class ACGAN(keras.Model):
    """Discriminator on real and generated images, then generator on twice as many new ones.

    Args:
        generator: From `[z, label]` to images.
        discriminator: From images to `[source logit, class logits]`.
        latent_dim: Length of z.
        num_classes: Number of classes.
    """

    def __init__(self, generator, discriminator, latent_dim, num_classes):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.latent_dim, self.num_classes = latent_dim, num_classes
        self.seed = keras.random.SeedGenerator(0)
        self.g_loss, self.d_loss = keras.metrics.Mean("g_loss"), keras.metrics.Mean("d_loss")
        self.source_loss = keras.losses.BinaryCrossentropy(from_logits=True)
        self.class_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.built = True

    def compile(self, g_optimizer, d_optimizer):
        super().compile(optimizer=None)
        self.g_optimizer, self.d_optimizer = g_optimizer, d_optimizer

    @property
    def metrics(self):
        return [self.g_loss, self.d_loss]

    def draw(self, n):
        z = keras.random.uniform((n, self.latent_dim), -1.0, 1.0, seed=self.seed)
        return z, keras.random.randint((n,), 0, self.num_classes, seed=self.seed)

    def train_step(self, data):
        images, labels = data
        batch = ops.shape(images)[0]

        z, fake_labels = self.draw(batch)
        fakes = self.generator([z, fake_labels], training=False)
        both = ops.concatenate([images, fakes])
        both_labels = ops.concatenate([ops.cast(labels, "int32"), fake_labels])
        is_real = ops.concatenate([ops.ones((batch, 1)), ops.zeros((batch, 1))])
        with tf.GradientTape() as tape:
            source, classes = self.discriminator(both, training=True)
            d_loss = self.source_loss(is_real, source) + self.class_loss(both_labels, classes)
        weights = self.discriminator.trainable_weights
        self.d_optimizer.apply_gradients(zip(tape.gradient(d_loss, weights), weights, strict=True))

        z, fake_labels = self.draw(2 * batch)
        with tf.GradientTape() as tape:
            fakes = self.generator([z, fake_labels], training=True)
            source, classes = self.discriminator(fakes, training=True)
            g_loss = self.source_loss(ops.ones((2 * batch, 1)), source)
            g_loss += self.class_loss(fake_labels, classes)
        weights = self.generator.trainable_weights
        self.g_optimizer.apply_gradients(zip(tape.gradient(g_loss, weights), weights, strict=True))

        self.g_loss.update_state(g_loss)
        self.d_loss.update_state(d_loss)
        return {"g_loss": self.g_loss.result(), "d_loss": self.d_loss.result()}


def make_discriminator(image_shape, num_classes, slope):
    """Four convolutions with dropout under two heads."""
    image = keras.Input(image_shape)
    x = image
    for filters, strides in ((32, 2), (64, 1), (128, 2), (256, 1)):
        x = layers.Conv2D(filters, 3, strides, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=slope)(x)
        x = layers.Dropout(0.3)(x)
    x = layers.Flatten()(x)
    return keras.Model(image, [layers.Dense(1)(x), layers.Dense(num_classes)(x)])


def compiled(generator, discriminator, latent_dim, num_classes, learning_rate):
    """The model with an Adam for each network."""
    gan = ACGAN(generator, discriminator, latent_dim, num_classes)
    gan.compile(
        keras.optimizers.Adam(learning_rate, beta_1=0.5, epsilon=1e-8),
        keras.optimizers.Adam(learning_rate, beta_1=0.5, epsilon=1e-8),
    )
    return gan

"""The auto-encoder-stabilised AC-GAN of MNIST-GAN, depth 64."""

import keras
import tensorflow as tf
from keras import layers, ops

LATENT_DIM, DEPTH, SLOPE, DROPOUT = 100, 64, 0.3, 0.4


class AEACGAN(keras.Model):
    """Three updates a step: discriminator, generator, encoder and generator together."""

    def __init__(self, encoder, generator, discriminator, num_classes):
        super().__init__()
        self.encoder, self.generator, self.discriminator = encoder, generator, discriminator
        self.num_classes = num_classes
        self.seed = keras.random.SeedGenerator(0)
        self.g_loss, self.d_loss = keras.metrics.Mean("g_loss"), keras.metrics.Mean("d_loss")
        self.ae_loss = keras.metrics.Mean("ae_loss")
        self.source_loss = keras.losses.BinaryCrossentropy(from_logits=True)
        self.class_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.distance = keras.losses.MeanAbsoluteError()
        self.built = True

    def compile(self, g_optimizer, d_optimizer, ae_optimizer):
        super().compile(optimizer=None)
        self.g_optimizer, self.d_optimizer = g_optimizer, d_optimizer
        self.ae_optimizer = ae_optimizer

    @property
    def metrics(self):
        return [self.g_loss, self.d_loss, self.ae_loss]

    def train_step(self, data):
        images, labels = data
        batch = ops.shape(images)[0]
        z = keras.random.normal((batch, LATENT_DIM), seed=self.seed)
        fake_labels = keras.random.randint((batch,), 0, self.num_classes, seed=self.seed)
        classes_wanted = ops.one_hot(fake_labels, self.num_classes)

        fakes = self.generator([classes_wanted, z], training=False)
        both = ops.concatenate([images, fakes])
        both_labels = ops.concatenate([ops.cast(labels, "int32"), fake_labels])
        targets = ops.concatenate([0.9 * ops.ones((batch, 1)), 0.1 * ops.ones((batch, 1))])
        with tf.GradientTape() as tape:
            source, classes = self.discriminator(both, training=True)
            d_loss = self.source_loss(targets, source) + self.class_loss(both_labels, classes)
        weights = self.discriminator.trainable_weights
        self.d_optimizer.apply_gradients(zip(tape.gradient(d_loss, weights), weights, strict=True))

        with tf.GradientTape() as tape:
            fakes = self.generator([classes_wanted, z], training=True)
            source, classes = self.discriminator(fakes, training=True)
            g_loss = self.source_loss(0.9 * ops.ones((batch, 1)), source)
            g_loss += self.class_loss(fake_labels, classes)
        weights = self.generator.trainable_weights
        self.g_optimizer.apply_gradients(zip(tape.gradient(g_loss, weights), weights, strict=True))

        with tf.GradientTape() as tape:
            code, classes = self.encoder(images, training=True)
            ae_loss = self.distance(images, self.generator([classes, code], training=True))
        weights = self.encoder.trainable_weights + self.generator.trainable_weights
        gradients = tape.gradient(ae_loss, weights)
        self.ae_optimizer.apply_gradients(zip(gradients, weights, strict=True))

        values = {"g_loss": g_loss, "d_loss": d_loss, "ae_loss": ae_loss}
        for name, value in values.items():
            getattr(self, name).update_state(value)
        return {name: getattr(self, name).result() for name in values}


def block(x, layer):
    x = layers.LeakyReLU(negative_slope=SLOPE)(layer(x))
    return layers.Dropout(DROPOUT)(x)


def features(image):
    x = layers.GaussianNoise(0.05)(image)
    for _ in range(2):
        x = block(x, layers.Conv2D(DEPTH, 4, 2, padding="same"))
    return block(layers.Flatten()(x), layers.Dense(DEPTH))


def make_generator(image_shape, num_classes):
    height, width, channels = image_shape
    y, z = keras.Input((num_classes,)), keras.Input((LATENT_DIM,))
    x = layers.Concatenate()([y, z])
    x = block(x, layers.Dense(DEPTH * (height // 4) * (width // 4)))
    x = layers.Reshape((height // 4, width // 4, DEPTH))(x)
    for _ in range(2):
        x = block(x, layers.Conv2DTranspose(DEPTH, 4, 2, padding="same"))
    x = layers.Conv2D(channels, 7, padding="same", activation="tanh")(x)
    return keras.Model([y, z], x)


def make(image_shape, num_classes):
    image = keras.Input(image_shape)
    x = features(image)
    code = layers.Dense(LATENT_DIM, activation="sigmoid")(x)
    encoder = keras.Model(image, [code, layers.Dense(num_classes, activation="softmax")(x)])
    image = keras.Input(image_shape)
    x = features(image)
    discriminator = keras.Model(image, [layers.Dense(1)(x), layers.Dense(num_classes)(x)])
    gan = AEACGAN(encoder, make_generator(image_shape, num_classes), discriminator, num_classes)
    gan.compile(*(keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(3)))
    return gan

"""The LaTeX Writer's AC-GAN."""

import keras
from keras import layers

from experiments.benchmarks.plain_keras import acgan

LATENT_DIM = 100


def make_generator(image_shape, num_classes):
    height, width, channels = image_shape
    z = keras.Input((LATENT_DIM,))
    label = keras.Input((), dtype="int32")
    embedding = layers.Embedding(num_classes, LATENT_DIM, embeddings_initializer="glorot_normal")
    x = layers.Multiply()([z, embedding(label)])
    x = layers.Dense(1024, activation="relu")(x)
    x = layers.Dense(128 * (height // 4) * (width // 4), activation="relu")(x)
    x = layers.Reshape((height // 4, width // 4, 128))(x)
    for filters in (256, 128):
        x = layers.UpSampling2D(2)(x)
        x = layers.Conv2D(filters, 5, padding="same", activation="relu")(x)
    x = layers.Conv2D(channels, 2, padding="same", activation="tanh")(x)
    return keras.Model([z, label], x)


def make(image_shape, num_classes):
    generator = make_generator(image_shape, num_classes)
    discriminator = acgan.make_discriminator(image_shape, num_classes, slope=0.3)
    return acgan.compiled(generator, discriminator, LATENT_DIM, num_classes, 5e-5)

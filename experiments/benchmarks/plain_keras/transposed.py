"""keras-acgan's later nets: Keras' own `mnist_acgan` example."""

import keras
from keras import layers

from experiments.benchmarks.plain_keras import acgan

LATENT_DIM = 100


def make_generator(image_shape, num_classes):
    height, width, channels = image_shape
    start = (height // 4 - 4, width // 4 - 4, 384)
    z = keras.Input((LATENT_DIM,))
    label = keras.Input((), dtype="int32")
    embedding = layers.Embedding(num_classes, LATENT_DIM, embeddings_initializer="glorot_normal")
    x = layers.Multiply()([z, embedding(label)])
    x = layers.Dense(start[0] * start[1] * start[2], activation="relu")(x)
    x = layers.Reshape(start)(x)
    x = layers.Conv2DTranspose(192, 5, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2DTranspose(96, 5, 2, padding="same", activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2DTranspose(channels, 5, 2, padding="same", activation="tanh")(x)
    return keras.Model([z, label], x)


def make(image_shape, num_classes):
    generator = make_generator(image_shape, num_classes)
    discriminator = acgan.make_discriminator(image_shape, num_classes, slope=0.2)
    return acgan.compiled(generator, discriminator, LATENT_DIM, num_classes, 2e-4)

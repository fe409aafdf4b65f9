"""Encoder, generator and discriminator of the auto-encoder-stabilised AC-GAN.

Layer for layer as in github.com/markusmeingast/MNIST-GAN. At 28x28x1 and z of length 100 there
are 274,606 (encoder), 482,433 (generator) and 268,171 (discriminator) parameters with depth 64 and
10 classes; 1,088,290, 1,553,153 and 1,075,519 with depth 128 and 62 classes.
"""

import dataclasses
from typing import Any

import keras
from keras import layers

from gan_keras.layers import BatchNormalization, Dropout, GaussianNoise
from gan_keras.networks import common

# `LeakyReLU()` of the original means the layer's default slope.
SLOPE = 0.3
INPUT_NOISE = 0.05

Convolution = type[layers.Conv2D | layers.Conv2DTranspose]


@dataclasses.dataclass(frozen=True)
class Blocks:
    """Hidden layers of a network, each with BatchNorm where it is on, LeakyReLU and dropout.

    Attributes:
        width_mult: Multiplies `depth`.
        depth: Filters of each convolution, and units of the dense layer under the heads.
        batch_norm: Whether hidden layers are normalised.
        dropout: Rate after each hidden layer.
        init_std: Standard deviation of the convolutions' first weights.
    """

    width_mult: float = 1.0
    depth: int = 64
    batch_norm: bool = False
    dropout: float = 0.4
    init_std: float = 0.01

    @property
    def width(self) -> int:
        """Filters of each convolution."""
        return common.scaled_width(self.depth, self.width_mult)

    def normal(self) -> keras.Initializer:
        """First weights of a convolution."""
        return keras.initializers.RandomNormal(stddev=self.init_std)

    def apply(self, layer: keras.layers.Layer, x: keras.KerasTensor) -> keras.KerasTensor:
        """Applies a layer and what follows it."""
        x = layer(x)
        x = BatchNormalization()(x) if self.batch_norm else x
        x = layers.LeakyReLU(negative_slope=SLOPE)(x)
        return Dropout(self.dropout)(x) if self.dropout else x

    def resample(self, kind: Convolution, x: keras.KerasTensor) -> keras.KerasTensor:
        """Halves or doubles the grid twice, by 4x4 convolutions of a kind."""
        for _ in range(2):
            convolution = kind(self.width, 4, 2, "same", kernel_initializer=self.normal())
            x = self.apply(convolution, x)
        return x

    def features(self, image: keras.KerasTensor) -> keras.KerasTensor:
        """The trunk that encoder and discriminator share: `(batch, width)` out of images."""
        x = self.resample(layers.Conv2D, GaussianNoise(INPUT_NOISE)(image))
        return self.apply(layers.Dense(self.width), layers.Flatten()(x))


def make_encoder(
    image_shape: common.ImageShape, num_classes: int, latent_dim: int = 100, **blocks: Any
) -> keras.Model:
    """Builds the encoder, whose outputs are what the generator takes.

    Args:
        image_shape: `(height, width, channels)`.
        num_classes: Number of classes.
        latent_dim: Length of z.
        **blocks: Attributes of `Blocks`.

    Returns:
        A functional model from images in [-1, 1] to `[z, y]`: z in (0, 1)
        `(batch, latent_dim)` and class probabilities `(batch, num_classes)`, both float32.
    """
    image = keras.Input(image_shape, name="image")
    x = Blocks(**blocks).features(image)
    z = layers.Dense(latent_dim, activation="sigmoid", dtype="float32", name="code")(x)
    y = layers.Dense(num_classes, activation="softmax", dtype="float32", name="class")(x)
    return keras.Model(image, [z, y], name="encoder")


def make_generator(
    image_shape: common.ImageShape, num_classes: int, latent_dim: int = 100, **blocks: Any
) -> keras.Model:
    """Builds the generator: one dense layer, two transposed convolutions, a 7x7 convolution.

    Arguments are as for the encoder; height and width must be multiples of 4. The model takes
    `[z, label]` and gives images float32 in (-1, 1).
    """
    height, width = common.quarter_size(image_shape)
    hidden = Blocks(**blocks)
    z, label = common.class_inputs(latent_dim)
    one_hot = layers.CategoryEncoding(num_classes, output_mode="one_hot", name="one_hot")
    x = layers.Concatenate(name="join")([one_hot(label), z])
    x = hidden.apply(layers.Dense(hidden.width * height * width), x)
    x = layers.Reshape((height, width, hidden.width))(x)
    x = hidden.resample(layers.Conv2DTranspose, x)
    last = {"activation": "tanh", "kernel_initializer": hidden.normal(), "dtype": "float32"}
    x = layers.Conv2D(image_shape[-1], 7, padding="same", **last)(x)
    return keras.Model([z, label], x, name="generator")


def decoder_of(generator: keras.Model) -> keras.Model:
    """Returns the generator from its one-hot layer on: it takes uncertain classes.

    Args:
        generator: From `make_generator`, or a copy.

    Returns:
        A functional model of the generator's own layers, from `[z, y]` with class probabilities y
        `(batch, num_classes)` to images.
    """
    one_hot, join = generator.get_layer("one_hot"), generator.get_layer("join")
    z = keras.Input(generator.inputs[0].shape[1:], name="latent")
    y = keras.Input(one_hot.output.shape[1:], name="classes")
    x = join([y, z])
    # from here on the generator is a chain
    for layer in generator.layers[generator.layers.index(join) + 1 :]:
        x = layer(x)
    return keras.Model([z, y], x, name="decoder")


def make_discriminator(
    image_shape: common.ImageShape, num_classes: int, **blocks: Any
) -> keras.Model:
    """Builds the discriminator: the encoder's trunk under the two heads of an AC-GAN.

    Arguments are as for the encoder. The model takes images in [-1, 1] and gives
    `[source logit, class logits]`.
    """
    image = keras.Input(image_shape, name="image")
    x = Blocks(**blocks).features(image)
    return keras.Model(image, common.source_and_class_heads(x, num_classes), name="discriminator")

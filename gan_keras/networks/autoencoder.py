"""Encoder, generator and discriminator of the auto-encoder-stabilised AC-GAN.

Layer for layer those of github.com/markusmeingast/MNIST-GAN. At 28x28x1 and z of length 100 there
are 274,606 (encoder), 482,433 (generator) and 268,171 (discriminator) parameters with depth 64 and
10 classes; 1,088,290, 1,553,153 and 1,075,519 with depth 128 and 62 classes.
"""

import keras
from keras import layers

from gan_keras.layers import BatchNormalization, Dropout, GaussianNoise
from gan_keras.networks.common import (
    class_inputs,
    quarter_size,
    scaled_width,
    source_and_class_heads,
)

# `LeakyReLU()` of the original means the layer's default slope.
SLOPE = 0.3
INPUT_NOISE = 0.05


def _block(
    x: keras.KerasTensor, layer: keras.layers.Layer, batch_norm: bool, dropout: float
) -> keras.KerasTensor:
    """Applies a layer, then BatchNorm where it is on, LeakyReLU and dropout, in this order."""
    x = layer(x)
    if batch_norm:
        x = BatchNormalization()(x)
    x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    return Dropout(dropout)(x) if dropout else x


def _features(
    image: keras.KerasTensor, depth: int, batch_norm: bool, dropout: float, init_std: float
) -> keras.KerasTensor:
    """The trunk that encoder and discriminator have alike: `(batch, depth)` out of images."""
    x = GaussianNoise(INPUT_NOISE)(image)
    for _ in range(2):
        normal = keras.initializers.RandomNormal(stddev=init_std)
        convolution = layers.Conv2D(depth, 4, 2, padding="same", kernel_initializer=normal)
        x = _block(x, convolution, batch_norm, dropout)
    return _block(layers.Flatten()(x), layers.Dense(depth), batch_norm, dropout)


def make_encoder(
    image_shape: tuple[int, int, int],
    num_classes: int,
    latent_dim: int = 100,
    width_mult: float = 1.0,
    *,
    depth: int = 64,
    batch_norm: bool = False,
    dropout: float = 0.4,
    init_std: float = 0.01,
) -> keras.Model:
    """Builds the encoder, whose outputs are what the generator takes.

    Args:
        image_shape: `(height, width, channels)`.
        num_classes: Number of classes.
        latent_dim: Length of z.
        width_mult: Multiplies `depth`.
        depth: Filters of each convolution and units of the dense layer.
        batch_norm: Whether hidden layers are normalised.
        dropout: Rate after each hidden layer.
        init_std: Standard deviation of the convolutions' first weights.

    Returns:
        A functional model from images in [-1, 1] to `[z, y]`: z in (0, 1)
        `(batch, latent_dim)` and class probabilities `(batch, num_classes)`, both float32.
    """
    image = keras.Input(image_shape, name="image")
    x = _features(image, scaled_width(depth, width_mult), batch_norm, dropout, init_std)
    z = layers.Dense(latent_dim, activation="sigmoid", dtype="float32", name="code")(x)
    y = layers.Dense(num_classes, activation="softmax", dtype="float32", name="class")(x)
    return keras.Model(image, [z, y], name="encoder")


def make_generator(
    image_shape: tuple[int, int, int],
    num_classes: int,
    latent_dim: int = 100,
    width_mult: float = 1.0,
    *,
    depth: int = 64,
    batch_norm: bool = False,
    dropout: float = 0.4,
    init_std: float = 0.01,
) -> keras.Model:
    """Builds the generator: one dense layer, two transposed convolutions, a 7x7 convolution.

    Args:
        image_shape: `(height, width, channels)`, height and width multiples of 4.
        num_classes: Number of classes.
        latent_dim: Length of z.
        width_mult: Multiplies `depth`.
        depth: Filters of each hidden layer.
        batch_norm: Whether hidden layers are normalised.
        dropout: Rate after each hidden layer.
        init_std: Standard deviation of the convolutions' first weights.

    Returns:
        A functional model from `[z, label]` to images float32 in (-1, 1).
    """
    height, width = quarter_size(image_shape)
    depth = scaled_width(depth, width_mult)
    z, label = class_inputs(latent_dim)
    one_hot = layers.CategoryEncoding(num_classes, output_mode="one_hot", name="one_hot")
    x = layers.Concatenate(name="join")([one_hot(label), z])
    x = _block(x, layers.Dense(depth * height * width), batch_norm, dropout)
    x = layers.Reshape((height, width, depth))(x)
    for _ in range(2):
        normal = keras.initializers.RandomNormal(stddev=init_std)
        convolution = layers.Conv2DTranspose(depth, 4, 2, padding="same", kernel_initializer=normal)
        x = _block(x, convolution, batch_norm, dropout)
    x = layers.Conv2D(
        image_shape[-1],
        7,
        padding="same",
        activation="tanh",
        kernel_initializer=keras.initializers.RandomNormal(stddev=init_std),
        dtype="float32",
    )(x)
    return keras.Model([z, label], x, name="generator")


def decoder_of(generator: keras.Model) -> keras.Model:
    """Returns the generator from its one-hot layer on: it takes uncertain classes.

    Args:
        generator: What `make_generator` gives, or a copy.

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
    image_shape: tuple[int, int, int],
    num_classes: int,
    width_mult: float = 1.0,
    *,
    depth: int = 64,
    batch_norm: bool = False,
    dropout: float = 0.4,
    init_std: float = 0.01,
) -> keras.Model:
    """Builds the discriminator: the encoder's trunk under the two heads of an AC-GAN.

    Args:
        image_shape: `(height, width, channels)`.
        num_classes: Number of classes.
        width_mult: Multiplies `depth`.
        depth: Filters of each convolution and units of the dense layer.
        batch_norm: Whether hidden layers are normalised.
        dropout: Rate after each hidden layer.
        init_std: Standard deviation of the convolutions' first weights.

    Returns:
        A functional model from images in [-1, 1] to `[source logit, class logits]`.
    """
    image = keras.Input(image_shape, name="image")
    x = _features(image, scaled_width(depth, width_mult), batch_norm, dropout, init_std)
    return keras.Model(image, source_and_class_heads(x, num_classes), name="discriminator")

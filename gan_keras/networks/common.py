"""Inputs, heads, sizes and first weights that several families share."""

import dataclasses
from typing import Literal

import keras
from keras import layers

from gan_keras.layers import Dropout, GroupStdDev

ImageShape = tuple[int, int, int]
Tensor = keras.KerasTensor
Inputs = Tensor | list[Tensor]


def scaled_width(width: float, width_mult: float) -> int:
    """Returns `width * width_mult` units or filters, at least 1."""
    return max(1, round(width * width_mult))


def quarter_size(image_shape: ImageShape) -> tuple[int, int]:
    """Returns the grid at which a generator with two doublings starts.

    Raises:
        ValueError: If height or width cannot be halved twice.
    """
    height, width, _ = image_shape
    if height % 4 or width % 4:
        raise ValueError(
            "these networks double their grid twice, so image height and width must be multiples "
            f"of 4 (--image_size=32). Received: image_shape={tuple(image_shape)}"
        )
    return height // 4, width // 4


def initializer(name: str, std: float = 0.0) -> keras.Initializer:
    """Makes an initializer; each layer needs its own.

    Args:
        name: `glorot_uniform`; `normal` or `truncated_normal`, N(0, std^2); `torch`, PyTorch's
            default for convolutions, U(-1/sqrt(n), 1/sqrt(n)) with n inputs.
        std: Standard deviation of the normal ones; 0 for 0.02.

    Raises:
        ValueError: If the initializer has no standard deviation.
    """
    kinds = keras.initializers
    if name == "normal":
        return kinds.RandomNormal(stddev=std or 0.02)
    if name == "truncated_normal":
        return kinds.TruncatedNormal(stddev=std or 0.02)
    if std:
        raise ValueError(f"init_std belongs to init=normal or truncated_normal. Received: {name}")
    if name == "torch":
        return kinds.VarianceScaling(1 / 3, "fan_in", "uniform")
    return kinds.get(name)


@dataclasses.dataclass(frozen=True)
class Condition:
    """The way in which a network is told the requested class.

    Attributes:
        num_classes: Number of classes.
        how: `concatenation`: the class as one-hot vector, or as planes, beside the other input
            (Mirza & Osindero 2014). `projection`: the discriminator's logit gets a term
            `<v_label, features>` (Miyato & Koyama 2018); generators concatenate all the same.
    """

    num_classes: int
    how: Literal["concatenation", "projection"] = "concatenation"


def class_inputs(latent_dim: int) -> list[Tensor]:
    """Returns the generator's inputs: z float `(batch, latent_dim)` and labels int32 `(batch,)`."""
    return [keras.Input((latent_dim,), name="latent"), _label_input()]


def multiplied_embedding(z: Tensor, label: Tensor, num_classes: int) -> Tensor:
    """Multiplies z by an embedding of the class, of the same length."""
    embedding = layers.Embedding(num_classes, z.shape[-1], embeddings_initializer="glorot_normal")
    return layers.Multiply()([z, embedding(label)])


def joined_embedding(z: Tensor, label: Tensor, num_classes: int) -> Tensor:
    """Joins z and an embedding of the class, of length 64."""
    # Against noise of variance 1 an embedding of the same size would make the generator deaf to z.
    small = keras.initializers.RandomNormal(stddev=0.05)
    embedding = layers.Embedding(num_classes, 64, embeddings_initializer=small)
    return layers.Concatenate()([z, embedding(label)])


def latent_inputs(latent_dim: int, condition: Condition | None) -> tuple[Inputs, Tensor]:
    """Returns a generator's inputs, `z` or `[z, label]`, and the vector to begin with."""
    if condition is None:
        z = keras.Input((latent_dim,), name="latent")
        return z, z
    z, label = class_inputs(latent_dim)
    return [z, label], layers.Concatenate()([z, _one_hot(label, condition.num_classes)])


def image_inputs(image_shape: ImageShape, condition: Condition | None) -> tuple[Inputs, Tensor]:
    """Returns a discriminator's inputs, `image` or `[image, label]`, and the image to begin with.

    Concatenation adds one plane per class to it.
    """
    image = keras.Input(image_shape, name="image")
    if condition is None:
        return image, image
    label = _label_input()
    if condition.how == "projection":
        return [image, label], image
    planes = layers.Reshape((1, 1, condition.num_classes))(_one_hot(label, condition.num_classes))
    planes = layers.UpSampling2D(image_shape[:2])(planes)
    return [image, label], layers.Concatenate()([image, planes])


def _label_input() -> Tensor:
    return keras.Input((), dtype="int32", name="label")


def _one_hot(label: Tensor, num_classes: int, dtype: str | None = None) -> Tensor:
    return layers.CategoryEncoding(num_classes, output_mode="one_hot", dtype=dtype)(label)


def logit_model(
    inputs: Inputs,
    features: Tensor,
    condition: Condition | None = None,
    *,
    use_bias: bool = True,
    sigmoid: bool = False,
    kernel_initializer: str | keras.Initializer = "glorot_uniform",
) -> keras.Model:
    """Ends a discriminator: one logit, in float32 whatever the compute type.

    Args:
        inputs: From `image_inputs`.
        features: `(batch, n)`.
        condition: As for `image_inputs`.
        use_bias: Whether the logit has a bias.
        sigmoid: Whether a sigmoid follows.
        kernel_initializer: Of the logit's weights.
    """
    head = layers.Dense(
        1, use_bias=use_bias, kernel_initializer=kernel_initializer, dtype="float32", name="logit"
    )
    logit = head(features)
    if condition is not None and condition.how == "projection":
        logit = _add_projection(logit, features, inputs[1], condition.num_classes)
    if sigmoid:
        logit = layers.Activation("sigmoid", dtype="float32")(logit)
    return keras.Model(inputs, logit, name="discriminator")


def _add_projection(logit: Tensor, features: Tensor, label: Tensor, num_classes: int) -> Tensor:
    """Adds the projection term `<v_label, features>` (Miyato & Koyama 2018, eq. 3)."""
    # One product with all class vectors and a pick, cheaper than gathering long vectors.
    scores = layers.Dense(num_classes, use_bias=False, dtype="float32", name="projection")(features)
    picked = layers.Dot(axes=1, dtype="float32")([scores, _one_hot(label, num_classes, "float32")])
    return layers.Add(dtype="float32")([logit, picked])


def source_and_class_heads(
    features: Tensor, num_classes: int, label: Tensor | None = None
) -> list[Tensor]:
    """Adds the two heads of an AC-GAN discriminator.

    Both give logits in float32 whatever the compute type: a logit in bfloat16 has 8 bits.

    Args:
        features: `(batch, n)`.
        num_classes: Number of classes.
        label: int `(batch,)`; adds a projection term to the source logit.

    Returns:
        Source logits `(batch, 1)` (real against fake) and class logits `(batch, num_classes)`.
    """
    source = layers.Dense(1, dtype="float32", name="source")(features)
    classes = layers.Dense(num_classes, dtype="float32", name="class")(features)
    if label is not None:
        source = _add_projection(source, features, label, num_classes)
    return [source, classes]


def conv_discriminator(
    convolutions: tuple[tuple[int, int, int], ...],
    image_shape: ImageShape,
    num_classes: int,
    width_mult: float = 1.0,
    *,
    slope: float,
    dropout: float = 0.0,
    projection: bool = False,
    deviation: bool = False,
) -> keras.Model:
    """Builds an AC-GAN's discriminator: convolutions, LeakyReLU and dropout, then two heads.

    There is no BatchNorm, so real and generated images may share a batch.

    Args:
        convolutions: `(filters, kernel size, stride)` of each, `same` padding.
        image_shape: As in `gan_keras.networks`, also the next two.
        num_classes: Number of classes.
        width_mult: Multiplies every hidden width.
        slope: Negative slope of LeakyReLU; always named, since Keras has two defaults for it.
        dropout: Rate after each convolution; 0 leaves the layer out.
        projection: Whether the source head is conditional on the label, a second input, too.
        deviation: Whether the heads also see how much neighbours in the batch differ.
    """
    image = x = keras.Input(image_shape, name="image")
    for filters, kernel, strides in convolutions:
        x = layers.Conv2D(scaled_width(filters, width_mult), kernel, strides, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=slope)(x)
        x = Dropout(dropout)(x) if dropout else x
    features = layers.Flatten()(x)
    if deviation:
        features = layers.Concatenate()([features, GroupStdDev()(x)])
    label = _label_input() if projection else None
    heads = source_and_class_heads(features, num_classes, label)
    return keras.Model([image, label] if projection else image, heads, name="discriminator")

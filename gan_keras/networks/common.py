"""What the builders of several families share."""

import dataclasses
from collections.abc import Sequence
from typing import Literal

import keras
from keras import layers

from gan_keras.layers import Dropout, GroupStdDev


def scaled_width(width: int, width_mult: float) -> int:
    """Returns `width * width_mult`, at least 1.

    Args:
        width: Units or filters at `width_mult` 1.
        width_mult: Factor above 0.
    """
    return max(1, round(width * width_mult))


def quarter_size(image_shape: tuple[int, int, int]) -> tuple[int, int]:
    """Returns the grid at which a generator with two doublings starts.

    Args:
        image_shape: `(height, width, channels)`.

    Raises:
        ValueError: If height or width cannot be halved twice.
    """
    height, width, _ = image_shape
    if height % 4 or width % 4:
        raise ValueError(
            "these networks double their grid twice, so image height and width must be multiples "
            f"of 4. Received: image_shape={tuple(image_shape)}"
        )
    return height // 4, width // 4


def class_inputs(latent_dim: int) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Returns the generator's inputs: z float `(batch, latent_dim)` and labels int32 `(batch,)`."""
    return (
        keras.Input((latent_dim,), name="latent"),
        keras.Input((), dtype="int32", name="label"),
    )


@dataclasses.dataclass(frozen=True)
class Condition:
    """How a network is told the class that is wanted.

    Attributes:
        num_classes: Number of classes.
        how: `concatenation`: the class as one-hot vector, or as planes, beside the other input
            (Mirza & Osindero 2014). `projection`: the discriminator's logit gets a term
            `<v_label, features>` (Miyato & Koyama 2018); generators concatenate all the same.
    """

    num_classes: int
    how: Literal["concatenation", "projection"] = "concatenation"


def latent_inputs(
    latent_dim: int, condition: Condition | None
) -> tuple[keras.KerasTensor | list[keras.KerasTensor], keras.KerasTensor]:
    """Returns a generator's inputs, `z` or `[z, label]`, and the vector to begin with.

    Args:
        latent_dim: Length of z.
        condition: None for a generator without labels.
    """
    if condition is None:
        z = keras.Input((latent_dim,), name="latent")
        return z, z
    z, label = class_inputs(latent_dim)
    one_hot = layers.CategoryEncoding(condition.num_classes, output_mode="one_hot")
    return [z, label], layers.Concatenate()([z, one_hot(label)])


def image_inputs(
    image_shape: tuple[int, int, int], condition: Condition | None
) -> tuple[keras.KerasTensor | list[keras.KerasTensor], keras.KerasTensor]:
    """Returns a discriminator's inputs, `image` or `[image, label]`, and the image to begin with.

    Args:
        image_shape: `(height, width, channels)`.
        condition: None for a discriminator without labels. Concatenation adds a plane a class.
    """
    image = keras.Input(image_shape, name="image")
    if condition is None:
        return image, image
    label = keras.Input((), dtype="int32", name="label")
    if condition.how == "projection":
        return [image, label], image
    one_hot = layers.CategoryEncoding(condition.num_classes, output_mode="one_hot")(label)
    planes = layers.Reshape((1, 1, condition.num_classes))(one_hot)
    planes = layers.UpSampling2D(image_shape[:2])(planes)
    return [image, label], layers.Concatenate()([image, planes])


def logit_model(
    inputs: keras.KerasTensor | list[keras.KerasTensor],
    features: keras.KerasTensor,
    condition: Condition | None,
    *,
    use_bias: bool = True,
    sigmoid: bool = False,
    kernel_initializer: str | keras.Initializer = "glorot_uniform",
) -> keras.Model:
    """Ends a discriminator: one logit, in float32 whatever the compute type.

    Args:
        inputs: What `image_inputs` gave.
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
        score = class_score(features, condition.num_classes, inputs[1])
        logit = layers.Add(dtype="float32")([logit, score])
    if sigmoid:
        logit = layers.Activation("sigmoid", dtype="float32")(logit)
    return keras.Model(inputs, logit, name="discriminator")


def class_score(
    features: keras.KerasTensor, num_classes: int, label: keras.KerasTensor
) -> keras.KerasTensor:
    """The projection term `<v_label, features>` (Miyato & Koyama 2018, eq. 3).

    Args:
        features: `(batch, n)`.
        num_classes: Number of classes.
        label: int `(batch,)`.

    Returns:
        float32 `(batch, 1)`.
    """
    # One product with all class vectors and a pick, cheaper than gathering long vectors.
    scores = layers.Dense(num_classes, use_bias=False, dtype="float32", name="projection")
    one_hot = layers.CategoryEncoding(num_classes, output_mode="one_hot", dtype="float32")
    return layers.Dot(axes=1, dtype="float32")([scores(features), one_hot(label)])


def initializer(name: str, std: float = 0.0) -> keras.Initializer:
    """Makes an initializer; call it for each layer anew, as Keras wants it.

    Args:
        name: `glorot_uniform`; `normal` or `truncated_normal`, N(0, std^2); `torch`, PyTorch's
            default for convolutions, U(-1/sqrt(n), 1/sqrt(n)) with n inputs.
        std: Standard deviation of the normal ones; 0 for 0.02.

    Raises:
        ValueError: If there is no such initializer, or it has no standard deviation.
    """
    normals = {
        "normal": keras.initializers.RandomNormal,
        "truncated_normal": keras.initializers.TruncatedNormal,
    }
    if name in normals:
        return normals[name](stddev=std or 0.02)
    if std:
        raise ValueError(f"init_std belongs to init=normal or truncated_normal. Received: {name}")
    if name == "torch":
        return keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
    if name == "glorot_uniform":
        return keras.initializers.GlorotUniform()
    raise ValueError(f"Unknown initializer. Received: init={name!r}")


def source_and_class_heads(
    features: keras.KerasTensor, num_classes: int, label: keras.KerasTensor | None = None
) -> list[keras.KerasTensor]:
    """Adds the two heads of an AC-GAN discriminator.

    Both give logits in float32 whatever the compute type: a logit in bfloat16 has 8 bits.

    Args:
        features: `(batch, n)`.
        num_classes: Number of classes.
        label: int `(batch,)`. If given, the source logit has a projection term
            `<v_label, features>` as well (Miyato & Koyama 2018, eq. 3).

    Returns:
        Source logits `(batch, 1)` (real against fake) and class logits `(batch, num_classes)`.
    """
    source = layers.Dense(1, dtype="float32", name="source")(features)
    classes = layers.Dense(num_classes, dtype="float32", name="class")(features)
    if label is not None:
        pick = class_score(features, num_classes, label)
        source = layers.Add(dtype="float32")([source, pick])
    return [source, classes]


def make_convolutional_discriminator(
    image_shape: tuple[int, int, int],
    num_classes: int,
    convolutions: Sequence[tuple[int, int, int]],
    *,
    slope: float,
    dropout: float,
    width_mult: float = 1.0,
    projection: bool = False,
    deviation: bool = False,
) -> keras.Model:
    """Builds an AC-GAN discriminator: convolutions with LeakyReLU and dropout, then two heads.

    There is no BatchNorm, so real and generated images may share a batch.

    Args:
        image_shape: `(height, width, channels)`.
        num_classes: Number of classes.
        convolutions: `(filters, kernel size, stride)` of each, `same` padding.
        slope: Negative slope of LeakyReLU; always named, since Keras has two defaults for it.
        dropout: Rate after each convolution; 0 leaves the layer out.
        width_mult: Multiplies the filters.
        projection: Whether the source head is conditional on the label too.
        deviation: Whether the heads also see how much neighbours in the batch differ.

    Returns:
        A functional model from images in [-1, 1], or from `[image, label]` with `projection`, to
        `[source logit, class logits]`.
    """
    image = keras.Input(image_shape, name="image")
    x = image
    for filters, kernel, strides in convolutions:
        x = layers.Conv2D(scaled_width(filters, width_mult), kernel, strides, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=slope)(x)
        if dropout:
            x = Dropout(dropout)(x)
    features = layers.Flatten()(x)
    if deviation:
        features = layers.Concatenate()([features, GroupStdDev()(x)])
    if not projection:
        heads = source_and_class_heads(features, num_classes)
        return keras.Model(image, heads, name="discriminator")
    label = keras.Input((), dtype="int32", name="label")
    heads = source_and_class_heads(features, num_classes, label)
    return keras.Model([image, label], heads, name="discriminator")

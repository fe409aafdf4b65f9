"""What the builders of several families share."""

from collections.abc import Sequence

import keras
from keras import layers

from gan_keras.layers import GroupStdDev


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
        # One product with all class vectors and a pick, cheaper than gathering long vectors.
        scores = layers.Dense(num_classes, use_bias=False, dtype="float32", name="projection")
        one_hot = layers.CategoryEncoding(num_classes, output_mode="one_hot", dtype="float32")
        pick = layers.Dot(axes=1, dtype="float32")([scores(features), one_hot(label)])
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
            x = layers.Dropout(dropout)(x)
    features = layers.Flatten()(x)
    if deviation:
        features = layers.Concatenate()([features, GroupStdDev()(x)])
    if not projection:
        heads = source_and_class_heads(features, num_classes)
        return keras.Model(image, heads, name="discriminator")
    label = keras.Input((), dtype="int32", name="label")
    heads = source_and_class_heads(features, num_classes, label)
    return keras.Model([image, label], heads, name="discriminator")

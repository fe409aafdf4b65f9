"""Nets that grow (Karras et al. 2018, arXiv:1710.10196): one image size after the other.

Every layer exists from the beginning and belongs to all sizes from its own on, so that a stage
takes over the weights of the one before by using the same layers.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from gan_keras.layers import MinibatchStdDev, UpsampleConv2D
from gan_keras.networks.common import ImageShape, scaled_width

SLOPE = 0.2
MAX_STAGES = 3
SMALLEST = 14  # pixels of the first stage at least
BASE = 4  # pixels of the grid at which the generator starts at least

Function = Callable[[keras.KerasTensor], keras.KerasTensor]


def stage_sizes(image_shape: ImageShape) -> list[int]:
    """Sides of the images of each stage, each twice the one before, the last the data's own.

    64 grows from 16 and 32, 32 from 16, 28 from 14; 16 does not grow.

    Args:
        image_shape: `(height, width, channels)`.

    Raises:
        ValueError: If the images are not square or cannot be halved.
    """
    height, width, _ = image_shape
    sizes = [height]
    while len(sizes) < MAX_STAGES and sizes[0] % 2 == 0 and sizes[0] // 2 >= SMALLEST:
        sizes.insert(0, sizes[0] // 2)
    if height != width or sizes[0] % 2:
        raise ValueError(
            "growing networks need square images whose side is a product of twos and a small "
            "number, such as 16, 28, 32 or 64 (--image_size=32). "
            f"Received: image_shape={tuple(image_shape)}"
        )
    return sizes


def make_generator(
    image_shape: ImageShape, latent_dim: int, width_mult: float = 1.0, *, equalized: bool = True
) -> keras.Model:
    """Builds the generator of all stages: from z to a list of images float32, of each stage.

    Args:
        image_shape: `(height, width, channels)` of the last stage.
        latent_dim: Length of z.
        width_mult: Multiplies every hidden width.
        equalized: Whether the learning rate is equalised.
    """
    sizes, make = stage_sizes(image_shape), functools.partial(_make_layer, equalized)
    size = _base(sizes[0])
    channels = _width(size, width_mult)

    def convolve(kind: type[keras.layers.Layer], number: int) -> keras.KerasTensor:
        name, width = f"g{size}_{number}", _width(size, width_mult)
        return make(kind, width, 3, padding="same", name=name, then=_normed_leaky)(x)

    z = keras.Input((latent_dim,), name="latent")
    x = make(layers.Dense, channels * size * size, gain=1 / 8, name="g_dense")(_pixel_norm(z))
    x = _normed_leaky(layers.Reshape((size, size, channels))(x))
    x = convolve(layers.Conv2D, 1)
    images = []
    while True:
        if size in sizes:
            to_image = make(
                layers.Conv2D, image_shape[-1], 1, gain=1.0, name=f"to_image{size}", dtype="float32"
            )
            images.append(to_image(x))
        if size == sizes[-1]:
            return keras.Model(z, images, name="generator")
        size *= 2
        x = convolve(UpsampleConv2D, 1)
        x = convolve(layers.Conv2D, 2)


def stage_generator(generator: keras.Model, stage: int) -> keras.Model:
    """Returns the part of a generator that a stage needs.

    Args:
        generator: From `make_generator`, or a copy.
        stage: Number of the stage, from 0.

    Returns:
        A functional model of the generator's own layers, from z to the images of this stage; of
        the stage before and of this one, as a list, unless it is stage 0.
    """
    outputs = generator.outputs[stage - 1 : stage + 1] if stage else generator.outputs[0]
    return keras.Model(generator.inputs[0], outputs, name=f"generator{stage}")


def make_discriminators(
    image_shape: ImageShape, width_mult: float = 1.0, *, equalized: bool = True
) -> tuple[keras.Model, list[keras.Model]]:
    """Builds the discriminators of all stages, which share their layers.

    Arguments are as for the generator.

    Returns:
        A functional model that holds all layers (from a list of images to a list of logits); and
        for each stage one from `[image, alpha]` to a logit, alpha float `(batch, 1, 1, 1)` in
        [0, 1], the share of the layers that are new in this stage.
    """
    sizes = stage_sizes(image_shape)
    base = _base(sizes[0])
    grids = [sizes[-1] // 2**halvings for halvings in range(int(math.log2(sizes[-1] // base)))]
    width = {size: _width(size, width_mult) for size in (*grids, base)}
    plain = functools.partial(_make_layer, equalized)
    make = functools.partial(plain, then=_leaky)
    from_image = {
        size: make(layers.Conv2D, width[size], 1, name=f"from_image{size}") for size in sizes
    }
    convolutions = {
        size: [
            make(layers.Conv2D, width[size // number], 3, padding="same", name=f"d{size}_{number}")
            for number in (1, 2)
        ]
        for size in grids
    }
    last = make(layers.Conv2D, width[base], 3, padding="same", name=f"d{base}_1")
    dense = make(layers.Dense, width[base], name="d_dense")
    deviation = MinibatchStdDev(name="deviation")
    logit = plain(layers.Dense, 1, gain=1.0, name="logit", dtype="float32")

    def halve(x: keras.KerasTensor, size: int) -> keras.KerasTensor:
        first, second = convolutions[size]
        return layers.AveragePooling2D(2)(second(first(x)))

    def judge(x: keras.KerasTensor, size: int) -> keras.KerasTensor:
        """From features at an image size to a logit."""
        while size > base:
            x, size = halve(x, size), size // 2
        return logit(dense(layers.Flatten()(last(deviation(x)))))

    stages, inputs, logits = [], [], []
    for stage, size in enumerate(sizes):
        image = keras.Input((size, size, image_shape[-1]), name=f"image{size}")
        inputs.append(image)
        logits.append(judge(from_image[size](image), size))
        alpha = keras.Input((1, 1, 1), name="alpha")
        x = from_image[size](image)
        if stage:
            x = halve(x, size)
            size //= 2
            old = from_image[size](layers.AveragePooling2D(2)(image))
            x = alpha * x + (1.0 - alpha) * old
        stages.append(keras.Model([image, alpha], judge(x, size), name=f"discriminator{stage}"))
    return keras.Model(inputs, logits, name="discriminator"), stages


def _base(size: int) -> int:
    """Side of the grid that becomes `size` by doubling."""
    while size % 2 == 0 and size // 2 >= BASE:
        size //= 2
    return size


def _width(size: int, width_mult: float) -> int:
    """Channels at an image size: 128 up to 16 pixels, half of that for each doubling."""
    return scaled_width(128 * min(1.0, 16 / size), width_mult)


def _make_layer(
    equalized: bool,
    kind: type[keras.layers.Layer],
    *args: Any,
    gain: float = 2.0,
    then: Function | None = None,
    **kwargs: Any,
) -> Function:
    """Returns a function that applies a new layer, with equalised learning rate or without.

    An equalised layer (section 4.1) starts from N(0, 1) and its input is scaled by
    sqrt(gain / fan_in), He's constant at gain 2 (before a LeakyReLU), instead of its weights: a
    linear layer does not know the difference. `then` is applied to the layer's output.
    """
    initial = keras.initializers
    normal = initial.RandomNormal(stddev=1.0) if equalized else initial.HeNormal()
    layer = kind(*args, kernel_initializer=normal, **kwargs)

    def apply(x: keras.KerasTensor) -> keras.KerasTensor:
        if equalized:
            fan_in = math.prod((*getattr(layer, "kernel_size", ()), x.shape[-1]))
            x = layers.Rescaling(math.sqrt(gain / fan_in), dtype=kwargs.get("dtype"))(x)
        return then(layer(x)) if then else layer(x)

    return apply


def _leaky(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.LeakyReLU(negative_slope=SLOPE)(x)


def _normed_leaky(x: keras.KerasTensor) -> keras.KerasTensor:
    return _pixel_norm(_leaky(x))


def _pixel_norm(x: keras.KerasTensor) -> keras.KerasTensor:
    """Feature vectors of unit mean square (section 4.2), by standard layers."""
    x = layers.UnitNormalization(axis=-1, dtype="float32")(x)
    return layers.Rescaling(math.sqrt(x.shape[-1]))(x)

"""Nets that grow (Karras et al. 2018, arXiv:1710.10196): one image size after the other.

Every layer exists from the beginning and belongs to all sizes from its own on, so that a stage
takes over the weights of the one before by using the same layers.
"""

import math

import keras
from keras import layers

from gan_keras.layers import MinibatchStdDev, UpsampleConv2D
from gan_keras.networks.common import scaled_width

SLOPE = 0.2
MAX_STAGES = 3
SMALLEST = 14  # pixels of the first stage at least
BASE = 4  # pixels of the grid at which the generator starts at least


def stage_sizes(image_shape: tuple[int, int, int]) -> list[int]:
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


def _base(size: int) -> int:
    """Side of the grid that becomes `size` by doubling."""
    while size % 2 == 0 and size // 2 >= BASE:
        size //= 2
    return size


def _width(size: int, width_mult: float) -> int:
    """Channels at an image size: 128 up to 16 pixels, half of that for each doubling."""
    return scaled_width(128 * min(1.0, 16 / size), width_mult)


class _Parts:
    """Makes layers with or without an equalised learning rate (Karras et al. 2018, section 4.1).

    An equalised layer starts from N(0, 1) and its input is scaled by sqrt(2 / fan_in), He's
    constant, instead of its weights: a linear layer does not know the difference.
    """

    def __init__(self, equalized: bool):
        self.equalized = equalized

    def __call__(self, kind, *args, gain: float = 2.0, name: str, **kwargs):
        """Returns a function that applies a new layer `kind(*args)` to a tensor, again and again.

        Args:
            kind: `Conv2D`, `UpsampleConv2D` or `Dense`.
            *args: Of the layer.
            gain: 2 before a LeakyReLU, 1 where none follows.
            name: Of the layer.
            **kwargs: Of the layer.
        """
        init = keras.initializers
        normal = init.RandomNormal(stddev=1.0) if self.equalized else init.HeNormal()
        layer = kind(*args, name=name, kernel_initializer=normal, **kwargs)

        def apply(x):
            if self.equalized:
                taps = 1 if kind is layers.Dense else math.prod(layer.kernel_size)
                scale = math.sqrt(gain / (taps * x.shape[-1]))
                x = layers.Rescaling(scale, dtype=kwargs.get("dtype"))(x)
            return layer(x)

        return apply


def _pixel_norm(x: keras.KerasTensor) -> keras.KerasTensor:
    """Feature vectors of unit mean square (section 4.2), by standard layers."""
    x = layers.UnitNormalization(axis=-1, dtype="float32")(x)
    return layers.Rescaling(math.sqrt(x.shape[-1]))(x)


def make_generator(
    image_shape: tuple[int, int, int],
    latent_dim: int,
    width_mult: float = 1.0,
    *,
    equalized: bool = True,
) -> keras.Model:
    """Builds the generator of all stages.

    Args:
        image_shape: `(height, width, channels)` of the last stage.
        latent_dim: Length of z.
        width_mult: Multiplies every hidden width.
        equalized: Whether the learning rate is equalised.

    Returns:
        A functional model from z to a list of images float32, of each stage.
    """
    sizes, parts = stage_sizes(image_shape), _Parts(equalized)
    size = _base(sizes[0])
    z = keras.Input((latent_dim,), name="latent")

    def act(x):
        return _pixel_norm(layers.LeakyReLU(negative_slope=SLOPE)(x))

    def convolve(x, number, kind=layers.Conv2D):
        convolution = parts(
            kind, _width(size, width_mult), 3, padding="same", name=f"g{size}_{number}"
        )
        return act(convolution(x))

    channels = _width(size, width_mult)
    x = parts(layers.Dense, channels * size * size, gain=1 / 8, name="g_dense")(_pixel_norm(z))
    x = convolve(act(layers.Reshape((size, size, channels))(x)), 1)
    images = []
    while True:
        if size in sizes:
            to_image = parts(
                layers.Conv2D, image_shape[-1], 1, gain=1.0, name=f"to_image{size}", dtype="float32"
            )
            images.append(to_image(x))
        if size == sizes[-1]:
            return keras.Model(z, images, name="generator")
        size *= 2
        x = convolve(convolve(x, 1, UpsampleConv2D), 2)


def stage_generator(generator: keras.Model, stage: int) -> keras.Model:
    """Returns the part of a generator that a stage needs.

    Args:
        generator: What `make_generator` gives, or a copy.
        stage: Number of the stage, from 0.

    Returns:
        A functional model of the generator's own layers, from z to the images of this stage; of
        the stage before and of this one, as a list, unless it is stage 0.
    """
    outputs = generator.outputs[stage - 1 : stage + 1] if stage else generator.outputs[0]
    return keras.Model(generator.inputs[0], outputs, name=f"generator{stage}")


def make_discriminators(
    image_shape: tuple[int, int, int], width_mult: float = 1.0, *, equalized: bool = True
) -> tuple[keras.Model, list[keras.Model]]:
    """Builds the discriminators of all stages, which share their layers.

    Args:
        image_shape: `(height, width, channels)` of the last stage.
        width_mult: Multiplies every hidden width.
        equalized: Whether the learning rate is equalised.

    Returns:
        A functional model that holds all layers (from a list of images to a list of logits); and
        for each stage one from `[image, alpha]` to a logit, alpha float `(batch, 1, 1, 1)` in
        [0, 1], the share of the layers that are new in this stage.
    """
    sizes, parts = stage_sizes(image_shape), _Parts(equalized)
    base = _base(sizes[0])

    def leaky(apply):
        return lambda x: layers.LeakyReLU(negative_slope=SLOPE)(apply(x))

    from_image = {
        size: leaky(parts(layers.Conv2D, _width(size, width_mult), 1, name=f"from_image{size}"))
        for size in sizes
    }

    def make_block(size):
        """From a grid to the one of half its size."""
        convolutions = [
            leaky(parts(layers.Conv2D, width, 3, padding="same", name=f"d{size}_{number}"))
            for number, width in enumerate(
                (_width(size, width_mult), _width(size // 2, width_mult)), start=1
            )
        ]
        return lambda x: layers.AveragePooling2D(2)(convolutions[1](convolutions[0](x)))

    blocks, size = {}, sizes[-1]
    while size > base:
        blocks[size] = make_block(size)
        size //= 2
    width = _width(base, width_mult)
    last = leaky(parts(layers.Conv2D, width, 3, padding="same", name=f"d{base}_1"))
    dense = leaky(parts(layers.Dense, width, name="d_dense"))
    deviation, logit = (
        MinibatchStdDev(name="deviation"),
        parts(layers.Dense, 1, gain=1.0, name="logit", dtype="float32"),
    )

    def judge(x, size):
        """From features at an image size to a logit."""
        while size > base:
            x, size = blocks[size](x), size // 2
        return logit(dense(layers.Flatten()(last(deviation(x)))))

    stages, inputs, logits = [], [], []
    for stage, size in enumerate(sizes):
        image = keras.Input((size, size, image_shape[-1]), name=f"image{size}")
        inputs.append(image)
        logits.append(judge(from_image[size](image), size))
        alpha = keras.Input((1, 1, 1), name="alpha")
        x = from_image[size](image)
        if stage:
            x = blocks[size](x)
            old = from_image[size // 2](layers.AveragePooling2D(2)(image))
            x = alpha * x + (1.0 - alpha) * old
            size //= 2
        stages.append(keras.Model([image, alpha], judge(x, size), name=f"discriminator{stage}"))
    return keras.Model(inputs, logits, name="discriminator"), stages

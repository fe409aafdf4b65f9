"""Functional-API builders, one file per architecture family.

Two kinds of families have a row in a registry here. Their builders take the same arguments:

*   `image_shape`, `(height, width, channels)`; `latent_dim`, the length of z; `num_classes`;
    `width_mult`, which multiplies every hidden width.
*   `CLASS_CONDITIONAL`, for AC-GANs: `make_generator(image_shape, num_classes, latent_dim,
    width_mult)` gives a functional model from `[z, label]` to images float32 in (-1, 1);
    `make_discriminator(image_shape, num_classes, width_mult)` one from images in [-1, 1], or from
    `[image, label]`, to `[source logit, class logits]`.
*   `IMAGES`, for discriminators with one logit: `make_generator(image_shape, latent_dim,
    width_mult, output, condition)` gives a functional model from z to images float32, `output`
    being its last activation; `make_discriminator(image_shape, width_mult, condition)` one from
    images to a logit. With a `condition` both take a label as well. Further keyword arguments are
    knobs: options of the command line under the same name (`configs/images.py`), whose defaults
    are the family's own choice.

`autoencoder`, `points` and `progressive` belong to one variant each, which calls them directly.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import keras

from gan_keras.networks import (
    compact,
    dense,
    digit_gan,
    image_sets,
    initials,
    latex_writer,
    residual,
    transposed,
    upsampled,
)
from gan_keras.networks.common import Condition, ImageShape

CLASS_CONDITIONAL = {
    "compact": compact,
    "original": latex_writer,
    "transposed": transposed,
    "upsampled": upsampled,
}
IMAGES = {
    "dense": dense,
    "digit_gan": digit_gan,
    "image_sets": image_sets,
    "initials": initials,
    "residual": residual,
}


def build_images(
    name: str,
    image_shape: ImageShape,
    latent_dim: int,
    *,
    width_mult: float = 1.0,
    output: str = "tanh",
    condition: Condition | None = None,
    packing: int = 1,
    knobs: Mapping[str, Any] | None = None,
) -> tuple[keras.Model, keras.Model]:
    """Builds the generator and the discriminator of a family.

    Args:
        name: A key of `IMAGES`.
        image_shape: `(height, width, channels)`.
        latent_dim: Length of z.
        width_mult: Multiplies every hidden width.
        output: The generator's last activation, `tanh` or `sigmoid`.
        condition: The way in which both are told the class; None for networks without labels.
        packing: Images that the discriminator judges together, side by side in the channels.
        knobs: Changes of the family's own choices, by the names of the builders' arguments.

    Raises:
        ValueError: If the family lacks one of the knobs, or cannot make images of this shape.
    """
    family, wanted = IMAGES[name], dict(knobs or {})

    def known(make: Callable[..., keras.Model]) -> dict[str, Any]:
        return {knob: wanted[knob] for knob in inspect.signature(make).parameters if knob in wanted}

    for_g, for_d = known(family.make_generator), known(family.make_discriminator)
    if unknown := sorted(wanted.keys() - for_g.keys() - for_d.keys()):
        raise ValueError(f"--networks={name} has no --{', --'.join(unknown)}")
    packed = (*image_shape[:2], image_shape[2] * packing)
    return (
        family.make_generator(image_shape, latent_dim, width_mult, output, condition, **for_g),
        family.make_discriminator(packed, width_mult, condition, **for_d),
    )

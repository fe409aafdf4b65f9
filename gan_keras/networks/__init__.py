"""Functional-API builders, one file per architecture family."""

import importlib
import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import keras

from gan_keras.networks.common import Condition

# name -> module with make_generator(...) and make_discriminator(...)
CLASS_CONDITIONAL = {
    "compact": "gan_keras.networks.compact",
    "original": "gan_keras.networks.latex_writer",
    "transposed": "gan_keras.networks.transposed",
    "upsampled": "gan_keras.networks.upsampled",
}

# name -> module with make_generator(...) and make_discriminator(...), which take labels or not
IMAGES = {
    "dense": "gan_keras.networks.dense",
    "digit_gan": "gan_keras.networks.digit_gan",
    "image_sets": "gan_keras.networks.image_sets",
    "initials": "gan_keras.networks.initials",
    "residual": "gan_keras.networks.residual",
}


def build_images(
    name: str,
    image_shape: tuple[int, int, int],
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
        condition: How both are told the class; None for nets without labels.
        packing: Images that the discriminator judges together, side by side in the channels.
        knobs: What differs from the family's own choices, by the names of the builders' arguments.

    Raises:
        ValueError: If there is no such family, it lacks one of the knobs, or cannot make images of
            this shape.
    """
    if name not in IMAGES:
        raise ValueError(f"networks must be one of {', '.join(IMAGES)}. Received: {name!r}")
    family = importlib.import_module(IMAGES[name])
    knobs = dict(knobs or {})
    taken = {
        make: knobs.keys() & inspect.signature(make).parameters.keys()
        for make in (family.make_generator, family.make_discriminator)
    }
    if unknown := sorted(knobs.keys() - set().union(*taken.values())):
        raise ValueError(f"--networks={name} has no --{', --'.join(unknown)}")
    pick = lambda make: {knob: knobs[knob] for knob in taken[make]}  # noqa: E731
    packed = (*image_shape[:2], image_shape[2] * packing)
    generator = family.make_generator(
        image_shape,
        latent_dim,
        width_mult,
        output=output,
        condition=condition,
        **pick(family.make_generator),
    )
    discriminator = family.make_discriminator(
        packed, width_mult, condition=condition, **pick(family.make_discriminator)
    )
    return generator, discriminator


def class_conditional(name: str) -> ModuleType:
    """Returns the family of nets `name` for class-conditional GANs with an auxiliary head.

    Args:
        name: A key of `CLASS_CONDITIONAL`.

    Raises:
        ValueError: If there is no such family.
    """
    if name not in CLASS_CONDITIONAL:
        known = ", ".join(CLASS_CONDITIONAL)
        raise ValueError(f"networks must be one of {known}. Received: networks={name!r}")
    return importlib.import_module(CLASS_CONDITIONAL[name])

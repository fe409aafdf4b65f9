"""Functional-API builders, one file per architecture family."""

import importlib
from types import ModuleType

# name -> module with make_generator(...) and make_discriminator(...)
CLASS_CONDITIONAL = {
    "compact": "gan_keras.networks.compact",
    "original": "gan_keras.networks.latex_writer",
    "transposed": "gan_keras.networks.transposed",
}


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

"""Options that every GAN with an auxiliary classifier has, stated once."""

from typing import Any

from gan_keras.configs.base import option


def class_sampling() -> Any:
    """How the labels of generated images are drawn."""
    return option(
        "uniform",
        "How labels of generated images are drawn: uniform; proportional to the class counts; "
        "inverse to them.",
        choices=("uniform", "proportional", "inverse"),
    )


def aux_on_fakes() -> Any:
    """Whether the discriminator learns classes from generated images too."""
    return option(
        True,
        "Whether the discriminator's class loss also counts generated images (with the label "
        "that was asked for).",
    )


def class_weight(network: str) -> Any:
    """Weight of the class loss in the loss of the named network."""
    return option(1.0, f"Weight of the class loss in the {network}'s loss.", minimum=0.0)

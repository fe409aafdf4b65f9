"""Options and presets of the conditional GAN."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs.base import option
from gan_keras.configs.images import ImageGANConfig


@dataclasses.dataclass(frozen=True)
class CGANConfig(ImageGANConfig):
    """Options of the conditional GAN (Mirza & Osindero 2014, arXiv:1411.1784)."""

    experiment: ClassVar[str] = "cgan"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # Miyato & Koyama 2018 (arXiv:1802.05637) without their large networks.
        "projection": {
            "conditioning": "projection",
            "loss": "hinge",
            "beta_1": 0.0,
            "beta_2": 0.9,
            "spectral_norm": True,
            "init": "normal",
            "norm": "none",
        },
        # The class as one-hot planes beside the image.
        "concatenation": {"conditioning": "concatenation", "init": "normal"},
    }

    epochs: int = option(
        30, "Epochs to train in all; raise it to go on.", minimum=1, identity=False
    )
    networks: str = option(
        "initials",
        "Generator and discriminator architecture.",
        choices=("dense", "digit_gan", "image_sets", "initials", "residual"),
    )
    width_mult: float = option(
        0.5, "Multiplies the width of every hidden layer.", minimum=0.0, exclusive=True
    )
    conditioning: str = option(
        "projection",
        "How the discriminator is told the class: as planes beside the image, or by a product of "
        "class vector and features.",
        choices=("concatenation", "projection"),
    )

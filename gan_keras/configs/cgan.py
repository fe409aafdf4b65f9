"""Options and presets of the conditional GAN."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs.base import option
from gan_keras.configs.images import ImageGANConfig
from gan_keras.configs.tools import LabelOptions, LossOptions, PenaltyOptions


@dataclasses.dataclass(frozen=True)
class CGANConfig(ImageGANConfig, LabelOptions, PenaltyOptions, LossOptions):
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
    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        "epochs": 30,
        "networks": "initials",
        "width_mult": 0.5,
    }

    conditioning: str = option(
        "projection",
        "Form in which the discriminator is told the class: as planes beside the image, or by a "
        "product of class vector and features.",
        choices=("concatenation", "projection"),
    )

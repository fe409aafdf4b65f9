"""Options and presets of R3GAN."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs.base import option
from gan_keras.configs.images import ImageGANConfig
from gan_keras.configs.tools import PenaltyOptions, UnlabelledOptions


@dataclasses.dataclass(frozen=True)
class R3GANConfig(ImageGANConfig, UnlabelledOptions, PenaltyOptions):
    """Options of the modern baseline R3GAN (Huang et al. 2024, arXiv:2501.05441)."""

    experiment: ClassVar[str] = "r3gan"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # Small residual networks for a CPU.
        "compact": {"width_mult": 0.5, "ema_decay": 0.998},
        # The same objective on a DCGAN's networks.
        "initials": {"networks": "initials", "norm": "none", "init": "normal", "width_mult": 0.5},
    }
    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        "dataset": "mnist",
        "epochs": 30,
        "networks": "residual",
        "latent_dim": 64,
        "beta_1": 0.0,
        "beta_2": 0.99,
        "penalty_factor": 1.0,
    }

    loss = "relativistic"
    penalty: str = option(
        "r1_r2",
        "Penalty on the discriminator's gradient; the paper needs both.",
        choices=("none", "r1", "r2", "r1_r2"),
    )

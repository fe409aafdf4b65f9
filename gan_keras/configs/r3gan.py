"""Options and presets of R3GAN."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs import optimization
from gan_keras.configs.base import option
from gan_keras.configs.images import ImageGANConfig
from gan_keras.configs.tools import tool


@dataclasses.dataclass(frozen=True)
class R3GANConfig(ImageGANConfig):
    """Options of the modern baseline R3GAN (Huang et al. 2024, arXiv:2501.05441)."""

    experiment: ClassVar[str] = "r3gan"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # Small residual networks for a CPU.
        "compact": {"width_mult": 0.5, "ema_decay": 0.998},
        # The same objective on a DCGAN's networks.
        "initials": {"networks": "initials", "norm": "none", "init": "normal", "width_mult": 0.5},
    }

    dataset: str = option("mnist", "Data set, see `gan_keras.data.load`.")
    epochs: int = option(
        30, "Epochs to train in all; raise it to go on.", minimum=1, identity=False
    )
    networks: str = option(
        "residual",
        "Generator and discriminator architecture.",
        choices=("dense", "digit_gan", "image_sets", "initials", "residual"),
    )
    latent_dim: int = option(64, "Length of the noise vector z.", minimum=1)
    loss: str = option("relativistic", "Adversarial loss.", choices=("relativistic",))
    beta_1: float = optimization.beta_1(0.0)
    beta_2: float = optimization.beta_2(0.99)
    penalty: str = tool(
        "gradient_penalty",
        "r1_r2",
        "Penalty on the discriminator's gradient; the paper needs both.",
        choices=("none", "r1", "r2", "r1_r2"),
    )
    penalty_factor: float = option(1.0, "Weight of --penalty (the paper's gamma).", minimum=0.0)

"""Options and presets of the Wasserstein GAN with weight clipping."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs.images import ImageGANConfig
from gan_keras.configs.tools import UnlabelledOptions
from gan_keras.foundation.errors import UsageError


@dataclasses.dataclass(frozen=True)
class WGANConfig(ImageGANConfig, UnlabelledOptions):
    """Options of the Wasserstein GAN (Arjovsky et al. 2017, arXiv:1701.07875)."""

    experiment: ClassVar[str] = "wgan"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # The paper's algorithm 1 on the digit GAN's networks: that notebook's next idea.
        "digit_gan": {"networks": "digit_gan", "value_range": "unit"},
        # The same on DCGAN-like networks, as the paper's own experiments.
        "paper": {"networks": "initials", "width_mult": 0.5, "init": "normal"},
    }
    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        "dataset": "mnist",
        "epochs": 50,
        "optimizer": "rmsprop",
        "lr": 5e-5,
        "n_critic": 5,
        "weight_clip": 0.01,
    }

    loss = "wasserstein"

    def validate(self) -> None:
        """Checks that weights are clipped."""
        super().validate()
        if not self.weight_clip:
            raise UsageError("--weight_clip=0.0: must be more than 0")

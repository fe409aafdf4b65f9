"""Options and presets of the GANs over points."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs.base import RunConfig, option
from gan_keras.configs.tools import (
    AugmentOptions,
    BatchOptions,
    LatentOptions,
    LossOptions,
    OptimizerOptions,
    PenaltyOptions,
    StabilityOptions,
    UnlabelledOptions,
    loss_option,
)
from gan_keras.foundation.errors import UsageError

# PacGAN's comparison (Lin et al. 2018, section 4.1, and the authors' code).
_PACGAN = {
    "networks": "pacgan",
    "epochs": 400,
    "batch_size": 100,
    "latent_dim": 2,
    "beta_1": 0.8,
    "simultaneous": True,
}


@dataclasses.dataclass(frozen=True)
class GaussianConfig(
    OptimizerOptions,
    LatentOptions,
    BatchOptions,
    UnlabelledOptions,
    StabilityOptions,
    AugmentOptions,
    PenaltyOptions,
    LossOptions,
    RunConfig,
):
    """Options of a GAN over points, whose distribution is known.

    The `z1` preset is the toy of github.com/BenoitLeguay/GAN_IconClass.
    """

    experiment: ClassVar[str] = "gaussian"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "z1": {},
        "z100": {"latent_dim": 100},
        # The vanilla GAN of PacGAN's tables: 8 modes on a ring, 25 on a grid.
        "ring": {**_PACGAN, "dataset": "ring"},
        "grid": {**_PACGAN, "dataset": "grid"},
        # The same networks by R3GAN's objective, its penalty and rates falling to the end.
        "grid_relativistic": {
            **_PACGAN,
            "dataset": "grid",
            "loss": "relativistic",
            "penalty": "r1_r2",
            "penalty_factor": 0.06,
            "penalty_final": 0.002,
            "penalty_steps": 400_000,
            "penalty_every": 4,
            "lr": 1e-3,
            "lr_decay": "cosine",
            "lr_decay_steps": 400_000,
            "beta_1": 0.5,
            "ema_decay": 0.999,
        },
    }
    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        "dataset": "gaussian",
        "epochs": 70,
        "precision": "float32",  # the 8 bits of bfloat16 are too few for places
        "gif": True,
        "eval_samples": 2500,
        "latent_dim": 1,
        "lr": 1e-4,
        "beta_1": 0.9,
    }

    loss: str = loss_option("relativistic")
    diff_augment: ClassVar[str] = ""  # ty: ignore[incompatible-attribute-override]
    networks: str = option(
        "gaussian",
        "Generator and discriminator: the small ones of the Gaussian toy, or PacGAN's.",
        choices=("gaussian", "pacgan"),
    )
    simultaneous: bool = option(
        False,
        "Both networks are updated at once, from the same generated points, not one after the "
        "other.",
    )

    def validate(self) -> None:
        """Checks that more than one point is scored."""
        super().validate()
        if self.eval_samples == 1:
            raise UsageError("--eval_samples=1: one point has no spread; give 0 or at least 2")

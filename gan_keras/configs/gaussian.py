"""Options and presets of the GANs over points."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs import optimization
from gan_keras.configs.base import option
from gan_keras.configs.tools import ToolConfig
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
class GaussianConfig(ToolConfig):
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
            "penalty_factor": 0.03,
            "penalty_final": 0.001,
            "penalty_steps": 400_000,
            "penalty_every": 4,
            "lr": 1e-3,
            "lr_decay": "cosine",
            "lr_decay_steps": 400_000,
            "beta_1": 0.5,
            "ema_decay": 0.999,
        },
    }

    dataset: str = option("gaussian", "Data set of points: gaussian, gaussian3d, ring or grid.")
    epochs: int = option(
        70, "Epochs to train in all; raise it to go on.", minimum=1, identity=False
    )
    batch_size: int = option(
        64, "Real points a step; with --packing as many as that for each pack.", minimum=2
    )
    precision: str = option(
        "float32",
        "Compute type: float32, bfloat16, or auto, which takes bfloat16 where this machine gains "
        "from it. The 8 bits of bfloat16 are too few for places.",
        choices=("auto", "float32", "bfloat16"),
    )
    gif: bool = option(
        True,
        "Also join the pictures of all epochs to animations when the run ends.",
        identity=False,
    )
    eval_samples: int = option(
        2500,
        "Generated points that are scored when the run ends; 0 skips the score.",
        minimum=0,
        identity=False,
    )
    networks: str = option(
        "gaussian",
        "Generator and discriminator: the small ones of the Gaussian toy, or PacGAN's.",
        choices=("gaussian", "pacgan"),
    )
    latent_dim: int = option(1, "Length of the noise vector z.", minimum=1)
    latent: str = option(
        "normal",
        "Distribution of z: N(0, 1), U(-1, 1) or U(0, 1).",
        choices=("normal", "uniform", "uniform01"),
    )
    simultaneous: bool = option(
        False,
        "Both networks are updated at once, from the same generated points, not one after the "
        "other.",
    )
    optimizer: str = optimization.optimizer()
    lr: float = optimization.learning_rate(1e-4)
    g_lr_mult: float = optimization.rate_multiplier()
    beta_1: float = optimization.beta_1(0.9)
    beta_2: float = optimization.beta_2()
    epsilon: float = optimization.epsilon()
    ema_decay: float = optimization.ema_decay()

    def validate(self) -> None:
        """Checks the options.

        Raises:
            UsageError: As `ToolConfig.validate`; or if a batch cannot be cut into packs, or one
                point is to be scored.
        """
        super().validate()
        if self.eval_samples == 1:
            raise UsageError("--eval_samples=1: one point has no spread; give 0 or at least 2")
        if self.batch_size % self.packing:
            raise UsageError(
                f"--batch_size={self.batch_size} must be a multiple of --packing={self.packing}"
            )

"""Options and presets of the AC-GAN."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs.base import Alias, RunConfig, option
from gan_keras.configs.tools import (
    AugmentOptions,
    AuxiliaryOptions,
    LatentOptions,
    LossOptions,
    OptimizerOptions,
    PenaltyOptions,
    StabilityOptions,
)


@dataclasses.dataclass(frozen=True)
class ACGANConfig(
    AuxiliaryOptions,
    OptimizerOptions,
    LatentOptions,
    StabilityOptions,
    AugmentOptions,
    PenaltyOptions,
    LossOptions,
    RunConfig,
):
    """Options of the auxiliary-classifier GAN (Odena et al. 2017, arXiv:1610.09585)."""

    experiment: ClassVar[str] = "acgan"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # Measured to give the best quality per CPU minute; see README, "Results".
        "compact": {
            "networks": "compact",
            "epochs": 8,
            "batch_size": 32,
            "latent_dim": 64,
            "latent": "normal",
            "lr": 1.6e-3,
            "lr_decay": "inverse_sqrt",
            "lr_decay_steps": 2000,
            "beta_2": 0.99,
            "aux_on_fakes": False,
            "d_class_weight": 0.25,
            "g_class_weight": 0.2,
            "share_fakes": True,
            "ema_decay": 0.9995,
            "penalty": "r1",
            "penalty_factor": 0.15,
            "penalty_every": 8,
        },
        # The LaTeX Writer: nets, losses and optimizers as published (karan1149/latex-writer).
        "original": {"networks": "original", "epochs": 200, "ink": "dark", "lr": 5e-5},
        # keras-acgan on MNIST, of which the LaTeX Writer was made: the same nets, faster.
        "keras_acgan": {"networks": "original", "dataset": "mnist", "epochs": 50, "lr": 2e-4},
        # keras-acgan's later transposed-convolution generator with its own settings.
        "transposed": {"networks": "transposed", "epochs": 50, "lr": 2e-4},
    }
    # keras-acgan's habits, which all presets but `compact` share.
    DEFAULTS: ClassVar[Mapping[str, Any]] = {"epochs": 50, "batch_size": 100, "latent": "uniform"}
    ALIASES: ClassVar[Mapping[str, Alias]] = {
        "class_weighting": Alias(
            "class_sampling",
            "proportional",
            "Short for --class_sampling=proportional, the LaTeX Writer's `weighted` runs.",
        ),
    }

    networks: str = option(
        "original",
        "Generator and discriminator architecture.",
        choices=("compact", "original", "transposed", "upsampled"),
    )
    share_fakes: bool = option(
        False,
        "One generated batch serves both updates; otherwise the generator's update draws twice "
        "as many new ones (as the LaTeX Writer did).",
    )

"""Options and presets of the GAN that grows."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs.base import RunConfig, option
from gan_keras.configs.tools import (
    AugmentOptions,
    LatentOptions,
    LossOptions,
    OptimizerOptions,
    PenaltyOptions,
    loss_option,
)


@dataclasses.dataclass(frozen=True)
class ProgressiveConfig(
    OptimizerOptions, LatentOptions, AugmentOptions, PenaltyOptions, LossOptions, RunConfig
):
    """Options of progressive growing (Karras et al. 2018, arXiv:1710.10196)."""

    experiment: ClassVar[str] = "progressive"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # The paper's losses and optimizer (appendix A) on narrower nets.
        "wgan_gp": {"loss": "wasserstein", "penalty": "gradient_penalty", "ema_decay": 0.999},
        # A cheaper step: R1 every fourth time, as in the same authors' StyleGAN2.
        "r1": {"penalty": "r1", "penalty_every": 4, "drift": 0.0, "ema_decay": 0.999},
    }
    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        "epochs": 30,
        "batch_size": 32,
        "image_size": 32,
        "latent_dim": 128,
        "lr": 1e-3,
        "beta_1": 0.0,
        "beta_2": 0.99,
    }

    loss: str = loss_option("relativistic")
    # The optimizers' moments are forgotten when a stage begins, which only Adam's are made for.
    optimizer: ClassVar[str] = "adam"  # ty: ignore[incompatible-attribute-override]
    stable_steps: int = option(
        4000, "Steps at each size but the last before the next one comes.", minimum=1
    )
    fade_steps: int = option(
        4000, "Steps in which the layers of a new size are faded in.", minimum=1
    )
    equalized: bool = option(
        True, "Equalised learning rate: inputs of layers are scaled in place of first weights."
    )
    drift: float = option(
        0.001, "Weight of the squared scores of real images in the critic's loss.", minimum=0.0
    )

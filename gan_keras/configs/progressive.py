"""Options and presets of the GAN that grows."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs import optimization
from gan_keras.configs.base import option
from gan_keras.configs.tools import ToolConfig


@dataclasses.dataclass(frozen=True)
class ProgressiveConfig(ToolConfig):
    """Options of progressive growing (Karras et al. 2018, arXiv:1710.10196)."""

    experiment: ClassVar[str] = "progressive"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # The paper's losses and optimizer (appendix A) on narrower nets.
        "wgan_gp": {"loss": "wasserstein", "penalty": "gradient_penalty", "ema_decay": 0.999},
        # A cheaper step: R1 every fourth time, as in the same authors' StyleGAN2.
        "r1": {"penalty": "r1", "penalty_every": 4, "drift": 0.0, "ema_decay": 0.999},
    }

    epochs: int = option(
        30, "Epochs to train in all; raise it to go on.", minimum=1, identity=False
    )
    batch_size: int = option(32, "Real images a step.", minimum=2)
    image_size: int = option(
        32,
        "Side to which images are brought, in pixels; 0 leaves them as they are. 64 grows from 16 "
        "and 32, 32 from 16, 28 from 14.",
        minimum=0,
    )
    stable_steps: int = option(
        4000, "Steps at each size but the last before the next one comes.", minimum=1
    )
    fade_steps: int = option(
        4000, "Steps in which the layers of a new size are faded in.", minimum=1
    )
    latent_dim: int = option(128, "Length of the noise vector z.", minimum=1)
    latent: str = option(
        "normal",
        "Distribution of z: N(0, 1), U(-1, 1) or U(0, 1).",
        choices=("normal", "uniform", "uniform01"),
    )
    equalized: bool = option(
        True, "Equalised learning rate: inputs of layers are scaled in place of first weights."
    )
    penalty_factor: float = option(
        10.0,
        "Weight of --penalty beside the losses on reals and on fakes: beside their sum, as in the "
        "paper, with --loss=wasserstein and relativistic; else beside their mean, so that papers "
        "that add the two up write twice that.",
        minimum=0.0,
    )
    drift: float = option(
        0.001, "Weight of the squared scores of real images in the critic's loss.", minimum=0.0
    )
    lr: float = optimization.learning_rate(1e-3)
    g_lr_mult: float = optimization.rate_multiplier()
    beta_1: float = optimization.beta_1(0.0)
    beta_2: float = optimization.beta_2(0.99)
    epsilon: float = optimization.epsilon()
    ema_decay: float = optimization.ema_decay()

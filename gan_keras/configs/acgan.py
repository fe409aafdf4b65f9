"""Options and presets of the AC-GAN."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs import auxiliary, optimization
from gan_keras.configs.base import Alias, option
from gan_keras.configs.tools import ToolConfig


@dataclasses.dataclass(frozen=True)
class ACGANConfig(ToolConfig):
    """Options of the auxiliary-classifier GAN (Odena et al. 2017, arXiv:1610.09585)."""

    experiment: ClassVar[str] = "acgan"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # Measured to give the best quality per CPU minute; see README, "Results".
        "compact": {
            "networks": "compact",
            "epochs": 16,
            "batch_size": 64,
            "latent_dim": 64,
            "latent": "normal",
            "lr": 8e-4,
            "beta_2": 0.99,
            "aux_on_fakes": False,
            "d_class_weight": 0.25,
            "g_class_weight": 0.1,
            "share_fakes": True,
            "ema_decay": 0.998,
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
    ALIASES: ClassVar[Mapping[str, Alias]] = {
        "class_weighting": Alias(
            "class_sampling",
            "proportional",
            "Short for --class_sampling=proportional, the LaTeX Writer's `weighted` runs.",
        ),
    }

    # The defaults below are keras-acgan's habits, which all presets but `compact` share.
    epochs: int = option(
        50, "Epochs to train in all; raise it to go on.", minimum=1, identity=False
    )
    batch_size: int = option(100, "Real images a step.", minimum=2)
    networks: str = option(
        "original",
        "Generator and discriminator architecture.",
        choices=("compact", "original", "transposed", "upsampled"),
    )
    latent_dim: int = option(100, "Length of the noise vector z.", minimum=1)
    latent: str = option(
        "uniform", "Distribution of z: N(0, 1) or U(-1, 1).", choices=("normal", "uniform")
    )
    lr: float = optimization.learning_rate(2e-4)
    g_lr_mult: float = optimization.rate_multiplier()
    beta_1: float = optimization.beta_1(0.5)
    beta_2: float = optimization.beta_2()
    epsilon: float = optimization.epsilon()
    class_sampling: str = auxiliary.class_sampling()
    aux_on_fakes: bool = auxiliary.aux_on_fakes()
    d_class_weight: float = auxiliary.class_weight("discriminator")
    g_class_weight: float = auxiliary.class_weight("generator")
    share_fakes: bool = option(
        False,
        "One generated batch serves both updates; otherwise the generator's update draws twice "
        "as many new ones (as the LaTeX Writer did).",
    )
    ema_decay: float = optimization.ema_decay()

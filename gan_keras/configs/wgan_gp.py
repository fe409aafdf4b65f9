"""Options and presets of the Wasserstein GAN with gradient penalty."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs.images import ImageGANConfig
from gan_keras.configs.tools import PenaltyOptions, UnlabelledOptions

# A blog post on decorated initials, as of January 2021. Its critic has BatchNorm and ends in a
# sigmoid, and its images are in [0, 1] against a tanh: mistakes, each of them an option.
_JANUARY = {
    "networks": "initials",
    "dataset": "folder:data/initials",
    "image_size": 64,
    "epochs": 300,
    "batch_size": 16,
    "value_range": "unit",
    "output": "tanh",
    "latent_dim": 50,
    "beta_1": 0.9,
    "penalty_factor": 2.0,
    "n_critic": 1,
    "norm": "batch",
    "sigmoid": True,
}


@dataclasses.dataclass(frozen=True)
class WGANGPConfig(ImageGANConfig, UnlabelledOptions, PenaltyOptions):
    """Options of the WGAN with gradient penalty (Gulrajani et al. 2017, arXiv:1704.00028)."""

    experiment: ClassVar[str] = "wgan_gp"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # The paper's algorithm 1 with its constants.
        "paper": {"norm": "layer", "width_mult": 0.5},
        "initials_january": _JANUARY,
        # What the post changed on 12 February; its text also names LeakyReLU in the generator,
        # which the code of the time lacks: --g_slope=0.2.
        "initials_february": {
            **_JANUARY,
            "g_dropout": 0.5,
            "instance_noise": 0.05,
            "init": "normal",
        },
    }
    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        "dataset": "mnist",
        "epochs": 50,
        "networks": "initials",
        "lr": 1e-4,
        "beta_1": 0.0,
        "n_critic": 5,
    }

    loss = "wasserstein"
    penalty: ClassVar[str] = "gradient_penalty"  # ty: ignore[incompatible-attribute-override]

"""Options and presets of the Wasserstein GAN with gradient penalty."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs import optimization
from gan_keras.configs.base import option
from gan_keras.configs.images import ImageGANConfig
from gan_keras.configs.tools import tool

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
class WGANGPConfig(ImageGANConfig):
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

    dataset: str = option("mnist", "Data set, see `gan_keras.data.load`.")
    epochs: int = option(
        50, "Epochs to train in all; raise it to go on.", minimum=1, identity=False
    )
    networks: str = option(
        "initials",
        "Generator and critic architecture.",
        choices=("dense", "digit_gan", "image_sets", "initials", "residual"),
    )
    loss: str = option("wasserstein", "Adversarial loss.", choices=("wasserstein",))
    lr: float = optimization.learning_rate(1e-4, "critic")
    beta_1: float = optimization.beta_1(0.0)
    beta_2: float = optimization.beta_2()
    n_critic: int = tool(
        "n_critic",
        5,
        "Critic updates for each of the generator, each on images of its own.",
        minimum=1,
    )
    penalty: str = option(
        "gradient_penalty",
        "Penalty on the critic's gradient.",
        choices=("gradient_penalty",),
    )
    penalty_factor: float = option(10.0, "Weight of --penalty (the paper's lambda).", minimum=0.0)

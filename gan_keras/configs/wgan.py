"""Options and presets of the Wasserstein GAN with weight clipping."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs import optimization
from gan_keras.configs.base import option
from gan_keras.configs.images import ImageGANConfig
from gan_keras.configs.tools import tool


@dataclasses.dataclass(frozen=True)
class WGANConfig(ImageGANConfig):
    """Options of the Wasserstein GAN (Arjovsky et al. 2017, arXiv:1701.07875)."""

    experiment: ClassVar[str] = "wgan"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # The paper's algorithm 1 on the digit GAN's networks: that notebook's next idea.
        "digit_gan": {"networks": "digit_gan", "value_range": "unit"},
        # The same on DCGAN-like networks, as the paper's own experiments.
        "paper": {"networks": "initials", "width_mult": 0.5, "init": "normal"},
    }

    dataset: str = option("mnist", "Data set, see `gan_keras.data.load`.")
    epochs: int = option(
        50, "Epochs to train in all; raise it to go on.", minimum=1, identity=False
    )
    loss: str = option("wasserstein", "Adversarial loss.", choices=("wasserstein",))
    optimizer: str = optimization.optimizer("rmsprop")
    lr: float = optimization.learning_rate(5e-5, "critic")
    n_critic: int = tool(
        "n_critic",
        5,
        "Critic updates for each of the generator, each on images of its own.",
        minimum=1,
    )
    weight_clip: float = option(
        0.01,
        "Clips the critic's weights to [-this, this] after each of its updates.",
        minimum=0.0,
        exclusive=True,
    )

"""Options and presets of the AC-GAN that an auto-encoder keeps stable."""

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
class AEACGANConfig(
    AuxiliaryOptions,
    OptimizerOptions,
    LatentOptions,
    StabilityOptions,
    AugmentOptions,
    PenaltyOptions,
    LossOptions,
    RunConfig,
):
    """Options of the AE-AC-GAN (github.com/markusmeingast/MNIST-GAN).

    The `mnist` preset is what was published for MNIST and Fashion-MNIST. Its code draws z from
    N(0, 1); its text says U(0, 1), where the encoder's codes lie: --latent=uniform01.
    """

    experiment: ClassVar[str] = "ae_acgan"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # The targets .9 and .1 for the discriminator, .9 for the generator.
        "mnist": {"label_policy": "two_sided"},
        # EMNIST by class, 62 classes.
        "emnist": {"label_policy": "two_sided", "dataset": "emnist/byclass", "depth": 128},
    }
    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        "dataset": "mnist",
        "epochs": 15,
        "batch_size": 128,
        "epsilon": 1e-7,
    }
    ALIASES: ClassVar[Mapping[str, Alias]] = {
        "no_autoencoder": Alias(
            "autoencoder", False, "Short for --noautoencoder: an AC-GAN of the same networks."
        ),
    }

    depth: int = option(64, "Filters of each convolution and units of the dense layers.", minimum=1)
    autoencoder: bool = option(True, "Whether each step ends with an update of the auto-encoder.")
    ae_loss: str = option(
        "mae", "Distance of an image to its reconstruction.", choices=("mae", "mse")
    )
    e_batch_norm: bool = option(False, "BatchNorm in the encoder.")
    g_batch_norm: bool = option(False, "BatchNorm in the generator.")
    d_batch_norm: bool = option(
        False, "BatchNorm in the discriminator (real and generated images share a batch)."
    )
    dropout: float = option(0.4, "Dropout after each hidden layer.", minimum=0.0, maximum=0.95)
    dropout_in_fakes: bool = option(
        False,
        "Whether the discriminator sees images made with dropout, as the generator's own update "
        "makes them.",
    )
    init_std: float = option(
        0.01, "Standard deviation of the convolutions' first weights.", minimum=0.0, exclusive=True
    )
    ae_lr_mult: float = option(
        1.0, "Auto-encoder's learning rate in units of --lr.", minimum=0.0, exclusive=True
    )

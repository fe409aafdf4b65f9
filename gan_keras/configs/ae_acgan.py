"""Options and presets of the AC-GAN that an auto-encoder keeps stable."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs import auxiliary, optimization
from gan_keras.configs.base import Alias, option
from gan_keras.configs.tools import ToolConfig


@dataclasses.dataclass(frozen=True)
class AEACGANConfig(ToolConfig):
    """Options of the AE-AC-GAN (github.com/markusmeingast/MNIST-GAN).

    The `mnist` preset is what was published for MNIST and Fashion-MNIST.
    """

    experiment: ClassVar[str] = "ae_acgan"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # The targets .9 and .1 for the discriminator, .9 for the generator.
        "mnist": {"label_policy": "two_sided"},
        # EMNIST by class, 62 classes.
        "emnist": {"label_policy": "two_sided", "dataset": "emnist/byclass", "depth": 128},
    }
    ALIASES: ClassVar[Mapping[str, Alias]] = {
        "no_autoencoder": Alias(
            "autoencoder", False, "Short for --noautoencoder: an AC-GAN of the same networks."
        ),
    }

    dataset: str = option(
        "mnist", "Data set: crohme, demo, demo_letters, or a labelled TFDS image set such as mnist."
    )
    epochs: int = option(
        15, "Epochs to train in all; raise it to go on.", minimum=1, identity=False
    )
    batch_size: int = option(128, "Real images a step.", minimum=2)
    depth: int = option(64, "Filters of each convolution and units of the dense layers.", minimum=1)
    latent_dim: int = option(100, "Length of the noise vector z.", minimum=1)
    latent: str = option(
        "normal",
        "Distribution of z: N(0, 1), as the original's code has it; or U(0, 1), as its text says "
        "and as the encoder's codes lie.",
        choices=("normal", "uniform01"),
    )
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
    lr: float = optimization.learning_rate(2e-4)
    g_lr_mult: float = optimization.rate_multiplier()
    ae_lr_mult: float = optimization.rate_multiplier("auto-encoder")
    beta_1: float = optimization.beta_1(0.5)
    beta_2: float = optimization.beta_2()
    epsilon: float = optimization.epsilon(1e-7)
    class_sampling: str = auxiliary.class_sampling()
    aux_on_fakes: bool = auxiliary.aux_on_fakes()
    d_class_weight: float = auxiliary.class_weight("discriminator")
    g_class_weight: float = auxiliary.class_weight("generator")
    ema_decay: float = optimization.ema_decay()

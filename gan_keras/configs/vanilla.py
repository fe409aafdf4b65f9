"""Options and presets of the plain GAN."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs.base import option
from gan_keras.configs.images import ImageGANConfig
from gan_keras.configs.tools import LossOptions, PenaltyOptions, UnlabelledOptions
from gan_keras.foundation.errors import UsageError


@dataclasses.dataclass(frozen=True)
class VanillaConfig(ImageGANConfig, UnlabelledOptions, PenaltyOptions, LossOptions):
    """Options of the generative adversarial network (Goodfellow et al. 2014, arXiv:1406.2661)."""

    experiment: ClassVar[str] = "vanilla"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # A TensorFlow 1 notebook on MNIST that studied mode collapse.
        "digit_gan": {
            "networks": "digit_gan",
            "dataset": "mnist",
            "epochs": 55,
            "batch_size": 50,
            "value_range": "unit",
            "lr": 3e-4,
            "g_lr_mult": 1 / 3,
            "beta_1": 0.9,
            "pretraining": 300,
            "log_every": 10,
            "sample_every": 100,
        },
        # naoki shibuya's fully connected GAN, from which the image-set DCGAN was made.
        "dense": {
            "networks": "dense",
            "dataset": "mnist",
            "epochs": 100,
            "batch_size": 64,
            "lr": 1e-3,
            "g_lr_mult": 0.1,
            "beta_1": 0.9,
            "label_policy": "one_sided",
            "fakes": "shared",
            "separate_updates": True,
        },
    }

    fakes: str = option(
        "fresh",
        "What the discriminator sees: fresh images; the images of the generator's own update "
        "(shared); or fresh ones made in inference mode, as Keras' predict gives them.",
        choices=("fresh", "shared", "inference"),
    )
    separate_updates: bool = option(
        False,
        "The discriminator has an update on real and one on generated images, not on both.",
    )
    shared_optimizer_bug: bool = option(
        False,
        "Updates the generator by the discriminator's optimizer, hence at its rate and with its "
        "step count, as the digit GAN's notebook did.",
    )

    def validate(self) -> None:
        """Checks that no penalty, which is about both halves, meets separate updates."""
        super().validate()
        if self.separate_updates and self.penalty != "none":
            raise UsageError(f"--penalty={self.penalty} cannot be used with --separate_updates")

"""Options and presets of the DCGAN."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gan_keras.configs.images import ImageGANConfig
from gan_keras.configs.tools import LossOptions, UnlabelledOptions


@dataclasses.dataclass(frozen=True)
class DCGANConfig(ImageGANConfig, UnlabelledOptions, LossOptions):
    """Options of the deep convolutional GAN (Radford et al. 2016, arXiv:1511.06434)."""

    experiment: ClassVar[str] = "dcgan"
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        # The paper's settings (section 4) on nets of the same kind for any size.
        "paper": {
            "networks": "initials",
            "epochs": 25,
            "latent": "uniform",
            "init": "normal",
            "width_mult": 0.5,
        },
        # jomian78's nets and tricks on MNIST, Fashion-MNIST and CIFAR-10.
        "image_sets": {
            "networks": "image_sets",
            "epochs": 100,
            "lr": 1e-3,
            "g_lr_mult": 0.1,
            "label_policy": "flipped_soft_once",
        },
    }
    DEFAULTS: ClassVar[Mapping[str, Any]] = {"dataset": "mnist", "batch_size": 128}

"""Options that the image GANs without an auxiliary classifier have in common."""

import dataclasses
from typing import Any

from gan_keras.configs.base import RunConfig, option
from gan_keras.configs.tools import (
    AugmentOptions,
    BatchOptions,
    LatentOptions,
    OptimizerOptions,
    StabilityOptions,
)


def network_option(off: Any, help: str, **limits: Any) -> Any:
    """Declares an option that is handed to the networks' builders under its own name.

    Args:
        off: Leaves the choice to the networks; also the default.
        help: As for `option`.
        **limits: As for `option`.
    """
    field = option(off, help, **limits)
    return dataclasses.field(default=off, metadata={**field.metadata, "of_networks": True})


@dataclasses.dataclass(frozen=True)
class ImageGANConfig(
    OptimizerOptions, LatentOptions, BatchOptions, StabilityOptions, AugmentOptions, RunConfig
):
    """Options of every image GAN whose discriminator gives one logit."""

    networks: str = option(
        "image_sets",
        "Generator and discriminator architecture.",
        choices=("dense", "digit_gan", "image_sets", "initials", "residual"),
    )
    output: str = option(
        "auto",
        "Generator's last activation; auto: the one that fits --value_range.",
        choices=("auto", "tanh", "sigmoid"),
    )
    d_features: int = network_option(
        0,
        "Width of the discriminator's first layer, which the later ones follow; 0: the networks' "
        "own.",
        minimum=0,
    )
    depth: int = network_option(
        0,
        "Convolutions in each network, or residual blocks at each size; 0: the networks' own.",
        minimum=0,
    )
    kernel_size: int = network_option(
        0, "Side of the convolutions' kernels; 0: the networks' own.", minimum=0
    )
    stride: int = network_option(
        0, "Stride of the convolutions that change the size; 0: the networks' own.", minimum=0
    )
    upsampling: str = network_option(
        "",
        "Growth of the generator's grid: transposed convolutions, or resize and convolve.",
        choices=("", "transposed", "resize"),
    )
    init: str = network_option(
        "",
        "Distribution of the convolutions' first weights; torch is U(-1/sqrt(n), 1/sqrt(n)) for n "
        "inputs.",
        choices=("", "glorot_uniform", "normal", "truncated_normal", "torch"),
    )
    init_std: float = network_option(
        0.0, "Standard deviation of --init=normal and truncated_normal; 0: 0.02.", minimum=0.0
    )
    norm: str = network_option(
        "",
        "Normalisation in the discriminator.",
        choices=("", "none", "batch", "layer"),
    )
    sigmoid: bool = network_option(
        False, "Whether the discriminator ends in a sigmoid, a critic's mistake."
    )
    g_dropout: float = network_option(
        0.0, "Rate of dropout in the generator; 0: none.", minimum=0.0, maximum=0.95
    )
    g_slope: float = network_option(
        0.0, "Negative slope of LeakyReLU in the generator; 0: the networks' own.", minimum=0.0
    )
    d_dropout: float = network_option(
        0.0,
        "Rate of dropout after the discriminator's convolutions; 0: none.",
        minimum=0.0,
        maximum=0.95,
    )
    d_slope: float = network_option(
        0.0, "Negative slope of LeakyReLU in the discriminator; 0: the networks' own.", minimum=0.0
    )

    def network_options(self) -> dict[str, Any]:
        """Options of the networks that were given, by name."""
        return {
            name: getattr(self, name)
            for name, field in self.option_fields().items()
            if field.metadata.get("of_networks") and getattr(self, name) != field.default
        }

    @property
    def output_activation(self) -> str:
        """The generator's last activation."""
        if self.output != "auto":
            return self.output
        return "sigmoid" if self.value_range == "unit" else "tanh"

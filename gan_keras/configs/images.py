"""What the image GANs without an auxiliary classifier have in common."""

import dataclasses
from typing import Any

from gan_keras.configs import optimization
from gan_keras.configs.base import option
from gan_keras.configs.tools import ToolConfig
from gan_keras.foundation.errors import UsageError


def knob(off: Any, help: str, **limits: Any) -> Any:
    """Declares an option that is handed to the networks' builders under its own name.

    Args:
        off: Leaves the choice to the networks; also the default.
        help: As for `option`.
        **limits: As for `option`.
    """
    field = option(off, help, **limits)
    return dataclasses.field(default=off, metadata={**field.metadata, "knob": True, "off": off})


@dataclasses.dataclass(frozen=True)
class ImageGANConfig(ToolConfig):
    """Options of every image GAN whose discriminator gives one logit."""

    networks: str = option(
        "image_sets",
        "Generator and discriminator architecture.",
        choices=("dense", "digit_gan", "image_sets", "initials", "residual"),
    )
    latent_dim: int = option(100, "Length of the noise vector z.", minimum=1)
    latent: str = option(
        "normal",
        "Distribution of z: N(0, 1), U(-1, 1) or U(0, 1).",
        choices=("normal", "uniform", "uniform01"),
    )
    optimizer: str = optimization.optimizer()
    lr: float = optimization.learning_rate(2e-4)
    g_lr_mult: float = optimization.rate_multiplier()
    beta_1: float = optimization.beta_1(0.5)
    beta_2: float = optimization.beta_2()
    epsilon: float = optimization.epsilon()
    ema_decay: float = optimization.ema_decay()
    output: str = option(
        "auto",
        "Generator's last activation; auto: the one that fits --value_range.",
        choices=("auto", "tanh", "sigmoid"),
    )
    d_features: int = knob(
        0,
        "Width of the discriminator's first layer, which the later ones follow; 0: the networks' "
        "own.",
        minimum=0,
    )
    depth: int = knob(
        0,
        "Convolutions in each network, or residual blocks at each size; 0: the networks' own.",
        minimum=0,
    )
    kernel_size: int = knob(
        0, "Side of the convolutions' kernels; 0: the networks' own.", minimum=0
    )
    stride: int = knob(
        0, "Stride of the convolutions that change the size; 0: the networks' own.", minimum=0
    )
    upsampling: str = knob(
        "",
        "How the generator grows its grid: transposed convolutions, or resize and convolve.",
        choices=("", "transposed", "resize"),
    )
    init: str = knob(
        "",
        "Distribution of the convolutions' first weights; torch is U(-1/sqrt(n), 1/sqrt(n)) for n "
        "inputs.",
        choices=("", "glorot_uniform", "normal", "truncated_normal", "torch"),
    )
    init_std: float = knob(
        0.0, "Standard deviation of --init=normal and truncated_normal; 0: 0.02.", minimum=0.0
    )
    norm: str = knob(
        "",
        "Normalisation in the discriminator.",
        choices=("", "none", "batch", "layer"),
    )
    sigmoid: bool = knob(False, "Whether the discriminator ends in a sigmoid, a critic's mistake.")
    g_dropout: float = knob(
        0.0, "Rate of dropout in the generator; 0: none.", minimum=0.0, maximum=0.95
    )
    g_slope: float = knob(
        0.0, "Negative slope of LeakyReLU in the generator; 0: the networks' own.", minimum=0.0
    )

    d_dropout: float = knob(
        0.0,
        "Rate of dropout after the discriminator's convolutions; 0: none.",
        minimum=0.0,
        maximum=0.95,
    )
    d_slope: float = knob(
        0.0, "Negative slope of LeakyReLU in the discriminator; 0: the networks' own.", minimum=0.0
    )

    def knobs(self) -> dict[str, Any]:
        """The knobs that were turned, by name."""
        return {
            name: getattr(self, name)
            for name, field in self.option_fields().items()
            if field.metadata.get("knob") and getattr(self, name) != field.metadata["off"]
        }

    @property
    def output_activation(self) -> str:
        """The generator's last activation."""
        if self.output != "auto":
            return self.output
        return "sigmoid" if self.value_range == "unit" else "tanh"

    def validate(self) -> None:
        """Checks the options.

        Raises:
            UsageError: As `ToolConfig.validate`; or if a batch cannot be cut into packs.
        """
        super().validate()
        if self.batch_size % self.packing:
            raise UsageError(
                f"--batch_size={self.batch_size} must be a multiple of --packing={self.packing}"
            )

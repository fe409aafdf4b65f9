"""The nets that are benchmarked, and the sides that compute the same step. No TensorFlow."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from gan_keras import configs
from gan_keras.configs.base import RunConfig


@dataclasses.dataclass(frozen=True)
class Net:
    """A preset of the suite, on images of one size.

    Attributes:
        title: For tables.
        experiment: Name of the variant, a key of `gan_keras.configs.CONFIGS`.
        preset: Of the variant.
        options: Options that differ from the preset.
        image_shape: `(height, width, channels)`.
        num_classes: Classes of the data.
    """

    title: str
    experiment: str
    preset: str
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    image_shape: tuple[int, int, int] = (28, 28, 1)
    num_classes: int = 16

    def config(self, precision: str = "float32") -> RunConfig:
        """Builds the configuration of the suite's side, in `float32` or `bfloat16`."""
        options = {"precision": precision, "dataset": "mnist", **self.options}
        return configs.config_class(self.experiment).create(self.preset, options)


_64_PIXELS = {"image_size": 64, "latent_dim": 100, "batch_size": 32}
# name -> net; plain_keras and plain_torch have a module of this name
NETS = {
    "original": Net("LaTeX Writer AC-GAN", "acgan", "original"),
    "transposed": Net("transposed AC-GAN", "acgan", "transposed"),
    "compact": Net("compact AC-GAN", "acgan", "compact"),
    "ae_acgan": Net("AE-AC-GAN, depth 64", "ae_acgan", "mnist", num_classes=10),
    "dcgan": Net("DCGAN 28x28", "dcgan", "image_sets", num_classes=10),
    "wgan_gp": Net("WGAN-GP 64x64", "wgan_gp", "paper", _64_PIXELS, (64, 64, 1), 10),
}


@dataclasses.dataclass(frozen=True)
class Side:
    """One way to compute the same step.

    Attributes:
        title: For tables.
        module: Side that a worker builds: `ours`, `plain_keras` or `plain_torch`; beside them
            `kernels` (the operations of `ours` by themselves) and `limit` (one large convolution).
        precision: `float32` or `bfloat16`.
        compiled: Whether XLA (Keras) or `torch.compile` compiles the step.
    """

    title: str
    module: str
    precision: str = "float32"
    compiled: bool = False


SIDES = {
    "ours": Side("gan_keras, float32", "ours"),
    "ours_bf16": Side("gan_keras, bfloat16", "ours", "bfloat16"),
    "keras": Side("plain Keras, float32", "plain_keras"),
    "keras_xla": Side("plain Keras, bfloat16 and XLA", "plain_keras", "bfloat16", True),
    "torch": Side("PyTorch eager, float32", "plain_torch"),
    "torch_compiled": Side("PyTorch compiled, float32", "plain_torch", compiled=True),
    "torch_bf16": Side("PyTorch eager, bfloat16", "plain_torch", "bfloat16"),
    "torch_bf16_compiled": Side("PyTorch compiled, bfloat16", "plain_torch", "bfloat16", True),
}

"""One file per GAN variant: a `keras.Model` with its own `train_step`."""

import importlib
from typing import TYPE_CHECKING

from gan_keras.configs.base import RunConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.foundation.errors import UsageError, one_line

if TYPE_CHECKING:
    from gan_keras.gans.base import GAN


def build(config: RunConfig, spec: DataSpec) -> "GAN":
    """Builds and compiles the model of a configuration.

    The variant is the module of this package that bears the experiment's name. Its weights depend
    on the seed and its types on the precision of the configuration, not on Keras' global settings.

    Args:
        config: The options.
        spec: Image shape, classes and class counts of the train split.

    Raises:
        UsageError: If the networks cannot be built for such data, or with such settings of Keras.
    """
    from gan_keras.hardware import devices  # late: imports TensorFlow

    devices.check_keras()
    variant = importlib.import_module(f"{__name__}.{config.experiment}")
    with devices.set_up(config.precision, config.seed, config.deterministic):
        try:
            gan = variant.build(config, spec)
        except ValueError as error:
            raise UsageError(one_line(error)) from error
        gan.spec = spec
        gan.compile()
    return gan

"""Configurations: frozen dataclasses, one per experiment. No TensorFlow import."""

import importlib
from collections.abc import Mapping
from typing import Any

from gan_keras.configs.base import RunConfig
from gan_keras.foundation.errors import UsageError

# experiment name -> "module:class"; imported on demand so that one family never slows another.
CONFIGS = {
    "acgan": "gan_keras.configs.acgan:ACGANConfig",
    "cgan": "gan_keras.configs.cgan:CGANConfig",
    "dcgan": "gan_keras.configs.dcgan:DCGANConfig",
    "r3gan": "gan_keras.configs.r3gan:R3GANConfig",
    "vanilla": "gan_keras.configs.vanilla:VanillaConfig",
    "wgan": "gan_keras.configs.wgan:WGANConfig",
    "wgan_gp": "gan_keras.configs.wgan_gp:WGANGPConfig",
    "ae_acgan": "gan_keras.configs.ae_acgan:AEACGANConfig",
    "gaussian": "gan_keras.configs.gaussian:GaussianConfig",
    "progressive": "gan_keras.configs.progressive:ProgressiveConfig",
}


def config_class(experiment: str) -> type[RunConfig]:
    """Returns the configuration class of an experiment.

    Args:
        experiment: A key of `CONFIGS`, as stored under `experiment` in a run's config.json.

    Raises:
        UsageError: If there is no such experiment.
    """
    if experiment not in CONFIGS:
        known = ", ".join(sorted(CONFIGS))
        raise UsageError(f"unknown experiment {experiment!r}; known: {known}")
    module, name = CONFIGS[experiment].split(":")
    return getattr(importlib.import_module(module), name)


def from_dict(values: Mapping[str, Any]) -> RunConfig:
    """Rebuilds a configuration from what `RunConfig.to_dict` wrote.

    Args:
        values: The options, with `experiment` naming the family.

    Raises:
        UsageError: On an unknown experiment, option or value.
    """
    values = dict(values)
    cls = config_class(values.pop("experiment", "?"))
    return cls.create(preset=values.pop("preset", cls.default_preset()), options=values)

"""Configurations: frozen dataclasses, one per experiment. No TensorFlow import."""

import importlib
from collections.abc import Mapping
from typing import Any

from gan_keras.configs.base import RunConfig
from gan_keras.foundation.errors import UsageError, one_line

# Experiment name -> class in the module of that name; imported on demand, so that one family never
# slows another.
CONFIGS = {
    "acgan": "ACGANConfig",
    "ae_acgan": "AEACGANConfig",
    "cgan": "CGANConfig",
    "dcgan": "DCGANConfig",
    "gaussian": "GaussianConfig",
    "progressive": "ProgressiveConfig",
    "r3gan": "R3GANConfig",
    "vanilla": "VanillaConfig",
    "wgan": "WGANConfig",
    "wgan_gp": "WGANGPConfig",
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
    return getattr(importlib.import_module(f"{__name__}.{experiment}"), CONFIGS[experiment])


def from_dict(values: Mapping[str, Any]) -> RunConfig:
    """Rebuilds a configuration from what `RunConfig.to_dict` wrote.

    Args:
        values: The options, with `experiment` naming the family. An option that the experiment does
            not have, as runs of earlier versions wrote them, must have the value that is fixed
            here.

    Raises:
        UsageError: On an unknown experiment, option or value.
    """
    values = dict(values)
    cls = config_class(values.pop("experiment", "?"))
    known = cls.option_fields()
    options = {
        name: value
        for name, value in values.items()
        if name in known or value != getattr(cls, name, None)
    }
    preset = options.pop("preset", cls.default_preset())
    try:
        return cls.create(preset=preset, options=options)
    except (TypeError, ValueError, ArithmeticError) as error:  # from values of strange types
        raise UsageError(f"the options of a run are damaged ({one_line(error)})") from error


def upgraded(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a run of version 0.1, in today's terms.

    There `d_loss` was the mean of both parts with every loss, in all variants that let one choose
    the loss; of losses on pairs it now is the sum, twice as much. With the weights beside it
    doubled too, Adam's updates stay what they were, up to its epsilon.

    Args:
        options: As `RunConfig.to_dict` wrote them.
    """
    options = dict(options)
    if options.get("experiment") not in ("acgan", "ae_acgan", "cgan", "gaussian", "vanilla"):
        return options
    if options.get("loss") in ("wasserstein", "relativistic"):
        for name in ("penalty_factor", "penalty_final", "d_class_weight"):
            if name in options:
                options[name] *= 2
    return options

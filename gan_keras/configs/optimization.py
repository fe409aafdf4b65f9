"""Options of optimizers and of averaging, stated once; each variant gives its own defaults."""

from typing import Any

from gan_keras.configs.base import option
from gan_keras.configs.tools import tool


def optimizer(default: str = "adam") -> Any:
    """Which optimizer trains both networks."""
    return option(
        default,
        "Optimizer of both networks: adam; rmsprop, decay 0.99; sgd without momentum.",
        choices=("adam", "rmsprop", "sgd"),
    )


def learning_rate(default: float, network: str = "discriminator") -> Any:
    """Learning rate of the named network, the unit of the other ones."""
    return option(default, f"Learning rate of the {network}.", minimum=0.0, exclusive=True)


def rate_multiplier(network: str = "generator") -> Any:
    """Learning rate of the named network in units of `--lr`."""
    text = f"{network.capitalize()}'s learning rate in units of --lr."
    return option(1.0, text, minimum=0.0, exclusive=True)


def beta_1(default: float) -> Any:
    """Adam's memory of the gradient."""
    return option(default, "Adam's decay of the first moment.", minimum=0.0, maximum=0.9999)


def beta_2(default: float = 0.999) -> Any:
    """Adam's memory of the squared gradient."""
    return option(default, "Adam's decay of the second moment.", minimum=0.0, maximum=0.9999)


def epsilon(default: float = 1e-8) -> Any:
    """Adam's epsilon: 1e-8 in TensorFlow 1, Keras 2.0 and PyTorch, 1e-7 in Keras since."""
    return option(default, "Adam's epsilon.", minimum=0.0, exclusive=True)


def ema_decay() -> Any:
    """Averaging of the generator's weights; presets turn it on."""
    return tool(
        "ema",
        0.0,
        "Decay a step of the averaged generator used for samples; 0 turns averaging off.",
        minimum=0.0,
        maximum=0.99999,
    )

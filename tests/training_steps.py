"""What the tests of training steps share: which variables an update has changed."""

import keras
import numpy as np


def values(variables):
    """Copies of variables, to compare with later."""
    return [np.array(v) for v in variables]


def changed(before, variables):
    """Which variables differ from the copies that `values` gave, a truth value each."""
    return [not np.array_equal(a, b) for a, b in zip(before, values(variables), strict=True)]


def trained(gan, network):
    """What a network's update must change: a critic's last bias cancels between reals and fakes."""
    return [
        v
        for v in getattr(gan, network).trainable_variables
        if not (gan.tools.loss.is_critic and v.path.endswith("logit/bias"))
    ]


def after_steps(gan, batches):
    """Discriminator and sampled generator after a step on each batch; finite losses are a must."""
    for each in batches:
        logs = gan.train_step(each)
    assert all(np.isfinite(float(value)) for value in logs.values())
    return values(
        [*gan.discriminator.trainable_variables, *gan.averaged_generator.trainable_variables]
    )


class Frozen(keras.optimizers.SGD):
    """Leaves the variables alone: takes an update out of a step."""

    def __init__(self):
        super().__init__(0.0)

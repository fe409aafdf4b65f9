"""Learning rates over time, for optimizers outside `model.optimizer`.

Keras callbacks such as LearningRateScheduler see only `model.optimizer`, which a GAN with two
optimizers does not have, so the schedule is given to each optimizer.
"""

from __future__ import annotations

import keras
import tensorflow as tf


def constant(rate, steps, final=0.0):
    """The rate itself."""
    return float(rate)


def linear(rate, steps, final=0.0):
    """A straight line from `rate` to `final * rate` over `steps`, then constant."""
    return keras.optimizers.schedules.PolynomialDecay(rate, steps, end_learning_rate=final * rate)


def cosine(rate, steps, final=0.0):
    """Half a cosine from `rate` to `final * rate` over `steps`, then constant."""
    return keras.optimizers.schedules.CosineDecay(rate, steps, alpha=final)


def exponential(rate, steps, final=0.01):
    """A geometric decay that passes `final * rate` at `steps` and goes on."""
    return keras.optimizers.schedules.ExponentialDecay(rate, steps, decay_rate=final)


class ByStep(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that goes by the training step, not by the updates of its optimizer.

    An optimizer may make several updates a step, or forget how many it has made.

    Args:
        schedule: Training steps made -> learning rate.
        counter: Scalar int variable that holds the training steps made.
    """

    def __init__(self, schedule, counter):
        self.schedule = schedule
        self.counter = counter

    def __call__(self, updates):
        """The rate at this training step.

        Args:
            updates: What the optimizer counts; not used.
        """
        del updates
        return self.schedule(tf.convert_to_tensor(self.counter))


SCHEDULES = {
    "constant": constant,
    "linear": linear,
    "cosine": cosine,
    "exponential": exponential,
}


def get(name, rate, steps, final=None):
    """Makes the learning rate of an optimizer.

    An optimizer with a schedule has one state variable less than one with a number, so a resumed
    run must keep its schedule.

    Args:
        name: A key of :data:`SCHEDULES`.
        rate: float > 0, the learning rate at step 0.
        steps: int > 0, steps until the decay ends (not used by "constant").
        final: float >= 0, the last rate as a part of the first; None for the schedule's own
            (0, exponential 0.01).

    Returns:
        float or `keras.optimizers.schedules.LearningRateSchedule`.

    Raises:
        ValueError: If the name is unknown, or rate or steps are out of range.
    """
    if name not in SCHEDULES:
        raise ValueError(
            f"Unknown schedule. Known: {', '.join(SCHEDULES)}. Received: name={name!r}"
        )
    if rate <= 0 or (name != "constant" and steps < 1):
        raise ValueError(f"rate must be > 0 and steps >= 1. Received: rate={rate}, steps={steps}")
    return SCHEDULES[name](rate, steps, **({} if final is None else {"final": final}))

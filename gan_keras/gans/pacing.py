"""How many training steps run in one call, before callbacks have their turn.

Between two steps Keras' `fit` spends about a millisecond outside the graph: nothing beside a
convolutional step, half of a step on points. Steps that run in one call are the same steps, bit by
bit; only the callbacks come less often. They still come wherever they have something to do.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras
import tensorflow as tf

from gan_keras.configs.base import RunConfig
from gan_keras.hardware import replicas
from gan_keras.networks.cost import multiplications

# Calls are kept under about a second, so that Ctrl-C and the clock of checkpoints are heard: so
# many floating-point operations take that long on two cores.
OPERATIONS = 1e11


class Pace:
    """Cuts training into calls of several steps, whose ends fall on every step of interest.

    Calls end at multiples of `size`, which divides the distances between steps of interest, and at
    the end of each epoch. An epoch takes `ceil(epoch / size)` calls, as `fit` with
    `steps_per_execution=size` expects.

    Args:
        size: Steps of a call, in general.
        epoch: Steps of an epoch.
        due: A step after which callbacks must have their turn is a multiple of one of these.

    Raises:
        ValueError: If a call would run past a step of interest.
    """

    def __init__(self, size: int, epoch: int, due: Iterable[int] = ()) -> None:
        self.size = size
        self.epoch = epoch
        self.due = tuple(due)
        if size > 1 and (epoch < 4 * size or any(d == size or d % size for d in self.due)):
            raise ValueError(
                "size must be a proper divisor of each of due, and at most a quarter of an epoch. "
                f"Received: size={size}, epoch={epoch}, due={self.due}"
            )

    @classmethod
    def of_run(cls, config: RunConfig, networks: Mapping[str, keras.Model], epoch: int) -> "Pace":
        """Chooses the pace of a run.

        Args:
            config: The options.
            networks: Those that are trained.
            epoch: Steps of an epoch.
        """
        # Each network runs about three times a step, and a way back costs two ways there.
        each = 3 * 3 * 2 * sum(multiplications(network) for network in networks.values())
        due = [steps for steps in (config.log_every, config.sample_every) if steps]
        return cls.choose(epoch, due, each * config.images_per_step)

    @classmethod
    def choose(cls, epoch: int, due: Iterable[int], operations: float) -> "Pace":
        """Chooses the longest calls that miss nothing and end within about a second.

        Args:
            epoch: Steps of an epoch.
            due: As for `Pace`.
            operations: Floating-point operations of a step.
        """
        due = tuple(due)
        common = math.gcd(*due)
        most = min(OPERATIONS / max(operations, 1.0), common // 2, epoch // 4)
        sizes = [size for size in range(1, common + 1) if common % size == 0 and size <= most]
        return cls(max(sizes, default=1), epoch, due)

    def ends(self, step: int) -> list[int]:
        """Steps at which the calls of the epoch end that begins after `step` steps."""
        stop = step + self.epoch
        ends = [*range((step // self.size + 1) * self.size, stop, self.size), stop]
        if len(ends) > -(-self.epoch // self.size):
            # A short call at either side: one end too many. Leave out the one that costs least.
            starts = [step, *ends]
            free = [i for i, end in enumerate(ends[:-1]) if not self._is_due(end)]
            del ends[min(free, key=lambda i: ends[i + 1] - starts[i])]
        return ends

    def _is_due(self, step: int) -> bool:
        return any(step % steps == 0 for steps in self.due)


def _step(model: keras.Model) -> Callable[[Any], Mapping[str, Any]]:
    """The training step, made by all devices that the model is mirrored on."""
    if model.replicas == 1:
        return model.train_step
    strategy = model.distribute_strategy

    def step(data):
        return replicas.first(strategy, strategy.run(model.train_step, args=(data,)))

    return step


def make_train_function(model: keras.Model) -> Callable[[Any], Mapping[str, Any]]:
    """Makes what `fit` calls: it takes an iterator and trains to the end that the pace sets.

    Args:
        model: Compiled; its `steps` counts steps, its `pace` says how far to go in a call, its
            `steps_per_execution` is the size of the pace, or 1 for single steps.
    """
    # Not inlined: inside a loop TensorFlow's optimizer may fuse other operations than outside, or
    # fail to (2.21), and steps would differ in their last bits. Without AutoGraph, which no step
    # needs (Keras' own do without): converting the source takes most of the time to the first step.
    one = tf.function(
        _step(model),
        autograph=False,
        reduce_retracing=True,
        jit_compile=model.jit_compile,
        experimental_attributes={"_noinline": True},
    )

    @tf.function
    def several(iterator, count):
        logs = one(next(iterator))
        for _ in tf.range(count - 1):
            logs = one(next(iterator))
        return logs

    ends: list[int] = []

    def train(iterator):
        count = 1
        if model.steps_per_execution > 1:
            step = int(model.steps.numpy())
            if step not in ends[:-1]:
                ends[:] = [step, *model.pace.ends(step)]
            count = ends[ends.index(step) + 1] - step
        return several(iterator, tf.constant(count))

    return train


def make_test_function(model: keras.Model) -> Callable[[Any], Mapping[str, Any]]:
    """Makes what `evaluate` calls where a model is mirrored: one device tests on whole batches.

    The last batch of a test split has any size, and other draws than a training step's; shares of
    it would be of unequal weight, or empty.

    Args:
        model: Compiled; its `steps_per_execution` is how many batches to take.
    """
    one = tf.function(model.test_step, autograph=False, reduce_retracing=True)

    def test(iterator):
        logs = None
        for _, data in zip(range(model.steps_per_execution), iterator, strict=False):
            logs = one(replicas.whole(model.distribute_strategy, data))
        if logs is None:
            raise StopIteration
        return logs

    return test

"""`--distribute=mirrored`: one run on several devices that equals the run on one device.

Draws and means over the batch of a step go through `replicas`. Options that cannot be made equal
are refused here.
"""

import contextlib
import functools
import math
from typing import Any

import keras
import tensorflow as tf

from gan_keras import layers
from gan_keras.configs.base import RunConfig
from gan_keras.foundation.errors import UsageError
from gan_keras.gans.base import GAN
from gan_keras.hardware import devices

# Layers of which each example's output depends on the other examples.
_OVER_THE_BATCH = (
    keras.layers.BatchNormalization,
    layers.MinibatchDiscrimination,
    layers.MinibatchStdDev,
)


def scope(config: RunConfig) -> contextlib.AbstractContextManager[Any]:
    """Returns the scope in which model and optimizers must be made.

    Raises:
        UsageError: If options would make another run on several devices.
    """
    if config.distribute == "none":
        return contextlib.nullcontext()
    names = devices.mirrored()
    if len(names) == 1:
        print("--distribute=mirrored: there is only one device; training on it")
        return contextlib.nullcontext()
    if config.experiment == "progressive":
        raise UsageError(
            "--distribute=mirrored: the growing GAN chooses its stage by a branch of the graph, "
            "which devices cannot share; train it on one"
        )
    if config.replay:
        raise UsageError(
            f"--distribute=mirrored cannot be used with --replay={config.replay}: each device "
            "would have a memory of its own"
        )
    return _strategy(tuple(names)).scope()


@functools.cache
def _strategy(names: tuple[str, ...]) -> tf.distribute.Strategy:
    """One strategy for all models: TensorFlow (2.21) confuses the sums of two of them."""
    return tf.distribute.MirroredStrategy(names)


def prepare(model: GAN, config: RunConfig) -> None:
    """Takes batch statistics over all devices, and checks what each device sees of a batch.

    Nothing is done to a model on one device.

    Raises:
        UsageError: If a group of neighbours in a batch would span two devices, or a penalty is due
            in some steps only although it needs all devices.
    """
    count = model.replicas
    if count == 1:
        return
    units = [config.packing]
    for layer in [x for net in model.networks.values() for x in net._flatten_layers()]:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True  # read at each call
        elif isinstance(layer, layers.GroupStdDev):
            units.append(2 * layer.group_size)  # the number of groups is even
        elif isinstance(layer, layers.MinibatchStdDev):
            units.append(layer.group_size or 1)
    unit = math.lcm(*units)
    if config.batch_size % (count * unit):
        raise UsageError(
            f"--batch_size={config.batch_size} must be a multiple of {count * unit}: {count} "
            f"devices share a batch, and the discriminator looks at groups of {unit}"
        )
    critic = model.discriminator._flatten_layers()
    lazy = config.penalty != "none" and config.penalty_every > 1
    if lazy and any(isinstance(layer, _OVER_THE_BATCH) for layer in critic):
        raise UsageError(
            f"--distribute=mirrored: --penalty_every={config.penalty_every} needs a discriminator "
            "that does not look at the whole batch; give --penalty_every=1"
        )

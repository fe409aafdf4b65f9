"""Helpers that make a step on several devices equal to a step on one.

Under `tf.distribute.MirroredStrategy` every device has a replica of the model and makes the step
with its part of the batch. The mathematics is that of one device with the whole batch: the random
numbers of an example are the same on any number of devices (`latents.draw`), means are over the
whole batch. On one device these functions return what they are given.

Variables need no aggregation: all replicas assign the same numbers, made of the same weights and
of sums over all devices, each to its own copy.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf


def total() -> int:
    """Number of replicas that take part; 1 outside of a distributed step."""
    context = tf.distribute.get_replica_context()
    return context.num_replicas_in_sync if context else 1


def part_of(numbers: tf.Tensor, batches: int) -> tf.Tensor:
    """Returns this replica's part of what was drawn for the whole batch.

    Args:
        numbers: Tensor `(replicas * n, ...)`, in the order of one device.
        batches: Batches, one after the other, that the whole is made of; each is shared out.

    Returns:
        Tensor `(n, ...)`.
    """
    rest = tf.shape(numbers)[1:]
    dealt = tf.reshape(numbers, tf.concat([[batches, total(), -1], rest], axis=0))
    return tf.reshape(dealt[:, _id()], tf.concat([[-1], rest], axis=0))


def share(gradients: Sequence[Any]) -> list[Any]:
    """Divides by the number of replicas, for an optimizer that adds up over all of them.

    Args:
        gradients: Gradients of the mean over this replica's examples; None entries stay None.

    Returns:
        List whose sum over replicas is the gradient of the mean over all examples.
    """
    return [None if value is None else value / total() for value in gradients]


def add(values: list[Any]) -> list[Any]:
    """Sums over replicas.

    Args:
        values: Tensors.
    """
    if total() == 1:
        return values
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, values)


def mean(values: Any) -> Any:
    """Mean over replicas; gradients flow to the examples of all of them.

    Args:
        values: Tensor, or a structure of tensors: means over the examples of this replica.
    """
    if total() == 1:
        return values
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, values)


def gather(examples: tf.Tensor) -> tf.Tensor:
    """The examples of all replicas, in their order; gradients flow to all of them.

    Args:
        examples: Tensor `(batch, ...)` of this replica.

    Returns:
        Tensor `(replicas * batch, ...)`.
    """
    if total() == 1:
        return examples
    # A sum with zeros: the gradient of `all_gather` (TensorFlow 2.21) has none of its own, which
    # a gradient penalty needs.
    mine = tf.one_hot(_id(), total(), dtype=examples.dtype)
    mine = tf.reshape(mine, [-1] + [1] * examples.shape.rank)
    (every,) = add([mine * examples[tf.newaxis]])
    return tf.reshape(every, tf.concat([[-1], tf.shape(examples)[1:]], axis=0))


def deal(rows: tf.Tensor, batches: int, replicas: int) -> tf.Tensor:
    """Sorts a step's examples so that each replica gets its part of each of several batches.

    The input of a step is cut into consecutive parts, one per replica; a step with several updates
    cuts its part into one batch per update.

    Args:
        rows: Tensor `(batches * batch,)`, numbers of examples in the order of one device.
        batches: Batches of a step.
        replicas: Divides the size of a batch.

    Returns:
        Tensor of the same shape.
    """
    dealt = tf.transpose(tf.reshape(rows, [batches, replicas, -1]), [1, 0, 2])
    return tf.ensure_shape(tf.reshape(dealt, [-1]), rows.shape)


def do_if(
    condition: tf.Tensor, update: Callable[[], Any], changes: Sequence[keras.Variable]
) -> None:
    """Updates variables if a condition holds.

    Args:
        condition: Scalar bool tensor, the same on all replicas.
        update: Does it.
        changes: All variables that it assigns.
    """
    if total() == 1:

        def done() -> tf.Tensor:
            update()
            return tf.constant(True)

        tf.cond(condition, done, lambda: tf.constant(False))
        return
    # A branch of a graph cannot wait for other devices, so the update is taken back instead.
    before = [tf.identity(variable) for variable in changes]
    update()
    for variable, old in zip(changes, before, strict=True):
        variable.assign(tf.where(condition, variable, old))


def whole(strategy: tf.distribute.Strategy, values: Any) -> Any:
    """Joins the parts of a batch again.

    Args:
        strategy: The strategy that has distributed the data set.
        values: Structure of what the data set gives.
    """
    local = strategy.experimental_local_results
    return tf.nest.map_structure(lambda value: tf.concat(local(value), axis=0), values)


def _id() -> tf.Tensor:
    return tf.distribute.get_replica_context().replica_id_in_sync_group

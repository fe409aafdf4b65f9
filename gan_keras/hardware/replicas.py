"""What a training step must know of the other devices that take part in it.

Under `tf.distribute.MirroredStrategy` every device has a replica of the model and makes the step
with its share of the batch. The mathematics shall be that of one device with the whole batch: the
random numbers of an example are the same however many devices there are, means are over the whole
batch. The functions here say how, and do nothing at all where there is one device, so that steps
call them and ask no questions.

Variables need no aggregation: all replicas assign the same numbers, made of the same weights and
of sums over all devices, each to its own copy.
"""

from __future__ import annotations

import contextlib
import threading

import tensorflow as tf

_batch = threading.local()  # each replica is traced in a thread of its own


def total():
    """How many replicas take part in what is being done here: 1 outside of a distributed step."""
    context = tf.distribute.get_replica_context()
    return context.num_replicas_in_sync if context else 1


@contextlib.contextmanager
def parts(number):
    """A scope in which a batch is made of several, one after the other: reals, then fakes.

    On one device all reals come first. A replica's batch has its reals and then its fakes, so its
    share of a draw lies in as many places.

    Args:
        number: int, batches of equal size in one.
    """
    before = getattr(_batch, "parts", 1)
    _batch.parts = number
    try:
        yield
    finally:
        _batch.parts = before


def draw(random, shape, seed, **kwargs):
    """Draws random numbers for the examples of this replica: its share of those of all.

    Each replica draws the numbers for the whole batch, which costs little beside a step, and
    keeps those of its own examples.

    Args:
        random: `tf.random.stateless_normal` or another function `(shape, seed=seed, **kwargs)`.
        shape: Shape of the result, examples along the first axis: a tuple or list that may hold
            tensors, or a tensor.
        seed: int `(2,)`, a seed pair, the same on all replicas.
        **kwargs: For `random`.

    Returns:
        Tensor of that shape.
    """
    if total() == 1:
        return random(shape, seed=seed, **kwargs)
    first, *rest = tf.unstack(shape) if tf.is_tensor(shape) else shape
    numbers = random([first * total(), *rest], seed=seed, **kwargs)
    number = getattr(_batch, "parts", 1)
    dealt = tf.reshape(numbers, [number, total(), first // number, *rest])
    return tf.reshape(dealt[:, _id()], [first, *rest])


def share(values):
    """Divides by the number of replicas, for an optimizer that adds up over all of them.

    Args:
        values: Gradients of the mean over this replica's examples; None entries stay None.

    Returns:
        List whose sum over replicas is the gradient of the mean over all examples.
    """
    if total() == 1:
        return values
    return [None if value is None else _scaled(value, 1.0 / total()) for value in values]


def add(values):
    """Sums over replicas.

    Args:
        values: List of tensors or of `tf.IndexedSlices`, whose rows are joined.
    """
    if total() == 1:
        return values
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, values)


def mean(values):
    """Mean over replicas, which all examples share in: gradients flow to those of all of them.

    Args:
        values: Tensor, or a structure of such: means over the examples of this replica.
    """
    if total() == 1:
        return values
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, values)


def gather(examples):
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


def deal(rows, number, replicas):
    """Sorts a step's examples so that each replica gets its share of each of several batches.

    The input of a step is cut into consecutive shares, one a replica; a step with several updates
    cuts it, or the share, into a batch an update.

    Args:
        rows: Tensor `(number * batch,)`, numbers of examples in the order of one device.
        number: int, batches of a step.
        replicas: int that divides the size of a batch.

    Returns:
        Tensor of the same shape.
    """
    dealt = tf.transpose(tf.reshape(rows, [number, replicas, -1]), [1, 0, 2])
    return tf.ensure_shape(tf.reshape(dealt, [-1]), rows.shape)


def do_if(condition, update, changes):
    """Updates variables if a condition holds.

    Args:
        condition: Scalar bool tensor, the same on all replicas.
        update: Does it.
        changes: All variables that it assigns.
    """
    if total() == 1:

        def done():
            update()
            return tf.constant(True)

        tf.cond(condition, done, lambda: tf.constant(False))
        return
    # A branch of a graph cannot wait for other devices, so the update is taken back instead.
    before = [tf.identity(variable) for variable in changes]
    update()
    for variable, old in zip(changes, before, strict=True):
        variable.assign(tf.where(condition, variable, old))


def first(strategy, values):
    """What the first replica returned, for values of which all replicas have the same.

    Args:
        strategy: The `tf.distribute.Strategy`.
        values: Structure of what its `run` returned.
    """
    local = strategy.experimental_local_results
    return tf.nest.map_structure(lambda value: local(value)[0], values)


def whole(strategy, values):
    """Joins the shares of a batch again.

    Args:
        strategy: The `tf.distribute.Strategy`.
        values: Structure of what a data set that it has distributed gives.
    """
    local = strategy.experimental_local_results
    return tf.nest.map_structure(lambda value: tf.concat(local(value), axis=0), values)


def _id():
    return tf.distribute.get_replica_context().replica_id_in_sync_group


def _scaled(value, factor):
    if isinstance(value, tf.IndexedSlices):
        return tf.IndexedSlices(value.values * factor, value.indices, value.dense_shape)
    return value * factor

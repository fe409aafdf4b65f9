"""What is done with gradients: their order in a graph, and numbers for logging."""

from __future__ import annotations

import tensorflow as tf

from gan_keras.hardware import replicas


def gradients_of(tape, loss, variables):
    """The gradients for an optimizer; on several devices this one's share of them.

    Keras' optimizers add up over devices, while a loss is the mean over the examples of one of
    them: the shares are made so that the sum is the gradient of the mean over the whole batch.

    Args:
        tape: Has recorded `loss`.
        loss: Scalar, the mean over the examples on this device.
        variables: With respect to what.

    Returns:
        List of tensors, None for variables that the loss does not depend on.
    """
    return replicas.share(tape.gradient(loss, variables))


def after(loss, gradients):
    """A scope whose operations wait until a loss and all its gradients are there.

    Inside a graph an update in place can otherwise overtake a product that still reads the
    weights: with a Wasserstein loss, whose gradients need no logits, one step in some hundred
    came out different, which no exact resume survives (TensorFlow 2.21 on CPU).

    Args:
        loss: Scalar.
        gradients: Tensors; None entries are passed over.

    Returns:
        A context manager.
    """
    return tf.control_dependencies([loss, *(g for g in gradients if g is not None)])


def global_norm(gradients):
    """Euclidean length of all gradients together, `sqrt(sum_i ||g_i||^2)`, in float32.

    Args:
        gradients: Tensors, of any float dtype; None entries (variables without gradient) count 0.
            On several devices what `gradients_of` gave: the length is that of their sum.

    Returns:
        float32 scalar.

    Raises:
        ValueError: If there is no gradient at all.
    """
    known = [tf.cast(gradient, tf.float32) for gradient in gradients if gradient is not None]
    if not known:
        raise ValueError(f"There must be at least one gradient. Received: {gradients}")
    return tf.linalg.global_norm(replicas.add(known))

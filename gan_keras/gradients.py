"""Numbers about gradients, for logging."""

from __future__ import annotations

import tensorflow as tf


def global_norm(gradients):
    """Euclidean length of all gradients together, `sqrt(sum_i ||g_i||^2)`, in float32.

    Args:
        gradients: Tensors, of any float dtype; None entries (variables without gradient) count 0.

    Returns:
        float32 scalar.

    Raises:
        ValueError: If there is no gradient at all.
    """
    known = [tf.cast(gradient, tf.float32) for gradient in gradients if gradient is not None]
    if not known:
        raise ValueError(f"There must be at least one gradient. Received: {gradients}")
    return tf.linalg.global_norm(known)

"""Averaged generator weights.

The average of a generator's weights over the last steps makes better and steadier pictures than
the weights of any one step (Karras et al. 2018, appendix A.1; Yazici et al. 2019).
"""

from __future__ import annotations

import tensorflow as tf


def _weights(source):
    return list(getattr(source, "weights", source))


def _pairs(average, model):
    averaged, current = _weights(average), _weights(model)
    shapes = [tuple(w.shape) for w in averaged], [tuple(w.shape) for w in current]
    if shapes[0] != shapes[1]:
        raise ValueError(
            "average and model must have the same weights in the same order. "
            f"Received: shapes {shapes[0]} and {shapes[1]}"
        )
    return zip(averaged, current, strict=True)


def warmed_up_decay(decay, step):
    """Decay that starts small, so that the first weights, mere noise, are soon forgotten.

    `min(decay, (1 + step) / (10 + step))`: 0.1 at step 0, 0.9 at step 80, 0.99 at step 890.

    Args:
        decay: float in [0, 1], the final decay.
        step: Scalar number >= 0: a Python number, tensor or variable.

    Returns:
        float32 scalar tensor.
    """
    step = tf.cast(tf.convert_to_tensor(step), tf.float32)
    return tf.minimum(tf.cast(decay, tf.float32), (1.0 + step) / (10.0 + step))


def half_life_decay(half_life_images, batch_size):
    """Decay per step under which a weight's share halves every so many images.

    `0.5 ** (batch_size / half_life_images)` (Karras et al. 2020, StyleGAN2, code).

    Args:
        half_life_images: float > 0, images.
        batch_size: int > 0, images per step.

    Returns:
        Python float in (0, 1).

    Raises:
        ValueError: If either is not positive.
    """
    if half_life_images <= 0 or batch_size <= 0:
        raise ValueError(
            "half_life_images and batch_size must be positive. "
            f"Received: half_life_images={half_life_images}, batch_size={batch_size}"
        )
    return 0.5 ** (batch_size / half_life_images)


def ema_update(average, model, decay, step=None):
    """Moves the averaged weights a step towards the current ones.

    `average = decay * average + (1 - decay) * current` (Yazici et al. 2019) for all float
    weights, the moving statistics of BatchNormalization included: they belong to the weights they
    were gathered under. Weights that are no floats are copied.

    Args:
        average: Keras model (or list of variables) that holds the average; changed in place.
        model: Keras model (or list of variables) of the same structure; only read.
        decay: float in [0, 1]: a Python number or scalar tensor. 0 copies.
        step: None, or the number of steps made: then the decay is warmed up
            (:func:`warmed_up_decay`).

    Raises:
        ValueError: If the weights of the two do not match in number and shape.
    """
    if step is not None:
        decay = warmed_up_decay(decay, step)
    for averaged, current in _pairs(average, model):
        value = tf.convert_to_tensor(current)
        if value.dtype.is_floating:
            # in this form decay 1 leaves the average bit-equal and decay 0 copies exactly
            keep = tf.cast(decay, value.dtype)
            value = keep * tf.convert_to_tensor(averaged) + (1.0 - keep) * value
        averaged.assign(value)


def ema_copy(average, model):
    """Sets the averaged weights to the current ones, as at the start of a run.

    Args:
        average: Keras model (or list of variables); changed in place.
        model: Keras model (or list of variables) of the same structure; only read.

    Raises:
        ValueError: If the weights of the two do not match in number and shape.
    """
    for averaged, current in _pairs(average, model):
        averaged.assign(tf.convert_to_tensor(current))

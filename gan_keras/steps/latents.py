"""Latent noise, class labels and random seeds of a training step, all stateless.

Every draw is a function of a seed pair, so a step is reproducible from (run seed, step number):
a resumed run repeats the draws of the uninterrupted one exactly. Derive the pairs with
:func:`step_seed`, a different :class:`Purpose` for every draw of a step.
"""

from __future__ import annotations

import enum

import numpy as np
import tensorflow as tf

from gan_keras.hardware import replicas


class Purpose(enum.IntEnum):
    """What a random draw is for. Never renumber: the number is part of what a run resumes."""

    LATENT_D = 0
    LATENT_G = 1
    LABELS_D = 2
    LABELS_G = 3
    TARGETS_REAL = 4
    TARGETS_FAKE = 5
    TARGETS_G = 6
    PENALTY = 7
    NOISE_REAL = 8
    NOISE_FAKE = 9
    NOISE_G = 10
    AUGMENT_REAL = 11
    AUGMENT_FAKE = 12
    AUGMENT_G = 13
    REPLAY = 14
    DROPOUT = 15
    DATA_SHUFFLE = 16
    DATA_AUGMENT = 17
    DATA_SYNTHETIC = 18
    PREVIEW = 19
    EVALUATION = 20
    EXTRA = 21


_INDEX_STRIDE = 1024  # room for purposes below each index


def step_seed(run_seed, step, purpose, index=0):
    """Derives the seed pair of one random draw.

    The pair is `[step, hash(run_seed, purpose, index)]`: within a run no two steps can share a
    pair, and purposes, indices and runs are kept apart by a 32-bit hash.

    Args:
        run_seed: int, the seed of the run; any Python int (taken modulo 2**32) or int tensor.
        step: Scalar int, tensor or variable, such as an optimizer's `iterations` (a step counter
            read at call time, so that it is not frozen when the step is traced).
        purpose: A :class:`Purpose`.
        index: Scalar int >= 0 that tells repeated draws of a step apart: the number of a critic
            step, of a replica.

    Returns:
        int32 tensor `(2,)`.
    """
    if isinstance(run_seed, (int, np.integer)):
        run_seed = (int(run_seed) + 2**31) % 2**32 - 2**31
    run_seed = tf.cast(run_seed, tf.int32)
    code = tf.cast(index, tf.int32) * _INDEX_STRIDE + int(Purpose(purpose))
    mixed = tf.random.stateless_uniform(
        [], seed=tf.stack([run_seed, code]), minval=None, maxval=None, dtype=tf.int32
    )
    step = tf.cast(tf.convert_to_tensor(step), tf.int32)
    return tf.stack([step, mixed])


def normal(shape, seed, dtype=tf.float32):
    """Standard normal noise, N(0, 1).

    Args:
        shape: Shape of the result, such as `(batch, latent_dim)`; may hold tensors.
        seed: int `(2,)`, a seed pair.
        dtype: Float dtype.
    """
    return replicas.draw(tf.random.stateless_normal, shape, seed, dtype=dtype)


def uniform(shape, seed, dtype=tf.float32):
    """Uniform noise in [-1, 1); arguments as in :func:`normal`."""
    return replicas.draw(
        tf.random.stateless_uniform, shape, seed, minval=-1.0, maxval=1.0, dtype=dtype
    )


def uniform01(shape, seed, dtype=tf.float32):
    """Uniform noise in [0, 1); arguments as in :func:`normal`."""
    return replicas.draw(tf.random.stateless_uniform, shape, seed, dtype=dtype)


LATENTS = {"normal": normal, "uniform": uniform, "uniform01": uniform01}


def get(name):
    """Returns the sampler `sample(shape, seed, dtype=float32)` of that name.

    Args:
        name: A key of :data:`LATENTS`.

    Raises:
        ValueError: If there is none.
    """
    if name not in LATENTS:
        raise ValueError(
            f"Unknown latent distribution. Known: {', '.join(LATENTS)}. Received: name={name!r}"
        )
    return LATENTS[name]


def lerp(start, end, fraction):
    """Linear interpolation `(1 - t) start + t end`; for uniform latents (it stays in the cube).

    Args:
        start: float `(..., latent_dim)`.
        end: float of a shape that broadcasts against `start`.
        fraction: t in [0, 1], a scalar or a tensor that broadcasts against `(..., 1)`.

    Returns:
        float `(..., latent_dim)`.
    """
    start, end = tf.convert_to_tensor(start), tf.convert_to_tensor(end)
    fraction = tf.cast(fraction, start.dtype)
    return (1.0 - fraction) * start + fraction * end


def slerp(start, end, fraction):
    """Spherical interpolation (Shoemake 1985; for GANs White 2016, section 2.1).

    `sin((1-t) w)/sin(w) start + sin(t w)/sin(w) end`, w the angle between the two. For normal
    latents, whose mass lies near a sphere that a straight line leaves. Nearly (anti)parallel
    vectors have no safe arc and are interpolated linearly.

    Args:
        start: float `(..., latent_dim)`.
        end: float of a shape that broadcasts against `start`.
        fraction: t in [0, 1], a scalar or a tensor that broadcasts against `(..., 1)`.

    Returns:
        float `(..., latent_dim)`.
    """
    start, end = tf.convert_to_tensor(start), tf.convert_to_tensor(end)
    fraction = tf.cast(fraction, start.dtype)
    cosine = tf.reduce_sum(
        tf.math.l2_normalize(start, axis=-1) * tf.math.l2_normalize(end, axis=-1),
        axis=-1,
        keepdims=True,
    )
    angle = tf.acos(tf.clip_by_value(cosine, -1.0, 1.0))
    sine = tf.sin(angle)
    safe = sine > 1e-3
    divisor = tf.where(safe, sine, tf.ones_like(sine))
    arc = (tf.sin((1.0 - fraction) * angle) * start + tf.sin(fraction * angle) * end) / divisor
    return tf.where(safe, arc, lerp(start, end, fraction))


def interpolate(start, end, steps, method="slerp"):
    """Latents on the way from one to another, both ends included.

    Args:
        start: float `(latent_dim,)`.
        end: float `(latent_dim,)`.
        steps: int >= 2, number of latents.
        method: "slerp" (normal latents) or "lerp" (uniform latents).

    Returns:
        float `(steps, latent_dim)`.

    Raises:
        ValueError: If the method is unknown or there are fewer than 2 steps.
    """
    methods = {"slerp": slerp, "lerp": lerp}
    if method not in methods:
        raise ValueError(f"method must be one of {', '.join(methods)}. Received: method={method!r}")
    if steps < 2:
        raise ValueError(f"steps must be at least 2. Received: steps={steps}")
    fractions = tf.linspace(0.0, 1.0, steps)[:, tf.newaxis]
    return methods[method](tf.convert_to_tensor(start)[tf.newaxis, :], end, fractions)


def _uniform_classes(counts):
    return np.ones_like(counts)


def _proportional_classes(counts):
    return counts


def _inverse_classes(counts):
    return 1.0 / counts


CLASS_SAMPLERS = {
    "uniform": _uniform_classes,
    "proportional": _proportional_classes,
    "inverse": _inverse_classes,
}


def class_probabilities(counts, mode):
    """Probabilities with which the labels of fakes are drawn.

    Args:
        counts: int `(num_classes,)`, training images per class.
        mode: "uniform": 1 / num_classes each; "proportional": count / sum of counts, so that fakes
            have the class mix of the reals; "inverse": proportional to 1 / count, so that rare
            classes are generated more often.

    Returns:
        float64 numpy array `(num_classes,)` that sums to 1.

    Raises:
        ValueError: If the mode is unknown, counts are not a vector of numbers >= 0 with a positive
            sum, or a class without images meets "inverse".
    """
    if mode not in CLASS_SAMPLERS:
        raise ValueError(
            f"Unknown class sampling. Known: {', '.join(CLASS_SAMPLERS)}. Received: mode={mode!r}"
        )
    counts = np.asarray(counts, dtype=np.float64)
    valid = counts.ndim == 1 and counts.size and np.isfinite(counts).all()
    if not valid or (counts < 0).any() or counts.sum() == 0:
        raise ValueError(
            "counts must be a vector of numbers >= 0, not all of them 0. "
            f"Received: counts={counts.tolist()}"
        )
    if mode == "inverse" and (counts == 0).any():
        raise ValueError(
            "Class sampling 'inverse' needs at least one image in every class. "
            f"Received: no images of classes {np.flatnonzero(counts == 0).tolist()}"
        )
    weights = CLASS_SAMPLERS[mode](counts)
    return weights / weights.sum()


def sample_labels(probabilities, n, seed):
    """Draws class labels by inverting the cumulative distribution in float64.

    Float32 sums of many classes miss 1 by enough to draw a class number out of range, or a class
    of probability 0; the float64 table, normalised by its last entry, does neither.

    Args:
        probabilities: float `(num_classes,)` array (not a tensor), >= 0, sum 1 within 1e-6.
        n: int or scalar int tensor, number of labels.
        seed: int `(2,)`, a seed pair.

    Returns:
        int32 `(n,)` in [0, num_classes).

    Raises:
        ValueError: If the probabilities are none.
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    if (
        probabilities.ndim != 1
        or not (probabilities >= 0).all()
        or not abs(probabilities.sum() - 1.0) <= 1e-6
    ):
        raise ValueError(
            "probabilities must be a vector of numbers >= 0 whose sum is 1. "
            f"Received: probabilities={probabilities.tolist()}"
        )
    cumulative = np.cumsum(probabilities)
    cumulative /= cumulative[-1]
    draws = replicas.draw(tf.random.stateless_uniform, [n], seed, dtype=tf.float64)
    return tf.searchsorted(cumulative, draws, side="right", out_type=tf.int32)

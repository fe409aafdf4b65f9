"""Random draws of a training step: seeds, latent noise and class labels, all stateless.

Every draw is a function of a seed pair, so that a step follows from (run seed, step number): a
resumed run repeats the draws of the uninterrupted one. `step_seed` derives the pairs, with another
`Purpose` for every draw of a step.
"""

import contextlib
import enum
import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import tensorflow as tf

from gan_keras.hardware import replicas

Shape = Sequence[int | tf.Tensor] | tf.Tensor

_batch = threading.local()  # each replica is traced in a thread of its own


class Purpose(enum.IntEnum):
    """Uses of random draws. Never renumber: the number is part of what a run resumes."""

    LATENT_D = 0
    LATENT_G = 1
    LABELS_D = 2
    LABELS_G = 3
    TARGETS_REAL = 4
    TARGETS_FAKE = 5
    TARGETS_G = 6
    PENALTY = 7
    AUGMENT_REAL = 11
    AUGMENT_FAKE = 12
    AUGMENT_G = 13
    REPLAY = 14
    PREVIEW = 19
    EVALUATION = 20


_INDEX_STRIDE = 1024  # room for purposes below each index


def step_seed(
    run_seed: int, step: int | tf.Tensor, purpose: Purpose, index: int | tf.Tensor = 0
) -> tf.Tensor:
    """Derives the seed pair of one random draw.

    The pair is `[step, hash(run_seed, purpose, index)]`: no two steps of a run share a pair;
    purposes, indices and runs are kept apart by a 32-bit hash.

    Args:
        run_seed: Seed of the run, any int (taken modulo 2**32).
        step: Scalar int, tensor or variable; a counter is read at run time.
        purpose: Use of the draw.
        index: Number >= 0 of a repeated draw, such as the number of a critic's update.

    Returns:
        int32 tensor `(2,)`.
    """
    code = tf.cast(index, tf.int32) * _INDEX_STRIDE + int(purpose)
    signed = (int(run_seed) + 2**31) % 2**32 - 2**31
    mixed = tf.random.stateless_uniform(
        [], seed=tf.stack([signed, code]), minval=None, maxval=None, dtype=tf.int32
    )
    step = tf.cast(tf.convert_to_tensor(step), tf.int32)
    return tf.stack([step, mixed])


def draw(random: Callable[..., tf.Tensor], shape: Shape, seed: tf.Tensor, **kwargs) -> tf.Tensor:
    """Draws random numbers per example.

    Where several devices share a batch, the numbers of the whole batch are drawn and this device's
    part of them is returned, so that an example gets the same numbers on any number of devices.

    Args:
        random: `tf.random.stateless_normal` or another function `(shape, seed=seed, **kwargs)`.
        shape: Shape of the result, examples along the first axis; may hold tensors.
        seed: Seed pair, the same on all devices.
        **kwargs: For `random`.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return random(shape, seed=seed, **kwargs)
    first, *rest = tf.unstack(shape) if tf.is_tensor(shape) else shape
    numbers = random([first * context.num_replicas_in_sync, *rest], seed=seed, **kwargs)
    return replicas.part_of(numbers, getattr(_batch, "parts", 1))


@contextlib.contextmanager
def parts(number: int) -> Iterator[None]:
    """A scope in which a batch is made of several, one after the other: reals, then fakes.

    On one device all reals come first. The batch of one of several devices has its reals and then
    its fakes, so its part of a draw lies in several places.

    Args:
        number: Batches of equal size in one.
    """
    before = getattr(_batch, "parts", 1)
    _batch.parts = number
    try:
        yield
    finally:
        _batch.parts = before


def normal(shape: Shape, seed: tf.Tensor) -> tf.Tensor:
    """Draws standard normal noise, N(0, 1), float32."""
    return draw(tf.random.stateless_normal, shape, seed)


def uniform(shape: Shape, seed: tf.Tensor) -> tf.Tensor:
    """Draws uniform noise in [-1, 1), float32."""
    return draw(tf.random.stateless_uniform, shape, seed, minval=-1.0, maxval=1.0)


def uniform01(shape: Shape, seed: tf.Tensor) -> tf.Tensor:
    """Draws uniform noise in [0, 1), float32."""
    return draw(tf.random.stateless_uniform, shape, seed)


# Distributions of z by the values of `--latent`.
LATENTS: dict[str, Callable[[Shape, tf.Tensor], tf.Tensor]] = {
    "normal": normal,
    "uniform": uniform,
    "uniform01": uniform01,
}


def sample_labels(probabilities: np.ndarray, n: int | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Draws class labels by inverting the cumulative distribution in float64.

    Float32 sums of many classes miss 1 by enough to draw a class number out of range, or a class
    of probability 0; the float64 table, normalised by its last entry, does neither.

    Args:
        probabilities: float `(num_classes,)`, >= 0, as `class_probabilities` gives them.
        n: Number of labels.
        seed: Seed pair.

    Returns:
        int32 `(n,)` in [0, num_classes).
    """
    cumulative = np.cumsum(np.asarray(probabilities, np.float64))
    cumulative /= cumulative[-1]
    draws = draw(tf.random.stateless_uniform, [n], seed, dtype=tf.float64)
    return tf.searchsorted(cumulative, draws, side="right", out_type=tf.int32)


def class_probabilities(counts: Sequence[int], mode: str) -> np.ndarray:
    """Probabilities with which the labels of fakes are drawn.

    Args:
        counts: Training images per class.
        mode: `uniform`: 1 / num_classes each; `proportional` to the counts, so that fakes have the
            class mix of the reals; `inverse` to them, so that rare classes are generated more
            often.

    Returns:
        float64 `(num_classes,)` that sums to 1.

    Raises:
        ValueError: If a class without images meets `inverse`.
    """
    weights = np.asarray(counts, np.float64)
    if mode == "uniform":
        weights = np.ones_like(weights)
    elif mode == "inverse":
        if not weights.all():
            raise ValueError(
                "--class_sampling=inverse needs at least one image in every class. Received: none "
                f"of classes {np.flatnonzero(weights == 0).tolist()}"
            )
        weights = 1.0 / weights
    return weights / weights.sum()


def lerp(start: tf.Tensor, end: tf.Tensor, fraction: float | tf.Tensor) -> tf.Tensor:
    """Interpolates linearly, `(1 - t) start + t end`; for uniform latents (it stays in the cube).

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


def slerp(start: tf.Tensor, end: tf.Tensor, fraction: float | tf.Tensor) -> tf.Tensor:
    """Interpolates on a sphere (Shoemake 1985; for GANs White 2016, section 2.1).

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


def interpolate(start: tf.Tensor, end: tf.Tensor, steps: int, method: str = "slerp") -> tf.Tensor:
    """Latents on the way from one to another, both ends included.

    Args:
        start: float `(latent_dim,)`.
        end: float `(latent_dim,)`.
        steps: Number of latents, at least 2.
        method: `slerp` (normal latents) or `lerp` (uniform latents).

    Returns:
        float `(steps, latent_dim)`.
    """
    fractions = tf.linspace(0.0, 1.0, steps)[:, tf.newaxis]
    way = {"slerp": slerp, "lerp": lerp}[method]
    return way(tf.convert_to_tensor(start)[tf.newaxis, :], end, fractions)

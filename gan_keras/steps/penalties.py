"""Gradient penalties and weight clipping of the discriminator.

All penalties are called alike, `penalty(critic, real, fake, seed, factor)`, so that a train step
needs no branches. `critic` is any callable from images to logits: give class labels by a lambda,
and leave dropout as the paper of the variant does.
"""

from __future__ import annotations

import dataclasses

import tensorflow as tf

from gan_keras.hardware import replicas
from gan_keras.steps import schedules


def gradient_square_norms(critic, images):
    """Squared length of the critic's gradient with respect to each image.

    Everything around the critic runs in float32: under mixed precision the critic casts its input
    itself and the gradient comes back as float32.

    Args:
        critic: Callable, images -> logits `(batch, ...)`.
        images: float `(batch, ...)` of any rank.

    Returns:
        float32 `(batch,)`; differentiable with respect to the critic's weights.

    Raises:
        ValueError: If the critic's output does not depend on the images.
    """
    images = tf.cast(tf.convert_to_tensor(images), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(images)
        # an example's logits depend on its own image only, so the gradient of the sum is the
        # gradients of all examples side by side
        total = tf.reduce_sum(tf.cast(critic(images), tf.float32))
    gradients = tape.gradient(total, images)
    if gradients is None:
        raise ValueError(
            "The critic's output must depend on its input by differentiable operations. "
            f"Received: no gradient from critic={critic}"
        )
    return tf.reduce_sum(tf.square(gradients), axis=list(range(1, gradients.shape.rank)))


def _safe_sqrt(values):
    """Square root whose gradient at 0 is 0: that of `tf.sqrt` is infinite, and NaN in a product."""
    positive = values > 0.0
    return tf.where(positive, tf.sqrt(tf.where(positive, values, tf.ones_like(values))), 0.0)


def interpolates(real, fake, seed):
    """Points on the straight lines between reals and fakes, at one random place for each image.

    Args:
        real: float `(batch, ...)`.
        fake: float of the same shape.
        seed: int `(2,)`, a seed pair.

    Returns:
        float32 of that shape, `real + alpha (fake - real)` with alpha ~ U(0, 1) `(batch, 1, ...)`.

    Raises:
        ValueError: If the shapes differ.
    """
    real = tf.cast(tf.convert_to_tensor(real), tf.float32)
    fake = tf.cast(tf.convert_to_tensor(fake), tf.float32)
    if not real.shape.is_compatible_with(fake.shape):
        raise ValueError(
            "real and fake must have the same shape. "
            f"Received: real.shape={tuple(real.shape)}, fake.shape={tuple(fake.shape)}"
        )
    shape = tf.concat([tf.shape(real)[:1], tf.ones([real.shape.rank - 1], tf.int32)], axis=0)
    alpha = replicas.draw(tf.random.stateless_uniform, shape, seed)
    return real + alpha * (fake - real)


def none(critic, real, fake, seed, factor=0.0, fake_critic=None):
    """No penalty: 0; arguments as in :func:`gradient_penalty`."""
    return tf.zeros(())


def gradient_penalty(critic, real, fake, seed, factor=10.0, fake_critic=None):
    """WGAN-GP penalty, `factor E (||grad D(x^)|| - 1)^2` (Gulrajani et al. 2017, eq. 3).

    Args:
        critic: Callable, images -> logits `(batch, ...)`. No batch normalisation: the penalty is
            about single images.
        real: float `(batch, ...)`, reals.
        fake: float of the same shape, fakes.
        seed: int `(2,)`, a seed pair for the places of x^ between reals and fakes.
        factor: float >= 0, weight of the penalty; the paper uses 10.
        fake_critic: Unused: x^ is judged as the real image that it is a part of.

    Returns:
        float32 scalar.
    """
    squares = gradient_square_norms(critic, interpolates(real, fake, seed))
    return factor * tf.reduce_mean(tf.square(_safe_sqrt(squares) - 1.0))


def r1(critic, real, fake=None, seed=None, factor=1.0, fake_critic=None):
    """R1 penalty, `factor / 2 E ||grad D(x)||^2` over reals (Mescheder et al. 2018, eq. 9).

    Args:
        critic: Callable, images -> logits `(batch, ...)`.
        real: float `(batch, ...)`, reals.
        fake: Unused; there so that all penalties are called alike.
        seed: Unused, likewise.
        factor: float >= 0, weight (gamma in the paper).
        fake_critic: Unused, likewise.

    Returns:
        float32 scalar.
    """
    return 0.5 * factor * tf.reduce_mean(gradient_square_norms(critic, real))


def r2(critic, real, fake, seed=None, factor=1.0, fake_critic=None):
    """R2 penalty, `factor / 2 E ||grad D(G(z))||^2` over fakes (Mescheder et al. 2018, eq. 10).

    Arguments as in :func:`r1`, with `fake` in the place of `real`; `fake_critic` judges fakes where
    a critic is told their classes, which are not those of the reals. None: `critic` does.
    """
    return 0.5 * factor * tf.reduce_mean(gradient_square_norms(fake_critic or critic, fake))


def r1_r2(critic, real, fake, seed=None, factor=1.0, fake_critic=None):
    """Sum of R1 and R2, as R3GAN uses it (Huang et al. 2024).

    Arguments as in :func:`r1` and :func:`r2`.
    """
    on_fakes = r2(critic, None, fake, factor=factor, fake_critic=fake_critic)
    return r1(critic, real, factor=factor) + on_fakes


PENALTIES = {
    "none": none,
    "gradient_penalty": gradient_penalty,
    "r1": r1,
    "r2": r2,
    "r1_r2": r1_r2,
}


def get(name):
    """Returns the penalty of that name: arguments as in :func:`r2`, float32 scalar.

    Args:
        name: A key of :data:`PENALTIES`.

    Raises:
        ValueError: If there is none.
    """
    if name not in PENALTIES:
        raise ValueError(f"Unknown penalty. Known: {', '.join(PENALTIES)}. Received: name={name!r}")
    return PENALTIES[name]


@dataclasses.dataclass(frozen=True)
class Weight:
    """Weight of a penalty, which may fall while training.

    A discriminator that is to tell places sigma apart needs slopes of 1 / sigma, which a weight
    that keeps a young GAN together forbids. Huang et al. 2024 (arXiv:2501.05441) lower it along
    half a cosine; here its logarithm goes so, since the two ends lie decades apart.

    Attributes:
        first: float >= 0, the weight at step 0.
        final: float > 0, the weight from step `steps` on; of no account if `steps` is 0.
        steps: int >= 0, length of the fall; 0: it stays.
    """

    first: float = 0.0
    final: float = 0.0
    steps: int = 0

    def __post_init__(self):
        falls = self.steps > 0
        if self.steps < 0 or self.first < 0 or (falls and not (self.first and self.final > 0)):
            raise ValueError(
                "first and steps must be >= 0, and first and final positive if there are steps. "
                f"Received: first={self.first}, final={self.final}, steps={self.steps}"
            )

    def __call__(self, step):
        """The weight at a step.

        Args:
            step: Scalar int, the step of the training (read at run time: a tensor or variable).

        Returns:
            float, or a float32 scalar if it falls.
        """
        if not self.steps:
            return self.first
        fallen = 1.0 - schedules.cosine(1.0, self.steps)(tf.convert_to_tensor(step))
        return self.first * (self.final / self.first) ** fallen


def clip_weights(variables, limit):
    """Clips all trainable weights to [-limit, limit] after a critic step (Arjovsky et al. 2017).

    Algorithm 1, line 7: biases and normalisation gains are clipped as well.

    Args:
        variables: Keras model, or list of variables; changed in place.
        limit: float > 0; the paper uses 0.01.

    Raises:
        ValueError: If the limit is not positive.
    """
    if limit <= 0:
        raise ValueError(f"limit must be positive. Received: limit={limit}")
    for variable in getattr(variables, "trainable_variables", variables):
        variable.assign(tf.clip_by_value(tf.convert_to_tensor(variable), -limit, limit))

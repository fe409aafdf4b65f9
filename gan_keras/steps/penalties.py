"""Penalties on the discriminator's gradient, and how they are weighted over time.

Each takes a critic, any callable from images to logits `(batch, ...)`: class labels are given by a
lambda.
"""

import dataclasses
from collections.abc import Callable

import keras
import tensorflow as tf

from gan_keras.steps import latents

Critic = Callable[[tf.Tensor], tf.Tensor]
Factor = float | tf.Tensor


def gradient_penalty(
    critic: Critic, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor, factor: Factor
) -> tf.Tensor:
    """WGAN-GP penalty, `factor E (||grad D(x^)|| - 1)^2` (Gulrajani et al. 2017, eq. 3).

    Args:
        critic: Without batch normalisation: the penalty is about single images.
        real: float `(batch, ...)`.
        fake: float of the same shape.
        seed: Seed pair of the places of x^ between reals and fakes.
        factor: Weight >= 0; the paper's lambda is 10.

    Returns:
        float32 scalar.
    """
    squares = gradient_square_norms(critic, interpolates(real, fake, seed))
    return factor * tf.reduce_mean(tf.square(_safe_sqrt(squares) - 1.0))


def zero_centred(critic: Critic, images: tf.Tensor, factor: Factor) -> tf.Tensor:
    """Penalty `factor / 2 E ||grad D(x)||^2` (Mescheder et al. 2018).

    R1 (eq. 9) is this penalty on reals, R2 (eq. 10) on fakes.

    Args:
        critic: Images -> logits.
        images: float `(batch, ...)`.
        factor: Weight >= 0, the paper's gamma.

    Returns:
        float32 scalar.
    """
    return 0.5 * factor * tf.reduce_mean(gradient_square_norms(critic, images))


@dataclasses.dataclass(frozen=True)
class Penalty:
    """The penalty that `--penalty` names, weighted as the options say.

    Lazy regularisation, the penalty of every k-th step times k, is Karras et al. 2020
    (arXiv:1912.04958), appendix B.

    A weight can fall. A discriminator that tells places sigma apart needs slopes of 1 / sigma,
    which a weight that keeps a young GAN together forbids. Huang et al. 2024 (arXiv:2501.05441)
    lower it along half a cosine; here its logarithm falls so, since the ends lie decades apart.

    Attributes:
        name: `none`, `gradient_penalty`, `r1`, `r2` or `r1_r2`.
        first: Weight at step 0.
        every: Steps between two uses.
        final: Weight from step `steps` on, > 0 if there are steps.
        steps: Length of the fall; 0: the weight stays.
    """

    name: str
    first: float = 0.0
    every: int = 1
    final: float = 0.0
    steps: int = 0

    def factor(self, step: tf.Tensor) -> Factor:
        """The weight at a step.

        Args:
            step: Scalar int tensor or variable, read at run time.
        """
        if not self.steps:
            return self.first
        fall = keras.optimizers.schedules.CosineDecay(1.0, self.steps)  # from 1 to 0
        return self.first * (self.final / self.first) ** (1.0 - fall(tf.convert_to_tensor(step)))

    def __call__(
        self,
        critic: Critic,
        real: tf.Tensor,
        fake: tf.Tensor,
        seed: tf.Tensor,
        step: tf.Tensor,
        fake_critic: Critic | None = None,
    ) -> tf.Tensor:
        """The penalty of a step, float32 scalar; 0 between two uses.

        Args:
            critic: Images -> logits.
            real: float `(batch, ...)`.
            fake: float of the same shape.
            seed: Seed pair.
            step: Number of the step, a tensor or variable.
            fake_critic: Critic of fakes, where they have classes of their own.
        """

        def weighted(factor: Factor) -> tf.Tensor:
            if self.name == "gradient_penalty":
                return gradient_penalty(critic, real, fake, seed, factor)
            if self.name == "r1":
                return zero_centred(critic, real, factor)
            on_fakes = zero_centred(fake_critic or critic, fake, factor)
            if self.name == "r2":
                return on_fakes
            return zero_centred(critic, real, factor) + on_fakes

        return tf.zeros(()) if self.name == "none" else self.lazily(step, weighted)

    def lazily(self, step: tf.Tensor, penalty: Callable[[Factor], tf.Tensor]) -> tf.Tensor:
        """Gives a penalty its weight; scaled up where it is due, 0 between two uses.

        Args:
            step: Number of the step, a tensor or variable.
            penalty: Weight -> float32 scalar.
        """
        if self.every == 1:
            return penalty(self.factor(step))
        due = tf.equal(tf.convert_to_tensor(step) % self.every, 0)
        return tf.cond(due, lambda: self.every * penalty(self.factor(step)), lambda: tf.zeros(()))


def gradient_square_norms(critic: Critic, images: tf.Tensor) -> tf.Tensor:
    """Squared length of the critic's gradient with respect to each image.

    Everything around the critic runs in float32: under mixed precision the critic casts its input
    itself and the gradient comes back as float32.

    Args:
        critic: Images -> logits `(batch, ...)`.
        images: float `(batch, ...)` of any rank.

    Returns:
        float32 `(batch,)`; differentiable with respect to the critic's weights.
    """
    images = tf.cast(images, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(images)
        # An example's logits depend on its own image only, so the gradient of the sum is the
        # gradients of all examples side by side.
        total = tf.reduce_sum(tf.cast(critic(images), tf.float32))
    gradients = tape.gradient(total, images)
    return tf.reduce_sum(tf.square(gradients), axis=list(range(1, gradients.shape.rank)))


def interpolates(real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Points on the straight lines between reals and fakes, one random place per image.

    Args:
        real: float `(batch, ...)`.
        fake: float of the same shape.
        seed: Seed pair.

    Returns:
        float32, `real + alpha (fake - real)` with alpha ~ U(0, 1) `(batch, 1, ...)`.
    """
    real, fake = tf.cast(real, tf.float32), tf.cast(fake, tf.float32)
    shape = tf.concat([tf.shape(real)[:1], tf.ones([real.shape.rank - 1], tf.int32)], axis=0)
    alpha = latents.draw(tf.random.stateless_uniform, shape, seed)
    return real + alpha * (fake - real)


def _safe_sqrt(values: tf.Tensor) -> tf.Tensor:
    """Square root whose gradient at 0 is 0: that of `tf.sqrt` is infinite, and NaN in a product."""
    positive = values > 0.0
    return tf.where(positive, tf.sqrt(tf.where(positive, values, tf.ones_like(values))), 0.0)

"""Targets of the discriminator's loss: hard, smooth, soft, flipped and noisy.

A policy has three methods, `real(n, seed)`, `fake(n, seed)` and `generator(n, seed)`: the targets
of the discriminator for n reals and n fakes, and the ones that the generator wants its fakes to
get. Each returns a float where all examples share one number, else a float32 tensor `(n,)`; both go
into the losses of `losses`.

The tricks are from "How to train a GAN" (Chintala et al. 2016, ganhacks items 2 and 6) and
Salimans et al. 2016, section 3.4 (one-sided smoothing).
"""

import dataclasses

import tensorflow as tf

from gan_keras.steps import latents
from gan_keras.steps.losses import Targets

Range = float | tuple[float, float]
_FLIP = 7  # tells the seed of the flips from the seed of the targets


@dataclasses.dataclass(frozen=True)
class Policy:
    """Targets that are numbers, or drawn from a range.

    Attributes:
        of_reals: A number, or a pair (low, high) for a uniform draw. Above 1 the cross-entropy has
            no lower bound; the ganhacks suggest up to 1.2 all the same.
        of_fakes: Likewise.
        of_generator: Likewise; None: as `of_reals`.
        once: Whether one draw serves all batches, as in scripts that make their label vectors
            before the loop.
    """

    of_reals: Range = 1.0
    of_fakes: Range = 0.0
    of_generator: Range | None = None
    once: bool = False

    def real(self, n: tf.Tensor, seed: tf.Tensor) -> Targets:
        """Targets of n reals."""
        return self._draw(self.of_reals, n, seed, 0)

    def fake(self, n: tf.Tensor, seed: tf.Tensor) -> Targets:
        """Targets of n fakes."""
        return self._draw(self.of_fakes, n, seed, 1)

    def generator(self, n: tf.Tensor, seed: tf.Tensor) -> Targets:
        """Targets of n fakes in the generator's update."""
        wanted = self.of_reals if self.of_generator is None else self.of_generator
        return self._draw(wanted, n, seed, 0)

    def _draw(self, values: Range, n: tf.Tensor, seed: tf.Tensor, side: int) -> Targets:
        if not isinstance(values, tuple):
            return values
        low, high = values
        seed = tf.constant([0, side], tf.int32) if self.once else seed
        return latents.draw(tf.random.stateless_uniform, [n], seed, minval=low, maxval=high)


@dataclasses.dataclass(frozen=True)
class Noisy(Policy):
    """Hard targets, some of them of the other side (ganhacks item 6).

    Attributes:
        probability: Share in [0, 0.5] of the examples with a wrong target; the generator has none.
    """

    probability: float = 0.05

    def real(self, n: tf.Tensor, seed: tf.Tensor) -> Targets:
        """Targets of n reals, float32 `(n,)`."""
        return self._flip(self.of_reals, self.of_fakes, n, seed)

    def fake(self, n: tf.Tensor, seed: tf.Tensor) -> Targets:
        """Targets of n fakes, float32 `(n,)`."""
        return self._flip(self.of_fakes, self.of_reals, n, seed)

    def _flip(self, right: Range, wrong: Range, n: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        seed = tf.random.experimental.stateless_fold_in(tf.cast(seed, tf.int32), _FLIP)
        flipped = latents.draw(tf.random.stateless_uniform, [n], seed) < self.probability
        return tf.where(flipped, tf.cast(wrong, tf.float32), tf.cast(right, tf.float32))


POLICIES: dict[str, Policy] = {
    "hard": Policy(),
    "one_sided": Policy(of_reals=0.9, of_generator=1.0),
    "two_sided": Policy(of_reals=0.9, of_fakes=0.1),
    "soft": Policy(of_reals=(0.7, 1.2), of_fakes=(0.0, 0.3), of_generator=1.0),
    "soft_once": Policy(of_reals=(0.9, 1.0), of_fakes=(0.0, 0.1), once=True),
    # The discriminator learns to say 0 to reals. The loss is symmetric: with its last layer negated
    # nothing would change, so that flipping alone can neither help nor harm.
    "flipped": Policy(of_reals=0.0, of_fakes=1.0),
    "flipped_soft": Policy(of_reals=(0.0, 0.1), of_fakes=(0.9, 1.0)),
    "flipped_soft_once": Policy(of_reals=0.0, of_fakes=(0.9, 1.0), once=True),
    "noisy": Noisy(),
}

"""What the discriminator is told: hard, smooth, soft, flipped and noisy targets.

A policy is an object with three methods, `real(n, seed)`, `fake(n, seed)` and
`generator(n, seed)`: the targets of the discriminator for n reals and n fakes, and the one that
the generator wants its fakes to get. Each returns a Python float where all examples share one
number, else a float32 tensor `(n,)`; both go straight into the losses of `gan_keras.steps.losses`.
Policies wrap each other: `Once(Flipped(Targets(real=(0.9, 1.0))))`.

The tricks are those of "How to train a GAN" (Chintala et al. 2016, ganhacks items 2 and 6) and of
Salimans et al. 2016, section 3.4 (one-sided smoothing).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import tensorflow as tf

from gan_keras.hardware import replicas

_LOWEST, _HIGHEST = 0.0, 1.5
_FLIP = 7  # tells the seed of the flips from that of the targets


def _check_range(value, what):
    low, high = value if isinstance(value, tuple) else (value, value)
    if not _LOWEST <= low <= high <= _HIGHEST:
        raise ValueError(
            f"{what} must be a number, or a pair (low, high), in [{_LOWEST}, {_HIGHEST}]. "
            f"Received: {what}={value}"
        )


def _draw(value, n, seed):
    """Returns the number itself, or n draws from the range."""
    low, high = value if isinstance(value, tuple) else (value, value)
    if low == high:
        return float(low)
    return replicas.draw(tf.random.stateless_uniform, [n], seed, minval=low, maxval=high)


@dataclass(frozen=True)
class Targets:
    """Targets that are numbers or are drawn anew for every batch from a range.

    Attributes:
        real_range: Target of the reals: a number, or a pair (low, high) for a uniform draw, in
            [0, 1.5]. Above 1 the cross-entropy has no lower bound; the ganhacks suggest up to 1.2
            all the same.
        fake_range: Target of the fakes, likewise.
        generator_range: Target of the fakes in the generator's step, likewise. None: as
            `real_range`.
    """

    real_range: float | tuple[float, float] = 1.0
    fake_range: float | tuple[float, float] = 0.0
    generator_range: float | tuple[float, float] | None = None

    def __post_init__(self):
        for what in ("real_range", "fake_range", "generator_range"):
            if getattr(self, what) is not None:
                _check_range(getattr(self, what), what)

    def real(self, n, seed):
        """Targets of n reals: float, or float32 `(n,)`."""
        return _draw(self.real_range, n, seed)

    def fake(self, n, seed):
        """Targets of n fakes: float, or float32 `(n,)`."""
        return _draw(self.fake_range, n, seed)

    def generator(self, n, seed):
        """Targets of n fakes in the generator's step: float, or float32 `(n,)`."""
        chosen = self.real_range if self.generator_range is None else self.generator_range
        return _draw(chosen, n, seed)


@dataclass(frozen=True)
class Flipped:
    """Swaps real and fake: the discriminator learns to say 0 to reals (ganhacks item 2).

    With the discriminator's last layer negated this changes nothing (the loss is symmetric), which
    is why it cannot help or harm by itself.

    Attributes:
        policy: The policy whose targets are swapped. The generator's become their complement, 1
            minus them: it now wants its fakes to get what reals get.
    """

    policy: Targets = field(default_factory=Targets)

    def real(self, n, seed):
        """The policy's targets for fakes."""
        return self.policy.fake(n, seed)

    def fake(self, n, seed):
        """The policy's targets for reals."""
        return self.policy.real(n, seed)

    def generator(self, n, seed):
        """The complement of the policy's targets for the generator."""
        return 1.0 - self.policy.generator(n, seed)


@dataclass(frozen=True)
class Once:
    """Draws the policy's targets once and uses them for every batch.

    Example i of every batch gets the same soft label: less a trick than a habit of scripts that
    make their label vectors before the loop.

    Attributes:
        policy: The policy whose draws are frozen.
        seed: int, the seed of the one draw.
    """

    policy: Targets
    seed: int = 0

    def real(self, n, seed):
        """The policy's targets under the fixed seed."""
        return self.policy.real(n, self._fixed(0))

    def fake(self, n, seed):
        """The policy's targets under the fixed seed."""
        return self.policy.fake(n, self._fixed(1))

    def generator(self, n, seed):
        """The policy's targets under the fixed seed: where it wants the reals', the same draws."""
        return self.policy.generator(n, self._fixed(0))

    def _fixed(self, which):
        return tf.constant([self.seed, which], tf.int32)


@dataclass(frozen=True)
class Noisy:
    """Now and then tells the discriminator the wrong side (ganhacks item 6).

    Each example on its own gets a target of the other side with a probability; the generator's
    targets stay.

    Attributes:
        policy: The policy that gives the targets of both sides.
        probability: float in [0, 0.5], how often a label is wrong.
    """

    policy: Targets = field(default_factory=Targets)
    probability: float = 0.05

    def __post_init__(self):
        if not 0.0 <= self.probability <= 0.5:
            raise ValueError(
                f"probability must be in [0, 0.5]. Received: probability={self.probability}"
            )

    def real(self, n, seed):
        """Targets of n reals, some of them those of fakes: float32 `(n,)`."""
        return self._mix(self.policy.real(n, seed), self.policy.fake(n, seed), n, seed)

    def fake(self, n, seed):
        """Targets of n fakes, some of them those of reals: float32 `(n,)`."""
        return self._mix(self.policy.fake(n, seed), self.policy.real(n, seed), n, seed)

    def generator(self, n, seed):
        """The policy's targets for the generator."""
        return self.policy.generator(n, seed)

    def _mix(self, right, wrong, n, seed):
        flip_seed = tf.random.experimental.stateless_fold_in(tf.cast(seed, tf.int32), _FLIP)
        draws = replicas.draw(tf.random.stateless_uniform, [n], flip_seed)
        flipped = draws < self.probability
        return tf.where(flipped, tf.cast(wrong, tf.float32), tf.cast(right, tf.float32))


POLICIES = {
    "hard": Targets(),
    "one_sided": Targets(real_range=0.9, generator_range=1.0),
    "two_sided": Targets(real_range=0.9, fake_range=0.1),
    "soft": Targets(real_range=(0.7, 1.2), fake_range=(0.0, 0.3), generator_range=1.0),
    "soft_once": Once(Targets(real_range=(0.9, 1.0), fake_range=(0.0, 0.1))),
    "flipped": Flipped(),
    "flipped_soft": Targets(real_range=(0.0, 0.1), fake_range=(0.9, 1.0)),
    "flipped_soft_once": Once(Targets(real_range=0.0, fake_range=(0.9, 1.0))),
    "noisy": Noisy(),
}


def get(name):
    """Returns the target policy of that name.

    Args:
        name: A key of :data:`POLICIES`.

    Raises:
        ValueError: If there is none.
    """
    if name not in POLICIES:
        raise ValueError(
            f"Unknown label policy. Known: {', '.join(POLICIES)}. Received: name={name!r}"
        )
    return POLICIES[name]

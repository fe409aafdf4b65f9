"""Adversarial losses on logits, and the class loss of the auxiliary classifier.

Every loss is a small stateless object with two methods:

* ``discriminator(real_logits, fake_logits, ...)`` returns ``(real_part, fake_part)``, two scalars
  whose sum is what the discriminator minimises, so that both halves can be logged;
* ``generator(fake_logits, ...)`` returns the scalar that the generator minimises.

Logits, not probabilities: ``log(0)`` when the discriminator is sure. Everything is computed in
float32 whatever the compute dtype of the networks. A new loss is one subclass of
:class:`AdversarialLoss` and one row in :data:`LOSSES`.
"""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from gan_keras.hardware import replicas

REAL_TARGET = 1.0
FAKE_TARGET = 0.0


def _as_logits(logits, what):
    """Returns logits as float32, refusing a scalar, which has no batch axis."""
    logits = tf.cast(tf.convert_to_tensor(logits), tf.float32)
    if logits.shape.rank == 0:
        raise ValueError(
            f"{what} must have a batch axis, as (batch,) or (batch, ...). "
            f"Received: shape={tuple(logits.shape)}"
        )
    return logits


def _per_example_factor(values, like, what):
    """Shapes targets or weights so that they broadcast against ``like`` example by example.

    A (batch,) vector against (batch, 1) logits would silently broadcast to (batch, batch).

    Args:
        values: A scalar, or one number per example: `(batch,)` or `(batch, 1)`.
        like: float32 logits `(batch, ...)`.
        what: Name for the error message.

    Returns:
        float32 scalar, or tensor `(batch, 1, ..., 1)` of the rank of `like`.

    Raises:
        ValueError: If there is not one value per example.
    """
    values = tf.cast(tf.convert_to_tensor(values), tf.float32)
    if values.shape.rank == 0:
        return values
    one_each = all(size == 1 for size in values.shape[1:])
    if not one_each or not values.shape[:1].is_compatible_with(like.shape[:1]):
        raise ValueError(
            f"{what} must be a scalar or one number per example, (batch,) or (batch, 1), for "
            f"logits of shape {tuple(like.shape)}. Received: shape={tuple(values.shape)}"
        )
    return tf.reshape(values, [-1] + [1] * (like.shape.rank - 1))


def _weighted_mean(terms, weights):
    """Mean over all elements; weights multiply terms, the divisor stays the count (as in Keras)."""
    if weights is not None:
        terms = terms * _per_example_factor(weights, terms, "weights")
    return tf.reduce_mean(terms)


def binary_cross_entropy(logits, targets):
    """Sigmoid cross-entropy, `-t log s(x) - (1 - t) log(1 - s(x))`, element by element.

    Written with softplus so that it is finite for every logit and exactly symmetric under
    `(x, t) -> (-x, 1 - t)`: swapping the labels is neutral to the last bit.

    Args:
        logits: float tensor of any shape.
        targets: Scalar or tensor in [0, 1] that broadcasts against `logits`.

    Returns:
        float tensor of the shape of `logits`.
    """
    return targets * tf.nn.softplus(-logits) + (1.0 - targets) * tf.nn.softplus(logits)


@dataclass(frozen=True)
class AdversarialLoss:
    """Base of all adversarial losses: casts, checks, weights and averages.

    A subclass gives the per-example terms in `discriminator_terms` and `generator_terms`.

    Attributes:
        name: Name in :data:`LOSSES` and on the command line.
        uses_targets: Whether the loss knows targets, the numbers that stand for "real" and "fake".
            Label smoothing and flipping only make sense where they exist; a loss without targets
            refuses them.
        needs_real_logits_for_generator: Whether `generator` must be given `real_logits`.
        is_critic: Whether the logits are scores without a probability (no sigmoid belongs on them,
            and "accuracy" by the sign means nothing).
    """

    name: str = ""
    uses_targets: bool = False
    needs_real_logits_for_generator: bool = False
    is_critic: bool = False

    def discriminator_terms(self, real_logits, fake_logits, real_targets, fake_targets):
        """Returns the terms `(of the reals, of the fakes)`, each of the shape of its logits."""
        raise NotImplementedError

    def generator_terms(self, fake_logits, real_logits, target):
        """Returns the terms of the generator, of the shape of `fake_logits`."""
        raise NotImplementedError

    def discriminator(
        self,
        real_logits,
        fake_logits,
        real_targets=REAL_TARGET,
        fake_targets=FAKE_TARGET,
        real_weights=None,
        fake_weights=None,
    ):
        """Loss of the discriminator (critic).

        Args:
            real_logits: float `(batch, ...)`, the discriminator's output for real images.
            fake_logits: float `(fake_batch, ...)`, its output for generated images.
            real_targets: What it should answer for reals: a scalar or `(batch,)` in [0, 1].
            fake_targets: What it should answer for fakes: a scalar or `(fake_batch,)` in [0, 1].
            real_weights: Optional weights `(batch,)` of the reals.
            fake_weights: Optional weights `(fake_batch,)` of the fakes.

        Returns:
            `(real_part, fake_part)`: float32 scalars whose sum is the loss.

        Raises:
            ValueError: If targets other than 1 and 0 reach a loss without targets, or shapes
                disagree.
        """
        real_logits = _as_logits(real_logits, "real_logits")
        fake_logits = _as_logits(fake_logits, "fake_logits")
        self._check_targets(real_targets, REAL_TARGET, "real_targets")
        self._check_targets(fake_targets, FAKE_TARGET, "fake_targets")
        if self.needs_real_logits_for_generator:
            _check_pairs(self.name, real_logits, fake_logits)
        real_terms, fake_terms = self.discriminator_terms(
            real_logits,
            fake_logits,
            _per_example_factor(real_targets, real_logits, "real_targets"),
            _per_example_factor(fake_targets, fake_logits, "fake_targets"),
        )
        return _weighted_mean(real_terms, real_weights), _weighted_mean(fake_terms, fake_weights)

    def on_reals(self, logits, targets=REAL_TARGET):
        """The real part alone, for a discriminator with an update on each half.

        Args:
            logits: float `(batch, ...)`, the discriminator's output for real images.
            targets: As `real_targets` of `discriminator`.

        Returns:
            float32 scalar.
        """
        return self.discriminator(logits, logits, real_targets=targets)[0]

    def on_fakes(self, logits, targets=FAKE_TARGET):
        """The fake part alone; as `on_reals`."""
        return self.discriminator(logits, logits, fake_targets=targets)[1]

    def generator(self, fake_logits, real_logits=None, target=REAL_TARGET, weights=None):
        """Loss of the generator.

        Args:
            fake_logits: float `(batch, ...)`, the discriminator's output for generated images.
            real_logits: float of the same shape, for reals; only relativistic losses need it.
            target: What the generator wants the discriminator to answer: a scalar or `(batch,)` in
                [0, 1]. 1 for hard labels, 0 where the labels are flipped.
            weights: Optional weights `(batch,)`.

        Returns:
            float32 scalar.

        Raises:
            ValueError: If a target other than 1 reaches a loss without targets, or `real_logits`
                are needed and missing.
        """
        fake_logits = _as_logits(fake_logits, "fake_logits")
        self._check_targets(target, REAL_TARGET, "target")
        if self.needs_real_logits_for_generator:
            if real_logits is None:
                raise ValueError(
                    f"The generator's loss '{self.name}' compares fakes with reals and needs "
                    "real_logits. Received: real_logits=None"
                )
            real_logits = _as_logits(real_logits, "real_logits")
            _check_pairs(self.name, real_logits, fake_logits)
        target = _per_example_factor(target, fake_logits, "target")
        return _weighted_mean(self.generator_terms(fake_logits, real_logits, target), weights)

    def _check_targets(self, value, default, what):
        plain = isinstance(value, (int, float)) and value == default
        if not self.uses_targets and not plain:
            raise ValueError(
                f"Loss '{self.name}' has no targets, so labels cannot be smoothed, softened or "
                f"flipped: {what} must be {default}. Received: {what}={value}"
            )


def _check_pairs(name, real_logits, fake_logits):
    if not real_logits.shape.is_compatible_with(fake_logits.shape):
        raise ValueError(
            f"Loss '{name}' pairs each fake with a real: both need the same shape. Received: "
            f"real_logits.shape={tuple(real_logits.shape)}, "
            f"fake_logits.shape={tuple(fake_logits.shape)}"
        )


@dataclass(frozen=True)
class NonSaturating(AdversarialLoss):
    """The usual GAN loss (Goodfellow et al. 2014, section 3).

    D minimises `-E log D(x) - E log(1 - D(G(z)))` (the negative of eq. 1), G minimises
    `-E log D(G(z))`. The ideal equilibrium is ln 2 = 0.693 for each of the three terms.
    """

    name: str = "non_saturating"
    uses_targets: bool = True

    def discriminator_terms(self, real_logits, fake_logits, real_targets, fake_targets):
        """Cross-entropy of both halves against their targets."""
        return (
            binary_cross_entropy(real_logits, real_targets),
            binary_cross_entropy(fake_logits, fake_targets),
        )

    def generator_terms(self, fake_logits, real_logits, target):
        """Cross-entropy of the fakes against the target of the reals."""
        return binary_cross_entropy(fake_logits, target)


@dataclass(frozen=True)
class Minimax(NonSaturating):
    """The saturating form, a zero-sum game (Goodfellow et al. 2014, eq. 1).

    D as in the non-saturating form; G minimises `E log(1 - D(G(z)))`, that is, it maximises the
    discriminator's loss on fakes, whose target is the complement `1 - target`.
    """

    name: str = "minimax"

    def generator_terms(self, fake_logits, real_logits, target):
        """The negative of the discriminator's terms for the fakes."""
        return -binary_cross_entropy(fake_logits, 1.0 - target)


@dataclass(frozen=True)
class Hinge(AdversarialLoss):
    """Hinge loss (Lim and Ye 2017; Miyato et al. 2018, eqs. 16 and 17).

    D minimises `E max(0, 1 - D(x)) + E max(0, 1 + D(G(z)))`, G minimises `-E D(G(z))`.
    """

    name: str = "hinge"

    def discriminator_terms(self, real_logits, fake_logits, real_targets, fake_targets):
        """Distance of each half to its side of the margin."""
        return tf.nn.relu(1.0 - real_logits), tf.nn.relu(1.0 + fake_logits)

    def generator_terms(self, fake_logits, real_logits, target):
        """The negative score."""
        return -fake_logits


@dataclass(frozen=True)
class LeastSquares(AdversarialLoss):
    """Least squares loss (Mao et al. 2017, eq. 2) with targets a = 0 and b = c = 1 (eq. 9).

    D minimises `1/2 E (D(x) - b)^2 + 1/2 E (D(G(z)) - a)^2`, G minimises `1/2 E (D(G(z)) - c)^2`.
    The outputs are compared with the targets as they are: no sigmoid.
    """

    name: str = "least_squares"
    uses_targets: bool = True

    def discriminator_terms(self, real_logits, fake_logits, real_targets, fake_targets):
        """Half the squared distance to the targets."""
        return (
            0.5 * tf.square(real_logits - real_targets),
            0.5 * tf.square(fake_logits - fake_targets),
        )

    def generator_terms(self, fake_logits, real_logits, target):
        """Half the squared distance to the target of the reals."""
        return 0.5 * tf.square(fake_logits - target)


@dataclass(frozen=True)
class Wasserstein(AdversarialLoss):
    """Wasserstein loss (Arjovsky et al. 2017, eq. 2 and algorithm 1).

    The critic minimises `-E D(x) + E D(G(z))`, G minimises `-E D(G(z))`. Only meaningful where
    the critic is (about) 1-Lipschitz: use a gradient penalty, clipping or spectral norm.
    """

    name: str = "wasserstein"
    is_critic: bool = True

    def discriminator_terms(self, real_logits, fake_logits, real_targets, fake_targets):
        """Scores: low is bad for reals, high is bad for fakes."""
        return -real_logits, fake_logits

    def generator_terms(self, fake_logits, real_logits, target):
        """The negative score."""
        return -fake_logits


@dataclass(frozen=True)
class Relativistic(AdversarialLoss):
    """Relativistic pairing loss, RpGAN (Jolicoeur-Martineau 2018, section 4: RSGAN).

    D minimises `E softplus(-(D(x) - D(G(z))))`, G minimises `E softplus(-(D(G(z)) - D(x)))`: this
    is the loss of R3GAN (Huang et al. 2024). A pair's loss
    belongs to both sides, so real part and fake part are half of it each.
    """

    name: str = "relativistic"
    needs_real_logits_for_generator: bool = True
    is_critic: bool = True

    def discriminator_terms(self, real_logits, fake_logits, real_targets, fake_targets):
        """Half of each pair's loss for either side."""
        half = 0.5 * tf.nn.softplus(fake_logits - real_logits)
        return half, half

    def generator_terms(self, fake_logits, real_logits, target):
        """The fake should be scored above its real."""
        return tf.nn.softplus(real_logits - fake_logits)


@dataclass(frozen=True)
class SquaredHellinger(AdversarialLoss):
    """f-GAN for the squared Hellinger distance (Nowozin et al. 2016, table 6, section 3.2).

    With the output activation `g(v) = 1 - exp(-v)` and `f*(t) = t / (1 - t)`, D minimises
    `E (exp(-v(x)) - 1) + E (exp(v(G(z))) - 1)`; G maximises `E g(v(G(z)))`, the alternative of
    section 3.2 whose gradient does not vanish. Grows exponentially with the logits: it wants a
    bounded discriminator, e.g. spectral norm, or a low learning rate.
    """

    name: str = "squared_hellinger"

    def discriminator_terms(self, real_logits, fake_logits, real_targets, fake_targets):
        """Exponential loss of both halves, 0 at logit 0."""
        return tf.math.expm1(-real_logits), tf.math.expm1(fake_logits)

    def generator_terms(self, fake_logits, real_logits, target):
        """The real half's terms for the fakes."""
        return tf.math.expm1(-fake_logits)


LOSSES = {
    loss.name: loss
    for loss in (
        NonSaturating(),
        Minimax(),
        Hinge(),
        LeastSquares(),
        Wasserstein(),
        Relativistic(),
        SquaredHellinger(),
    )
}


def get(name):
    """Returns the adversarial loss of that name.

    Args:
        name: A key of :data:`LOSSES`.

    Raises:
        ValueError: If there is none.
    """
    if name not in LOSSES:
        raise ValueError(f"Unknown loss. Known: {', '.join(LOSSES)}. Received: name={name!r}")
    return LOSSES[name]


def class_loss(labels, logits, weights=None):
    """Sparse softmax cross-entropy of class logits (Odena et al. 2017, eq. 3, negated).

    Args:
        labels: int `(batch,)` or `(batch, 1)`, class numbers.
        logits: float `(batch, num_classes)`.
        weights: Optional weights `(batch,)`; they multiply the terms, the divisor stays the
            batch size (as Keras does with `sample_weight`).

    Returns:
        float32 scalar, the mean over the batch.

    Raises:
        ValueError: If `logits` are not `(batch, num_classes)`.
    """
    logits = _as_logits(logits, "class logits")
    if logits.shape.rank != 2:
        raise ValueError(
            "class logits must have shape (batch, num_classes). "
            f"Received: shape={tuple(logits.shape)}"
        )
    labels = tf.reshape(tf.convert_to_tensor(labels), [-1])
    terms = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    return _weighted_mean(terms, weights)


def feature_matching(real_features, fake_features):
    """Feature matching loss of the generator (Salimans et al. 2016, section 3.1).

    `|| E f(x) - E f(G(z)) ||^2`: the generator matches the batch means of the discriminator's
    features instead of fooling it. The features of the reals are constants here.

    Args:
        real_features: float `(batch, ...)`, an inner layer's output for reals, or a list of such.
        fake_features: The same for fakes; batch sizes may differ.

    Returns:
        float32 scalar, summed over the features (and over the list).

    Raises:
        ValueError: If the shapes, batch axis aside, or the lengths of the lists differ.
    """
    real_features, fake_features = _as_list(real_features), _as_list(fake_features)
    shapes = [[tuple(f.shape)[1:] for f in each] for each in (real_features, fake_features)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            "real_features and fake_features must have the same shapes after the batch axis. "
            f"Received: {shapes[0]} and {shapes[1]}"
        )
    total = tf.zeros(())
    for real, fake in zip(real_features, fake_features, strict=True):
        real_mean, fake_mean = (
            replicas.mean(tf.reduce_mean(tf.cast(each, tf.float32), axis=0))
            for each in (real, fake)
        )
        total += tf.reduce_sum(tf.square(tf.stop_gradient(real_mean) - fake_mean))
    return total


def _as_list(tensors):
    tensors = tensors if isinstance(tensors, (list, tuple)) else [tensors]
    return [tf.convert_to_tensor(tensor) for tensor in tensors]

"""Adversarial losses on logits, the class loss of the auxiliary classifier, and feature matching.

Logits, not probabilities: `log(0)` when the discriminator is sure. Everything is computed in
float32 whatever the compute type of the networks.

All variants mean the same by their metrics:

- `d_real` and `d_fake` are the losses on real and on generated examples;
- `d_loss` is the discriminator's loss per example, the mean of both. A loss that is defined on
  pairs of a real and a fake (`wasserstein`, `relativistic`) is taken per pair: the sum of both
  parts. So `d_loss` is ln 2 where the discriminator cannot tell the two apart, for cross-entropies
  and for `relativistic`, and minus the estimated distance for `wasserstein`.

The weight of a penalty (`--penalty_factor`) stands beside `d_loss`.
"""

from typing import ClassVar

import tensorflow as tf

from gan_keras.hardware import replicas

Targets = float | tf.Tensor


class AdversarialLoss:
    """Base of the adversarial losses.

    A subclass gives the terms of single examples, each of the shape of the logits.

    Attributes:
        uses_targets: Whether the loss has targets, the numbers that stand for real and fake and
            that label smoothing and flipping change.
        is_paired: Whether it is defined on pairs of a real and a fake.
        has_probabilities: Whether the sigmoid of a logit is a probability of being real, to be
            logged as the score; else the output itself is.
        compares: Whether it compares each fake with a real, so that the generator's loss needs the
            logits of reals.
    """

    uses_targets: ClassVar[bool] = False
    is_paired: ClassVar[bool] = False
    has_probabilities: ClassVar[bool] = True
    compares: ClassVar[bool] = False

    def real_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Discriminator's terms of reals."""
        raise NotImplementedError

    def fake_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Discriminator's terms of fakes."""
        raise NotImplementedError

    def generator_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Generator's terms of fakes."""
        raise NotImplementedError

    def on_reals(self, logits: tf.Tensor, target: Targets = 1.0) -> tf.Tensor:
        """Loss of the discriminator on reals, float32 scalar.

        Args:
            logits: float `(batch, ...)`.
            target: Answer that is wanted: a number in [0, 1.5] or `(batch,)`.
        """
        logits = tf.cast(logits, tf.float32)
        return tf.reduce_mean(self.real_terms(logits, _per_example(target, logits)))

    def on_fakes(self, logits: tf.Tensor, target: Targets = 0.0) -> tf.Tensor:
        """Loss of the discriminator on fakes; arguments as in `on_reals`."""
        logits = tf.cast(logits, tf.float32)
        return tf.reduce_mean(self.fake_terms(logits, _per_example(target, logits)))

    def discriminator(
        self,
        real_logits: tf.Tensor,
        fake_logits: tf.Tensor,
        real_target: Targets = 1.0,
        fake_target: Targets = 0.0,
    ) -> dict[str, tf.Tensor]:
        """Loss of the discriminator with its parts and scores, see the head of this file.

        Args:
            real_logits: float `(batch, ...)`.
            fake_logits: float `(fake_batch, ...)`.
            real_target: Answer that is wanted for reals: a number or `(batch,)`.
            fake_target: Answer that is wanted for fakes: a number or `(fake_batch,)`.

        Returns:
            float32 scalars: `d_loss`, `d_real`, `d_fake`, and the mean probabilities of being real
            that it gives, or the mean outputs, `real_score` and `fake_score`.
        """
        real = self.on_reals(real_logits, real_target)
        fake = self.on_fakes(fake_logits, fake_target)
        return self.from_halves(real, fake, real_logits, fake_logits)

    def from_halves(
        self,
        real: tf.Tensor,
        fake: tf.Tensor,
        real_logits: tf.Tensor,
        fake_logits: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Gives what `discriminator` does, from what `on_reals` and `on_fakes` gave."""
        score = tf.sigmoid if self.has_probabilities else tf.identity
        return {
            "d_loss": (1.0 if self.is_paired else 0.5) * (real + fake),
            "d_real": real,
            "d_fake": fake,
            "real_score": tf.reduce_mean(score(real_logits)),
            "fake_score": tf.reduce_mean(score(fake_logits)),
        }

    def generator(
        self,
        fake_logits: tf.Tensor,
        real_logits: tf.Tensor | None = None,
        target: Targets = 1.0,
    ) -> tf.Tensor:
        """Loss of the generator, float32 scalar.

        Args:
            fake_logits: float `(batch, ...)`.
            real_logits: float of the same shape; only a loss that `compares` looks at them.
            target: Answer that the generator wants for its fakes: a number or `(batch,)`.
        """
        del real_logits
        logits = tf.cast(fake_logits, tf.float32)
        return tf.reduce_mean(self.generator_terms(logits, _per_example(target, logits)))


class NonSaturating(AdversarialLoss):
    """The usual GAN loss (Goodfellow et al. 2014, section 3).

    D minimises the mean of `-log D(x)` and `-log(1 - D(G(z)))` (eq. 1), G minimises
    `-E log D(G(z))`. At the equilibrium each term is ln 2.
    """

    uses_targets = True

    def real_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Cross-entropy with the target."""
        return binary_cross_entropy(logits, target)

    def fake_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Cross-entropy with the target."""
        return binary_cross_entropy(logits, target)

    def generator_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Cross-entropy with the target of reals."""
        return binary_cross_entropy(logits, target)


class Minimax(NonSaturating):
    """The saturating form, a zero-sum game (Goodfellow et al. 2014, eq. 1).

    G minimises `E log(1 - D(G(z)))`.
    """

    def generator_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Negative of the discriminator's terms, whose target is the complement."""
        return -binary_cross_entropy(logits, 1.0 - target)


class Hinge(AdversarialLoss):
    """Hinge loss (Lim and Ye 2017; Miyato et al. 2018, eqs. 16 and 17).

    D minimises the mean of `max(0, 1 - D(x))` and `max(0, 1 + D(G(z)))`, G `-E D(G(z))`.
    """

    def real_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Distance to the upper side of the margin."""
        return tf.nn.relu(1.0 - logits)

    def fake_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Distance to the lower side of the margin."""
        return tf.nn.relu(1.0 + logits)

    def generator_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Negative score."""
        return -logits


class LeastSquares(AdversarialLoss):
    """Least squares loss (Mao et al. 2017, eq. 2) with the targets of eq. 9: a = 0, b = c = 1.

    Terms are `1/2 (D - target)^2`. The outputs are compared as they are, without a sigmoid. As with
    all losses on single examples `d_loss` is the mean of both halves, where eq. 2 has their sum.
    """

    uses_targets = True
    has_probabilities = False

    def real_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Half the squared distance to the target."""
        return 0.5 * tf.square(logits - target)

    fake_terms = real_terms
    generator_terms = real_terms


class Wasserstein(AdversarialLoss):
    """Wasserstein loss (Arjovsky et al. 2017, eq. 2 and algorithm 1).

    The critic minimises `E D(G(z)) - E D(x)`, G minimises `-E D(G(z))`. Meaningful only where the
    critic is about 1-Lipschitz: by a gradient penalty, clipping or spectral normalisation.
    """

    is_paired = True
    has_probabilities = False

    def real_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Negative score."""
        return -logits

    def fake_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Score."""
        return logits

    def generator_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Negative score."""
        return -logits


class Relativistic(AdversarialLoss):
    """Relativistic pairing loss, RpGAN (Jolicoeur-Martineau 2018, section 4: RSGAN).

    D minimises `E softplus(D(G(z)) - D(x))`, G minimises `E softplus(D(x) - D(G(z)))`: the loss of
    R3GAN (Huang et al. 2024). Both parts of the discriminator's loss are half of it.
    """

    is_paired = True
    has_probabilities = False
    compares = True

    def discriminator(
        self,
        real_logits: tf.Tensor,
        fake_logits: tf.Tensor,
        real_target: Targets = 1.0,
        fake_target: Targets = 0.0,
    ) -> dict[str, tf.Tensor]:
        """Loss of the discriminator; as many fakes as reals, targets play no part."""
        half = tf.reduce_mean(0.5 * _beaten_by(real_logits, fake_logits))
        return self.from_halves(half, half, real_logits, fake_logits)

    def generator(
        self,
        fake_logits: tf.Tensor,
        real_logits: tf.Tensor | None = None,
        target: Targets = 1.0,
    ) -> tf.Tensor:
        """Loss of the generator; the fake should be scored above its real."""
        return tf.reduce_mean(_beaten_by(fake_logits, real_logits))


class SquaredHellinger(AdversarialLoss):
    """f-GAN for the squared Hellinger distance (Nowozin et al. 2016, table 6, section 3.2).

    With the output activation `g(v) = 1 - exp(-v)` and `f*(t) = t / (1 - t)`, D minimises the mean
    of `exp(-v(x)) - 1` and `exp(v(G(z))) - 1`; G maximises `E g(v(G(z)))`, the alternative of
    section 3.2 whose gradient does not vanish. It grows exponentially with the logits and wants a
    bounded discriminator (spectral normalisation) or a low learning rate.
    """

    def real_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Exponential loss, 0 at logit 0."""
        return tf.math.expm1(-logits)

    def fake_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Exponential loss, 0 at logit 0."""
        return tf.math.expm1(logits)

    def generator_terms(self, logits: tf.Tensor, target: Targets) -> tf.Tensor:
        """Discriminator's terms of reals."""
        return tf.math.expm1(-logits)


LOSSES: dict[str, AdversarialLoss] = {
    "non_saturating": NonSaturating(),
    "minimax": Minimax(),
    "hinge": Hinge(),
    "least_squares": LeastSquares(),
    "wasserstein": Wasserstein(),
    "relativistic": Relativistic(),
    "squared_hellinger": SquaredHellinger(),
}


def binary_cross_entropy(logits: tf.Tensor, target: Targets) -> tf.Tensor:
    """Sigmoid cross-entropy, `-t log s(x) - (1 - t) log(1 - s(x))`, element by element.

    Softplus keeps it finite for every logit and exactly symmetric under `(x, t) -> (-x, 1 - t)`.

    Args:
        logits: float tensor of any shape.
        target: Number or tensor in [0, 1] that broadcasts against `logits`.
    """
    return target * tf.nn.softplus(-logits) + (1.0 - target) * tf.nn.softplus(logits)


def class_loss(labels: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor | None = None) -> tf.Tensor:
    """Sparse softmax cross-entropy of class logits (Odena et al. 2017, eq. 3, negated).

    Args:
        labels: int `(batch,)`, class numbers.
        logits: float `(batch, num_classes)`.
        weights: Optional weights `(batch,)`; the divisor stays the batch size, as with Keras'
            `sample_weight`.

    Returns:
        float32 scalar, the mean over the batch.
    """
    terms = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, tf.cast(logits, tf.float32))
    return tf.reduce_mean(terms if weights is None else terms * _per_example(weights, terms))


def feature_matching(real_features: tf.Tensor, fake_features: tf.Tensor) -> tf.Tensor:
    """Feature matching loss of the generator (Salimans et al. 2016, section 3.1).

    `|| E f(x) - E f(G(z)) ||^2`: the generator matches the batch means of the discriminator's
    features. The features of the reals are constants here.

    Args:
        real_features: float `(batch, ...)`, an inner layer's output for reals.
        fake_features: The same for fakes.

    Returns:
        float32 scalar, summed over the features.
    """
    real_mean, fake_mean = (
        replicas.mean(tf.reduce_mean(tf.cast(features, tf.float32), axis=0))
        for features in (real_features, fake_features)
    )
    return tf.reduce_sum(tf.square(tf.stop_gradient(real_mean) - fake_mean))


def _beaten_by(logits: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Terms that are large where a logit is below its counterpart."""
    return tf.nn.softplus(tf.cast(others, tf.float32) - tf.cast(logits, tf.float32))


def _per_example(values: Targets, like: tf.Tensor) -> tf.Tensor:
    """Shapes one number per example so that it broadcasts against `like`, `(batch, ...)`.

    A vector `(batch,)` against logits `(batch, 1)` would silently give `(batch, batch)`.

    Raises:
        ValueError: If there is not one value per example.
    """
    values = tf.cast(values, tf.float32)
    if values.shape.rank == 0:
        return values
    values = tf.reshape(values, [-1] + [1] * (like.shape.rank - 1))
    if not values.shape[:1].is_compatible_with(like.shape[:1]):
        raise ValueError(
            f"Expected a number or one per example for logits of shape {tuple(like.shape)}. "
            f"Received: shape={tuple(values.shape)}"
        )
    return values

"""The tools of one run, made from its options; a train_step calls them and asks no flags."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from gan_keras import augment, labels, losses, penalties, replay, schedules
from gan_keras.configs.tools import ToolConfig


@dataclasses.dataclass(frozen=True)
class Toolbox:
    """What a train_step may call; each tool that is off does nothing and costs nothing.

    Attributes:
        loss: Adversarial loss, see `losses`.
        targets: What the discriminator is told, see `labels`.
        change: `(images, seed, step)` -> what the discriminator sees instead, see `augment`.
        penalty_fn: `(critic, real, fake, seed, factor)` -> penalty, see `penalties`.
        penalty_factor: Weight of the penalty.
        penalty_every: Steps between two uses of the penalty.
        weight_clip: Limit of the discriminator's weights; 0 for none.
        historical_averaging: Weight of the historical averaging; 0 for none.
        pretraining: Discriminator updates before the generator's first.
    """

    loss: losses.AdversarialLoss = dataclasses.field(
        default_factory=lambda: losses.get("non_saturating")
    )
    targets: Any = dataclasses.field(default_factory=lambda: labels.get("hard"))
    change: Callable = dataclasses.field(default_factory=augment.Chain)
    penalty_fn: Callable = penalties.none
    penalty_factor: float = 0.0
    penalty_every: int = 1
    weight_clip: float = 0.0
    historical_averaging: float = 0.0
    pretraining: int = 0

    @classmethod
    def from_config(cls, config: ToolConfig) -> "Toolbox":
        """Makes the tools that a configuration turns on.

        Args:
            config: The options, validated.

        Raises:
            ValueError: If two tools do not go together.
        """
        changes = []
        if config.diff_augment:
            policy = tuple(name.strip() for name in config.diff_augment.split(","))
            changes.append(augment.DiffAugment(policy))
        if config.instance_noise:
            changes.append(
                augment.InstanceNoise(config.instance_noise, config.instance_noise_steps)
            )
        loss = losses.get(config.loss)
        if config.label_policy != "hard" and not loss.uses_targets:
            raise ValueError(
                f"--loss={config.loss} has no targets, so --label_policy={config.label_policy} "
                "cannot be used with it"
            )
        return cls(
            loss=loss,
            targets=labels.get(config.label_policy),
            change=augment.Chain(tuple(changes)),
            penalty_fn=penalties.get(config.penalty),
            penalty_factor=config.penalty_factor,
            penalty_every=config.penalty_every,
            weight_clip=config.weight_clip,
            historical_averaging=config.historical_averaging,
            pretraining=config.pretraining,
        )

    def penalty(
        self, critic: Callable, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor, step: tf.Tensor
    ) -> tf.Tensor:
        """The gradient penalty, float32 scalar; 0 in the steps between two uses.

        Lazy regularisation, the penalty of every k-th step times k, is Karras et al. 2020
        (arXiv:1912.04958), appendix B.

        Args:
            critic: Images -> logits.
            real: Real images.
            fake: Generated images.
            seed: Seed pair.
            step: Number of this step, a tensor or variable.
        """

        def due():
            return self.penalty_fn(critic, real, fake, seed, self.penalty_factor)

        if self.penalty_every == 1 or self.penalty_fn is penalties.none:
            return due()
        now = tf.equal(tf.convert_to_tensor(step) % self.penalty_every, 0)
        return tf.cond(now, lambda: self.penalty_every * due(), lambda: tf.zeros(()))

    def history(self, model: keras.Model) -> "History":
        """Makes the historical average of a network."""
        return History(model, self.historical_averaging)

    def after_discriminator(self, discriminator: keras.Model) -> None:
        """What follows an update of the discriminator: clipping, where it is on."""
        if self.weight_clip:
            penalties.clip_weights(discriminator, self.weight_clip)

    def when_due(self, step: tf.Tensor, update: Callable[[], Any]) -> None:
        """Does the generator's update, unless the discriminator is still being pre-trained.

        Args:
            step: Number of this step, a tensor or variable.
            update: Does it.
        """
        if not self.pretraining:
            update()
            return

        def done() -> tf.Tensor:
            update()
            return tf.constant(True)

        due = tf.convert_to_tensor(step) >= self.pretraining
        tf.cond(due, done, lambda: tf.constant(False))


class History(keras.layers.Layer):
    """Historical averaging of one network; nothing at all with weight 0.

    Args:
        model: The network.
        weight: Weight of the penalty.
    """

    def __init__(self, model: keras.Model, weight: float):
        super().__init__(dtype="float32")
        self.weight = weight
        # Behind a function, where Keras does not look: the network's weights are not this layer's.
        self._network = lambda: model
        self.average = replay.HistoricalAverage(model) if weight else None
        self.built = True

    def penalty(self) -> tf.Tensor:
        """Weighted squared distance of the network to its mean over time, float32 scalar."""
        if self.average is None:
            return tf.zeros(())
        return self.weight * self.average.penalty(self._network())

    def update(self) -> None:
        """Takes the current weights into the mean."""
        if self.average is not None:
            self.average.update(self._network())


def learning_rate(config: ToolConfig, rate: float) -> Any:
    """A rate, or the schedule that `--lr_decay` asks for.

    Args:
        config: The options.
        rate: Learning rate at step 0.
    """
    return schedules.get(config.lr_decay, rate, config.lr_decay_steps)

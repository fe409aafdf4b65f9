"""The tools of one run, made from its options; a train_step calls them and asks no flags."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from gan_keras import layers
from gan_keras.configs.tools import ToolConfig
from gan_keras.hardware import replicas
from gan_keras.steps import augment, losses, optimizers, penalties, replay, schedules, targets

LOGIT = "logit"  # name of the layer that ends a discriminator


@dataclasses.dataclass(frozen=True)
class Toolbox:
    """What a train_step may call; each tool that is off does nothing and costs nothing.

    Attributes:
        loss: Adversarial loss, see `losses`.
        targets: What the discriminator is told, see `labels`.
        change: `(images, seed, step)` -> what the discriminator sees instead, see `augment`.
        penalty_fn: `(critic, real, fake, seed, factor, fake_critic)` -> penalty, see `penalties`.
        penalty_factor: `step` -> weight of the penalty, see `penalties.Weight`.
        penalty_every: Steps between two uses of the penalty.
        weight_clip: Limit of the discriminator's weights; 0 for none.
        historical_averaging: Weight of the historical averaging; 0 for none.
        pretraining: Discriminator updates before the generator's first.
        n_critic: Discriminator updates a step.
        packing: Images that the discriminator judges together.
        feature_matching: Weight of the feature matching; 0 for none.
        replay: Past generated images that are kept; 0 for none.
    """

    loss: losses.AdversarialLoss = dataclasses.field(
        default_factory=lambda: losses.get("non_saturating")
    )
    targets: Any = dataclasses.field(default_factory=lambda: targets.get("hard"))
    change: Callable = dataclasses.field(default_factory=augment.Chain)
    penalty_fn: Callable = penalties.none
    penalty_factor: Callable = dataclasses.field(default_factory=penalties.Weight)
    penalty_every: int = 1
    weight_clip: float = 0.0
    historical_averaging: float = 0.0
    pretraining: int = 0
    n_critic: int = 1
    packing: int = 1
    feature_matching: float = 0.0
    replay: int = 0

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
            targets=targets.get(config.label_policy),
            change=augment.Chain(tuple(changes)),
            penalty_fn=penalties.get(config.penalty),
            penalty_factor=penalties.Weight(
                config.penalty_factor, config.penalty_final, config.penalty_steps
            ),
            penalty_every=config.penalty_every,
            weight_clip=config.weight_clip,
            historical_averaging=config.historical_averaging,
            pretraining=config.pretraining,
            n_critic=config.n_critic,
            packing=config.packing,
            feature_matching=config.feature_matching,
            replay=config.replay,
        )

    def penalty(
        self,
        critic: Callable,
        real: tf.Tensor,
        fake: tf.Tensor,
        seed: tf.Tensor,
        step: tf.Tensor,
        fake_critic: Callable | None = None,
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
            fake_critic: What judges generated images; None if it is `critic` as well.
        """

        def due():
            return self.penalty_fn(critic, real, fake, seed, self.penalty_factor(step), fake_critic)

        if self.penalty_every == 1 or self.penalty_fn is penalties.none:
            return due()
        now = tf.equal(tf.convert_to_tensor(step) % self.penalty_every, 0)
        return tf.cond(now, lambda: self.penalty_every * due(), lambda: tf.zeros(()))

    def batches(self, examples: tf.Tensor) -> list[tf.Tensor]:
        """Cuts what a step was given into a batch for each update of the discriminator."""
        return tf.split(examples, self.n_critic)

    def pack(self, images: tf.Tensor) -> tf.Tensor:
        """Joins `packing` neighbours into one example; an incomplete pack is filled from the start.

        Args:
            images: float `(n, h, w, channels)`.

        Returns:
            float `(ceil(n / packing), h, w, packing * channels)`.
        """
        if self.packing == 1:
            return images
        if images.shape[0] is None or images.shape[0] % self.packing:
            size = tf.shape(images)[0]
            whole = -(-size // self.packing) * self.packing
            images = tf.gather(images, tf.range(whole) % size)
        return layers.pack(images, self.packing)

    def matching(self, discriminator: keras.Model) -> "FeatureMatching":
        """Makes the feature matching of a discriminator."""
        return FeatureMatching(discriminator, self.feature_matching)

    def memory(self, image_shape: tuple[int, ...]) -> "Memory":
        """Makes the memory of past generated images."""
        return Memory(image_shape, self.replay)

    def history(self, model: keras.Model) -> "History":
        """Makes the historical average of a network."""
        return History(model, self.historical_averaging)

    def after_discriminator(self, discriminator: keras.Model) -> None:
        """What follows an update of the discriminator: clipping, where it is on."""
        if self.weight_clip:
            penalties.clip_weights(discriminator, self.weight_clip)

    def when_due(
        self, step: tf.Tensor, update: Callable[[], Any], changes: list[keras.Variable]
    ) -> None:
        """Does the generator's update, unless the discriminator is still being pre-trained.

        Args:
            step: Number of this step, a tensor or variable.
            update: Does it.
            changes: All variables that it assigns.
        """
        if not self.pretraining:
            update()
            return
        replicas.do_if(tf.convert_to_tensor(step) >= self.pretraining, update, changes)


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


class FeatureMatching:
    """Feature matching of one discriminator; nothing at all with weight 0.

    Args:
        discriminator: Functional model that ends in a layer named `LOGIT`, whose input are the
            features.
        weight: Weight of the term.
    """

    def __init__(self, discriminator: keras.Model, weight: float):
        self.weight = weight
        self._features = None
        if weight:
            features = discriminator.get_layer(LOGIT).input
            self._features = keras.Model(discriminator.inputs, features)

    def __call__(self, reals: Any, fakes: Any) -> tf.Tensor:
        """The weighted term of the generator's loss, float32 scalar; see `losses`.

        Args:
            reals: What the discriminator takes, of real images.
            fakes: The same of generated ones.
        """
        if self._features is None:
            return tf.zeros(())
        matched = (self._features(x, training=True) for x in (reals, fakes))
        return self.weight * losses.feature_matching(*matched)


class Memory(keras.layers.Layer):
    """Past generated images, shown to the discriminator again; nothing at all without room.

    Args:
        image_shape: `(height, width, channels)`.
        capacity: Images that are kept; 0 for none.
    """

    def __init__(self, image_shape: tuple[int, ...], capacity: int):
        super().__init__(dtype="float32")
        self.buffer = replay.ReplayBuffer(capacity, image_shape) if capacity else None
        self.built = True

    def exchange(
        self, images: tf.Tensor, seed: tf.Tensor, labels: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Exchanges half of a batch for past images; see `replay.ReplayBuffer.exchange`."""
        if self.buffer is None:
            return tf.stop_gradient(images), labels
        return self.buffer.exchange(images, seed, labels)


def equip(discriminator: keras.Model, config: ToolConfig) -> keras.Model:
    """Adds the tools that are layers to a discriminator.

    Args:
        discriminator: Functional model of plain layers that ends in one named `LOGIT`.
        config: The options.

    Returns:
        The discriminator itself where none of them is on, else a copy with new weights.
    """
    added = []
    if config.minibatch_stddev:
        added.append(layers.MinibatchStdDev())
    if config.minibatch_discrimination:
        added.append(layers.MinibatchDiscrimination(config.minibatch_discrimination))
    if not added and not config.spectral_norm:
        return discriminator

    def clone(layer):
        copy = type(layer).from_config(layer.get_config())
        if config.spectral_norm and hasattr(layer, "kernel"):
            return layers.SpectralNorm(copy, name=layer.name, dtype=layer.dtype_policy)
        return copy

    def call(layer, *args, **kwargs):
        if layer.name == LOGIT:
            (features,) = args
            for extra in added:
                features = extra(features)
            args = (features,)
        return layer(*args, **kwargs)

    return keras.models.clone_model(discriminator, clone_function=clone, call_function=call)


def optimizer(config: Any, rate: float, steps: keras.Variable) -> keras.optimizers.Optimizer:
    """Makes the optimizer that `--optimizer` names.

    Args:
        config: Options of an image GAN.
        rate: Learning rate at step 0.
        steps: Counts training steps.
    """
    if config.optimizer == "adam":
        return adam(config, rate, steps)
    schedule = learning_rate(config, rate, steps)
    if config.optimizer == "sgd":
        return keras.optimizers.SGD(schedule)
    # Keras adds epsilon under the root, where 1e-8 would silence gradients below 1e-4.
    return keras.optimizers.RMSprop(schedule, rho=0.99, epsilon=config.epsilon**2)


def adam(config: Any, rate: float, steps: keras.Variable) -> keras.optimizers.Optimizer:
    """Makes an Adam of a configuration.

    Args:
        config: Options with `beta_1`, `beta_2`, `epsilon` and a learning rate schedule.
        rate: Learning rate at step 0.
        steps: Counts training steps.
    """
    return optimizers.FusedAdam(
        learning_rate(config, rate, steps),
        beta_1=config.beta_1,
        beta_2=config.beta_2,
        epsilon=config.epsilon,
    )


def learning_rate(config: ToolConfig, rate: float, steps: keras.Variable) -> Any:
    """A rate, or the schedule that `--lr_decay` asks for, over training steps.

    Args:
        config: The options.
        rate: Learning rate at step 0.
        steps: Counts training steps.
    """
    schedule = schedules.get(config.lr_decay, rate, config.lr_decay_steps)
    return schedules.ByStep(schedule, steps) if callable(schedule) else schedule

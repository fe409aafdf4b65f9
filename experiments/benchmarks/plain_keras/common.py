"""Base of the plain Keras GANs."""

import keras
import tensorflow as tf
from keras import ops

Shape = tuple[int, int, int]
Data = tuple[tf.Tensor, tf.Tensor]
Logs = dict[str, tf.Tensor]


class GAN(keras.Model):
    """Networks, a source of random numbers, and the mean of each loss.

    Args:
        losses: Names of the losses that a step returns.
        **networks: Networks by name.
    """

    def __init__(self, losses: tuple[str, ...], **networks: keras.Model) -> None:
        super().__init__()
        self.networks = networks
        for name, network in networks.items():
            setattr(self, name, network)
        self.seed = keras.random.SeedGenerator(0)
        self.means = {name: keras.metrics.Mean(name) for name in losses}
        self.source_loss = keras.losses.BinaryCrossentropy(from_logits=True)
        self.class_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.built = True
        self.compile(optimizer=None)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return list(self.means.values())

    def normal(self, batch: tf.Tensor, size: int) -> tf.Tensor:
        return keras.random.normal((batch, size), seed=self.seed)

    def labels(self, batch: tf.Tensor, num_classes: int) -> tf.Tensor:
        return keras.random.randint((batch,), 0, num_classes, seed=self.seed)

    def update(
        self, optimizer: keras.Optimizer, tape: tf.GradientTape, loss: tf.Tensor, weights: list
    ) -> None:
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))

    def logs(self, **losses: tf.Tensor) -> Logs:
        for name, loss in losses.items():
            self.means[name].update_state(loss)
        return {name: mean.result() for name, mean in self.means.items()}


def targets(batch: tf.Tensor, real: float, fake: float) -> tf.Tensor:
    """One target per image of a batch of real and as many generated ones."""
    return ops.concatenate([tf.fill((batch, 1), real), tf.fill((batch, 1), fake)])

"""What callbacks share."""

import keras

from gan_keras.gans.base import GAN


class EpochCounter(keras.callbacks.Callback):
    """Base of callbacks that need to know how many epochs are complete."""

    model: GAN

    @property
    def step(self) -> int:
        """Training steps made so far, over all legs."""
        return int(self.model.steps.numpy())

"""Keras callbacks of a run: what is recorded, what is scored, what stops it."""

import dataclasses

import keras


@dataclasses.dataclass(eq=False)
class RunCallback(keras.callbacks.Callback):
    """A callback that knows how many steps the model has made.

    Keras' own initializer is not needed: it only prepares for `set_model` and `set_params`.
    """

    @property
    def steps_made(self) -> int:
        """Training steps made so far, over all sessions."""
        return int(self.model.steps)

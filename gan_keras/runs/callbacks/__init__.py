"""Keras callbacks of a run: what is recorded, what is scored, what stops it."""

import dataclasses

import keras


@dataclasses.dataclass(eq=False)
class RunCallback(keras.callbacks.Callback):
    """A callback that knows how many steps the model has made."""

    def __post_init__(self) -> None:
        super().__init__()

    @property
    def steps_made(self) -> int:
        """Training steps made so far, over all sessions."""
        return int(self.model.steps.numpy())

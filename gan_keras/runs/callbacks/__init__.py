"""What happens between steps and epochs: logs, pictures, scores, checkpoints, guards."""

from gan_keras.runs.callbacks.base import EpochCounter
from gan_keras.runs.callbacks.checkpointing import Checkpointer
from gan_keras.runs.callbacks.evaluation import (
    EpochScores,
    KeepBest,
    collapsed_for,
    to_board,
)
from gan_keras.runs.callbacks.guards import (
    DIVERGED,
    CollapsedError,
    CollapseGuard,
    DivergedError,
    DivergenceGuard,
    InterruptedRunError,
    stop_signals,
)
from gan_keras.runs.callbacks.logging import EpochLog, TensorBoardLogger
from gan_keras.runs.callbacks.pictures import Pictures, SampleGrid

__all__ = [
    "DIVERGED",
    "Checkpointer",
    "CollapseGuard",
    "CollapsedError",
    "DivergedError",
    "DivergenceGuard",
    "EpochCounter",
    "EpochLog",
    "EpochScores",
    "InterruptedRunError",
    "KeepBest",
    "Pictures",
    "SampleGrid",
    "TensorBoardLogger",
    "collapsed_for",
    "stop_signals",
    "to_board",
]

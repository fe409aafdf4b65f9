"""Kills runs and checks that they go on to the same end."""

import numpy as np
import pytest

from gan_keras.runs import training
from gan_keras.runs.callbacks import stopping
from gan_keras.storage import checkpoints, run_folder


def final_state(run):
    """Name and arrays of the newest checkpoint of a run: its configuration, or its folder."""
    folder = run_folder.RunFolder(getattr(run, "workdir", run))
    newest = checkpoints.existing(folder.checkpoints)[0]
    arrays, _ = checkpoints.read(newest)
    return newest.name, arrays


def assert_same_end(one, two):
    name, arrays = final_state(one)
    other_name, other = final_state(two)
    assert name == other_name
    assert arrays.keys() == other.keys()
    for key in arrays:
        np.testing.assert_array_equal(arrays[key], other[key], err_msg=key)


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it, nothing is saved on the way out."""


def kill(*args, **kwargs):
    raise Killed


def at_step(monkeypatch, step, action=kill):
    """Calls `action` once, when a run reaches a step."""
    original = stopping.DivergenceGuard.on_train_batch_end
    done = []

    def hook(self, batch, logs=None):
        original(self, batch, logs)
        if self.steps_made == step and not done:
            done.append(True)
            action()

    monkeypatch.setattr(stopping.DivergenceGuard, "on_train_batch_end", hook)


def killed_at(monkeypatch, step, config):
    """Trains until a step, where the process is killed."""
    at_step(monkeypatch, step)
    with pytest.raises(Killed):
        training.run(config)


def assert_killed_run_resumes(monkeypatch, whole, broken, step, saved):
    """Checks that a run killed at a step goes on from checkpoint `saved` to the end of `whole`."""
    killed_at(monkeypatch, step, broken)
    assert final_state(broken)[0] == f"step_{saved:08d}.npz"
    training.run(broken)
    assert_same_end(whole, broken)

"""When the curves of a run are drawn."""

from types import SimpleNamespace

import pytest
import tensorflow as tf

from gan_keras.drawing import plots
from gan_keras.runs.callbacks import recording
from gan_keras.storage.history import History, Stopwatch
from gan_keras.storage.run_folder import RunFolder


# A drawing takes a second: after short epochs 1 % of the time.
@pytest.mark.parametrize(
    ("epochs", "seconds", "expected"), [(130, 1.0, [1, 101, 130]), (3, 120.0, [1, 2, 3])]
)
def test_curves_are_drawn_at_first_now_and_then_and_once_at_the_end(
    tmp_path, monkeypatch, epochs, seconds, expected
):
    clock = SimpleNamespace(now=0.0)
    drawn = []

    def draw(path, history, title):
        clock.now += 1.0
        drawn.append(len(history["epoch"]))

    monkeypatch.setattr(plots, "write_curves", draw)
    monkeypatch.setattr(recording.time, "monotonic", lambda: clock.now)
    log = recording.EpochLog(RunFolder(tmp_path), History(tmp_path / "log.csv"), Stopwatch())
    log.set_model(SimpleNamespace(steps=tf.constant(1)))
    for epoch in range(epochs):
        clock.now += seconds
        log.on_epoch_end(epoch, {"d_loss": 1.0})
    log.on_train_end()
    assert drawn == expected

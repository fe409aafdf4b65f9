"""When the curves of a run are drawn."""

from types import SimpleNamespace

import pytest
import tensorflow as tf

from gan_keras.drawing import plots
from gan_keras.runs.callbacks import recording
from gan_keras.storage.history import History, Stopwatch
from gan_keras.storage.run_folder import RunFolder


@pytest.fixture
def log(tmp_path, monkeypatch):
    """A log whose drawing takes a second of a clock that the test turns; its drawings."""
    clock = SimpleNamespace(now=0.0, drawn=[])

    def draw(path, history, title):
        clock.now += 1.0
        clock.drawn.append(len(history["epoch"]))

    monkeypatch.setattr(plots, "write_curves", draw)
    monkeypatch.setattr(recording.time, "monotonic", lambda: clock.now)
    log = recording.EpochLog(RunFolder(tmp_path), History(tmp_path / "log.csv"), Stopwatch())
    log.set_model(SimpleNamespace(steps=tf.constant(1)))
    return log, clock


def train(log, clock, epochs, seconds):
    for epoch in range(epochs):
        clock.now += seconds
        log.on_epoch_end(epoch, {"d_loss": 1.0})
    log.on_train_end()


def test_curves_of_short_epochs_are_drawn_at_first_now_and_then_and_at_the_end(log):
    train(*log, epochs=130, seconds=1.0)
    # a second of drawing in 100 others, so 1 %
    assert log[1].drawn == [1, 101, 130]


def test_curves_of_long_epochs_are_drawn_after_each_and_once_at_the_end(log):
    train(*log, epochs=3, seconds=120.0)
    assert log[1].drawn == [1, 2, 3]

"""Several steps in one call: the same steps, and callbacks wherever they have something to do."""

import signal

import pytest
import small_runs
from resuming import assert_same_end, at_step

from gan_keras.runs import training
from gan_keras.runs.callbacks import stopping
from gan_keras.runs.session import steps_per_call


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"log_every": 50}, 50),
        ({"log_every": 50, "sample_every": 20}, 10),
        ({"log_every": 1}, 1),
        ({"log_every": 50, "batch_size": 2_000_000}, 10),  # or it took more than a second
    ],
)
def test_the_longest_calls_that_miss_nothing(tmp_path, options, expected):
    config = small_runs.points(tmp_path, **options)
    model = training.build(config, training.load_data(config).spec)
    assert steps_per_call(config, model) == expected


@pytest.fixture
def turns(monkeypatch):
    """Steps at which callbacks have their turn, with the logs that they get."""
    found = {}
    original = stopping.DivergenceGuard.on_train_batch_end

    def hook(self, batch, logs=None):
        found[self.steps_made] = {name: float(value) for name, value in logs.items()}
        original(self, batch, logs)

    monkeypatch.setattr(stopping.DivergenceGuard, "on_train_batch_end", hook)
    return found


def test_steps_of_long_calls_are_those_of_short_ones(tmp_path, turns, monkeypatch):
    single, several, resumed = (
        small_runs.points(tmp_path / str(n), log_every=n, steps_per_epoch=22) for n in (1, 5, 10)
    )
    training.run(single)
    every = dict(turns)
    assert list(every) == list(range(1, 45))
    turns.clear()
    training.run(several)
    # An epoch may have any length: its last call is shorter, and the next one's first.
    assert list(turns) == [5, 10, 15, 20, 22, 25, 30, 35, 40, 44]
    assert all(logs == every[step] for step, logs in turns.items())  # of one step, not of a call
    assert small_runs.rows(single, "log.csv") == small_runs.rows(
        several, "log.csv"
    )  # over all steps, and the test split
    assert_same_end(single, several)

    at_step(monkeypatch, 30, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(stopping.InterruptedRunError):
        training.run(resumed)
    turns.clear()
    training.run(resumed)
    assert list(turns) == [40, 44]
    assert small_runs.rows(single, "log.csv") == small_runs.rows(resumed, "log.csv")
    assert_same_end(single, resumed)

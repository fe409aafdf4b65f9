"""Several steps a call: the same steps, and callbacks wherever they have something to do."""

import random

import keras
import numpy as np
import pytest

from gan_keras.configs.gaussian import GaussianConfig
from gan_keras.data.pipeline import training_batches
from gan_keras.gans import pacing
from gan_keras.runs import callbacks, training


@pytest.mark.parametrize("seed", range(20))
def test_calls_end_wherever_something_is_due(seed):
    dice = random.Random(seed)
    for _ in range(50):
        due = [dice.choice([1, 2, 5, 10, 48, 50, 100])]
        due += dice.choice([[], [20], [500], [7]])
        epoch = dice.randint(1, 700)
        pace = pacing.Pace.choose(epoch, due, operations=dice.choice([1.0, 1e9, 3e10, 1e12]))
        start = dice.randint(0, 30) * epoch
        ends = pace.ends(start)
        assert ends == sorted(set(ends))
        assert ends[0] > start
        assert ends[-1] == start + epoch
        assert len(ends) == -(-epoch // pace.size)  # what Keras' loop counts on
        for steps in due:
            assert set(range(start + 1, start + epoch + 1)) & _multiples(steps, ends) <= set(ends)


def _multiples(steps, ends):
    return set(range(0, ends[-1] + 1, steps))


def test_the_longest_calls_that_miss_nothing():
    assert pacing.Pace.choose(1000, [50], 1.0).size == 25
    assert pacing.Pace.choose(1000, [50, 20], 1.0).size == 5
    assert pacing.Pace.choose(1000, [1], 1.0).size == 1
    assert pacing.Pace.choose(30, [50], 1.0).size == 5  # four calls an epoch at least
    assert pacing.Pace.choose(1000, [50], pacing.OPERATIONS).size == 1
    assert pacing.Pace.choose(1000, [50], pacing.OPERATIONS / 7).size == 5


@pytest.mark.parametrize(("size", "epoch", "due"), [(50, 1000, [50]), (4, 1000, [50]), (5, 19, [])])
def test_a_pace_that_would_miss_something(size, epoch, due):
    with pytest.raises(ValueError, match="proper divisor"):
        pacing.Pace(size, epoch, due)


@pytest.fixture(scope="module")
def points():
    config = GaussianConfig.create("z1", {"batch_size": 32, "only_class": "", "seed": 3})
    return config, training.load_data(config)


class Steps(keras.callbacks.Callback):
    """Notes after which steps it had its turn, and the logs."""

    def __init__(self):
        super().__init__()
        self.steps, self.logs = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(int(self.model.steps.numpy()))
        self.logs.append({name: float(value) for name, value in logs.items()})


def _train(points, size, epoch, epochs, start=None):
    config, dataset = points
    model = training.build(config, dataset.spec)
    first = 0
    if start is not None:
        for name, variable in model.state().items():
            variable.assign(start[name])
        first = int(model.steps.numpy())
    if size:
        model.pace = pacing.Pace(size, epoch, [10])
    seen = Steps()
    history = model.fit(
        training_batches(dataset, config.batch_size, config.seed, first),
        steps_per_epoch=epoch - first % epoch,
        initial_epoch=first // epoch,
        epochs=epochs,
        verbose=0,
        shuffle=False,
        validation_data=(dataset.test_images[:100], dataset.test_labels[:100]),
        callbacks=[seen],
    )
    state = {name: np.array(value) for name, value in model.state().items()}
    return state, seen, history.history


def _assert_equal(one, two):
    assert one.keys() == two.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], two[name], err_msg=name)


@pytest.fixture(scope="module")
def whole(points):
    """Two epochs in calls of five steps."""
    return _train(points, 5, 23, 2)


def test_steps_are_the_same_bit_by_bit(points, whole):
    single, every, history = _train(points, 0, 23, 2)
    paced, some, paced_history = whole
    _assert_equal(single, paced)
    assert history == paced_history  # means over all steps, tests included
    assert len(some.steps) == 2 * 5
    assert {10, 20, 23, 30, 40, 46} <= set(some.steps)
    for step, logs in zip(some.steps, some.logs, strict=True):
        assert logs == every.logs[step - 1]  # a step's own values, not those of a call


def test_a_resumed_run_is_the_same_too(points, whole):
    half, _, _ = _train(points, 0, 7, 1)
    rest, seen, _ = _train(points, 5, 23, 1, start=half)
    assert seen.steps == list(range(8, 24))  # a half-done epoch by single steps
    rest, _, _ = _train(points, 5, 23, 2, start=rest)
    trained = {name: value for name, value in whole[0].items() if not name.startswith("metrics/")}
    _assert_equal(trained, {name: rest[name] for name in trained})


def test_a_run_paces_itself_and_logs_where_it_should(tmp_path, monkeypatch):
    logged = []
    monkeypatch.setattr(
        callbacks.TensorBoardLogger,
        "on_train_batch_end",
        lambda self, batch, logs=None: logged.append(self.step),
    )
    options = {"epochs": 2, "steps_per_epoch": 41, "log_every": 20, "eval_samples": 0, "gif": False}
    training.run(GaussianConfig.create("z1", {**options, "workdir": str(tmp_path / "run")}))
    assert len(logged) == 2 * 5  # calls of 10
    assert {20, 40, 41, 60, 80, 82} <= set(logged)

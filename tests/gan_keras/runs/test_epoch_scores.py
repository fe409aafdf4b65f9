"""Scores while training: they change nothing, name a collapse, and keep the best."""

import functools
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest
import small_runs
import tensorflow as tf
from conftest import copied
from resuming import Killed, assert_same_end, final_state, kill, killed_at
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.runs import training
from gan_keras.runs.callbacks import epoch_scores, stopping
from gan_keras.runs.session import Session
from gan_keras.storage import exports
from gan_keras.storage.history import History
from gan_keras.storage.run_folder import RunFolder


@pytest.fixture
def points(tmp_path):
    def points(workdir="points", **options):
        return small_runs.points(tmp_path / workdir, **{"epochs": 3, **options})

    return points


WATCHED = {"eval_every": 1, "keep_best": "energy_distance"}


@pytest.fixture(scope="module")
def watched_points(tmp_path_factory):
    """Three epochs that were watched and that nothing has disturbed."""
    config = small_runs.points(tmp_path_factory.mktemp("watched") / "run", epochs=3, **WATCHED)
    training.run(config)
    return config


def test_looking_changes_nothing(data_dir, tmp_path, finished_acgan):
    options = {"eval_every": 1, "keep_best": "accuracy"}
    plain, watched = finished_acgan, small_runs.acgan(data_dir, tmp_path / "run", **options)
    training.run(watched)
    assert_same_end(plain, watched)
    assert small_runs.rows(plain, "log.csv") == small_runs.rows(watched, "log.csv")

    found = small_runs.rows(watched, "scores.csv")
    assert [(row["epoch"], row["step"]) for row in found] == [("0", "0"), ("1", "5"), ("2", "10")]
    assert 0 <= float(found[-1]["accuracy"]) <= 1
    assert float(found[-1]["distribution.frechet_classifier_features"]) > 0
    assert {f"accuracy_per_class.{name}" for name in "abcd"} <= found[-1].keys()

    folder = RunFolder(watched.workdir)
    events = EventAccumulator(str(folder.tensorboard / "test"), size_guidance={"tensors": 0})
    events.Reload()
    tags = set(events.Tags()["tensors"])
    assert {"samples/accuracy", "accuracy_per_class/a", "diversity_ratio_per_class/d"} <= tags
    assert [event.step for event in events.Tensors("samples/accuracy")] == [0, 5, 10]

    best = small_runs.read(watched, "best/best.json")
    accuracies = [float(row["accuracy"]) for row in found[1:]]
    assert best["value"] == pytest.approx(max(accuracies), rel=1e-5)
    assert best["epoch"] == 1 + int(np.argmax(accuracies))
    assert best["step"] == 5 * best["epoch"]
    assert small_runs.read(watched, "metrics.json")["best"] == best
    assert (folder.best / "generator.keras").exists()


def test_killed_run_has_the_scores_and_the_best_of_a_whole_one(points, watched_points, monkeypatch):
    whole, broken = watched_points, points("broken", **WATCHED)
    killed_at(monkeypatch, 13, broken)  # inside epoch 3
    training.run(broken)
    assert small_runs.rows(whole, "scores.csv") == small_runs.rows(broken, "scores.csv")
    best = small_runs.read(whole, "best/best.json")
    assert best == small_runs.read(broken, "best/best.json")
    energies = [float(row["energy_distance"]) for row in small_runs.rows(whole, "scores.csv")[1:]]
    assert best["epoch"] == 1 + int(np.argmin(energies))  # less is better


def test_a_session_does_not_forget_a_better_one(watched_points, tmp_path):
    config = copied(watched_points, tmp_path / "copied")
    best = RunFolder(config.workdir).best
    perfect = small_runs.read(config, "best/best.json") | {"value": 0.0, "quality": 0.0}
    exports.stamp(best / "generator.keras", perfect)
    exported = (best / "generator.keras").read_bytes()
    (best / "best.json").write_text('{"metric": "ener')  # which only people read
    training.run(config.replace(epochs=4))
    assert small_runs.read(config, "best/best.json") == perfect
    assert (best / "generator.keras").read_bytes() == exported
    exports.stamp(best / "generator.keras", {})  # of an earlier version
    training.run(config.replace(epochs=5))
    assert small_runs.read(config, "best/best.json") == perfect
    (best / "best.json").write_text('{"metric": "ener')
    with pytest.raises(DataError, match=r"best generator of unknown quality .* remove the folder"):
        training.run(config.replace(epochs=6))


def test_scores_come_every_few_epochs(tmp_path):
    folder = RunFolder(tmp_path)
    history = History(folder / "scores.csv", -1)
    config = small_runs.points(tmp_path, eval_every=2)
    score = functools.partial(SimpleNamespace, metrics={"accuracy": 0.5})
    scores = epoch_scores.EpochScores(score, config, history, Mock())
    scores.set_model(SimpleNamespace(steps=tf.constant(0)))
    scores.on_train_begin()
    for epoch in range(3):
        scores.on_epoch_end(epoch)
        assert (scores.latest is not None) == (epoch == 1)
    assert [row["epoch"] for row in history.rows] == ["0", "2"]  # every second one


def collapsed_for(config):
    """Numbers of scores in a row that show a collapse, per row."""
    return [int(row["collapsed_for"]) for row in small_runs.rows(config, "scores.csv")]


# A learning rate of nearly 0 leaves the generator as it was: all alike.
STILL = {"lr": 1e-30, "eval_every": 1, "stop_on_collapse": True, "collapse_patience": 2}


def test_a_collapsed_run_stops_is_saved_and_says_what_collapsed(points, capsys):
    config = points(epochs=9, eval_samples=200, **STILL)
    message = r"along principal axis \d is .* of the real variance.*\(step 10\)"
    with pytest.raises(stopping.CollapsedError, match=message):
        training.run(config)
    assert "looks collapsed (1 of 2): along principal axis" in capsys.readouterr().out
    assert final_state(config)[0] == "step_00000010.npz"
    metrics = small_runs.read(config, "metrics.json")
    assert metrics["collapsed"][0].startswith("along principal axis")
    assert metrics["energy_distance"] > 0
    assert RunFolder(config.workdir).report.exists()
    assert collapsed_for(config) == [0, 1, 2]

    # it is a verdict: the same command does not train on, another one does
    with pytest.raises(stopping.CollapsedError, match=message):
        training.run(config)
    assert final_state(config)[0] == "step_00000010.npz"
    metrics = training.run(config.replace(stop_on_collapse=False))
    assert metrics["step"] == 45
    assert "collapsed" not in metrics


def test_kills_before_the_verdict_is_said_change_nothing(points, monkeypatch):
    config = points(epochs=9, eval_samples=200, **STILL)
    killed_at(monkeypatch, 8, config)
    monkeypatch.undo()
    monkeypatch.setattr(Session, "finish", kill)
    with pytest.raises(Killed):
        training.run(config)
    monkeypatch.undo()
    with pytest.raises(stopping.CollapsedError, match=r"principal axis .*\(step 10\)"):
        training.run(config)
    assert final_state(config)[0] == "step_00000010.npz"
    assert collapsed_for(config) == [0, 1, 2]

    # more patience: it goes on where it stood
    with pytest.raises(stopping.CollapsedError, match=r"\(step 15\)"):
        training.run(config.replace(collapse_patience=3))
    assert collapsed_for(config) == [0, 1, 2, 3]


@pytest.mark.parametrize("option", [{"keep_best": "accuracy"}, {"stop_on_collapse": True}])
def test_options_that_need_scores_while_training(points, option):
    with pytest.raises(UsageError, match=f"--{next(iter(option))} needs scores while training"):
        points(**option)


def test_scores_that_a_run_does_not_have(points):
    with pytest.raises(UsageError, match=r"--keep_best=beauty: choose one of accuracy, "):
        training.run(points(eval_every=1, keep_best="beauty"))
    message = r"--keep_best=accuracy: this run has no such score.*energy_distance"
    with pytest.raises(UsageError, match=message):
        training.run(points("other", eval_every=1, keep_best="accuracy"))
    assert not (RunFolder(points("other").workdir).best / "generator.keras").exists()

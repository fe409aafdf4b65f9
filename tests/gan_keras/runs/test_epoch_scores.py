"""Scores while training: they change nothing, name a collapse, and keep the best."""

import csv
import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import small_runs
import tensorflow as tf
from conftest import copied
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from test_training import Killed, assert_same_end, at_step, final_state, kill

from gan_keras.foundation.errors import UsageError
from gan_keras.runs import callbacks, training
from gan_keras.samples import sampling
from gan_keras.storage import run_folder
from gan_keras.storage.run_folder import RunFolder


@pytest.fixture
def make(data_dir, tmp_path):
    def make(workdir="run", **options):
        return small_runs.acgan(data_dir, tmp_path / workdir, **options)

    return make


@pytest.fixture
def points(tmp_path):
    def points(workdir="points", **options):
        return small_runs.points(tmp_path / workdir, **{"epochs": 3, **options})

    return points


# What the watched runs of points below have in common.
WATCHED = {"eval_every": 1, "keep_best": "energy_distance"}


@pytest.fixture(scope="module")
def watched_points(tmp_path_factory):
    """Three epochs that were watched and that nothing has disturbed."""
    config = small_runs.points(tmp_path_factory.mktemp("watched") / "run", epochs=3, **WATCHED)
    training.run(config)
    return config


def rows(config):
    with open(f"{config.workdir}/scores.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_looking_changes_nothing(make, finished_acgan):
    plain, watched = finished_acgan, make("watched", eval_every=1, keep_best="accuracy")
    training.run(watched)
    assert_same_end(plain, watched)
    logs = [list(csv.DictReader(open(f"{c.workdir}/log.csv"))) for c in (plain, watched)]
    for row, other in zip(*logs, strict=True):
        assert {k: v for k, v in row.items() if "seconds" not in k} == {
            k: v for k, v in other.items() if "seconds" not in k
        }

    found = rows(watched)
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

    best = json.loads((folder.best / "best.json").read_text())
    accuracies = [float(row["accuracy"]) for row in found[1:]]
    assert best["value"] == pytest.approx(max(accuracies), rel=1e-5)
    assert best["epoch"] == 1 + int(np.argmax(accuracies))
    assert best["step"] == 5 * best["epoch"]
    assert json.loads((folder / "metrics.json").read_text())["best"] == best
    keras.models.load_model(folder.best / "generator.keras", safe_mode=True)


def test_killed_run_has_the_scores_and_the_best_of_a_whole_one(points, watched_points, monkeypatch):
    whole, broken = watched_points, points("broken", **WATCHED)
    at_step(monkeypatch, 13, kill)  # inside epoch 3
    with pytest.raises(Killed):
        training.run(broken)
    training.run(broken)
    assert rows(whole) == rows(broken)
    bests = [
        json.loads((RunFolder(c.workdir).best / "best.json").read_text()) for c in (whole, broken)
    ]
    assert bests[0] == bests[1]
    energies = [float(row["energy_distance"]) for row in rows(whole)[1:]]
    assert bests[0]["epoch"] == 1 + int(np.argmin(energies))  # less is better


def test_a_leg_does_not_forget_a_better_one(watched_points, tmp_path):
    config = copied(watched_points, tmp_path / "copied")
    best = RunFolder(config.workdir).best / "best.json"
    perfect = json.loads(best.read_text()) | {"value": 0.0, "quality": 0.0}
    best.write_text(json.dumps(perfect))
    exported = (best.parent / "generator.keras").read_bytes()
    training.run(config.replace(epochs=4))
    assert json.loads(best.read_text()) == perfect
    assert (best.parent / "generator.keras").read_bytes() == exported


class Board:
    """Stands for TensorBoard."""

    def scalars(self, values):
        pass


def test_scores_come_every_few_epochs_and_overwrite_removes_them(tmp_path):
    folder = RunFolder(tmp_path)
    history = run_folder.History(folder / "scores.csv", -1)
    scores = callbacks.EpochScores(lambda model: {"accuracy": 0.5}, 2, history, Board())
    scores.set_model(SimpleNamespace(steps=tf.constant(0)))
    scores.on_train_begin()
    for epoch in range(3):
        scores.on_epoch_end(epoch)
        assert (scores.latest is not None) == (epoch == 1)
    assert [row["epoch"] for row in history.rows] == ["0", "2"]  # every second one
    folder.best.mkdir()
    (folder.best / "best.json").write_text("{}")
    folder.clear()
    assert not (folder / "scores.csv").exists()
    assert not folder.best.exists()


# A learning rate of nearly 0 leaves the generator as it was: all alike.
STILL = {"lr": 1e-30, "eval_every": 1, "stop_on_collapse": True, "collapse_patience": 2}


def test_a_collapsed_run_stops_is_saved_and_says_what_collapsed(points, capsys):
    config = points(epochs=9, eval_samples=200, **STILL)
    message = r"along principal axis \d is .* of the real variance.*\(step 10\)"
    with pytest.raises(callbacks.CollapsedError, match=message):
        training.run(config)
    assert "looks collapsed (1 of 2): along principal axis" in capsys.readouterr().out
    assert final_state(config)[0] == "step_00000010.npz"
    folder = RunFolder(config.workdir)
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["collapsed"][0].startswith("along principal axis")
    assert metrics["energy_distance"] > 0
    assert (folder / "report.html").exists()
    assert [row["collapsed_for"] for row in rows(config)] == ["0", "1", "2"]

    # it is a verdict: the same command does not train on, another one does
    with pytest.raises(callbacks.CollapsedError, match=message):
        training.run(config)
    assert final_state(config)[0] == "step_00000010.npz"
    metrics = training.run(config.replace(stop_on_collapse=False))
    assert metrics["step"] == 45
    assert "collapsed" not in metrics


def test_patience_goes_on_after_a_kill(points, monkeypatch):
    config = points(epochs=9, **STILL)
    at_step(monkeypatch, 8, kill)
    with pytest.raises(Killed):
        training.run(config)
    with pytest.raises(callbacks.CollapsedError):
        training.run(config)
    assert [row["collapsed_for"] for row in rows(config)] == ["0", "1", "2"]


def test_a_kill_before_the_verdict_is_said_changes_nothing(points, monkeypatch):
    config = points(epochs=9, eval_samples=200, **STILL)
    monkeypatch.setattr(training, "_finish", lambda leg, collapsed: kill())
    with pytest.raises(Killed):
        training.run(config)
    monkeypatch.undo()
    with pytest.raises(callbacks.CollapsedError, match=r"principal axis .*\(step 10\)"):
        training.run(config)
    assert final_state(config)[0] == "step_00000010.npz"
    assert [row["collapsed_for"] for row in rows(config)] == ["0", "1", "2"]

    # more patience: it goes on where it stood
    with pytest.raises(callbacks.CollapsedError, match=r"\(step 15\)"):
        training.run(config.replace(collapse_patience=3))
    assert [row["collapsed_for"] for row in rows(config)] == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep_best": "accuracy"}, "--keep_best needs scores while training: give --eval_every"),
        ({"stop_on_collapse": True}, "--stop_on_collapse needs scores while training"),
        ({"eval_every": -1}, "--eval_every=-1: must be at least 0"),
        ({"collapse_patience": 0}, "--collapse_patience=0: must be at least 1"),
        ({"gan_train": True}, "--gan_train needs scores at the end: --eval_samples=0 skips them"),
    ],
)
def test_options_that_do_not_go_together(points, options, message):
    with pytest.raises(UsageError, match=message):
        points(**options)


def test_scores_that_a_run_does_not_have(points):
    with pytest.raises(UsageError, match=r"--keep_best=beauty: choose one of accuracy, "):
        training.run(points(eval_every=1, keep_best="beauty"))
    assert not RunFolder(points().workdir).path.exists()  # nothing was started for it
    message = r"--keep_best=accuracy: this run has no such score.*energy_distance"
    with pytest.raises(UsageError, match=message):
        training.run(points("other", eval_every=1, keep_best="accuracy"))
    assert not (RunFolder(points("other").workdir).best / "generator.keras").exists()


def test_export_is_known_to_be_old(watched_points, tmp_path):
    config = copied(watched_points, tmp_path / "copied")
    folder = RunFolder(config.workdir)
    assert sampling.is_exported(folder)
    (folder / "generator.keras").unlink()
    assert not sampling.is_exported(folder)
    training.run(config)  # metrics.json alone does not make a run finished
    assert sampling.is_exported(folder)

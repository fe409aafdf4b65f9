"""Runs from start to end: exact resumes, stops, folders, files."""

import concurrent.futures
import gc
import os
import random
import shutil
import signal
import sys
import weakref

import keras
import numpy as np
import pytest
import small_runs
import tensorflow as tf
from conftest import copied
from PIL import Image
from resuming import (
    Killed,
    assert_killed_run_resumes,
    assert_same_end,
    at_step,
    final_state,
    kill,
    killed_at,
)
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorflow.python.framework import config as tf_config

from gan_keras.configs.acgan import ACGANConfig
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.reports import run_report
from gan_keras.runs import session, training
from gan_keras.runs.callbacks import recording, stopping
from gan_keras.samples import sampling, scoring
from gan_keras.storage import checkpoints, exports
from gan_keras.storage.metrics import write_metrics
from gan_keras.storage.run_folder import RunFolder


@pytest.fixture
def make(data_dir, tmp_path):
    def make(workdir="run", preset="compact", **options):
        return small_runs.acgan(data_dir, tmp_path / workdir, preset, **options)

    return make


@pytest.fixture
def points(tmp_path):
    def points(workdir="run", **options):
        return small_runs.points(tmp_path / workdir, **options)

    return points


@pytest.fixture(scope="module")
def whole_points(tmp_path_factory):
    """Three epochs that nothing has disturbed, the last two of which have a checkpoint."""
    config = small_runs.points(tmp_path_factory.mktemp("whole") / "run", epochs=3)
    training.run(config)
    return config


@pytest.fixture
def copied_points(whole_points, tmp_path):
    """A copy of them that a test may change."""
    return copied(whole_points, tmp_path / "copied")


# Half a minute each on a busy machine.
SLOW = ("original", "transposed", "keras_acgan")


@pytest.mark.parametrize(
    "preset",
    [pytest.param(p, marks=pytest.mark.slow if p in SLOW else ()) for p in ACGANConfig.PRESETS],
)
def test_killed_run_resumes_bit_equal(finished_acgan, make, monkeypatch, preset):
    whole = finished_acgan  # it has more pictures and scores, which must not matter
    if preset != whole.preset:
        whole = make("whole", preset)
        training.run(whole)
    broken = make("broken", preset)
    assert_killed_run_resumes(monkeypatch, whole, broken, step=8, saved=5)  # inside epoch 2
    assert small_runs.rows(whole, "log.csv") == small_runs.rows(broken, "log.csv")


class Gone:
    """Standard output whose reader has left."""

    def write(self, *text):
        raise BrokenPipeError

    flush = isatty = write


# Some come twice at once: from `timeout`, or from a shell and the terminal that has closed.
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_inside_the_epoch_and_resumes_bit_equal(
    number, points, whole_points, monkeypatch, capsys
):
    broken = points("broken", epochs=3)
    at_step(monkeypatch, 7, lambda: [signal.raise_signal(number) for _ in range(2)])
    with monkeypatch.context() as patch, pytest.raises(stopping.InterruptedRunError) as caught:
        patch.setattr(sys, "stdout", Gone())
        training.run(broken)
    assert caught.value.signum == number
    assert final_state(broken)[0] == "step_00000007.npz"
    threads = small_runs.read(broken, "config.json")["environment"]["threads"]
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "77")
    training.run(broken)
    assert f"going on elsewhere (threads {threads} before, 77 now)" in capsys.readouterr().out
    assert_same_end(whole_points, broken)
    # means are over the whole epoch
    assert small_runs.rows(whole_points, "log.csv") == small_runs.rows(broken, "log.csv")


def test_a_stop_at_the_last_step_of_an_epoch_comes_after_its_end(points, monkeypatch):
    config = points(eval_every=1)
    at_step(monkeypatch, 5, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(stopping.InterruptedRunError):
        training.run(config)
    assert final_state(config)[0] == "step_00000005.npz"
    training.run(config)
    for name, epochs in (("log.csv", ["1", "2"]), ("scores.csv", ["0", "1", "2"])):
        assert [row["epoch"] for row in small_runs.rows(config, name)] == epochs


def test_checkpoints_inside_an_epoch_are_not_of_its_last_step(points, monkeypatch):
    config = points(epochs=1, checkpoint_minutes=1e-9)
    monkeypatch.setattr(recording.EpochLog, "on_epoch_end", kill)
    with pytest.raises(Killed):
        training.run(config)
    assert final_state(config)[0] == "step_00000004.npz"


def test_a_run_leaves_the_process_as_it_was(points):
    def state():
        return (
            keras.config.dtype_policy().name,
            keras.config.is_interactive_logging_enabled(),
            tf_config.is_op_determinism_enabled(),
            random.random(),
            np.random.random(),
            float(tf.random.normal(())),
            float(keras.random.normal(())),
        )

    def begin():
        keras.utils.set_random_seed(5)
        keras.config.set_dtype_policy("mixed_float16")
        keras.config.disable_interactive_logging()

    begin()
    undisturbed = state()
    begin()
    training.run(points(deterministic=True, epochs=1))
    assert state() == undisturbed
    begin()
    with pytest.raises(UsageError):
        training.run(points(deterministic=True, epochs=1, minibatch_stddev=True))  # another run
    assert state() == undisturbed
    keras.config.enable_interactive_logging()


def test_nothing_of_a_run_stays_in_memory(make, monkeypatch):
    built, build = [], training.build

    def noted(*args):
        model = build(*args)
        built.append(weakref.ref(model))
        return model

    monkeypatch.setattr(training, "build", noted)
    training.run(make(epochs=1, steps_per_epoch=1))
    gc.collect()
    assert built[0]() is None


def test_runs_in_threads_end_as_runs_one_after_the_other(points, whole_points):
    runs = [points(f"run{number}", epochs=3) for number in range(2)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(training.run, runs))
    for config in runs:
        assert_same_end(whole_points, config)


def test_second_signal_acts_at_once(monkeypatch):
    monkeypatch.setattr(stopping, "TWICE", 0)
    # a shell may have started the tests with Ctrl-C ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with stopping.stop_signals() as stop:
            signal.raise_signal(signal.SIGINT)
            assert stop == [signal.SIGINT]
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_nohup_is_heeded():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping.stop_signals() as stop:
            signal.raise_signal(signal.SIGHUP)
        assert not stop
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_where_the_judge_cannot_be_kept_is_found_out_before_training(make, data_dir, monkeypatch):
    (data_dir / "classifiers").unlink()
    (data_dir / "classifiers").touch()  # not even root can write there
    monkeypatch.setenv("XDG_CACHE_HOME", str(data_dir / "classifiers"))
    config = make(eval_samples=2)
    with pytest.raises(DataError, match="can be kept neither in .*classifiers"):
        training.run(config)
    assert not RunFolder(config.workdir).checkpoints.exists()


def test_epochs_can_be_lowered_to_where_a_run_stands_and_raised(points, whole_points, monkeypatch):
    killed_at(monkeypatch, 8, points(epochs=4))  # inside epoch 2
    assert training.run(points(epochs=2))["step"] == 10
    with pytest.raises(UsageError, match=r"has 10 steps behind it, more than the 5 of --epochs=1"):
        training.run(points(epochs=1))
    training.run(points(epochs=3))
    assert_same_end(whole_points, points())


def test_a_finished_run_gets_scores_and_a_report_that_are_missing(copied_points, capsys):
    trained = final_state(copied_points)[0]
    scored = copied_points.replace(eval_samples=100)
    metrics = training.run(scored)
    assert metrics["points"] == 100
    scored = scored.replace(eval_samples=120)
    assert training.run(scored)["points"] == 120
    report = RunFolder(scored.workdir).report
    report.unlink()
    training.run(scored)
    assert report.exists()
    for export in (RunFolder(scored.workdir).generator, RunFolder(scored.workdir).discriminator):
        export.write_bytes(export.read_bytes()[:700])  # metrics.json alone does not finish it
        training.run(scored)
        assert exports.step(export) == 15
    assert "is finished" not in capsys.readouterr().out
    report.unlink()
    training.run(scored.replace(report=False))
    assert "is finished" in capsys.readouterr().out
    assert not report.exists()
    assert final_state(scored)[0] == trained


def copied_without_times(config, workdir):
    """Copies a run as many tools do; the old exports happen to be written last."""
    shutil.copytree(config.workdir, workdir, copy_function=shutil.copyfile)
    for old in ("generator.keras", "discriminator.keras"):
        os.utime(workdir / old, (2e9, 2e9))
    return config.replace(workdir=str(workdir))


def test_a_continued_run_is_not_taken_for_what_it_was(copied_points, tmp_path, monkeypatch, capsys):
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(session.Session, "finish", kill)
        training.run(copied_points.replace(epochs=4))
    config = copied_points.replace(epochs=4, eval_samples=100)
    config = copied_without_times(config, tmp_path / "again")
    _, metrics, _ = scoring.score_run(config.workdir, number=100)
    assert (metrics["step"], metrics["epochs"]) == (20, 4)
    folder = RunFolder(config.workdir)
    write_metrics(folder.path, metrics)
    folder.report.write_text("of the same scores")
    assert training.run(config)["energy_distance"] == pytest.approx(metrics["energy_distance"])
    assert exports.step(folder.generator) == exports.step(folder.discriminator) == 20
    assert "4 epochs, 20 steps" in folder.report.read_text()

    config = config.replace(epochs=5)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(session.run_report, "write_run_report", kill)
        training.run(config)
    assert small_runs.read(config, "metrics.json")["step"] == 25
    training.run(config)
    assert "5 epochs, 25 steps" in folder.report.read_text()
    assert "is finished" not in capsys.readouterr().out


def test_a_run_under_way_says_how_far_it_has_come(points, monkeypatch):
    config = points(epochs=60, eval_samples=100, checkpoint_minutes=1e-9)
    killed_at(monkeypatch, 8, config)
    scored, metrics, folder = scoring.score_run(config.workdir)
    assert (metrics["step"], metrics["epochs"]) == (7, 1.4)
    report = run_report.write_run_report(folder, metrics, scored)
    assert "1.4 of 60 epochs, 7 steps" in report.read_text()


def test_lost_checkpoints_do_not_let_a_finished_run_start_anew(copied_points, capsys):
    folder = RunFolder(copied_points.workdir)
    shutil.rmtree(folder.checkpoints)
    before = {path: path.read_bytes() for path in folder.path.glob("*.*")}
    training.run(copied_points)
    assert "is finished" in capsys.readouterr().out
    with pytest.raises(DataError, match="holds a trained run, but .* no checkpoint"):
        training.run(copied_points.replace(epochs=4))
    assert {path: path.read_bytes() for path in folder.path.glob("*.*")} == before
    training.run(copied_points.replace(epochs=1), overwrite=True)
    assert final_state(copied_points)[0] == "step_00000005.npz"


def test_a_damaged_log_costs_no_training(copied_points, capsys):
    log = RunFolder(copied_points.workdir).log
    head, first, second, *_ = log.read_text().splitlines()
    damaged = [*second.split(",")[:-1], "0.x"]
    log.write_text("\n".join([head, first, ",".join(damaged)]) + "\n")
    training.run(copied_points.replace(epochs=4))
    assert (
        f"WARNING: {log} is damaged: 1 of its figures cannot be read, and it has no row of 1 "
        "epochs, the first of them 3" in capsys.readouterr().out
    )
    assert [row["epoch"] for row in small_runs.rows(copied_points, "log.csv")] == ["1", "2", "4"]
    assert final_state(copied_points)[0] == "step_00000020.npz"


def test_scores_are_said_even_where_there_is_no_room_for_them(copied_points, monkeypatch, capsys):
    def full(folder, metrics):
        raise DataError(f"cannot write {folder}/metrics.json: No space left on device")

    monkeypatch.setattr(session, "write_metrics", full)
    with pytest.raises(DataError, match=r"metrics.json: No space left"):
        training.run(copied_points.replace(eval_samples=100))
    assert "energy distance" in capsys.readouterr().out


def test_changed_settings_are_listed(copied_points):
    with pytest.raises(UsageError, match=r"seed \(0 before, 4 now\), lr \(.*0.003 now\)"):
        training.run(copied_points.replace(lr=3e-3, seed=4))


def test_overwrite_starts_anew(copied_points):
    scores = RunFolder(copied_points.workdir).scores
    scores.write_text("epoch,step\n")
    (scores.parent / "grid.png").touch()  # of the user's
    training.run(copied_points.replace(epochs=1, seed=4), overwrite=True)
    assert small_runs.read(copied_points, "config.json")["options"]["seed"] == 4
    assert final_state(copied_points)[0] == "step_00000005.npz"
    assert not scores.exists()


def test_a_config_of_something_else_is_left_alone(points, tmp_path):
    foreign = tmp_path / "run" / "config.json"
    foreign.parent.mkdir()
    foreign.write_text('{"theme": "dark"}')
    with pytest.raises(DataError, match="of no run"):
        training.run(points(), overwrite=True)
    assert foreign.read_text() == '{"theme": "dark"}'


@pytest.mark.parametrize("step", [3, 5, 8])
def test_a_folder_that_is_moved_is_not_made_anew(points, tmp_path, monkeypatch, step):
    config, moved = points(), tmp_path / "moved"
    at_step(monkeypatch, step, lambda: shutil.move(config.workdir, moved))
    with pytest.raises(DataError, match="was moved or removed while it trained"):
        training.run(config)
    assert not os.path.exists(config.workdir)
    training.run(config.replace(workdir=str(moved)))
    assert final_state(moved)[0] == "step_00000010.npz"


def test_a_checkpoint_of_another_run_is_passed_over(copied_points, points, tmp_path, capsys):
    other = points("other", epochs=4, seed=4)
    training.run(other)
    newest = checkpoints.existing(RunFolder(other.workdir).checkpoints)[0]
    folder = RunFolder(copied_points.workdir).checkpoints
    strange = shutil.copy(newest, folder)
    exported = shutil.copy(RunFolder(other.workdir).generator, folder.parent)
    assert sampling.open_run(folder.parent).source == str(checkpoints.existing(folder)[1])
    said = capsys.readouterr().out
    assert f"{strange} is of another run" in said
    assert f"{exported} is of another run" in said
    training.run(copied_points.replace(epochs=4, workdir=copied_points.workdir))
    said = capsys.readouterr().out
    assert f"WARNING: checkpoint {strange} is of another run; falling back to the one" in said
    assert "going on at step 15 " in said
    for own in checkpoints.existing(folder):
        own.unlink()
    shutil.copy(newest, folder)
    with pytest.raises(DataError, match="all 1 checkpoints .* are damaged or of another run"):
        training.run(copied_points.replace(epochs=5))


def test_foreign_folders_are_left_alone(points, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").write_text("years of work")
    for overwrite in (False, True):
        with pytest.raises(DataError, match="no run folder"):
            training.run(points(), overwrite=overwrite)
    assert (tmp_path / "run" / "thesis.tex").read_text() == "years of work"


def test_changed_data_is_refused_before_anything_is_built(copied_acgan, data_dir, monkeypatch):
    path = data_dir / "demo" / "symbols.npz"
    with np.load(path) as arrays:
        changed = dict(arrays)
    changed["images"][0] ^= 255
    np.savez(path, **changed)
    monkeypatch.setattr(training, "build", pytest.fail)
    with pytest.raises(DataError, match="has changed since"):
        training.run(copied_acgan.replace(data_dir=str(data_dir), epochs=3))


def test_corrupt_newest_checkpoint_falls_back_and_ends_the_same(
    copied_points, whole_points, capsys
):
    folder = RunFolder(copied_points.workdir)
    newest = checkpoints.existing(folder.checkpoints)[0]
    newest.write_bytes(newest.read_bytes()[:1000])
    folder.metrics.unlink()  # which is written last
    training.run(copied_points)
    assert "WARNING" in capsys.readouterr().out
    assert_same_end(whole_points, copied_points)


def test_second_process_on_a_folder_is_refused(copied_points):
    folder = RunFolder(copied_points.workdir)
    with folder.acquire(), pytest.raises(DataError, match="in use by another process"):
        training.run(copied_points)
    training.run(copied_points)


def test_divergence_stops_and_keeps_the_last_good_checkpoint(points, monkeypatch):
    config = points(epochs=3)
    original = training.gans.build

    def poisoned(*args):
        gan = original(*args)
        kernel = gan.generator.trainable_variables[0]
        at_step(monkeypatch, 7, lambda: kernel.assign(np.full(kernel.shape, np.nan)))
        return gan

    monkeypatch.setattr(training.gans, "build", poisoned)
    with pytest.raises(stopping.DivergedError, match=r"_loss is nan at step 8"):
        training.run(config)
    name, arrays = final_state(config)
    assert name == "step_00000005.npz"
    assert all(np.isfinite(a).all() for a in arrays.values())


def test_run_folder_is_complete(finished_acgan):
    folder = RunFolder(finished_acgan.workdir)
    assert Image.open(folder / "curves.png").height == 400
    names = {p.name for p in folder.path.iterdir()}
    assert names >= {
        "config.json", "log.csv", "curves.png", "metrics.json", "generator.keras",
        "discriminator.keras", "report.html", "checkpoints", "samples", "tensorboard",
    }  # fmt: skip
    samples = {p.name for p in folder.samples.iterdir()}
    assert samples >= {"epoch_000.png", "epoch_001.png", "epoch_002.png", "step_00000004.png"}
    # columns are the 4 classes, rows the 10 attempts, no margins
    assert Image.open(folder.samples / "epoch_002.png").size == (4 * 28, 10 * 28)
    stored = small_runs.read(finished_acgan, "config.json")
    assert stored["options"]["sample_every"] == 2
    assert stored["environment"]["keras"] == keras.__version__


def test_event_files_hold_curves_and_grids(finished_acgan):
    folder = RunFolder(finished_acgan.workdir)
    events = EventAccumulator(str(folder.tensorboard / "train"), size_guidance={"tensors": 0})
    events.Reload()
    tags = set(events.Tags()["tensors"])
    assert {"g_loss", "d_loss", "g_source", "d_real", "d_fake", "class_accuracy"} <= tags
    assert {"learning_rate/g", "learning_rate/d", "samples", "epoch/d_loss"} <= tags
    steps = [event.step for event in events.Tensors("d_loss")]
    assert steps == list(range(1, 11))
    # every second step and each epoch
    assert [event.step for event in events.Tensors("samples")] == [0, 2, 4, 5, 6, 8, 10, 10]
    png = events.Tensors("samples")[0].tensor_proto.string_val
    assert [int(png[0]), int(png[1])] == [4 * 28, 10 * 28]
    assert png[2].startswith(b"\x89PNG")
    test = EventAccumulator(str(folder.tensorboard / "test"), size_guidance={"tensors": 0})
    test.Reload()
    assert [event.step for event in test.Tensors("class_accuracy")] == [5, 10]


def test_grids_use_the_same_noise_each_time(make, tmp_path):
    config = make(precision="float32")
    dataset = training.load_data(config)
    model = training.build(config, dataset.spec)
    board = recording.TensorBoardLogger(tmp_path / "tensorboard", 0)
    pictures = recording.SamplePictures(tmp_path, board, config, dataset)
    for callback in (board, pictures):
        callback.set_model(model)
    pictures.write_grid("before")
    model.steps.assign(5)
    pictures.write_grid("after")
    assert (tmp_path / "before.png").read_bytes() == (tmp_path / "after.png").read_bytes()
    assert np.ptp(np.array(Image.open(tmp_path / "before.png"))) > 0


def test_precision_is_that_of_the_first_session(points, monkeypatch):
    config = points(epochs=1, precision="auto")
    monkeypatch.setattr(training.devices, "resolve_precision", lambda precision: "bfloat16")
    training.run(config)
    monkeypatch.undo()
    training.run(points(epochs=2, precision="auto"))
    stored = small_runs.read(config, "config.json")
    assert stored["precision"] == "bfloat16"
    assert stored["options"]["precision"] == "auto"


def test_scores_of_a_run_and_more_of_them_later(copied_acgan, capsys):
    config = copied_acgan
    metrics = small_runs.read(config, "metrics.json")
    assert set(metrics["accuracy_per_class"]) == set("abcd")
    assert "gan_train" not in metrics
    trained = final_state(config)
    capsys.readouterr()
    more = training.run(config.replace(gan_train=True))
    assert "is finished" not in capsys.readouterr().out
    assert 0 <= more["gan_train"] <= 1
    differing = {name for name in metrics if more[name] != metrics[name]}
    assert differing <= {"training", "environment"}
    for before, after in zip(trained, final_state(config), strict=True):
        np.testing.assert_equal(after, before)  # nothing was trained
    assert training.run(config.replace(gan_train=True)) == training.run(config) == more
    assert capsys.readouterr().out.count("is finished") == 2

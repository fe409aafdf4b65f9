"""A sweep's processes, and what TensorBoard sees of it."""

import os
import signal
import struct
import subprocess
import sys
import textwrap
import threading
import time

from sweep_samples import finished, results, write_run, write_study
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.hparams import metadata

from gan_keras.configs.base import RunConfig
from gan_keras.sweeps import hparams, plan, runner, study
from gan_keras.sweeps.progress import Progress

SLEEPER = """
    import pathlib, signal, sys, time
    def leave(number, frame):
        pathlib.Path(sys.argv[1]).write_text("checkpoint")
        sys.exit(143)
    signal.signal(signal.SIGTERM, leave)
    pathlib.Path(sys.argv[1] + ".ready").write_text("")
    time.sleep(60)
"""


def wait_for(path, seconds=60):
    until = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < until, f"{path} did not come"
        time.sleep(0.05)


def test_a_run_stops_itself_when_its_sweep_is_killed(tmp_path):
    (tmp_path / "sleeper.py").write_text(textwrap.dedent(SLEEPER))
    note = tmp_path / "note"
    parent = textwrap.dedent(
        f"""
        import os, subprocess, sys
        subprocess.Popen([sys.executable, "-m", "gan_keras.sweeps.child", str(os.getpid()),
                          "sleeper", {str(note)!r}], start_new_session=True).wait()
        """
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.getcwd()])}
    sweep = subprocess.Popen([sys.executable, "-c", parent], env=environment)
    wait_for(tmp_path / "note.ready")
    assert not note.exists()
    sweep.send_signal(signal.SIGKILL)
    sweep.wait()
    wait_for(note)
    assert note.read_text() == "checkpoint"


def test_a_run_is_asked_to_stop_once(tmp_path, monkeypatch):
    (tmp_path / "sleeper.py").write_text(textwrap.dedent(SLEEPER))
    note = tmp_path / "note"
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.getcwd()]))
    monkeypatch.setattr(RunConfig, "arguments", lambda *_, **__: ["sleeper", str(note)])
    run = plan.runs(study.load(write_study(tmp_path), "cpu"), tmp_path / "w", "data", 1)[0]
    stop = threading.Event()
    outcomes = []
    worker = threading.Thread(target=lambda: outcomes.append(runner.execute(run, stop)))
    worker.start()
    wait_for(tmp_path / "note.ready")
    stop.set()
    worker.join(timeout=60)
    assert outcomes == [{"status": "stopped"}]
    assert note.read_text() == "checkpoint"


def test_a_run_that_cannot_start_is_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(RunConfig, "arguments", lambda *_, **__: ["no_such_module"])
    run = plan.runs(study.load(write_study(tmp_path), "cpu"), tmp_path / "w", "data", 1)[0]
    outcome = runner.execute(run)
    assert outcome["status"] == "failed"
    assert "No module named no_such_module" in outcome["reason"]
    assert "$ python -m no_such_module" in run.log.read_text()


def read_events(file):
    """Records of an event file: length, checksum, data, checksum."""
    data = file.read_bytes()
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        yield Event.FromString(data[12 : 12 + length])
        data = data[16 + length :]


def test_tensorboard_sees_options_and_metrics(tmp_path):
    runs = [finished("a", 0, score=0.5), finished("bb", 0, score=None)]
    runs.append({**finished("c", 0, score=1.0), "status": "failed"})
    for _ in range(2):  # the second time replaces the first
        hparams.write(tmp_path / "hparams", results(runs, arms=("a", "bb", "c")))
    folders = {path.parent.name for path in tmp_path.rglob("events.*")}
    assert folders == {"hparams", "a-seed=0", "bb-seed=0"}
    assert len(list((tmp_path / "hparams" / "a-seed=0").iterdir())) == 1
    found = {}
    for file in (tmp_path / "hparams" / "a-seed=0").iterdir():
        for event in read_events(file):
            found |= {value.tag: value for value in event.summary.value}
    start = metadata.parse_session_start_info_plugin_data(
        found[metadata.SESSION_START_INFO_TAG].metadata.plugin_data.content
    )
    assert start.hparams["arm"].string_value == "a"
    assert start.hparams["latent_dim"].number_value == 1
    assert found["score"].simple_value == 0.5


def test_nothing_finished_shows_nothing(tmp_path):
    hparams.write(tmp_path / "hparams", results([]))
    assert not (tmp_path / "hparams").exists()


def test_progress_tells_earlier_work_from_this_call_s(tmp_path, capsys):
    runs = plan.runs(study.load(write_study(tmp_path), "cpu"), tmp_path, "data", threads=1)[:2]
    write_run(runs[0].folder, runs[0].config)  # both epochs were there when the sweep went on
    bar = Progress(runs, {run.name: 100.0 for run in runs})
    shown = capsys.readouterr().err
    assert " 48% |" in shown
    assert "? to go" in shown  # nothing was done yet in this call, so nobody knows
    bar.end(runs[0], "ended")
    bar.close()
    shown = capsys.readouterr().err
    assert "1 of 2 runs" in shown
    assert " 50% |" in shown


def test_progress_does_not_fill_a_file(tmp_path, capsys):
    runs = plan.runs(study.load(write_study(tmp_path), "cpu"), tmp_path, "data", threads=1)[:2]
    bar = Progress(runs, {run.name: 100.0 for run in runs})
    capsys.readouterr()
    for _ in range(100):  # half a minute of ticks
        bar.tick()
    assert not capsys.readouterr().err
    bar.end(runs[0], "ended")
    assert "1 of 2 runs" in capsys.readouterr().err
    bar.close()

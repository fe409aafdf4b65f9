import os
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sweep_samples import STUDY, load_study, planned, write_run

from gan_keras.configs.base import RunConfig
from gan_keras.foundation.errors import DataError
from gan_keras.sweeps import plan, run_process

SLEEPER = """
    import pathlib, signal, sys, time
    def leave(number, frame):
        pathlib.Path(sys.argv[1]).write_text("checkpoint")
        sys.exit(143)
    signal.signal(signal.SIGTERM, leave)
    pathlib.Path(sys.argv[1] + ".ready").write_text("")
    time.sleep(60)
"""


def wait_for(path):
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, f"{path} did not come"
        time.sleep(0.05)


@pytest.fixture
def note(tmp_path, monkeypatch):
    """The file that a training process writes when it is asked to stop."""
    (tmp_path / "sleeper.py").write_text(textwrap.dedent(SLEEPER))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.getcwd()]))
    return tmp_path / "note"


def test_a_run_stops_itself_when_its_sweep_is_killed(tmp_path, note):
    parent = textwrap.dedent(
        f"""
        import os, subprocess, sys
        subprocess.Popen([sys.executable, "-m", "gan_keras.sweeps.child", str(os.getpid()),
                          "sleeper", {str(note)!r}], start_new_session=True).wait()
        """
    )
    sweep = subprocess.Popen([sys.executable, "-c", parent])
    wait_for(tmp_path / "note.ready")
    assert not note.exists()
    sweep.kill()
    sweep.wait()
    wait_for(note)


def test_a_run_is_asked_to_stop_once(tmp_path, note, monkeypatch):
    monkeypatch.setattr(RunConfig, "arguments", lambda *_, **__: ["sleeper", str(note)])
    stop = threading.Event()
    with ThreadPoolExecutor() as pool:
        outcome = pool.submit(run_process.execute, planned(tmp_path)[0], stop)
        wait_for(tmp_path / "note.ready")
        stop.set()
        assert outcome.result(timeout=60) == {"status": "stopped"}
    assert note.read_text() == "checkpoint"


def test_a_run_that_cannot_start_is_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(RunConfig, "arguments", lambda *_, **__: ["no_such_module"])
    run = planned(tmp_path)[0]
    outcome = run_process.execute(run)
    assert outcome["status"] == "failed"
    assert "No module named no_such_module" in outcome["reason"]
    assert "$ python -m no_such_module" in run.log.read_text()


def test_a_run_that_diverges_has_all_failures(tmp_path, monkeypatch):
    text = STUDY.replace("name: d_loss, log: d_loss", "name: bad, above: {energy_distance: 9}")
    run = plan.runs(load_study(tmp_path, text), tmp_path / "w", "data", threads=1)[0]

    def train(run, stop):
        run.log.parent.mkdir(parents=True, exist_ok=True)
        run.log.write_text(said)
        return 1

    monkeypatch.setattr(run_process, "train", train)
    said = "error: g_loss is nan at step 8\n"
    assert run_process.execute(run)["metrics"] == {"bad": True}
    said = "error: no data\n"
    assert "metrics" not in run_process.execute(run)


def test_the_outcome_of_a_finished_run(tmp_path):
    run = planned(tmp_path)[0]
    write_run(run.folder, run.config)
    found = run_process.report(run)
    assert found["metrics"] == {"energy_distance": 0.5, "d_loss": 0.6}
    assert found["scores"]["covariance_eigenvalue_ratios.1"] == 0.1
    assert (found["wall_seconds"], found["machine"]) == (3.0, "2 x made up")
    for name, text, message in (
        (
            "log.csv",
            "epoch,d_loss\n1,much\n",
            "log.csv is damaged: 1 of its figures cannot be read",
        ),
        ("metrics.json", "{}", "no whole metrics.json, log.csv"),
        ("metrics.json", "{", "metrics.json is damaged"),
    ):
        write_run(run.folder, run.config)
        (run.folder / name).write_text(text)
        with pytest.raises(DataError, match=message):
            run_process.report(run)
    write_run(run.folder, run.config.replace(eval_samples=7))
    with pytest.raises(DataError, match=r"other settings: eval_samples \(7 before, 100 now\)"):
        run_process.report(run)


def test_why_a_process_failed(tmp_path):
    log = tmp_path / "log"
    assert run_process.failure(log, 1) == "exit code 1: no output"
    log.write_text("one\nerror: first\ntwo\n")
    assert run_process.failure(log, 2) == "first"
    log.write_text("one\nKeyError: x\n\n")
    assert run_process.failure(log, 1) == "exit code 1: KeyError: x"
    assert run_process.failure(log, -9) == "killed by signal 9: KeyError: x"

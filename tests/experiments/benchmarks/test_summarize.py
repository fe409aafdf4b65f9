import json
import subprocess
import sys

import pytest

from experiments.benchmarks import summarize


def test_mean_and_spread_by_hand():
    runs = [
        {"accuracy": 0.9, "seed": 0, "worst": {"name": "x", "accuracy": 0.5}, "list": [1]},
        {"accuracy": 1.0, "seed": 1, "worst": {"name": "y", "accuracy": 0.7}, "only_here": 3},
    ]
    found = summarize.summarize(runs)
    assert found["runs"] == runs
    assert found["mean_and_sd"].keys() == {"accuracy", "seed", "worst.accuracy"}
    accuracy = found["mean_and_sd"]["accuracy"]
    assert accuracy["mean"] == pytest.approx(0.95)
    assert accuracy["sd"] == pytest.approx(0.1 / 2**0.5)
    assert (accuracy["min"], accuracy["n"]) == (0.9, 2)


def test_one_run_has_no_spread():
    assert summarize.summarize([{"a": 1}])["mean_and_sd"]["a"]["sd"] is None


def test_command(tmp_path):
    for seed in (0, 1):
        (tmp_path / f"run{seed}").mkdir()
        (tmp_path / f"run{seed}" / "metrics.json").write_text(json.dumps({"accuracy": seed}))
    (tmp_path / "run_unfinished").mkdir()
    command = [sys.executable, "-m", "experiments.benchmarks.summarize"]
    done = subprocess.run(
        [*command, f"--runs={tmp_path}/run*", f"--out={tmp_path}/s.json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "0.5000 +- 0.7071" in done.stdout
    assert len(json.loads((tmp_path / "s.json").read_text())["runs"]) == 2
    none = subprocess.run(
        [*command, f"--runs={tmp_path}/nothing*", "--out=x.json"], capture_output=True, text=True
    )
    assert none.returncode == 1
    assert none.stderr.count("\n") == 1

"""The benchmark of quality against time, on data that is always there."""

import json
import subprocess
import sys

import pytest

SCRIPT = [sys.executable, "-m", "experiments.benchmarks.time_to_quality", "--dataset=digits"]


def run(*options):
    return subprocess.run([*SCRIPT, *options], capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_scores_at_each_mark_and_goes_on(tmp_path):
    out = tmp_path / "quality.json"
    options = [f"--data_dir={tmp_path}", f"--out={out}", "--per_class=5", "--gan_train=last"]
    options += ["--options=width_mult=0.1,batch_size=8", "--minutes=0.01,0.3"]
    done = run(*options, "--seeds=3")
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    assert found["options"]["width_mult"] == 0.1
    scores = found["seeds"]["3"]
    assert [score["mark"] for score in scores] == [0.01, 0.3]
    assert 0 < scores[0]["steps"] < scores[1]["steps"]
    assert 0.01 <= scores[0]["cpu_minutes"] < scores[1]["cpu_minutes"]
    assert all(0 <= score["accuracy"] <= 1 for score in scores)
    assert scores[0]["gan_train"] is None
    assert 0 <= scores[1]["gan_train"] <= 1
    assert "seed 3   0.3 CPU-minutes: accuracy" in done.stdout
    # a seed that is there is not trained again
    assert run(*options, "--seeds=3").returncode == 0
    assert json.loads(out.read_text()) == found


def test_mistakes_are_one_line():
    for option, message in (
        ("--minutes=0", "above 0"),
        ("--options=nothing=1", "has no nothing"),
        ("--options=lr=fast", "lr=fast is no float"),
        ("--seeds=a", "are numbers"),
    ):
        done = run(option)
        assert done.returncode == 2
        assert message in done.stderr
        assert done.stderr.count("\n") == 1

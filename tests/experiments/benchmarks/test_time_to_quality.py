"""The benchmark of quality against time, on data that is always there."""

import json

import pytest
from script_runs import refusal, run

SCRIPT = "experiments.benchmarks.time_to_quality"


@pytest.mark.slow
def test_scores_at_each_mark(tmp_path):
    out = tmp_path / "quality.json"
    options = ["--dataset=digits", f"--data_dir={tmp_path}", "--width_mult=0.1", "--batch_size=8"]
    options += [f"--out={out}", "--eval_samples=5", "--seed=3", "--gan_train"]
    options += ["--minutes=0.3", "--minutes=0.01"]
    done = run(SCRIPT, *options)
    found = json.loads(out.read_text())
    assert found["runs"].keys() == {"ours, seed 3"}
    assert found["runs"]["ours, seed 3"]["options"]["width_mult"] == 0.1
    first, second = found["runs"]["ours, seed 3"]["scores"]
    assert (first["mark"], second["mark"]) == (0.01, 0.3)
    assert 0 < first["steps"] < second["steps"]
    assert 0.01 <= first["cpu_minutes"] < second["cpu_minutes"]
    for name in ("accuracy", "gan_train"):
        assert 0 <= second[name] <= 1
    assert "ours, seed 3   0.3 cpu minutes: accuracy" in done.stdout

    peer = [f"--data_dir={tmp_path}", "--side=keras_io_cgan", "--dataset=digits", f"--out={out}"]
    run(SCRIPT, *peer, "--eval_samples=5", "--minutes=0.01", "--minutes=9", "--until=0")
    runs = json.loads(out.read_text())["runs"]
    assert runs.keys() == {"ours, seed 3", "keras_io_cgan, seed 0"}
    (only,) = runs["keras_io_cgan, seed 0"]["scores"]  # --until ended it
    assert only["mark"] == 0.01


def test_minutes_are_above_0():
    assert "--minutes" in refusal(SCRIPT, "--minutes=0", code=2)


@pytest.mark.parametrize("option", ["--lr=1e-3", "--preset=compact"])
def test_a_peer_has_its_own_recipe(option):
    name = option.split("=")[0]
    said = refusal(SCRIPT, "--side=keras_acgan", option, code=2)
    assert f"{name} has no meaning for --side=keras_acgan" in said

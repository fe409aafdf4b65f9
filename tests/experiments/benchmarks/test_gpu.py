"""The check for GPUs, as far as a machine without one can tell."""

import json

import numpy as np
import pytest
from script_runs import refusal, run

from experiments.benchmarks import gpu

SCRIPT = "experiments.benchmarks.gpu"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_part_runs_on_the_processor_and_is_made_once(tmp_path):
    out = tmp_path / "gpu.json"
    done = run(SCRIPT, "--dry_run", f"--out={out}")
    found = json.loads(out.read_text())
    assert found["dry_run"]
    parts = found["parts"]
    assert parts["resume"]["equal"] == parts["resume"]["arrays"] > 100
    assert parts["mirrored"]["arrays"] == parts["resume"]["arrays"]
    assert "ours_bf16 over keras" in done.stdout
    assert parts["quality"]["scores"][0]["wall_minutes"] >= 0.02
    assert parts["steps of compact"]["nets"]["compact"]["sides"]["ours"]["peak_bytes"] > 1e8
    again = run(SCRIPT, "--dry_run", f"--out={out}").stdout.splitlines()
    assert again == [str(out)]


def test_without_a_gpu_it_says_so(tmp_path):
    out = tmp_path / "gpu.json"
    assert "--dry_run" in refusal(SCRIPT, f"--out={out}", code=1)
    assert not out.exists()


def test_states_are_compared():
    one = {"a": np.zeros(3), "b": np.array([1, 2])}
    assert gpu.compared(one, one) == {"arrays": 2, "equal": 2, "largest difference": 0.0}
    other = {"a": np.array([0, 0, 0.5]), "b": np.array([1, 2])}
    assert gpu.compared(one, other) == {"arrays": 2, "equal": 1, "largest difference": 0.5}

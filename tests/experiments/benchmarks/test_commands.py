"""The benchmark of whole commands, on trees whose commands only pretend."""

import json

import pytest

from experiments.benchmarks import commands
from gan_keras.foundation.errors import DataError

# Opens what a run opens, under the temporary names of files that are not whole yet.
PRETENDS = """
import sys
from pathlib import Path
folder = Path(next(w.partition("=")[2] for w in sys.argv if w.startswith("--workdir=")))
folder.mkdir(exist_ok=True)
for name in ("config.json.tmp", ".epoch_000.png", "step_00000001.png"):
    (folder / name).write_text("x")
"""


def pretending(tree, code=PRETENDS):
    (tree / "experiments").mkdir(parents=True)
    for name in ("acgan", "write"):
        (tree / "experiments" / f"{name}.py").write_text(code)
    return tree


def test_trees_run_in_turns(tmp_path, monkeypatch, capsys):
    trees = [str(pretending(tmp_path / name)) for name in ("before", "after")]
    out = tmp_path / "commands.json"
    monkeypatch.setattr("sys.argv", ["commands", *trees, "--runs=2", f"--out={out}"])
    commands.main()
    lines = capsys.readouterr().out.splitlines()
    order = [line.partition(":")[0] for line in lines[:-1]]
    assert order == 2 * [f"{tree} {name}" for tree in trees for name in ("acgan", "write")]
    found = json.loads(out.read_text())["trees"][trees[1]]["acgan"]
    assert 0 <= found["networks"] <= found["first_picture"] <= found["first_step"] <= found["end"]
    assert found["memory_mb"] > 1
    assert len(found["runs"]) == 2


def test_a_command_that_fails_is_named(tmp_path):
    tree = pretending(tmp_path, "raise SystemExit('no such data')")
    with pytest.raises(DataError, match="experiments.acgan failed in .*no such data"):
        commands.measure(tree, "experiments.acgan")

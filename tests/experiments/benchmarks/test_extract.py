"""The benchmark of the CROHME extractor."""

import json

import script_runs


def test_measures_an_archive(tmp_path):
    archive, out = tmp_path / "inkml.zip", tmp_path / "extract.json"
    script_runs.run("data_tools.demo", "--expressions=20", f"--out={archive}")
    options = [f"--input={archive}", f"--out={out}", "--runs=2", "--workers=1"]
    done = script_runs.run("experiments.benchmarks.extract", *options)
    assert "median of 2, 1 workers" in done.stdout
    found = json.loads(out.read_text())
    assert found["input"]["files"] == 20
    row = found["workers"]["1"]
    assert len(row["runs"]) == 2
    assert row["files_per_second"] == round(20 / row["wall_seconds"])
    assert 0 < row["cpu_seconds"] < 2 * row["wall_seconds"]


def test_mistakes_are_one_line(tmp_path):
    done = script_runs.run("experiments.benchmarks.extract", code=2)
    assert "--input=ARCHIVE is missing" in done.stderr
    options = [f"--input={tmp_path}", "--workers=0", f"--out={tmp_path}/x.json"]
    done = script_runs.run("experiments.benchmarks.extract", *options, code=2)
    assert "--workers=0 must be numbers" in done.stderr

"""The benchmark of the CROHME extractor."""

import json

from script_runs import refusal, run

SCRIPT = "experiments.benchmarks.extract"


def test_measures_an_archive(tmp_path):
    archive, out = tmp_path / "inkml.zip", tmp_path / "extract.json"
    run("data_tools.demo", "--expressions=20", f"--out={archive}")
    done = run(SCRIPT, f"--input={archive}", f"--out={out}", "--runs=1")
    assert "median of 1, 2 workers" in done.stdout
    found = json.loads(out.read_text())
    assert found["input"]["files"] == 20
    row = found["workers"]["1"]
    assert row["files_per_second"] == round(20 / row["wall_seconds"])
    assert 0 < row["cpu_seconds"] < 2 * row["wall_seconds"]


def test_an_archive_is_needed(tmp_path):
    assert "--input=ARCHIVE is missing" in refusal(SCRIPT, code=2)
    done = run(SCRIPT, "--input=/nowhere", f"--out={tmp_path}/x.json", code=1)
    assert done.stderr.endswith("error: the extractor failed\n")

import json

import pytest
import sweep_samples
from sweep_samples import load_study

from gan_keras.foundation.errors import DataError
from gan_keras.sweeps import results_file
from gan_keras.sweeps.results_file import Results

FAILED = {"status": "failed", "reason": "no data", "log": "x.log"}


def finished(score):
    return {
        "status": "finished",
        "metrics": {"energy_distance": score, "d_loss": None},
        "scores": {"energy_distance": score, "energy_floor": 0.25},
        "wall_seconds": 3.0,
    }


def test_what_runs_share_is_stored_once(tmp_path):
    first, second, third, _ = sweep_samples.planned(tmp_path)
    results = Results(tmp_path / "w.json", load_study(tmp_path))
    results.add(first, finished(0.5))
    results.add(second, FAILED)
    results.add(third, finished(0.1))
    raw = json.loads(results.path.read_text())
    assert list(raw["runs"]) == [first.name, third.name, second.name]
    assert raw["options"]["latent_dim"] == [1, 1, 2]
    assert raw["options"]["batch_size"] == 32
    assert raw["scores"] == {
        "energy_distance": [0.5, 0.1, None],
        "energy_floor": [0.25, 0.25, None],
    }
    again = Results(results.path, results.study)
    assert again.runs[first.name] == results.runs[first.name]
    assert again.runs[second.name] == results.runs[second.name] | {"scores": {}}
    assert [again.finished(run) for run in (first, second, third)] == [True, False, True]


def test_results_of_earlier_versions(tmp_path):
    run = sweep_samples.planned(tmp_path)[0]
    results = Results(tmp_path / "w.json", load_study(tmp_path))
    results.add(run, finished(0.5))
    # there each run has its own options, in terms of that version, and its own scores
    old = results_file.read(results.path) | {"title": "Two lengths of noise"}
    del old["format"]
    (tmp_path / "old.json").write_text(json.dumps(old))
    assert Results(tmp_path / "old.json", results.study).runs == results.runs
    old["runs"][run.name]["options"] |= {"loss": "relativistic", "penalty_factor": 0.03}
    (tmp_path / "old.json").write_text(json.dumps(old))
    assert results_file.read(tmp_path / "old.json")["runs"][run.name]["options"][
        "penalty_factor"
    ] == pytest.approx(0.06)


def test_results_name_no_place_on_this_machine(tmp_path):
    run = sweep_samples.planned(tmp_path)[0]
    results = Results(tmp_path / "w.json", load_study(tmp_path))
    results.add(run, FAILED | {"reason": f"{run.folder} is odd", "log": str(run.log)})
    assert str(tmp_path) not in results.path.read_text()
    assert results.runs[run.name]["reason"] == f"runs/{run.name} is odd"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"runs": {"a": 1}}',
        '{"runs": {"a": {"arm": "a"}}}',
        # an option of two runs, of which there is one
        '{"runs": {"a-seed=0": {"arm": "a", "seed": 0, "status": "failed"}},'
        ' "options": {"lr": [1, 2]}, "study": "noise", "size": "cpu"}',
        # names that would lead out of the folder
        '{"runs": {"../a-seed=0": {"arm": "../a", "seed": 0, "options": {}, "status": "failed"}}}',
        '{"runs": {"../b": {"arm": "a", "seed": 0, "options": {}, "status": "failed"}}}',
        '{"runs": {"a-seed=..": {"arm": "a", "seed": "..", "options": {}, "status": "failed"}}}',
    ],
)
def test_damaged_results_are_one_line(tmp_path, text):
    (tmp_path / "w.json").write_text(text)
    with pytest.raises(DataError, match="is damaged"):
        Results(tmp_path / "w.json", load_study(tmp_path))


def test_results_of_another_study(tmp_path):
    Results(tmp_path / "w.json", load_study(tmp_path)).write()
    with pytest.raises(DataError, match=r"holds results of noise \(cpu\), not of other \(cpu\)"):
        Results(tmp_path / "w.json", load_study(tmp_path, name="other"))

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


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path / "w.json", load_study(tmp_path))


@pytest.fixture
def runs(tmp_path):
    return sweep_samples.planned(tmp_path)


def test_what_runs_share_is_stored_once(results, runs):
    first, second, third, _ = runs
    results.add(first, finished(0.5))
    results.add(second, FAILED)
    results.add(third, finished(0.1))
    raw = json.loads(results.path.read_text())
    assert list(raw["runs"]) == [first.name, third.name, second.name]
    assert raw["options"]["latent_dim"] == [1, 1, 2]
    assert raw["options"]["batch_size"] == 32
    assert raw["scores"]["energy_distance"] == [0.5, 0.1, None]
    assert raw["scores"]["energy_floor"] == [0.25, 0.25, None]
    again = Results(results.path, results.study)
    assert again.runs[first.name] == results.runs[first.name]
    assert again.runs[second.name] == results.runs[second.name] | {"scores": {}}
    assert [again.finished(run) for run in (first, second, third)] == [True, False, True]


def test_results_of_earlier_versions(results, runs):
    results.add(runs[0], finished(0.5))
    # there each run has its own options, in terms of that version, and its own scores
    old = results_file.read(results.path)
    del old["format"]
    old["runs"][runs[0].name]["options"] |= {"loss": "relativistic", "penalty_factor": 0.03}
    results.path.write_text(json.dumps(old))
    found = results_file.read(results.path)["runs"][runs[0].name]
    assert found["options"].pop("penalty_factor") == pytest.approx(0.06)
    assert found["scores"] == results.runs[runs[0].name]["scores"]


def test_results_name_no_place_on_this_machine(tmp_path, results, runs):
    run = runs[0]
    results.add(run, FAILED | {"reason": f"{run.folder} is odd", "log": str(run.log)})
    assert str(tmp_path) not in results.path.read_text()
    assert results.runs[run.name]["reason"] == f"runs/{run.name} is odd"


def with_a_run(name, **changes):
    run = {"arm": "a", "seed": 0, "options": {}, "status": "failed"} | changes
    return json.dumps({"study": "noise", "size": "cpu", "runs": {name: run}})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "JSONDecodeError"),
        ("[]", "AttributeError"),
        (with_a_run("a-seed=0", status="finished"), "'metrics'"),
        # scores of two runs, of which there is one
        (with_a_run("a-seed=0")[:-1] + ', "scores": {"modes": [1, 2]}}', "zip"),
        # names that would lead out of the folder
        (with_a_run("../a-seed=0", arm="../a"), "a run is called"),
        (with_a_run("../b"), "a run is called"),
        (with_a_run("a-seed=..", seed=".."), "a run is called"),
    ],
)
def test_damaged_results_are_one_line(results, text, message):
    results.path.write_text(text)
    with pytest.raises(DataError, match=f"is damaged.*{message}"):
        Results(results.path, results.study)


def test_results_of_another_study(tmp_path, results):
    results.write()
    with pytest.raises(DataError, match=r"holds results of noise \(cpu\), not of other \(cpu\)"):
        Results(results.path, load_study(tmp_path, name="other"))

"""A sweep from plan to table, with runs that are made up in no time."""

import json
import threading

import pytest
from sweep_samples import STUDY, write_run, write_study

from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.sweeps import records, runner, study, sweep, tables


class FakeRuns:
    """Stands for the training processes: writes what they would leave, and remembers them.

    Attributes:
        made: Names of the runs, in order.
        broken: Names that fail.
        stop_at: Number of the run at which somebody presses Ctrl-C.
    """

    def __init__(self):
        self.made, self.broken, self.stop_at = [], set(), None
        self.lock = threading.Lock()

    def process(self, run, stop):
        del stop
        with self.lock:
            if self.stop_at is not None and len(self.made) >= self.stop_at:
                raise KeyboardInterrupt
            self.made.append(run.name)
        run.log.parent.mkdir(parents=True, exist_ok=True)
        if run.name in self.broken:
            run.log.write_text("Epoch 1\nerror: no such data\n")
            return 1
        write_run(run.folder, run.config, energy=run.config.latent_dim + 0.1 * run.seed)
        return 0


@pytest.fixture
def fake(monkeypatch):
    fake = FakeRuns()
    monkeypatch.setattr(runner, "_process", fake.process)
    return fake


def settings(tmp_path, name="w", **changes):
    return sweep.Settings(
        workdir=tmp_path / name, results=tmp_path / f"{name}.json", workers=1, threads=1, **changes
    )


def test_all_runs_and_the_table(tmp_path, fake, capsys):
    noise = study.load(write_study(tmp_path), "cpu")
    found = sweep.run(noise, settings(tmp_path))
    assert fake.made == [f"latent_dim={z}-seed={s}" for s in (0, 1) for z in (1, 2)]
    assert tables.by_seed(found, "latent_dim=2", "energy_distance") == {0: 2.0, 1: 2.1}
    one = found["runs"]["latent_dim=2-seed=1"]
    assert one["metrics"] == {"energy_distance": 2.1, "d_loss": 0.6}
    assert (one["wall_seconds"], one["machine"], one["commit"]) == (3.0, "2 x made up", "abc1234")
    assert one["options"]["latent_dim"] == 2
    assert one["command"].startswith("python -m experiments.gaussian --preset=z1")
    printed = capsys.readouterr().out
    assert "2.05 +- 0.07071" in printed
    assert "+1 against latent_dim=1, 95 % [+1, +1]" in printed


def test_finished_runs_are_not_repeated(tmp_path, fake):
    noise = study.load(write_study(tmp_path), "cpu")
    sweep.run(noise, settings(tmp_path, only=("latent_dim=1",)))
    assert len(fake.made) == 2
    sweep.run(noise, settings(tmp_path))
    assert sorted(fake.made) == sorted(f"latent_dim={z}-seed={s}" for s in (0, 1) for z in (1, 2))
    before = (tmp_path / "w.json").read_bytes()
    sweep.run(noise, settings(tmp_path))
    assert len(fake.made) == 4
    assert (tmp_path / "w.json").read_bytes() == before


def test_interrupted_and_going_on_ends_with_the_same_table(tmp_path, fake):
    noise = study.load(write_study(tmp_path), "cpu")
    undisturbed = sweep.run(noise, settings(tmp_path, "undisturbed"))
    fake.made.clear()
    for count in (1, 3):
        fake.stop_at = count
        with pytest.raises(KeyboardInterrupt):
            sweep.run(noise, settings(tmp_path, "disturbed"))
        assert len(json.loads((tmp_path / "disturbed.json").read_text())["runs"]) == count
    fake.stop_at = None
    disturbed = sweep.run(noise, settings(tmp_path, "disturbed"))
    assert len(fake.made) == 4
    assert tables.table(disturbed) == tables.table(undisturbed)


def test_another_machine_goes_on_from_the_results_alone(tmp_path, fake):
    noise = study.load(write_study(tmp_path), "cpu")
    sweep.run(noise, settings(tmp_path, only=("latent_dim=2",)))
    elsewhere = sweep.Settings(workdir=tmp_path / "other", results=tmp_path / "w.json", workers=1)
    sweep.run(noise, elsewhere)
    assert fake.made[2:] == ["latent_dim=1-seed=0", "latent_dim=1-seed=1"]


def test_a_failed_run_is_recorded_and_stops_nothing(tmp_path, fake, capsys):
    noise = study.load(write_study(tmp_path), "cpu")
    fake.broken = {"latent_dim=1-seed=0"}
    found = sweep.run(noise, settings(tmp_path))
    failed = found["runs"]["latent_dim=1-seed=0"]
    assert (failed["status"], failed["reason"]) == ("failed", "no such data")
    assert failed["log"] == "logs/latent_dim=1-seed=0.log"
    assert len(fake.made) == 4
    assert "no such data" in capsys.readouterr().out

    fake.broken = set()
    sweep.run(noise, settings(tmp_path))
    assert len(fake.made) == 4
    found = sweep.run(noise, settings(tmp_path, retry_failed=True))
    assert fake.made[4:] == ["latent_dim=1-seed=0"]
    assert {run["status"] for run in found["runs"].values()} == {"finished"}


def test_a_changed_option_makes_another_run(tmp_path, fake):
    short = study.load(write_study(tmp_path), "cpu")
    sweep.run(short, settings(tmp_path))
    longer = write_study(tmp_path, STUDY.replace("{epochs: 2}", "{epochs: 3}"))
    longer = study.load(longer, "cpu")
    # what is measured at other settings is in no table, but not lost
    found = sweep.run(longer, settings(tmp_path, only=("latent_dim=2",)))
    assert {run["arm"] for run in found["runs"].values()} == {"latent_dim=2"}
    assert {run["arm"] for run in found["superseded"].values()} == {"latent_dim=1"}
    sweep.run(longer, settings(tmp_path))
    assert len(fake.made) == 8
    sweep.run(short, settings(tmp_path))
    assert len(fake.made) == 12


def test_seeds_that_are_taken_back_count_no_more(tmp_path, fake):
    sweep.run(study.load(write_study(tmp_path), "cpu"), settings(tmp_path))
    one = study.load(write_study(tmp_path, STUDY.replace("seeds: [0, 1]", "seeds: [0]")), "cpu")
    found = sweep.run(one, settings(tmp_path))
    assert tables.by_seed(found, "latent_dim=1", "energy_distance") == {0: 1.0}
    both = study.load(write_study(tmp_path), "cpu")
    assert len(sweep.run(both, settings(tmp_path))["runs"]) == 4
    assert len(fake.made) == 4  # they were kept


def test_a_run_folder_of_other_settings_is_no_result(tmp_path, fake):
    noise = study.load(write_study(tmp_path), "cpu")
    where = settings(tmp_path)
    run = sweep.runs_of(noise, where)[0]
    write_run(run.folder, run.config.replace(eval_samples=7))
    with pytest.raises(DataError, match=r"eval_samples \(100 before|eval_samples \(7 before"):
        runner.report(run)


def test_results_name_no_place_on_this_machine(tmp_path, fake):
    noise = study.load(write_study(tmp_path), "cpu")
    where = settings(tmp_path)
    run = sweep.runs_of(noise, where)[0]
    results = records.Results(where.results, noise)
    results.add(run, {"status": "failed", "reason": f"{run.folder} is odd", "log": str(run.log)})
    assert str(tmp_path) not in where.results.read_text()
    assert results.runs[run.name]["reason"] == f"runs/{run.name} is odd"


def test_a_metric_that_comes_later_is_measured_in_runs_that_are_done(tmp_path, fake):
    sweep.run(study.load(write_study(tmp_path), "cpu"), settings(tmp_path))
    more = STUDY.replace(
        "- energy_distance",
        "- energy_distance\n      - {name: early, log: d_loss, take: at, value: 1}",
    )
    wider = study.load(write_study(tmp_path, more), "cpu")
    found = sweep.run(wider, settings(tmp_path))
    assert len(fake.made) == 4
    assert tables.by_seed(found, "latent_dim=1", "early") == {0: 0.7, 1: 0.7}


def test_a_score_that_comes_later_is_made_in_the_same_run_folders(tmp_path, fake):
    noise = study.load(write_study(tmp_path), "cpu")
    before = sweep.run(noise, settings(tmp_path))
    scored = write_study(
        tmp_path, STUDY.replace("eval_samples: 100", "gan_train: true, eval_samples: 100")
    )
    asked = study.load(scored, "cpu")
    assert "4 of 4 runs to do" in sweep.preview(asked, settings(tmp_path))
    some = sweep.run(asked, settings(tmp_path, only=("latent_dim=1",)))
    assert len(some["runs"]) == 4  # what is still to be scored is as good as it was
    assert not some["superseded"]
    assert some["runs"]["latent_dim=2-seed=0"]["options"]["gan_train"] is False
    found = sweep.run(asked, settings(tmp_path))
    assert sorted(fake.made[4:]) == sorted(fake.made[:4])
    assert all(run["options"]["gan_train"] for run in found["runs"].values())
    # and the study that does not ask for it goes on with them
    assert tables.table(sweep.run(noise, settings(tmp_path))) == tables.table(before)
    assert len(fake.made) == 8


def test_preview_runs_nothing(tmp_path, fake):
    noise = study.load(write_study(tmp_path), "cpu")
    text = sweep.preview(noise, settings(tmp_path))
    assert not fake.made
    assert not (tmp_path / "w").exists()
    assert "It is tiny." in text
    assert "4 of 4 runs to do; about 0 core-minutes" in text
    sweep.run(noise, settings(tmp_path, only=("latent_dim=2",)))
    assert "2 of 4 runs to do" in sweep.preview(noise, settings(tmp_path))


def test_wrong_settings(tmp_path):
    noise = study.load(write_study(tmp_path), "cpu")
    with pytest.raises(UsageError, match="no such arm; arms: latent_dim=1, latent_dim=2"):
        sweep.run(noise, settings(tmp_path, only=("latent_dim=7",)))
    with pytest.raises(UsageError, match="choose one of local, ray"):
        sweep.run(noise, settings(tmp_path, engine="slurm"))


def test_two_sweeps_cannot_share_a_folder(tmp_path, fake):
    noise = study.load(write_study(tmp_path), "cpu")
    with (
        sweep._alone(tmp_path / "w", tmp_path / "w.json"),
        pytest.raises(DataError, match="another sweep uses --workdir="),
    ):
        sweep.run(noise, settings(tmp_path))


def test_two_sweeps_cannot_share_results(tmp_path, fake):
    noise = study.load(write_study(tmp_path), "cpu")
    with (
        sweep._alone(tmp_path / "other", tmp_path / "w.json"),
        pytest.raises(DataError, match="another sweep uses --results="),
    ):
        sweep.run(noise, settings(tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"runs": {"a": 1}}',
        '{"runs": {"a": {"arm": "a"}}}',
        # names that would lead out of the folder
        '{"runs": {"../a-seed=0": {"arm": "../a", "seed": 0, "options": {}, "status": "failed"}}}',
        '{"runs": {"../b": {"arm": "a", "seed": 0, "options": {}, "status": "failed"}}}',
        '{"runs": {"a-seed=..": {"arm": "a", "seed": "..", "options": {}, "status": "failed"}}}',
    ],
)
def test_damaged_results_are_one_line(tmp_path, text):
    noise = study.load(write_study(tmp_path), "cpu")
    (tmp_path / "w.json").write_text(text)
    with pytest.raises(DataError, match="is damaged"):
        records.Results(tmp_path / "w.json", noise)


def test_results_of_another_study(tmp_path, fake):
    noise = study.load(write_study(tmp_path), "cpu")
    sweep.run(noise, settings(tmp_path))
    other = study.load(write_study(tmp_path, name="other"), "cpu")
    with pytest.raises(DataError, match="holds results of noise"):
        records.Results(tmp_path / "w.json", other)


def test_why_a_process_failed(tmp_path):
    log = tmp_path / "log"
    assert runner.reason(log, 1) == "exit code 1: no output"
    log.write_text("one\nerror: first\ntwo\n")
    assert runner.reason(log, 2) == "first"
    log.write_text("one\nKeyError: x\n\n")
    assert runner.reason(log, 1) == "exit code 1: KeyError: x"
    assert runner.reason(log, -9) == "killed by signal 9: KeyError: x"

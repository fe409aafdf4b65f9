"""A sweep from plan to table, with runs that are made up in no time."""

import threading

import filelock
import pytest
from sweep_samples import RUNS, STUDY, load_study, write_run

from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.sweeps import engines, estimates, plan, run_process, sweep


class FakeRuns:
    """Stands for the training processes: writes what they would leave, and remembers them.

    Attributes:
        made: Names of the runs, in order.
        broken: Names that fail.
        stop_at: Number of the run at which somebody presses Ctrl-C.
    """

    def __init__(self):
        self.made, self.broken, self.stop_at = [], set(), 100
        self.lock = threading.Lock()

    def train(self, run, stop):
        del stop
        with self.lock:
            if len(self.made) >= self.stop_at:
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
    monkeypatch.setattr(run_process, "train", fake.train)
    return fake


@pytest.fixture
def noise(tmp_path):
    return load_study(tmp_path)


@pytest.fixture
def make(tmp_path, fake):
    """Makes a sweep of a study in the test's folder."""
    return lambda study, **changes: sweep.run(study, settings(tmp_path, **changes))


def settings(tmp_path, name="w", **changes):
    return sweep.Settings(tmp_path / name, tmp_path / "w.json", workers=1, **changes)


def test_all_runs_and_the_table(noise, make, fake, capsys):
    found = make(noise)
    assert fake.made == RUNS
    one = found["runs"]["latent_dim=2-seed=1"]
    assert one["metrics"] == {"energy_distance": 2.1, "d_loss": 0.6}
    assert (one["wall_seconds"], one["machine"], one["commit"]) == (3.0, "2 x made up", "abc1234")
    assert one["options"]["latent_dim"] == 2
    printed = capsys.readouterr().out
    assert "2.05 (2 to 2.1)" in printed
    assert "+1 (+1 to +1) against latent_dim=1" in printed


def test_finished_runs_are_not_repeated(tmp_path, noise, make, fake):
    assert "4 of 4 runs to do; about 0 core-minutes" in sweep.preview(noise, settings(tmp_path))
    assert not fake.made
    make(noise, only=("latent_dim=1",))
    assert "2 of 4 runs to do" in sweep.preview(noise, settings(tmp_path))
    # another machine goes on from the results alone
    make(noise, name="other")
    assert sorted(fake.made) == sorted(RUNS)
    before = (tmp_path / "w.json").read_bytes()
    make(noise)
    assert len(fake.made) == 4
    assert (tmp_path / "w.json").read_bytes() == before


def test_interrupted_and_going_on_ends_with_the_same_table(tmp_path, noise, make, fake):
    undisturbed = make(noise)
    (tmp_path / "w.json").unlink()
    fake.made.clear()
    for fake.stop_at in (1, 3):
        with pytest.raises(KeyboardInterrupt):
            make(noise)
        left = 4 - fake.stop_at
        assert f"{left} of 4 runs to do" in sweep.preview(noise, settings(tmp_path))
    fake.stop_at = 4
    assert make(noise) == undisturbed


def test_a_failed_run_is_recorded_and_stops_nothing(noise, make, fake, capsys):
    fake.broken = {"latent_dim=1-seed=0"}
    failed = make(noise)["runs"]["latent_dim=1-seed=0"]
    assert (failed["status"], failed["reason"]) == ("failed", "no such data")
    assert failed["log"] == "logs/latent_dim=1-seed=0.log"
    assert "no such data" in capsys.readouterr().out

    fake.broken = set()
    make(noise)
    assert len(fake.made) == 4
    found = make(noise, retry_failed=True)
    assert fake.made[4:] == ["latent_dim=1-seed=0"]
    assert {run["status"] for run in found["runs"].values()} == {"finished"}


def test_a_changed_option_makes_another_run(tmp_path, noise, make, fake):
    make(noise)
    longer = load_study(tmp_path, STUDY.replace("{epochs: 2}", "{epochs: 3}"))
    # what is measured at other settings is in no table, but not lost
    found = make(longer, only=("latent_dim=2",))
    assert {run["arm"] for run in found["runs"].values()} == {"latent_dim=2"}
    assert {run["arm"] for run in found["superseded"].values()} == {"latent_dim=1"}
    make(longer)
    assert len(fake.made) == 8


def test_seeds_and_metrics_may_change_without_new_runs(tmp_path, noise, make, fake):
    make(noise)
    early = "- energy_distance\n      - {name: early, log: d_loss, take: at, value: 1}"
    one = load_study(tmp_path, STUDY.replace("[0, 1]", "[0]").replace("- energy_distance", early))
    assert estimates.by_seed(make(one), "latent_dim=1", "early") == {0: 0.7}
    assert len(make(noise)["runs"]) == 4
    assert len(fake.made) == 4


def test_a_score_that_comes_later_is_made_in_the_same_run_folders(tmp_path, make, fake):
    text = STUDY.replace("gaussian\n    preset: z1", "acgan")
    noise = load_study(tmp_path, text)
    before = make(noise)
    asked = load_study(tmp_path, text.replace("eval_samples:", "gan_train: true, eval_samples:"))
    assert "4 of 4 runs to do" in sweep.preview(asked, settings(tmp_path))
    fake.broken = {RUNS[0], RUNS[2]}  # scoring again may fail, without harm to what there is
    assert make(asked, only=("latent_dim=1",))["runs"][RUNS[0]] == before["runs"][RUNS[0]]
    fake.broken, fake.made[4:] = set(), []
    some = make(asked, only=("latent_dim=1",))
    assert len(some["runs"]) == 4  # what is still to be scored is as good as it was
    assert some["runs"]["latent_dim=2-seed=0"]["options"]["gan_train"] is False
    found = make(asked)
    assert sorted(fake.made[4:]) == sorted(RUNS)
    assert all(run["options"]["gan_train"] for run in found["runs"].values())
    # and the study that does not ask for it goes on with them
    assert estimates.table(make(noise)) == estimates.table(before)
    assert len(fake.made) == 8


def test_an_unknown_arm(noise, make):
    with pytest.raises(UsageError, match="no such arm; arms: latent_dim=1, latent_dim=2"):
        make(noise, only=("latent_dim=7",))


@pytest.mark.parametrize(
    ("lock", "place"), [("w/.lock", "--workdir="), (".w.json.lock", "--results=")]
)
def test_two_sweeps_cannot_share_a_place(tmp_path, noise, make, lock, place):
    (tmp_path / "w").mkdir()
    with (
        filelock.FileLock(tmp_path / lock),
        pytest.raises(DataError, match=f"another sweep uses {place}"),
    ):
        make(noise)


def test_an_engine_that_breaks_down_is_a_failed_run(tmp_path, noise, monkeypatch):
    def broken(run, stop):
        raise ConnectionError("machine\nlost")

    monkeypatch.setattr(run_process, "execute", broken)
    runs = plan.runs(noise, tmp_path, "data", threads=1)
    outcomes = engines.execute(runs, engines.local(2), lambda: None)
    ended = {run.name: outcome for run, outcome in outcomes}
    failed = {"status": "failed", "reason": "ConnectionError: machine lost", "log": ""}
    assert ended == dict.fromkeys(RUNS, failed)

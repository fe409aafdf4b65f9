import pytest
from sweep_samples import finished, load_study, planned, write_run

from gan_keras.sweeps.progress import Progress, expected_seconds


@pytest.fixture
def runs(tmp_path):
    return planned(tmp_path)[:2]


def test_time_of_a_run_is_that_of_its_arm(tmp_path, runs):
    recorded = [finished("latent_dim=1", seed, energy_distance=1.0) for seed in (0, 1)]
    recorded[1]["wall_seconds"] = 20.0
    found = expected_seconds(runs, load_study(tmp_path), dict(enumerate(recorded)))
    assert found == {"latent_dim=1-seed=0": 15.0, "latent_dim=2-seed=0": 5.0}


def test_progress_tells_earlier_work_from_this_call_s(runs, capsys):
    write_run(runs[0].folder, runs[0].config)  # both epochs were there when the sweep went on
    bar = Progress(runs, {run.name: 100.0 for run in runs})
    shown = capsys.readouterr().err
    assert " 48% |" in shown
    assert "? to go" in shown  # nothing was done yet in this call
    for _ in range(100):  # more than a minute of ticks, which would fill a file
        bar.tick()
    assert not capsys.readouterr().err
    bar.end(runs[0], "ended")
    bar.close()
    shown = capsys.readouterr().err
    assert "1 of 2 runs" in shown
    assert " 50% |" in shown

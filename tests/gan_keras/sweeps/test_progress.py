from sweep_samples import finished, load_study, planned, write_run

from gan_keras.sweeps.progress import Progress, expected_seconds


def test_time_of_a_run_is_that_of_its_arm(tmp_path):
    runs = planned(tmp_path)[:2]
    recorded = [finished("latent_dim=1", seed, energy_distance=1.0) for seed in (0, 1)]
    recorded[1]["wall_seconds"] = 20.0
    found = expected_seconds(runs, load_study(tmp_path), dict(enumerate(recorded)))
    assert found == {"latent_dim=1-seed=0": 15.0, "latent_dim=2-seed=0": 5.0}


def test_progress_tells_earlier_work_from_this_call_s(tmp_path, capsys):
    runs = planned(tmp_path)[:2]
    write_run(runs[0].folder, runs[0].config)  # both epochs were there when the sweep went on
    bar = Progress(runs, {run.name: 100.0 for run in runs})
    shown = capsys.readouterr().err
    assert " 48% |" in shown
    assert "? to go" in shown  # nothing was done yet in this call, so nobody knows
    bar.end(runs[0], "ended")
    bar.close()
    shown = capsys.readouterr().err
    assert "1 of 2 runs" in shown
    assert " 50% |" in shown


def test_progress_does_not_fill_a_file(tmp_path, capsys):
    runs = planned(tmp_path)[:2]
    bar = Progress(runs, {run.name: 100.0 for run in runs})
    capsys.readouterr()
    for _ in range(100):  # half a minute of ticks
        bar.tick()
    assert not capsys.readouterr().err
    bar.end(runs[0], "ended")
    assert "1 of 2 runs" in capsys.readouterr().err
    bar.close()

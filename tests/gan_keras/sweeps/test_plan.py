import sweep_samples

from gan_keras.sweeps import plan


def test_runs_and_their_commands(tmp_path):
    found = sweep_samples.planned(tmp_path)
    # seed by seed, so that a sweep that is cut short has compared all arms
    assert [run.name for run in found] == sweep_samples.RUNS
    last = found[-1]
    assert last.folder == tmp_path / "w" / "runs" / "latent_dim=2-seed=1"
    module, *flags = last.config.arguments()
    assert module == "experiments.gaussian"
    assert {"--preset=z1", "--epochs=2", "--seed=1", "--gif=false", "--latent_dim=2"} <= set(flags)
    assert not [flag for flag in flags if flag.startswith(("--workdir", "--lr="))]
    assert f"--workdir={last.folder}" in last.config.arguments(places=True)


def test_what_makes_another_run(tmp_path):
    run = sweep_samples.planned(tmp_path)[0]
    recorded = plan.options(run.config)
    assert "workdir" not in recorded
    assert plan.changed(run.config, recorded | {"epochs": 3}) == ["epochs (3 before, 2 now)"]
    del recorded["lr_decay"]  # an option that did not exist yet
    assert not plan.changed(run.config, recorded)

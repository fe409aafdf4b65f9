import sweep_samples

from gan_keras.configs.acgan import ACGANConfig
from gan_keras.sweeps import plan


def test_runs_and_their_commands(tmp_path):
    found = sweep_samples.planned(tmp_path)
    # seed by seed, so that a sweep that is cut short has compared all arms
    assert [run.name for run in found] == [
        "latent_dim=1-seed=0",
        "latent_dim=2-seed=0",
        "latent_dim=1-seed=1",
        "latent_dim=2-seed=1",
    ]
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
    assert not plan.changed(run.config, recorded)
    assert "workdir" not in recorded
    older = {name: value for name, value in recorded.items() if name != "lr_decay"}
    assert not plan.changed(run.config, older)  # an option that did not exist yet
    assert plan.changed(run.config, recorded | {"epochs": 3}) == ["epochs (3 before, 2 now)"]


def test_a_run_with_more_scores_is_the_same_but_one_with_fewer_is_not_done():
    few = ACGANConfig.create()
    more = few.replace(gan_train=True)
    assert not plan.changed(few, plan.options(more))
    assert not plan.changed(more, plan.options(few))
    assert plan.lacks_gan_train(more, plan.options(few))
    assert not plan.lacks_gan_train(few, plan.options(more))

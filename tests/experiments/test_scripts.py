"""Every script as a user runs it: as a process."""

import json

import pytest
from PIL import Image
from script_runs import run, without


@pytest.mark.parametrize("script", ["cgan", "dcgan", "r3gan", "vanilla", "wgan", "wgan_gp"])
def test_image_gans(data_dir, tmp_path, script):
    where = [f"--workdir={tmp_path / 'run'}"]
    done = run(
        f"experiments.{script}", *where, "--dataset=demo", f"--data_dir={data_dir}",
        "--width_mult=0.1", "--batch_size=4", "--epochs=1", "--steps_per_epoch=2",
        "--eval_samples=0", *(["--n_critic=2"] if script.startswith("wgan") else []),
    )  # fmt: skip
    assert "trained 2 steps" in done.stdout
    if script == "vanilla":  # what takes labels is sampled in the README
        run("experiments.sample", *where, "--count=7", "--columns=3", f"--out={tmp_path}/g.png")
        assert Image.open(tmp_path / "g.png").size == (3 * 28, 2 * 28)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["experiments.acgan", "--no_such_flag=1"], 2, "Unknown command line flag"),
        (["experiments.acgan", "--lr=fast"], 2, "--lr=fast"),
        (["experiments.acgan", "--lr=-1"], 2, "must be more than 0"),
        (["experiments.acgan", "surplus"], 2, "unexpected argument 'surplus'"),
        (
            ["experiments.acgan", "--class_weighting", "--class_sampling=inverse"],
            2,
            "--class_weighting means --class_sampling=proportional",
        ),
        (["experiments.sample", "--out=x.png"], 2, "--workdir is missing"),
        (["experiments.sample", "--workdir=/nowhere", "--out=x.gif"], 2, "must end in"),
    ],
)
def test_mistakes_are_one_line(arguments, code, message):
    done = run(*arguments, code=code)
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_dry_run_prints_the_configuration_and_trains_nothing(data_dir, tmp_path):
    done = run(
        "experiments.acgan", "--preset=original", "--dataset=demo", f"--data_dir={data_dir}",
        f"--workdir={tmp_path / 'run'}", "--batch_size=8", "--dry_run",
    )  # fmt: skip
    printed = json.loads(done.stdout)
    assert printed["options"]["lr"] == 5e-5
    assert printed["parameters"]["discriminator"] == 450_565  # 4 classes here
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("script", ["experiments.acgan", "experiments.sample"])
def test_help_shows_the_flags_without_tensorflow(script, tmp_path):
    assert "--workdir" in run(script, "--help", env=without("tensorflow", tmp_path)).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["experiments.acgan", "--data_dir=/nowhere"], "make crohme-data"),
        (["experiments.sample", "--workdir=/nowhere", "--out=x.png"], "no run folder"),
    ],
)
def test_what_is_missing_is_missed_before_tensorflow_starts(arguments, message, tmp_path):
    done = run(*arguments, code=1, env=without("tensorflow", tmp_path))
    assert message in done.stderr
    assert done.stderr.count("\n") == 1

"""The training scripts, samples and schematics as a user runs them, most as a process."""

import json
import runpy
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import small_runs
from PIL import Image
from script_runs import environment, refusal, run, run_cold, without

from experiments import common
from gan_keras import configs


@pytest.mark.parametrize("experiment", configs.CONFIGS)
def test_each_experiment_has_a_script(experiment, monkeypatch):
    called = []
    monkeypatch.setattr(common, "main", called.append)
    runpy.run_module(f"experiments.{experiment}", run_name="__main__")
    assert called == [configs.config_class(experiment)]


def test_vanilla_and_its_samples(data_dir, tmp_path):
    where = f"--workdir={tmp_path / 'run'}"
    done = run(
        "experiments.vanilla", where, "--dataset=demo", f"--data_dir={data_dir}",
        "--width_mult=0.1", "--batch_size=4", "--epochs=1", "--steps_per_epoch=2",
        "--eval_samples=0",
    )  # fmt: skip
    assert "trained 2 steps" in done.stdout
    run("experiments.sample", where, "--count=7", "--columns=3", f"--out={tmp_path}/g.png")
    assert Image.open(tmp_path / "g.png").size == (3 * 28, 2 * 28)
    run("experiments.sample", where, "--count=7", f"--out={tmp_path}/pictures")
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 7


def test_ae_acgan(data_dir, tmp_path):
    workdir = tmp_path / "run"
    done = run(
        "experiments.ae_acgan", "--dataset=demo", f"--data_dir={data_dir}", "--width_mult=0.1",
        "--batch_size=8", f"--workdir={workdir}", "--epochs=1", "--steps_per_epoch=2",
        "--eval_samples=0", "--latent=uniform01", "--g_batch_norm", "--ae_loss=mse", "--gif",
        "--picture_epochs=1",
    )  # fmt: skip
    assert "encoder 3," in done.stdout
    names = {path.name for path in (workdir / "samples").iterdir()}
    for name in ("classes", "variability", "reconstructions"):
        assert f"{name}_epoch_001.png" in names
        assert f"{name}_epoch_000.png" not in names
    assert {"samples.gif", "reconstructions.gif"} <= names
    options = json.loads((workdir / "config.json").read_text())["options"]
    assert options["autoencoder"] is True


def test_gaussian_and_its_samples(tmp_path):
    where, out = f"--workdir={tmp_path / 'run'}", tmp_path / "points.npz"
    options = ["--penalty=r1_r2", "--epochs=1", "--steps_per_epoch=20"]
    assert "energy distance" in run("experiments.gaussian", *options, where).stdout
    assert (tmp_path / "run" / "samples" / "scatter.gif").exists()
    run("experiments.sample", where, "--count=50", f"--out={out}")
    with np.load(out) as arrays:
        assert arrays["images"].shape == (50, 2)


def test_schematic(tmp_path):
    done = run("experiments.schematic", "--experiment=dcgan", f"--out={tmp_path}/nets.png")
    assert done.stdout.strip() == str(tmp_path / "nets.png")
    assert Image.open(tmp_path / "nets.png").width > 400


def test_dry_run_prints_the_configuration_and_trains_nothing(data_dir, tmp_path):
    done = run(
        "experiments.acgan", "--preset=original", "--dataset=demo", f"--data_dir={data_dir}",
        f"--workdir={tmp_path / 'run'}", "--batch_size=8", "--dry_run",
    )  # fmt: skip
    printed = json.loads(done.stdout)
    assert printed["options"]["lr"] == 5e-5
    assert printed["parameters"]["discriminator"] == 450_565  # 4 classes here
    assert not (tmp_path / "run").exists()


def test_help_shows_the_flags_without_tensorflow(tmp_path):
    done = run("experiments.acgan", "--help", env=without("tensorflow", tmp_path))
    assert "--workdir" in done.stdout


def test_the_last_words_of_a_tensorflow_that_aborts_are_shown(tmp_path):
    words = "it was compiled to use AVX"
    (tmp_path / "tensorflow.py").write_text(f"import os\nos.write(2, b'{words}')\nos.abort()")
    command = ["experiments.schematic", "--experiment=dcgan", f"--out={tmp_path}/nets.png"]
    done = run_cold(command, env=environment(tmp_path))
    assert done.returncode == -signal.SIGABRT
    assert words in done.stderr


def test_tensorflow_comes_without_what_keras_takes_along():
    code = (
        "import gc, sys; from experiments import common; common.import_tensorflow(); "
        "print(gc.isenabled(), {'matplotlib', 'pandas', 'scipy', 'sklearn'} & set(sys.modules)); "
        "import matplotlib, sklearn; from scipy import stats"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("True set()\n", 0), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("floatx", ["float16", "none"])
def test_the_users_own_settings_of_keras_change_nothing(floatx, data_dir, tmp_path):
    (tmp_path / "keras.json").write_text(
        f'{{"floatx": "{floatx}", "epsilon": 1e-3, "backend": "jax", '
        '"image_data_format": "channels_first"}'
    )
    other = environment() | {"KERAS_HOME": str(tmp_path), "KERAS_MAX_STEPS_PER_EPOCH": "1"}
    options = [
        "--dataset=demo", f"--data_dir={data_dir}", "--width_mult=0.1", "--batch_size=9",
        "--epochs=2", "--eval_samples=0", "--precision=float32",
    ]  # fmt: skip
    logs = []
    for env in (None, other):
        workdir = tmp_path / f"run{len(logs)}"
        run("experiments.acgan", *options, f"--workdir={workdir}", env=env)
        logs.append(small_runs.rows(SimpleNamespace(workdir=workdir), "log.csv"))
    assert logs[0] == logs[1]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("acgan --no_such_flag=1", 2, "Unknown command line flag"),
        ("acgan --lr=fast", 2, "--lr=fast"),
        ("acgan --lr=-1", 2, "must be more than 0"),
        ("acgan surplus", 2, "unexpected argument 'surplus'"),
        ("acgan --workdir=/dev/null/run", 2, "/dev/null is no folder"),
        ("acgan --data_dir=/nowhere", 1, "make crohme-data"),
        ("sample --out=x.png", 2, "--workdir is missing"),
        ("sample --workdir=/nowhere --out=x.gif", 2, "must end in"),
        ("sample --workdir=/nowhere --out=x.png", 1, "no run folder"),
        ("sample --workdir=/nowhere --out=.", 2, "is a folder with something in it"),
        ("schematic", 2, "--out is missing"),
        ("schematic --experiment=dcgan --out=.", 2, "must end in .png"),
        ("schematic --out=nowhere --preset=paper", 2, "--preset needs --experiment"),
    ],
)
def test_mistakes_are_one_line_before_tensorflow_starts(arguments, code, message, tmp_path):
    command, env = f"experiments.{arguments}".split(), without("tensorflow", tmp_path)
    assert message in refusal(*command, code=code, env=env)

"""The auto-encoder GAN, the GANs over points and the growing GAN as a user runs them."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

SHORT = ["--epochs=1", "--steps_per_epoch=20"]


def run(*command, code=0):
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done


def test_ae_acgan(data_dir, tmp_path):
    small = ["--dataset=demo", f"--data_dir={data_dir}", "--width_mult=0.1", "--batch_size=8"]
    workdir = tmp_path / "run"
    done = run(
        "experiments.ae_acgan", *small, *SHORT, f"--workdir={workdir}", "--eval_samples=2",
        "--latent=uniform01", "--g_batch_norm", "--ae_loss=mse", "--gif",
    )  # fmt: skip
    assert "encoder 3," in done.stdout
    assert "GAN-test" in done.stdout
    names = {path.name for path in (workdir / "samples").iterdir()}
    assert {
        f"{name}_epoch_001.png" for name in ("classes", "variability", "reconstructions")
    } < names
    assert "samples.gif" in names
    options = json.loads((workdir / "config.json").read_text())["options"]
    assert options["autoencoder"] is True


def test_no_autoencoder(data_dir, tmp_path):
    done = run(
        "experiments.ae_acgan", "--dataset=demo", f"--data_dir={data_dir}", "--batch_size=8",
        f"--workdir={tmp_path / 'run'}", "--no_autoencoder", "--preset=emnist", "--dry_run",
    )  # fmt: skip
    printed = json.loads(done.stdout)
    assert printed["options"]["autoencoder"] is False
    assert set(printed["parameters"]) == {"encoder", "generator", "discriminator"}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--dataset=gaussian3d"], marks=pytest.mark.slow),
        ["--preset=grid", "--width_mult=0.05", "--penalty=r1_r2"],
    ],
)
def test_gaussian(tmp_path, options):
    workdir = tmp_path / "run"
    done = run("experiments.gaussian", *options, *SHORT, f"--workdir={workdir}")
    assert "energy distance" in done.stdout
    assert ("modes captured" in done.stdout) == ("--preset=grid" in options)
    assert (workdir / "samples" / "scatter.gif").exists()
    out = tmp_path / "points.npz"
    run("experiments.sample", f"--workdir={workdir}", "--count=50", f"--out={out}")
    with np.load(out) as arrays:
        assert arrays["images"].shape == (50, 3 if "--dataset=gaussian3d" in options else 2)


def test_progressive(data_dir, tmp_path):
    workdir = tmp_path / "run"
    done = run(
        "experiments.progressive", "--dataset=demo", f"--data_dir={data_dir}", "--batch_size=8",
        "--width_mult=0.05", "--stable_steps=5", "--fade_steps=10", *SHORT, "--eval_samples=2",
        f"--workdir={workdir}",
    )  # fmt: skip
    assert "image_size: " in done.stdout
    run("experiments.sample", f"--workdir={workdir}", "--count=10", f"--out={tmp_path / 's.png'}")
    assert Image.open(tmp_path / "s.png").size == (320, 32)


def test_schematic(tmp_path):
    done = run("experiments.schematic", "--experiment=dcgan", f"--out={tmp_path}/nets.png")
    assert done.stdout.strip() == str(tmp_path / "nets.png")
    assert Image.open(tmp_path / "nets.png").width > 400
    for wrong, message in (
        ([], "--out is missing"),
        (["--experiment=dcgan", f"--out={tmp_path}"], "must end in .png"),
        ([f"--out={tmp_path}", "--preset=paper"], "--preset needs --experiment"),
        (["--experiment=acgan", "--image_size=27", f"--out={tmp_path}/a.png"], "multiples of 4"),
    ):
        assert message in run("experiments.schematic", *wrong, code=2).stderr
    assert not (tmp_path / "a.png").exists()

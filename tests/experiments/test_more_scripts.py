"""The auto-encoder GAN, the GANs over points and the growing GAN as a user runs them."""

import json

import numpy as np
import pytest
from PIL import Image
from script_runs import run


def test_ae_acgan(data_dir, tmp_path):
    small = ["--dataset=demo", f"--data_dir={data_dir}", "--width_mult=0.1", "--batch_size=8"]
    workdir = tmp_path / "run"
    done = run(
        "experiments.ae_acgan", *small, f"--workdir={workdir}", "--epochs=1", "--steps_per_epoch=2",
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


def gaussian(workdir, *options):
    done = run(
        "experiments.gaussian", *options, "--epochs=1", "--steps_per_epoch=20",
        f"--workdir={workdir}",
    )  # fmt: skip
    assert "energy distance" in done.stdout
    assert (workdir / "samples" / "scatter.gif").exists()


def test_gaussian(tmp_path):
    gaussian(tmp_path / "run", "--penalty=r1_r2")


@pytest.mark.slow
def test_gaussian_in_space_and_sample(tmp_path):
    gaussian(tmp_path / "run", "--dataset=gaussian3d")
    out = tmp_path / "points.npz"
    run("experiments.sample", f"--workdir={tmp_path / 'run'}", "--count=50", f"--out={out}")
    with np.load(out) as arrays:
        assert arrays["images"].shape == (50, 3)


def test_progressive(data_dir, tmp_path):
    done = run(
        "experiments.progressive", "--dataset=demo", f"--data_dir={data_dir}", "--batch_size=8",
        "--image_size=16", "--width_mult=0.05", "--epochs=1", "--steps_per_epoch=2",
        "--eval_samples=0", f"--workdir={tmp_path / 'run'}",
    )  # fmt: skip
    assert "image_size: " in done.stdout
    assert "trained 2 steps" in done.stdout


def test_schematic(tmp_path):
    done = run("experiments.schematic", "--experiment=dcgan", f"--out={tmp_path}/nets.png")
    assert done.stdout.strip() == str(tmp_path / "nets.png")
    assert Image.open(tmp_path / "nets.png").width > 400
    for wrong, message in (
        ([], "--out is missing"),
        (["--experiment=dcgan", f"--out={tmp_path}"], "must end in .png"),
        ([f"--out={tmp_path}", "--preset=paper"], "--preset needs --experiment"),
    ):
        assert message in run("experiments.schematic", *wrong, code=2).stderr

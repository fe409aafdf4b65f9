"""Writing and exporting as a user does it."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import keras
import numpy as np
import pytest
import writing_samples
from PIL import Image

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    return writing_samples.run_folder(tmp_path_factory.mktemp("write") / "runs" / "demo")


def run(*command, code=0, cwd=None):
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done


def test_text_as_png_and_formula_as_svg(workdir, tmp_path):
    png, svg = tmp_path / "text.png", tmp_path / "formula.svg"
    done = run("experiments.write", "--text=(3+4)x=7", f"--workdir={workdir}", f"--out={png}")
    assert "8 glyphs" in done.stdout
    assert np.asarray(Image.open(png).convert("L")).min() < 100
    latex = r"--latex=\frac{3+4}{x}=7^{2}"
    options = ("--style=3", "--towards=4", "--blend=0.3", "--size=90", "--seed=2")
    run("experiments.write", latex, f"--workdir={workdir}", f"--out={svg}", *options)
    root = ET.parse(svg).getroot()
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) == 7


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ((), "give one of --text and --latex"),
        (("--text=1", "--latex=1"), "give one of --text and --latex"),
        (("--text=1",), "--out is missing"),
        (("--text=1", "--out=a.jpg"), "must end in .png or .svg"),
        (("--text=1", "--out=a.png", "--best_of=0"), "best_of"),
        (("--text=1", "--out=a.png", "--variation=2"), "variation"),
    ],
)
def test_wrong_flags(flags, message):
    done = run("experiments.write", *flags, code=2)
    assert message in done.stderr
    assert done.stderr.startswith("error: ")


def test_unknown_symbols_are_all_named(workdir, tmp_path):
    out = tmp_path / "a.png"
    latex = r"--latex=\alpha+y\foo"
    done = run("experiments.write", latex, f"--workdir={workdir}", f"--out={out}", code=2)
    assert done.stderr.count("\n") == 1
    for name in (r"\foo", "y", "greek small letter alpha", "make writer-latex"):
        assert name in done.stderr
    assert not out.exists()


def test_without_a_workdir_the_newest_run_writes(workdir, tmp_path):
    out = tmp_path / "a.png"
    done = run("experiments.write", "--text=12", f"--out={out}", cwd=workdir.parents[1])
    assert "runs/demo" in done.stdout


def test_export(workdir, tmp_path):
    file, folder = tmp_path / "g.keras", tmp_path / "saved"
    run("experiments.export", f"--workdir={workdir}", f"--out={file}")
    run("experiments.export", f"--workdir={workdir}", "--format=savedmodel", f"--out={folder}")
    z = np.random.default_rng(0).standard_normal((3, writing_samples.LATENT)).astype(np.float32)
    labels = np.array([0, 5, 9], np.int32)
    mine = writing_samples.sampler("math16").generator([z, labels])
    model = keras.models.load_model(file, safe_mode=True)
    np.testing.assert_allclose(model([z, labels]), mine, atol=1e-5)
    assert (folder / "saved_model.pb").is_file()
    done = run(
        "experiments.export", f"--workdir={workdir}", "--format=savedmodel", f"--out={folder}",
        code=2,
    )  # fmt: skip
    assert "is there already" in done.stderr
    done = run("experiments.export", f"--workdir={workdir}", f"--out={tmp_path / 'g.h5'}", code=2)
    assert "must end in .keras" in done.stderr


def test_the_page_needs_a_run_that_can_write(tmp_path):
    pytest.importorskip("gradio")
    done = run("experiments.page", f"--runs={tmp_path}", code=1)
    assert "no run in" in done.stderr
    assert "make demo" in done.stderr

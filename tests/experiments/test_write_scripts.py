"""Writing and exporting as a user does it."""

import xml.etree.ElementTree as ET

import keras
import numpy as np
import pytest
import writing_samples
from script_runs import refusal, run


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    return writing_samples.run_folder(tmp_path_factory.mktemp("write") / "runs" / "demo")


def test_without_a_workdir_the_newest_run_writes(workdir, tmp_path):
    svg = tmp_path / "formula.svg"
    latex = r"--latex=\frac{3+4}{x}=7^{2}"
    options = ("--style=3", "--towards=4", "--blend=0.3", "--size=90", "--seed=2")
    done = run("experiments.write", latex, f"--out={svg}", *options, cwd=workdir.parents[1])
    assert "7 glyphs of runs/demo" in done.stdout
    root = ET.parse(svg).getroot()
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) == 7


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ((), "give one of --text and --latex"),
        (("--text=1", "--latex=1"), "give one of --text and --latex"),
        (("--text=1", "--out=a.jpg"), "must end in .png or .svg"),
    ],
)
def test_wrong_flags(flags, message):
    assert message in refusal("experiments.write", *flags, code=2)


def test_export(workdir, tmp_path):
    file, folder = tmp_path / "g.keras", tmp_path / "saved"
    run("experiments.export", f"--workdir={workdir}", f"--out={file}")
    z = np.random.default_rng(0).standard_normal((3, writing_samples.LATENT)).astype(np.float32)
    labels = np.array([0, 5, 9], np.int32)
    mine = writing_samples.sampler("math16").generator([z, labels])
    model = keras.models.load_model(file, safe_mode=True)
    np.testing.assert_allclose(model([z, labels]), mine, atol=1e-5)
    folder.mkdir()
    for out, message in (
        (["--format=savedmodel", f"--out={folder}"], "is there already"),
        ([f"--out={tmp_path / 'g.h5'}"], "must end in .keras"),
    ):
        assert message in refusal("experiments.export", f"--workdir={workdir}", *out, code=2)


def test_the_page_needs_a_run_that_can_write(tmp_path):
    pytest.importorskip("gradio")
    assert "make demo" in refusal("experiments.page", f"--runs={tmp_path}")

"""The data scripts as a user runs them: as a process."""

import time

import pytest
from PIL import Image
from script_runs import refusal, run


def test_show_data(data_dir, tmp_path):
    out = tmp_path / "sheet.png"
    done = run(
        "experiments.show_data", "--dataset=demo", f"--data_dir={data_dir}", f"--out={out}",
        "--image_size=32", "--only_class=a,c",
    )  # fmt: skip
    assert "demo: 27 train and 9 test images of 32 x 32 x 1" in done.stdout
    assert Image.open(out).size[0] > 16 * 32
    assert done.stderr == ""


def test_prepare_data_looks_through_own_pictures(tmp_path):
    (tmp_path / "p" / "a").mkdir(parents=True)
    Image.linear_gradient("L").save(tmp_path / "p" / "a" / "1.png")
    (tmp_path / "p" / "a" / "2.png").write_bytes(b"x")
    done = run("experiments.prepare_data", f"--dataset=folder:{tmp_path / 'p'}")
    assert "1 train and 0 test images" in done.stdout
    assert "'a/2.png' is left out" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["experiments.prepare_data"], 2, "--dataset is missing"),
        (["experiments.show_data", "--dataset=ring"], 2, "--out is missing"),
        (["experiments.show_data", "--dataset=ring", "--out=x.gif"], 2, "must end in .png"),
        (["experiments.show_data", "--dataset=folder:none", "--out=x.png"], 1, "no folder, .zip"),
    ],
)
def test_mistakes_are_one_line(arguments, code, message):
    assert message in refusal(*arguments, code=code)


@pytest.mark.parametrize(
    "arguments",
    [
        ["experiments.sample", "--workdir=none", "--out=FILE/x.png"],
        ["experiments.export", "--workdir=none", "--format=savedmodel", "--out=FILE/x"],
        ["experiments.schematic", "--out=FILE"],
        ["experiments.evaluate", "--compare", "none", "none", "--out=FILE"],
    ],
)
def test_a_place_that_cannot_be_written_is_said_before_anything_else(arguments, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    said = refusal(*(word.replace("FILE", str(file)) for word in arguments), code=2)
    assert f"{file} is no folder" in said


def test_no_network_fails_within_seconds(tmp_path, monkeypatch):
    # A proxy that nothing listens on is a machine without a network.
    start = time.monotonic()
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path))
    said = refusal("experiments.prepare_data", "--dataset=mnist", f"--data_dir={tmp_path}")
    assert "no answer from storage.googleapis.com" in said
    assert time.monotonic() - start < 15

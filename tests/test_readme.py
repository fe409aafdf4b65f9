"""The commands and the example of the README run as printed."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest
from conftest import toy_symbols
from PIL import Image
from script_runs import run_cold, run_warm

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)
# The folder that the first command would name after its options, had it not been made short.
RUN = "runs/acgan/crohme-g_lr_mult=1.5-class_sampling=proportional-seed=0"
CLASSES = list("()+-0123456789=x")
# What makes a printed command short; everything else runs as it stands.
SHORT = {
    "experiments.acgan": [
        f"--workdir={RUN}",
        "--epochs=1", "--steps_per_epoch=2", "--width_mult=0.1", "--batch_size=8",
        "--eval_samples=2",
    ],
}  # fmt: skip


def commands():
    """All shell commands, continuation lines joined, comments dropped."""
    for kind, text in BLOCKS:
        if kind in ("sh", "bash", "console"):
            for line in text.replace("\\\n", " ").splitlines():
                line = line.split("  #")[0].strip()
                if line and not line.startswith("#"):
                    yield line


PYTHON_COMMANDS = [line for line in commands() if line.startswith("python -m experiments.")]
MAKE_COMMANDS = [line for line in commands() if line.startswith("make ")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A working folder with every data set that the README's commands use, in small."""
    arrays = toy_symbols(per_class=(12, 12, 12, 12))
    arrays["labels"] = np.arange(48) // 3  # of every class something is in the train split
    arrays["class_names"] = np.array(CLASSES)
    folder = tmp_path_factory.mktemp("readme")
    for name in ("crohme", "demo"):
        (folder / "data" / name).mkdir(parents=True)
        np.savez(folder / "data" / name / "symbols.npz", **arrays)
    return folder


@pytest.fixture(scope="module")
def ends(folder):
    """Results of the Python commands, run in their order, by command."""
    found = {}
    for line in PYTHON_COMMANDS:
        _, _, *command = shlex.split(line)
        run = run_warm if found else run_cold  # the first shows what TensorFlow says when it starts
        found[line] = run([*command, *SHORT.get(command[0], [])], folder)
        assert found[line].returncode == 0, f"{line}\n{found[line].stderr}"
    return found


@pytest.mark.timeout(600)
def test_a_run_says_what_it_does_and_where(ends, folder):
    done = ends[PYTHON_COMMANDS[0]]
    assert "labels drawn with: ( 0.0556, ) 0.0556, + 0.0556, - 0.0833, 0 0.0556" in done.stdout
    assert f"tensorboard --logdir {RUN}" in done.stdout
    assert "GAN-test by class: ( " in done.stdout
    assert f"report: {RUN}/report.html" in done.stdout
    assert "oneDNN" not in done.stderr
    options = json.loads((folder / RUN / "config.json").read_text())["options"]
    assert (options["g_lr_mult"], options["class_sampling"]) == (1.5, "proportional")


@pytest.mark.timeout(600)
def test_what_the_commands_wrote(ends, folder):
    # one column per class, then one row per class
    assert Image.open(folder / "grid.png").size == (16 * 28, 10 * 28)
    assert Image.open(folder / "way.png").size == (10 * 28, 16 * 28)
    with np.load(folder / "samples.npz") as arrays:
        assert arrays["images"].shape == (300, 28, 28, 1)
        assert arrays["class_names"].tolist() == CLASSES
        classes, counts = np.unique(arrays["labels"], return_counts=True)
        assert [CLASSES[label] for label in classes] == ["3", "4", "x"]
        assert counts.tolist() == [100] * 3
    assert len([*(folder / "samples").glob("*/*.png")]) == 16 * 20
    assert np.asarray(Image.open(folder / "formula.png").convert("L")).min() < 100  # ink
    assert (folder / "generator" / "saved_model.pb").is_file()


@pytest.mark.parametrize("line", MAKE_COMMANDS)
def test_make_targets_exist(line):
    done = subprocess.run(
        ["make", "-n", "-C", str(ROOT), *line.split()[1:]], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_library_example_runs(folder, monkeypatch):
    import tensorflow_datasets as tfds  # late: takes seconds

    monkeypatch.chdir(folder)
    names = {}
    with tfds.testing.mock_data(num_examples=200):  # random images in the form of each set
        for example in [text for kind, text in BLOCKS if kind == "python"]:
            exec(compile(example, "README.md", "exec"), names)
    assert (folder / "generator" / "saved_model.pb").is_file()
    assert int(names["gan"].steps) == 2


def test_pictures_and_links_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README) + re.findall(r'src="([^"]+)"', README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target

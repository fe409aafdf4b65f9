"""What the README shows must run as printed."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import toy_symbols

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)
# What makes a printed command short; everything else runs as it stands.
SHORT = {
    "experiments.acgan": [
        # the folder that the command would name after its options, had it not been made short
        "--workdir=runs/acgan/crohme-g_lr_mult=1.5-class_sampling=proportional-seed=0",
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
    folder = tmp_path_factory.mktemp("readme")
    for name in ("crohme", "demo"):
        (folder / "data" / name).mkdir(parents=True)
        np.savez(folder / "data" / name / "symbols.npz", **_sixteen())
    return folder


def _sixteen():
    """Toy images under the 16 class names that the README's commands name."""
    arrays = toy_symbols(per_class=(12, 12, 12, 12))
    names = list("()+-0123456789=x")
    arrays["labels"] = np.arange(len(arrays["labels"])) % len(names)
    arrays["class_names"] = np.array(names)
    return arrays


def test_readme_shows_commands():
    assert PYTHON_COMMANDS
    assert "make demo" in MAKE_COMMANDS
    assert "make test" in MAKE_COMMANDS


@pytest.mark.timeout(600)
def test_python_commands_run_in_order(folder):
    for line in PYTHON_COMMANDS:
        _, *arguments = shlex.split(line)
        done = subprocess.run(
            [sys.executable, *arguments, *SHORT.get(arguments[1], [])],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"


@pytest.mark.parametrize("line", MAKE_COMMANDS)
def test_make_targets_exist(line):
    done = subprocess.run(
        ["make", "-n", "-C", str(ROOT), *line.split()[1:]], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_library_example_runs(folder, monkeypatch):
    (example,) = [text for kind, text in BLOCKS if kind == "python"]
    monkeypatch.chdir(folder)
    exec(compile(example, "README.md", "exec"), {})


def test_pictures_and_links_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README) + re.findall(r'src="([^"]+)"', README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target

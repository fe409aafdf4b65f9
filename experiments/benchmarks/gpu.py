"""Everything that has to be seen on a GPU, in one command of at most eight minutes.

python -m experiments.benchmarks.gpu
python -m experiments.benchmarks.gpu --dry_run --out=/tmp/gpu.json

Parts, in this order: training steps of the compact AC-GAN beside plain Keras with its best settings
there, with peak memory and how busy the GPU is; a deterministic run that is stopped and goes on,
compared bit by bit with one that was not; the same run mirrored on the devices there are; wall
minutes to 99 % read right on demo symbols; training steps of all other networks. Each part is
added to the file as it ends. Called again, the command makes what is missing.
"""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from absl import flags

from experiments import common
from experiments.benchmarks import measuring, steps
from experiments.benchmarks.nets import NETS
from gan_keras.foundation import cli
from gan_keras.foundation.errors import DataError, one_line
from gan_keras.foundation.files import check_writable
from gan_keras.storage import checkpoints
from gan_keras.storage.run_folder import RunFolder

FLAGS = flags.FLAGS
FIRST = "compact"
GOAL = 0.99


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    flags.DEFINE_float("minutes", 8.0, "Time for all parts together.", lower_bound=0.1)
    flags.DEFINE_boolean("dry_run", False, "Try every part on the processor, each very short.")
    cli.define_path("out", str(measuring.RESULTS / "gpu.json"), "The JSON file.")


def main() -> None:
    """Runs the command."""
    out = Path(FLAGS.out)
    check_writable(out, "out")
    done = measuring.read(out, "parts")["parts"]
    common.import_tensorflow()
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus and not FLAGS.dry_run:
        raise DataError("TensorFlow sees no GPU here; --dry_run tries every part on the processor")
    names = [tf.config.experimental.get_device_details(gpu).get("device_name") for gpu in gpus]
    with tempfile.TemporaryDirectory() as folder:
        check = Check(Path(folder), time.monotonic() + 60.0 * FLAGS.minutes, FLAGS.dry_run)
        others = [net for net in NETS if net != FIRST]
        parts: dict[str, Callable[[], Any]] = {
            f"steps of {FIRST}": lambda: check.steps([FIRST]),
            "resume": check.resume,
            "mirrored": check.mirrored,
            "quality": check.quality,
            "steps of the others": lambda: check.steps(["dcgan"] if FLAGS.dry_run else others),
        }
        for name, part in parts.items():
            if name in done:
                continue
            print(f"{name} ...", flush=True)
            try:
                found = part()
            except subprocess.TimeoutExpired:
                raise DataError(f"{name}: time is up; call again for what is missing") from None
            measuring.keep(out, "parts", name, found, devices=names, dry_run=FLAGS.dry_run)
            print(told(found), flush=True)
    print(out)


def told(found: dict[str, Any]) -> str:
    """Formats the result of a part."""
    if nets := found.get("nets"):
        return "\n".join(steps.table(net) for net in nets.values())
    figures = {name: value for name, value in found.items() if not isinstance(value, list)}
    return "  " + ", ".join(f"{name} {value}" for name, value in figures.items())


@dataclasses.dataclass
class Check:
    """The parts, each made of commands of the suite.

    Attributes:
        folder: For runs and data.
        deadline: When commands must have ended, by `time.monotonic`.
        dry: Whether to do as little as possible.
    """

    folder: Path
    deadline: float
    dry: bool

    def run(self, module: str, *options: str) -> None:
        """Runs a command to its end.

        Raises:
            DataError: If it fails.
            subprocess.TimeoutExpired: If time is up.
        """
        command = subprocess.Popen(
            [sys.executable, "-m", module, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            _, said = command.communicate(timeout=max(self.deadline - time.monotonic(), 0.0))
        except BaseException:
            os.killpg(command.pid, signal.SIGKILL)  # its workers, too, which hold the GPU
            command.wait()
            raise
        if command.returncode:
            last = said.strip().splitlines()[-1:]
            raise DataError(f"{module} {' '.join(options)}: {one_line(''.join(last))}")

    def steps(self, nets: list[str]) -> dict[str, Any]:
        """Measures training steps."""
        out = self.folder / f"steps_{nets[0]}.json"
        length = ["--repeats=1", "--burst_seconds=0.1"] if self.dry else ["--repeats=3"]
        if not self.dry:
            length.append("--burst_seconds=2")
        self.run(
            "experiments.benchmarks.steps",
            f"--nets={','.join(nets)}",
            "--sides=ours_bf16,ours,keras_xla,keras",
            "--rooflines=false",
            f"--out={out}",
            *length,
        )
        return {"nets": json.loads(out.read_text(encoding="utf-8"))["nets"]}

    def train(self, name: str, epochs: int, *options: str) -> dict[str, np.ndarray]:
        """Trains an AC-GAN for some epochs, or goes on to them; returns its state."""
        run = RunFolder(self.folder / name)
        self.run(
            "experiments.acgan",
            f"--workdir={run.path}",
            *self.data(),
            "--deterministic",
            f"--epochs={epochs}",
            f"--steps_per_epoch={3 if self.dry else 100}",
            "--eval_samples=0",
            f"--width_mult={0.1 if self.dry else 1.0}",
            *options,
        )
        return checkpoints.read(checkpoints.existing(run.checkpoints)[0])[0]

    def resume(self) -> dict[str, Any]:
        """Compares a run that went on from its checkpoint with one that was never stopped."""
        whole = self.train("whole", 2)
        self.train("broken", 1)
        return compared(whole, self.train("broken", 2))

    def mirrored(self) -> dict[str, Any]:
        """Compares a run that is mirrored on all devices with a plain one."""
        plain, mirrored = "plain_epoch", "mirrored_epoch"
        return compared(self.train(plain, 1), self.train(mirrored, 1, "--distribute=mirrored"))

    def quality(self) -> dict[str, Any]:
        """Finds the wall minutes of training to `GOAL` read right."""
        out = self.folder / "quality.json"
        marks = [0.02] if self.dry else [0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0]
        small = ["--width_mult=0.1", "--eval_samples=5"] if self.dry else []
        self.run(
            "experiments.benchmarks.time_to_quality",
            *self.data(),
            "--clock=wall",
            *(f"--minutes={mark}" for mark in marks),
            f"--out={out}",
            *small,
        )
        scores = json.loads(out.read_text(encoding="utf-8"))["runs"]["ours, seed 0"]["scores"]
        reached = [score["wall_minutes"] for score in scores if score["accuracy"] >= GOAL]
        return {f"minutes to {GOAL:.0%}": min(reached, default=None), "scores": scores}

    def data(self) -> list[str]:
        """Makes demo symbols at the first call; returns the options that name them."""
        if self.dry:
            return ["--dataset=digits", f"--data_dir={self.folder}"]
        expressions, symbols = self.folder / "ink.zip", self.folder / "demo" / "symbols.npz"
        if not symbols.exists():
            self.run("data_tools.demo", "--alphabet=math16", f"--out={expressions}")
            self.run("data_tools.crohme", f"--input={expressions}", f"--out={symbols}")
        return ["--dataset=demo", f"--data_dir={self.folder}"]


def compared(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> dict[str, Any]:
    """Compares two states: arrays, how many of them are equal, and the largest difference."""
    equal = [np.array_equal(array, other[name]) for name, array in one.items()]
    gaps = [
        float(np.abs(array.astype(np.float64) - other[name]).max(initial=0.0))
        for name, array in one.items()
    ]
    return {"arrays": len(equal), "equal": sum(equal), "largest difference": max(gaps)}


if __name__ == "__main__":
    define_flags()
    cli.run(main)

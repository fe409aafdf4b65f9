"""What of an epoch is not training: sample grids, logs, checkpoints, held-out losses.

python -m experiments.benchmarks.overhead --dataset=crohme
python -m experiments.benchmarks.overhead --dataset=digits --options=width_mult=0.1 --out=x.json

Trains an AC-GAN with its default settings in a folder of its own and times every callback. The
first epoch, in which graphs are built and matplotlib is imported, does not count.
"""

import functools
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from absl import flags

from experiments import common
from experiments.benchmarks import processes
from experiments.benchmarks.options import parse
from gan_keras.foundation import cli
from gan_keras.foundation.files import check_writable, write_json

FLAGS = flags.FLAGS
OUT = Path(__file__).parent / "results" / "overhead.json"
# What a fit calls of a callback.
HOOKS = ("on_train_batch_begin", "on_train_batch_end", "on_epoch_begin", "on_epoch_end")


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    flags.DEFINE_string("dataset", "crohme", "Data set with classes.")
    flags.DEFINE_string("data_dir", "data", "Folder of prepared data.")
    flags.DEFINE_string("preset", "compact", "Preset of the AC-GAN.")
    flags.DEFINE_list("options", [], "Options of the AC-GAN that differ from the preset: lr=4e-4.")
    flags.DEFINE_integer("epochs", 3, "Epochs, of which the first does not count.", lower_bound=2)
    flags.DEFINE_string("out", str(OUT), "The JSON file.")


def main() -> None:
    """Runs the command."""
    from gan_keras.configs.acgan import ACGANConfig

    options = {
        "dataset": FLAGS.dataset,
        "data_dir": FLAGS.data_dir,
        "epochs": FLAGS.epochs,
        "eval_samples": 0,  # scores are no part of an epoch, and a first judge takes minutes
        **parse(ACGANConfig, FLAGS.preset, FLAGS.options),
    }
    check_writable(FLAGS.out, "out")
    common.import_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        config = ACGANConfig.create(FLAGS.preset, {**options, "workdir": f"{folder}/run"})
        found = measure(config)
    result = {
        **found,
        "options": {**config.to_dict(), "workdir": None},
        "machine": processes.machine(),
    }
    write_json(FLAGS.out, result)
    print(f"{found['epochs']} epochs of {found['seconds'] / found['epochs']:.1f} s, of which")
    for name, share in found["shares"].items():
        print(f"{name:20} {share:6.2%}")
    print(f"{'together':20} {found['share']:6.2%}")
    print(FLAGS.out)


def measure(config: Any) -> dict[str, Any]:
    """Trains and times.

    Args:
        config: The AC-GAN, of 2 epochs or more.

    Returns:
        `epochs` that count, their `seconds`, the `shares` of them by what took them, largest first,
        and their sum, `share`.
    """
    from gan_keras.gans.base import GAN
    from gan_keras.runs import callbacks, training

    clock = Clock()
    kinds = [each for each in vars(callbacks).values() if isinstance(each, type)]
    for kind in kinds:
        for hook in set(HOOKS) & vars(kind).keys():
            clock.watch(kind, hook)
    clock.watch(GAN, "evaluate", "held-out losses")
    looks: list[tuple[float, Counter]] = []

    class Looks(callbacks.DivergenceGuard):
        """First in the list: looks at the clock where an epoch begins and where all end."""

        def on_epoch_begin(self, epoch, logs=None):
            looks.append((time.perf_counter(), clock.spent.copy()))

        def on_train_end(self, logs=None):
            looks.append((time.perf_counter(), clock.spent.copy()))

    guard, callbacks.DivergenceGuard = callbacks.DivergenceGuard, Looks
    try:
        training.run(config)
    finally:
        callbacks.DivergenceGuard = guard
        clock.restore()
    (begin, before), (end, after) = looks[1], looks[-1]
    seconds = end - begin
    shares = {name: spent / seconds for name, spent in (after - before).most_common()}
    return {
        "epochs": len(looks) - 2,
        "seconds": seconds,
        "shares": shares,
        "share": sum(shares.values()),
    }


class Clock:
    """Times methods of classes; what one calls of another counts as its own.

    Attributes:
        spent: Seconds by name.
    """

    def __init__(self):
        self.spent: Counter[str] = Counter()
        self._depth = 0
        self._originals: list[tuple[type, str, Any]] = []

    def watch(self, kind: type, name: str, title: str | None = None) -> None:
        """Replaces a method by one that is timed.

        Args:
            kind: The class, which defines the method itself.
            name: Of the method.
            title: What its time counts as; the class by default.
        """
        original = vars(kind)[name]

        @functools.wraps(original)
        def timed(this, *args, **kwargs):
            self._depth += 1
            begin = time.perf_counter()
            try:
                return original(this, *args, **kwargs)
            finally:
                self._depth -= 1
                if not self._depth:
                    self.spent[title or kind.__name__] += time.perf_counter() - begin

        setattr(kind, name, timed)
        self._originals.append((kind, name, original))

    def restore(self) -> None:
        """Gives the classes their methods back."""
        for kind, name, original in self._originals:
            setattr(kind, name, original)
        self._originals.clear()


if __name__ == "__main__":
    define_flags()
    cli.run(main)

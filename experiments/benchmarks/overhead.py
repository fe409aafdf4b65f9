"""Share of an epoch that is not training: sample grids, logs, checkpoints, held-out losses.

python -m experiments.benchmarks.overhead --dataset=crohme
python -m experiments.benchmarks.overhead --dataset=digits --options=width_mult=0.1 --out=x.json

Trains an AC-GAN with its default settings in a folder of its own and times every callback. The
first epoch, in which graphs are built and matplotlib is imported, does not count.
"""

import contextlib
import functools
import tempfile
import time
from collections import Counter
from typing import Any
from unittest import mock

from absl import flags

from experiments import common
from experiments.benchmarks import measuring
from gan_keras.configs.base import RunConfig
from gan_keras.foundation import cli
from gan_keras.foundation.files import check_writable, write_json

FLAGS = flags.FLAGS
# Methods of a callback that `fit` calls.
HOOKS = {"on_train_batch_begin", "on_train_batch_end", "on_epoch_begin", "on_epoch_end"}


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    measuring.define_acgan_flags()
    flags.DEFINE_integer("epochs", 3, "Epochs, of which the first does not count.", lower_bound=2)
    flags.DEFINE_string("out", str(measuring.RESULTS / "overhead.json"), "The JSON file.")


def main() -> None:
    """Runs the command."""
    # scores are no part of an epoch, and a first judge takes minutes
    config = measuring.acgan_config(epochs=FLAGS.epochs, eval_samples=0)
    check_writable(FLAGS.out, "out")
    common.import_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(config.replace(workdir=f"{folder}/run"))
    write_json(FLAGS.out, {**found, "options": config.to_dict(), "machine": measuring.machine()})
    print(f"{found['epochs']} epochs of {found['seconds'] / found['epochs']:.1f} s, of which")
    for name, share in {**found["shares"], "together": found["share"]}.items():
        print(f"{name:20} {share:6.2%}")
    print(FLAGS.out)


def measure(config: RunConfig) -> dict[str, Any]:
    """Trains and times.

    Args:
        config: A run of 2 epochs or more.

    Returns:
        `epochs` that count, their `seconds`, the `shares` of them per callback, largest first, and
        the sum of the shares, `share`.
    """
    import keras

    from gan_keras.gans.base import GAN
    from gan_keras.runs import training
    from gan_keras.runs.callbacks import RunCallback

    spent: Counter[str] = Counter()
    marks: list[tuple[float, Counter[str]]] = []
    running = False

    def watch(kind: type, hook: str, name: str | None = None) -> None:
        """Times a method; without a name it notes the times of all methods so far."""
        method = getattr(kind, hook)

        @functools.wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal running
            begin = time.perf_counter()
            if name is None:
                marks.append((begin, spent.copy()))
            if running or name is None:  # a method within another counts as part of that
                return method(*args, **kwargs)
            running = True
            try:
                return method(*args, **kwargs)
            finally:
                running = False
                spent[name] += time.perf_counter() - begin  # ty: ignore[invalid-assignment]

        patches.enter_context(mock.patch.object(kind, hook, call))

    with contextlib.ExitStack() as patches:
        for kind in RunCallback.__subclasses__():
            for hook in HOOKS & vars(kind).keys():
                watch(kind, hook, kind.__name__)
        watch(GAN, "evaluate", "held-out losses")
        watch(keras.callbacks.CallbackList, "on_epoch_begin")
        watch(keras.callbacks.CallbackList, "on_train_end")
        training.run(config)
    (begin, before), (end, after) = marks[1], marks[-1]
    shares = {name: time / (end - begin) for name, time in (after - before).most_common()}
    return {
        "epochs": len(marks) - 2,
        "seconds": end - begin,
        "shares": shares,
        "share": sum(shares.values()),
    }


if __name__ == "__main__":
    define_flags()
    cli.run(main)

"""Flags made from a configuration class, output files, and the end of a run, for all scripts."""

import contextlib
import gc
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from gan_keras.configs.base import RunConfig
from gan_keras.evaluation import catalogue
from gan_keras.foundation import cli
from gan_keras.foundation.errors import UsageError
from gan_keras.foundation.files import check_writable
from gan_keras.storage import run_folder

if TYPE_CHECKING:
    from gan_keras.data import Dataset

_PROJECT = Path(__file__).resolve().parents[1]
# Flags belong to the script that asks for them, so that its --help shows them.
flags.disclaim_key_flags()

_DEFINE = {
    bool: flags.DEFINE_boolean,
    int: flags.DEFINE_integer,
    float: flags.DEFINE_float,
    str: flags.DEFINE_string,
}


def results_folder(beside: Path) -> Path:
    """Returns where results go by default: to `results` beside a file of the project in a checkout.

    Where the project is installed, that is the `results` of the working folder.

    Args:
        beside: The file, or a user's own one, beside which results always go.
    """
    ours = _PROJECT in beside.resolve().parents
    return Path("results") if ours and is_installed() else beside.parent / "results"


def is_installed() -> bool:
    """Whether this is no checkout of the project: nothing is to be written into its folders."""
    return not (_PROJECT / "setup.cfg").is_file()


def import_tensorflow() -> None:
    """Imports TensorFlow without its start-up notes, and without the user's settings of Keras.

    It takes half as long as it would by itself.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow reads keras.json as well, and fails where Keras does.
    for name in [name for name in os.environ if name.startswith("KERAS_")]:
        del os.environ[name]
    os.environ |= {"KERAS_BACKEND": "tensorflow", "KERAS_HOME": os.devnull}
    if "tensorflow" not in sys.modules:
        with _stderr_held_back(), _lean_import():
            import keras  # noqa: F401
            import tensorflow as tf

            tf.config.list_physical_devices()  # writes the notes on missing GPUs


@contextlib.contextmanager
def _lean_import() -> Iterator[None]:
    """Leaves out what Keras imports where it is there, for parts that no script uses.

    What is imported lives as long as the process, so nothing looks for garbage in it, nor often in
    the many objects of a traced step.
    """
    optional = ("matplotlib", "pandas", "scipy", "sklearn")
    absent = dict.fromkeys(name for name in optional if name not in sys.modules)
    sys.modules |= absent  # ty: ignore[unsupported-operator]
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        gc.set_threshold(50_000, 20, 20)
        for name in absent:
            del sys.modules[name]


@contextlib.contextmanager
def _stderr_held_back() -> Iterator[None]:
    """Keeps what is written to standard error from the terminal, unless the block fails.

    Native code writes notes before it knows any log level, and may abort the process: another one
    watches it, and shows its last words.
    """
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        watched, alive = os.pipe()
        if not (watcher := os.fork()):
            os.close(alive)  # or the other's end would go unnoticed
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            if not os.read(watched, 1):
                os.write(terminal, os.pread(notes.fileno(), os.fstat(notes.fileno()).st_size, 0))
            os._exit(0)
        os.dup2(notes.fileno(), 2)
        try:
            yield
            os.write(alive, b".")
        finally:
            os.dup2(terminal, 2)
            for number in (terminal, watched, alive):
                os.close(number)
            os.waitpid(watcher, 0)


def check_given(*names: str) -> None:
    """Refuses a command line without flags that it needs.

    Raises:
        UsageError: If one is missing.
    """
    for name in names:
        if not flags.FLAGS[name].value:
            raise UsageError(f"--{name} is missing")


def define_places(purpose: str) -> None:
    """Defines the flags that say where the data of a run are now."""
    cli.define_path("data_dir", "", f"Folder of data sets, {purpose} (default: the run's own).")
    flags.DEFINE_string(
        "dataset", "", f"The run's data set, {purpose}, if it has another name or path now."
    )


def places() -> dict[str, str]:
    """Returns the values of these flags."""
    return {name: flags.FLAGS[name].value or "" for name in ("data_dir", "dataset")}


def output_file(*suffixes: str) -> Path:
    """Returns the path of --out, which must end in one of the suffixes and be writable.

    Raises:
        UsageError: If it is not.
    """
    check_given("out")
    out = Path(str(flags.FLAGS["out"].value))
    if out.suffix not in suffixes:
        raise UsageError(f"--out={out} must end in {' or '.join(suffixes)}")
    check_writable(out, "out")
    return out


def load_data(name: str, data_dir: str | Path, options: Any = None) -> "Dataset":
    """Loads a data set, if possible before TensorFlow, so that a missing one is said at once.

    Args:
        name: As for `gan_keras.data.load`.
        data_dir: Folder of prepared data sets.
        options: Object with the fields of `DataOptions`; None for none.

    Raises:
        DataError, UsageError: As `gan_keras.data.load`.
    """
    from gan_keras import data  # late: takes a moment
    from gan_keras.data import tfds_sets

    needed = data.tfds_name(name)
    if needed and tfds_sets.find(needed, Path(data_dir)):
        import_tensorflow()  # its reader brings it along, with its notes
    return data.load(name, data_dir, options and data.DataOptions.from_config(options))


def define_flags(config_class: type[RunConfig]) -> None:
    """Defines a flag for each option and alias of a configuration class.

    The flags default to None, which tells an option that was given from one that was not: only the
    former override a preset.

    Args:
        config_class: The experiment's configuration.
    """
    defaults = config_class.create()
    flags.DEFINE_enum(
        "preset",
        None,
        list(config_class.PRESETS),
        f"Named set of options, single ones override it (default: {defaults.preset}).",
    )
    for name, field in config_class.option_fields().items():
        if name == "preset":
            continue
        default = getattr(defaults, name)
        text = f"{field.metadata['help']} (default: {default!r})"
        if field.metadata["choices"]:
            flags.DEFINE_enum(name, None, field.metadata["choices"], text)
        else:
            _DEFINE[type(default)](name, None, text)
    for name, alias in config_class.ALIASES.items():
        flags.DEFINE_boolean(name, None, alias.help)
    flags.DEFINE_boolean("overwrite", False, "Remove an earlier run in the run folder first.")
    flags.DEFINE_boolean(
        "dry_run", False, "Print the resolved configuration and parameter counts; train nothing."
    )


def given_options(config_class: type[RunConfig]) -> dict[str, Any]:
    """Returns the options that were given on the command line."""
    names = [*config_class.option_fields(), *config_class.ALIASES]
    values = {name: flags.FLAGS[name].value for name in names if name != "preset"}
    return {name: value for name, value in values.items() if value is not None}


def main(config_class: type[RunConfig]) -> None:
    """Runs the script of an experiment: defines its flags, parses them, trains."""
    define_flags(config_class)
    cli.run(lambda: _train(config_class))


def _train(config_class: type[RunConfig]) -> int:
    """Trains with the parsed flags; returns the exit code."""
    config = config_class.create(flags.FLAGS["preset"].value, given_options(config_class))
    if config.keep_best:
        catalogue.pick(config.keep_best)
    if not flags.FLAGS["dry_run"].value:
        workdir = config.workdir or run_folder.default_workdir(config)
        check_writable(workdir, "workdir", folder=True)
    dataset = load_data(config.dataset, config.data_dir, config)
    import_tensorflow()
    from gan_keras.runs import training  # late: imports TensorFlow
    from gan_keras.runs.callbacks.stopping import InterruptedRunError

    if flags.FLAGS["dry_run"].value:
        print(json.dumps(training.dry_run(config, dataset), indent=2, ensure_ascii=False))
        return 0
    try:
        training.run(config, bool(flags.FLAGS["overwrite"].value), dataset)
    except InterruptedRunError as error:
        print("stopped, checkpoint written; the same command goes on from here")
        return 128 + error.signum
    return 0

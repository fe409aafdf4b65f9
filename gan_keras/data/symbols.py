"""Symbol arrays that data_tools made: `<data_dir>/<name>/symbols.npz`."""

from pathlib import Path

from gan_keras.data import npz
from gan_keras.data.dataset import Dataset
from gan_keras.data.options import DataOptions
from gan_keras.foundation.errors import DataError

# name -> the command that makes it
COMMANDS = {
    "crohme": "make crohme-data",
    "demo": "make demo-data",
    "demo_letters": "make demo-letters",
}
_ANY = 2**40


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Loads a symbol file: `images` uint8 `(n, h, w)`, `labels`, `class_names` and `split`.

    Args:
        name: Name of the set and of its folder; a key of `COMMANDS`.
        data_dir: Folder of prepared data sets.
        options: Not used: these files are compressed, and small.

    Raises:
        DataError: If the file is missing, damaged, or not a symbol file.
    """
    path, command = data_dir / name / "symbols.npz", COMMANDS[name]
    if not path.is_file():
        raise DataError(f"data set {name!r} is not at {path}; make it with `{command}`")
    try:
        return npz.read_dataset(name, path, DataOptions(memory_mb=_ANY))
    except npz.BadArraysError as error:
        raise DataError(
            f"{path} is no symbol file or is damaged ({error}); make it again with `{command}`"
        ) from error

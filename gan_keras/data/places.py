"""Names of data sets that are files of the user: `door:PATH[,option=value]...`."""

import contextlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from gan_keras.data.closing_check import listed, say
from gan_keras.data.splits import split_words
from gan_keras.foundation.archives import printable
from gan_keras.foundation.errors import DataError, UsageError

# Names of files, by door, and the doors that are given the folder which such files lie in.
_FILES = {
    "npz": r"\.npz$",
    "csv": r"\.(csv|csv\.gz|tsv)$",
    "folder": r"\.(zip|tar|tgz|tar\.gz|tar\.bz2)$",
    "idx": r"[-.]idx\d",
    "npy": r"\.npy$",
    "parquet": r"\.parquet$",
}
_TAKE_FOLDERS = ("idx", "npy", "parquet")
_OPTIONS = re.compile(r"(,\w+=[^,]*)*$")
_NOT_TAKEN = (
    ".mat", ".h5", ".hdf5", ".pkl", ".pickle", ".pt", ".pth", ".bin", ".arrow", ".feather",
    ".ndjson", ".xlsx", ".tfrecord",
)  # fmt: skip
_PACKED = (".gz", ".7z", ".rar", ".xz", ".bz2", ".zst")


def parse(name: str, options: Sequence[str] = ()) -> tuple[Path, dict[str, str]]:
    """Reads a name.

    Args:
        name: The name; its path may have commas in it.
        options: Options that the door has.

    Returns:
        The path with `~` expanded, and the options given by name.

    Raises:
        DataError: If there is no path.
    """
    door, _, text = name.partition(":")
    pattern = re.compile(rf",({'|'.join(options)})=([^,]*)$") if options else None
    given: dict[str, str] = {}
    while pattern and not Path(text).exists() and (found := pattern.search(text)):
        given[found[1]] = found[2]
        text = text[: found.start()]
    if not text:
        raise DataError(f"{door}: needs a path, as in {door}:PATH")
    return Path(text).expanduser(), given


def title(path: Path) -> str:
    """Name of the data set of a path, for messages."""
    return printable(path.stem[:60]) or "data"


def is_transposed(options: Mapping[str, str], file: Path | None = None) -> bool:
    """Reads the option `transposed`: whether rows and columns of images are exchanged.

    Args:
        options: As `parse` gives them.
        file: Without the option, rows and columns are exchanged where its name is one of EMNIST.

    Raises:
        UsageError: If it is neither yes nor no.
    """
    is_emnist = file is not None and file.name.lower().startswith("emnist")
    value = options.get("transposed", "yes" if is_emnist else "no")
    if value not in ("yes", "no"):
        raise UsageError(f",transposed={value} must be yes or no")
    return value == "yes"


def is_path(name: str) -> bool:
    """True if the name of a data set is rather the path of a file of the user, or has a prefix."""
    path = Path(name)
    return ":" in name or name.startswith(("~", ".", "/")) or path.is_file() or bool(_door(path))


def advice(name: str) -> str:
    """Says how a file or folder of the user would be given; empty if that is what was done."""
    door, _, text = name.partition(":") if ":" in name else ("", "", name)
    path = Path(_OPTIONS.sub("", text)).expanduser()
    files = files_below(path) if path.is_dir() else [path]
    better = next(filter(None, map(_door, files)), "")
    if path.is_dir() and (not better or better.startswith("csv:")):
        # a table beside pictures is a part of their set
        better = f"folder:{path}"
    if better and better.partition(":")[0] != door:
        return f"{path} would be given as {better}"
    return "" if better and path.is_file() else next(filter(None, map(_way_out, files)), "")


def _way_out(file: Path) -> str:
    """Says what to do with a file that no door takes; empty if that is not known."""
    suffix = file.suffix.lower()
    arrays = "save the images by np.savez('FILE.npz', images=..., labels=...), give npz:FILE.npz"
    if _door(file) or not file.is_file():
        return ""
    if suffix in _PACKED:
        return f"{suffix} files are not taken: unpack {file.name}, or pack it as .zip or .tar.gz"
    if _is_pickle(file):
        return f"{file.name} is a pickle, which is never opened, as it can run code: {arrays}"
    return f"{suffix} files are not taken: {arrays}" if suffix in _NOT_TAKEN else ""


def _is_pickle(file: Path) -> bool:
    """True for a pickle, as CIFAR's files are without a suffix."""
    try:
        with file.open("rb") as opened:
            start = opened.read(2)
    except OSError:
        return False
    return start[:1] == b"\x80" and start[1:] <= b"\x05"


def say_what_lies_beside(title: str, name: str) -> None:
    """Says which other splits of a set lie beside the one that is given alone, as `train.csv`.

    Args:
        title: Name of the data set, for messages.
        name: As `parse` takes it, whatever its options.
    """
    path, given = parse(name, (r"\w+",))
    door, splits, words = name.partition(":")[0], *split_words(path.stem)
    if len(splits) != 1 or "test" in given:
        return
    found: list[Path] = []
    with contextlib.suppress(OSError):
        for other in sorted(path.parent.iterdir()):
            told, rest = split_words(other.stem)
            is_alike = (other.suffix, other.is_dir()) == (path.suffix, path.is_dir())
            if is_alike and rest == words and len(told) == 1 and told != splits:
                found.append(other)
    if not found:
        return
    both = ""
    if path.is_dir():
        both = f"; {door}:{path.parent} reads them all"
    elif door == "csv":
        train, test = (path, found[0]) if splits == ["train"] else (found[0], path)
        both = f"; csv:{train},test={test} reads both"
    say(title, f"not read, though beside it: {listed([other.name for other in found])}{both}")


def _door(file: Path) -> str:
    """Name of the data set of a file of the user by its suffix; empty if that says nothing."""
    for door, pattern in _FILES.items():
        if re.search(pattern, file.name.lower()):
            return f"{door}:{file.parent if door in _TAKE_FOLDERS else file}"
    return ""


def files_below(folder: Path) -> list[Path]:
    """The files in a folder and all below it, by name; links that lead out of it are left out.

    Raises:
        DataError: If it cannot be looked through.
    """
    try:
        root = folder.resolve()
        found = sorted(folder.rglob("*"))
        return [path for path in found if path.is_file() and root in path.resolve().parents]
    except OSError as error:
        raise DataError(f"cannot look through {folder}: {error.strerror}") from error

"""Arrays of images and labels in an .npz, which may be damaged or hostile: `npz:FILE`."""

import math
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from gan_keras.data import arrays, places
from gan_keras.data.arrays import Part
from gan_keras.data.closing_check import listed, say
from gan_keras.data.dataset import Dataset
from gan_keras.data.options import DataOptions
from gan_keras.data.splits import split_words
from gan_keras.foundation.archives import refusal
from gan_keras.foundation.errors import DataError, one_line

# Names of arrays without the split, in small letters.
_ROLES = {
    "images": ("images", "image", "imgs", "img", "x", "data", "arr_0", ""),
    "labels": ("labels", "label", "y", "target", "targets", "arr_1"),
}
# Arrays of the names that labels number.
_CLASS_NAMES = ("class_names", "target_names", "label_names")
# Deflate makes at most this many bytes out of one.
_MAX_RATIO = 1032
_LOCAL_HEADER = struct.Struct("<26xHH")  # lengths of the name and of the extra field behind it
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class BadArraysError(Exception):
    """A file does not hold the arrays wanted; the message gives the reason in one line."""


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Loads `npz:FILE[,images=NAME][,labels=NAME][,transposed=yes]`.

    Labels may also be the only array of another .npz, `,labels=FILE`. Without these names, the
    arrays are found by theirs: `images` and `labels` as `experiments.sample` writes them (with
    `class_names`), `x_train`, `y_train`, ... of Keras, `train_images`, `train_labels`,
    `val_images`, ... of MedMNIST, and the like.

    Args:
        name: As above.
        data_dir: Not used: a path is relative to the working directory.
        options: Size wanted, and how much memory to take.

    Raises:
        DataError: If there are no such arrays, or their form is not known.
    """
    path, given = places.parse(name, ("images", "labels", "transposed"))
    transposed = places.is_transposed(given)
    try:
        return read_dataset(places.title(path), path, options, given, transposed)
    except BadArraysError as error:
        raise DataError(f"cannot read {path}: {error}") from error


def read_dataset(
    name: str,
    path: Path,
    options: DataOptions,
    given: Mapping[str, str] | None = None,
    transposed: bool = False,
) -> Dataset:
    """Reads a data set.

    Args:
        name: Its name, for messages.
        path: The file.
        options: Size wanted, and how much memory to take.
        given: Names of the arrays `images` and `labels` where the user gives them; None for files
            that data_tools made.
        transposed: True if rows and columns are exchanged.

    Raises:
        BadArraysError: If the arrays are not there, or cannot be read.
        DataError: If their form is not known.
    """
    is_ours, given = given is None, given or {}
    there = names_in(path)
    elsewhere = Path(given.get("labels", "")).expanduser()
    if given.get("labels") in there or not elsewhere.is_file():
        elsewhere = None
    named = {role: given[role] for role in ("images", "labels") if role in given}
    if elsewhere:
        del named["labels"]
    wanted = roles_of(there)
    if named:
        wanted = {"train": wanted.get("train", {}) | named}
    wanted = {split: roles for split, roles in wanted.items() if "images" in roles}
    if not wanted:
        raise BadArraysError(
            f"it has the arrays {' '.join(there) or '(none)'}, none of which is called images, "
            "x_train or train_images; `,images=NAME,labels=NAME` behind the path says which"
        )
    needed = [array for roles in wanted.values() for array in roles.values()]
    found = read(path, needed, ("split",), options.memory_bytes)
    parts = parts_of(wanted, found)
    if elsewhere:
        (labels,) = read(elsewhere, names_in(elsewhere)[:1]).values()
        parts = {"train": Part(parts["train"].images, labels)}
    if parts.keys() == {"train"} and "split" in found:
        parts = arrays.divided(name, parts["train"], found["split"])
    names = next((key for key in _CLASS_NAMES if key in there), None)
    class_names = names and [str(name) for name in read(path, [names])[names].ravel().tolist()]
    if class_names and len({*class_names}) < len(class_names):  # one per image
        names = class_names = None
    unused = [array for array in there if array not in {*needed, "split", names}]
    if unused and not is_ours:
        say(name, f"arrays that are not used: {listed(unused)}")
    return arrays.dataset(name, parts, options, class_names, transposed)


def roles_of(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Names of arrays by split (`train` if a name says none) and role, `images` or `labels`."""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        splits, words = split_words(name)
        rest = "_".join(words)
        for role, known in _ROLES.items():
            if rest in known and len(splits) <= 1:
                found.setdefault(splits[0] if splits else "train", {}).setdefault(role, name)
    return found


def parts_of(
    roles: Mapping[str, Mapping[str, str]], found: Mapping[str, np.ndarray]
) -> dict[str, Part]:
    """Images and labels by split: of names as of `roles_of`, the arrays of these names."""
    return {
        split: Part([found[names["images"]]], found.get(names.get("labels", "")))
        for split, names in roles.items()
        if "images" in names
    }


def names_in(path: Path) -> list[str]:
    """Names of the arrays of a file; raises BadArraysError if it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [n.removesuffix(".npy") for n in archive.namelist() if n.endswith(".npy")]
    except OSError as error:
        raise BadArraysError(error.strerror or one_line(error)) from error
    except Exception as error:  # whatever damaged headers make zipfile raise
        raise BadArraysError(one_line(error)) from error


def read(
    path: Path,
    required: Sequence[str],
    optional: Sequence[str] = (),
    memory_bytes: int | None = None,
) -> dict[str, np.ndarray]:
    """Reads arrays. Memory is taken only once it is known that they are there.

    Args:
        path: The .npz.
        required: Names of arrays.
        optional: Names of more.
        memory_bytes: Larger arrays stay on disk (`np.memmap`), which needs a file that is not
            compressed; None for no limit.

    Returns:
        The arrays by name; optional ones that are not there are left out.

    Raises:
        BadArraysError: If one is missing, or they cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = {entry.filename: entry for entry in archive.infolist()}
            missing = [name for name in required if f"{name}.npy" not in found]
            if missing:
                raise BadArraysError(f"it has no array `{missing[0]}`")
            return {
                name: _read(path, archive, found[f"{name}.npy"], name, memory_bytes)
                for name in (*required, *optional)
                if f"{name}.npy" in found
            }
    except BadArraysError:
        raise
    except Exception as error:  # whatever damaged headers make zipfile and NumPy raise
        raise BadArraysError(one_line(error)) from error


def _read(
    path: Path,
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    name: str,
    memory_bytes: int | None,
) -> np.ndarray:
    """One array of an archive."""
    refused = refusal(entry)
    if refused:
        raise BadArraysError(f"`{name}`: {refused}")
    length = path.stat().st_size
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise BadArraysError(f"`{name}`: version {version} is not supported")
        shape, in_columns, dtype = _HEADERS[version](file)
        start = file.tell()
        # The sizes in the archive may lie as well as the header of the array.
        room = min(entry.file_size, _MAX_RATIO * min(entry.compress_size, length)) - start
    size = math.prod(shape) * max(1, dtype.itemsize)
    if size > room:
        raise BadArraysError(f"`{name}` is said to be {dtype} {shape}, which is not there")
    if memory_bytes is not None and size > memory_bytes:
        if entry.compress_type != zipfile.ZIP_STORED:
            raise BadArraysError(
                f"`{name}` takes {size / 1e6:,.0f} MB, more than --memory_mb="
                f"{memory_bytes // 1_000_000}: raise that, or save the arrays with np.savez, "
                "which does not compress them, so that they are read piece by piece"
            )
        with path.open("rb") as raw:
            raw.seek(entry.header_offset)
            start += entry.header_offset + 30 + sum(_LOCAL_HEADER.unpack(raw.read(30)))
        order = "F" if in_columns else "C"
        return np.memmap(path, dtype, "r", start, shape, order)
    with archive.open(entry) as file:
        return np.lib.format.read_array(file, allow_pickle=False)

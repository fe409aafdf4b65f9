"""Exported models: `.keras` files that say of which step they are.

The record is the comment of the zip archive that a `.keras` file is: Keras leaves it alone, and it
is written and copied together with the weights. File times say nothing: copies have new ones.
"""

import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_keras.foundation.errors import DataError, one_line

if TYPE_CHECKING:
    import keras

# What Keras itself writes about a file, and the most bytes of it that are looked at.
_METADATA, _LIMIT = "metadata.json", 10_000


def stamp(path: Path, record: dict[str, Any]) -> None:
    """Writes JSON values into a `.keras` file: the step of a run, and what else is known of it."""
    text = json.dumps(record)
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = f"{zlib.crc32(text.encode()):08x} {text}".encode()


def read(path: Path) -> dict[str, Any]:
    """Reads what `stamp` wrote, and checks the whole file.

    Args:
        path: The file.

    Returns:
        The record, with the version of Keras that wrote the file as `keras`. It has no `step` in
        files of earlier versions.

    Raises:
        DataError: If there is no such file, or it is damaged.
    """
    if not path.is_file():
        raise DataError(f"there is no {path}; train the run first")
    try:
        with zipfile.ZipFile(path) as archive:
            if damaged := archive.testzip():
                raise ValueError(f"bad checksum of {damaged}")
            with archive.open(_METADATA) as file:
                record = {"keras": str(json.loads(file.read(_LIMIT))["keras_version"])}
            checksum, _, text = archive.comment.decode().partition(" ")
        if text:
            if int(checksum, 16) != zlib.crc32(text.encode()):
                raise ValueError("bad checksum of its record")
            record |= json.loads(text)
        return record
    except Exception as error:  # whatever a damaged archive makes zipfile raise
        raise DataError(f"{path} is damaged ({one_line(error)})") from error


def step(path: Path) -> int:
    """Returns the training step of an export; -1 if there is none, or it does not say it.

    Raises:
        DataError: If it is damaged.
    """
    return int(read(path).get("step", -1)) if path.exists() else -1


def load_model(path: Path, record: Mapping[str, Any] | None = None) -> "keras.Model":
    """Opens a `.keras` file; code stored inside it is never run.

    Args:
        path: The file.
        record: What `read` gave, where that is known already.

    Raises:
        DataError: If there is none, it is damaged, or of a version of Keras that this one cannot
            read.
    """
    import keras  # late: takes seconds

    written_by = (record or read(path))["keras"]
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # whatever an unfit file makes Keras raise
        reason = f"is damaged ({one_line(error)})"
        if written_by != keras.__version__:
            reason = (
                f"was written by Keras {written_by}, and Keras {keras.__version__} cannot open it "
                f"({one_line(error)})"
            )
        raise DataError(f"{path} {reason}") from error

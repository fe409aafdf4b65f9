"""Checkpoints for exact resumes: complete, atomic, checked.

A checkpoint is one .npz with every variable of `GAN.state` by name. Loading one is all or nothing,
unlike `.weights.h5`, which skips unknown entries with a warning: a missing, surplus or misshapen
entry, or a damaged file (zip checksums), is an error.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gan_keras.foundation.errors import DataError, one_line
from gan_keras.foundation.files import atomic_path

KEEP = 2  # the newest and the one to fall back on
_META = "meta.json"
_NAME = re.compile(r"step_(\d{8,})\.npz")


def save(folder: Path, step: int, state: Mapping[str, Any], meta: Mapping[str, Any]) -> Path:
    """Writes a checkpoint, removes all but it and the ones before, `KEEP` in all.

    One of a later step goes too: it is damaged, and the run has gone on from an earlier one.

    Args:
        folder: Checkpoint folder.
        step: Training steps made; becomes the file's name.
        state: Variables by name.
        meta: JSON values that must go on with the run.

    Returns:
        The file.

    Raises:
        FloatingPointError: If a variable is not finite; nothing is written then, so that a
            diverged run keeps its last good checkpoint.
    """
    arrays = {name: np.asarray(variable) for name, variable in state.items()}
    for name, array in arrays.items():
        if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
            raise FloatingPointError(f"variable {name} has NaN or infinite values at step {step}")
    path = folder / f"step_{step:08d}.npz"
    with atomic_path(path) as temporary:
        arrays[_META] = np.array(json.dumps(dict(meta)))
        np.savez(temporary, **arrays)  # ty: ignore[invalid-argument-type]
    before = [old for old in existing(folder) if step_of(old) < step]
    for old in existing(folder):
        if old not in (path, *before[: KEEP - 1]):
            old.unlink(missing_ok=True)
    return path


def existing(folder: Path) -> list[Path]:
    """Returns the checkpoints in a folder, newest first."""
    found = {int(m[1]): p for p in folder.glob("step_*.npz") if (m := _NAME.fullmatch(p.name))}
    return [found[step] for step in sorted(found, reverse=True)]


def newest_step(folder: Path) -> int | None:
    """Returns the training step of the newest checkpoint in a folder; None if there is none."""
    found = existing(folder)
    return step_of(found[0]) if found else None


def step_of(path: Path) -> int:
    """Returns the training step of a checkpoint."""
    return int(path.stem.removeprefix("step_"))


def read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Reads a checkpoint: its arrays by name, and what `save` got as `meta`.

    Raises:
        DataError: If the file is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        meta = dict(json.loads(str(arrays.pop(_META))))
        if strange := [name for name, array in arrays.items() if array.dtype.kind not in "bfiu"]:
            raise ValueError(f"{strange[0]} holds no numbers")
    except Exception as error:  # whatever a damaged file makes zipfile and NumPy raise
        raise DataError(f"checkpoint {path} is damaged ({one_line(error)})") from error
    return arrays, meta


def _assign(state: Mapping[str, Any], arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Puts the arrays of a checkpoint into variables; changes none if a name or shape differs."""
    missing, surplus = sorted(set(state) - set(arrays)), sorted(set(arrays) - set(state))
    shapes = [n for n in state if n in arrays and tuple(state[n].shape) != arrays[n].shape]
    if missing or surplus or shapes:
        raise DataError(
            f"checkpoint {path} does not fit this model: missing {missing[:3]}, unknown "
            f"{surplus[:3]}, other shapes {shapes[:3]}; was it written by another version?"
        )
    for name, variable in state.items():
        variable.assign(arrays[name])


def _read_own(path: Path, run: str | None) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Reads a checkpoint; raises DataError if it is damaged or of another run."""
    arrays, meta = read(path)
    if run and meta.get("run", run) != run:
        raise DataError(f"checkpoint {path} is of another run")
    return arrays, meta


def restore(path: Path, state: Mapping[str, Any], run: str | None = None) -> None:
    """Loads a checkpoint into variables by name.

    Args:
        path: The file.
        state: Variables by name.
        run: What the `meta` of this run's checkpoints has as `run`. Checkpoints of earlier versions
            do not say it.

    Raises:
        DataError: If it is damaged or of another run, or the names or shapes of variables differ.
    """
    arrays, _ = _read_own(path, run)
    _assign(state, arrays, path)


def restore_latest(
    folder: Path, state: Mapping[str, Any], run: str | None = None
) -> dict[str, Any] | None:
    """Loads the newest sound checkpoint and prints a warning for each unfit one before it.

    Args:
        folder: Checkpoint folder.
        state: Variables by name.
        run: What the `meta` of this run's checkpoints has as `run`; those of another run are
            unfit. Checkpoints of earlier versions do not say it.

    Returns:
        Its `meta`, or None if there is no checkpoint at all.

    Raises:
        DataError: If all checkpoints are unfit, or the names or shapes of variables differ.
    """
    paths = existing(folder)
    for path in paths:
        try:
            arrays, meta = _read_own(path, run)
        except DataError as error:
            print(f"WARNING: {error}; falling back to the one before")
            continue
        _assign(state, arrays, path)
        return meta
    if paths:
        raise DataError(
            f"all {len(paths)} checkpoints in {folder} are damaged or of another run; restore one, "
            "or start anew with --overwrite"
        )
    return None

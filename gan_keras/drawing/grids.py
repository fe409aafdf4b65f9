"""Grids of small images as one picture, and animations of them."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from gan_keras.foundation.files import atomic_path

# Kind of picture that grids of samples are.
GRIDS = "samples"
_NAME = re.compile(r"(?:(?P<kind>.+)_)?epoch_(?P<epoch>\d+)\.png")


def tile(images: np.ndarray, columns: int) -> np.ndarray:
    """Lays images out row by row, without margins.

    Args:
        images: uint8 `(n, h, w, c)`, n a multiple of `columns`.
        columns: Images in a row.

    Returns:
        uint8 `(n / columns * h, columns * w, c)`.

    Raises:
        ValueError: If the last row would be incomplete.
    """
    count, height, width, channels = images.shape
    if count % columns:
        raise ValueError(f"images must fill whole rows of {columns}. Received: {count} images")
    rows = images.reshape(count // columns, columns, height, width, channels)
    return rows.swapaxes(1, 2).reshape(-1, columns * width, channels)


def write_png(path: str | Path, picture: np.ndarray) -> None:
    """Writes a picture as PNG, atomically.

    Args:
        path: The file.
        picture: uint8 `(h, w, 1)` grey or `(h, w, 3)` RGB.
    """
    if picture.shape[-1] == 1:
        picture = picture[..., 0]
    with atomic_path(path) as temporary:
        Image.fromarray(picture).save(temporary, format="PNG")


def write_gif(path: str | Path, frames: Sequence[Path]) -> None:
    """Joins pictures to an animation of about 8 seconds, atomically; the last one stays longer.

    Args:
        path: The GIF.
        frames: PNG files in order; smaller ones are brought to the size of the last.
    """
    opened = []
    for frame in frames:
        with Image.open(frame) as picture:
            opened.append(picture.convert("RGB"))
    first, *others = (
        picture.resize(opened[-1].size, Image.Resampling.NEAREST) for picture in opened
    )
    each = round(1000 * min(0.5, max(0.05, 8.0 / len(opened))))
    durations = [each] * len(others) + [max(each, 1500)]
    with atomic_path(path) as temporary:
        first.save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=others,
            duration=durations,
            loop=0,
        )


def write_gifs(folder: Path) -> None:
    """Joins the pictures of all epochs to one animation per kind, `samples.gif` for the grids.

    Args:
        folder: The sub-folder `samples` of a run.
    """
    for kind, frames in of_epochs(folder).items():
        write_gif(folder / f"{kind}.gif", frames)


def of_epochs(folder: Path) -> dict[str, list[Path]]:
    """Finds the pictures of all epochs: by kind (grids are `GRIDS`), in the order of the epochs.

    Args:
        folder: The sub-folder `samples` of a run; need not be there.
    """
    # by number: as text, epoch_1000 comes before epoch_999
    matches = [match for path in folder.glob("*.png") if (match := _NAME.fullmatch(path.name))]
    found: dict[str, list[Path]] = {}
    for match in sorted(matches, key=lambda match: (match["kind"] or "", int(match["epoch"]))):
        found.setdefault(match["kind"] or GRIDS, []).append(folder / match[0])
    return found


def class_grid_labels(num_classes: int, rows: int) -> np.ndarray:
    """Returns labels for one column per class, int32 `(rows * num_classes,)`, row by row."""
    return np.tile(np.arange(num_classes, dtype=np.int32), rows)

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
    """
    _, height, width, channels = images.shape
    rows = images.reshape(-1, columns, height, width, channels)
    return rows.swapaxes(1, 2).reshape(-1, columns * width, channels)


def write_png(path: str | Path, picture: np.ndarray) -> None:
    """Writes a picture, uint8 `(h, w, 1)` grey or `(h, w, 3)` RGB, as PNG, atomically."""
    if picture.shape[-1] == 1:
        picture = picture[..., 0]
    with atomic_path(path) as temporary:
        Image.fromarray(picture).save(temporary, format="PNG")


def _write_gif(path: Path, frames: Sequence[Path]) -> None:
    """Joins pictures to an animation of about 8 seconds, in the size of the last one."""
    opened = [Image.open(frame).convert("RGB") for frame in frames]
    first, *others = (
        picture.resize(opened[-1].size, Image.Resampling.NEAREST) for picture in opened
    )
    each = round(1000 * min(0.5, max(0.05, 8.0 / len(opened))))
    durations = [each] * len(others) + [max(each, 1500)]
    with atomic_path(path) as temporary:
        first.save(
            temporary, "GIF", save_all=True, append_images=others, duration=durations, loop=0
        )


def write_gifs(folder: Path) -> None:
    """Joins the pictures in a run's folder `samples` to one animation per kind."""
    for kind, frames in of_epochs(folder).items():
        _write_gif(folder / f"{kind}.gif", frames)


def of_epochs(folder: Path) -> dict[str, list[Path]]:
    """Finds the pictures in a run's folder `samples`: by kind, in the order of the epochs."""
    # by number: as text, epoch_1000 comes before epoch_999
    matches = [match for path in folder.glob("*.png") if (match := _NAME.fullmatch(path.name))]
    found: dict[str, list[Path]] = {}
    for match in sorted(matches, key=lambda match: (match["kind"] or "", int(match["epoch"]))):
        found.setdefault(match["kind"] or GRIDS, []).append(folder / match[0])
    return found

"""A data set in words and as a contact sheet."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gan_keras.data.dataset import Dataset, Examples
from gan_keras.data.pictures import Shape, fit
from gan_keras.drawing.grids import tile
from gan_keras.foundation.errors import DataError
from gan_keras.foundation.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_CLASSES = 100
# Limits of a contact sheet in pixels: an image's longer side, its width, and its area, of which
# matplotlib takes 100 bytes per pixel.
MAX_SIDE = 128
MAX_WIDTH = 10_000
MAX_AREA = 12_000_000
_DPI = 100


def describe(dataset: Dataset) -> str:
    """Numbers, shape and range of the examples, and the size of each class, in two lines."""
    counts = dataset.class_counts
    kind = "points" if dataset.spec.is_points else "images"
    where = "streamed" if dataset.is_streamed else "in memory"
    shape = " x ".join(map(str, dataset.image_shape))
    sample = dataset.train_sample(1000)
    named = list(zip(dataset.class_names, counts, strict=True))[:MAX_CLASSES]
    more = ", ..." if dataset.num_classes > MAX_CLASSES else ""
    return (
        f"{dataset.name}: {len(dataset.train_labels):,} train and {len(dataset.test_labels):,} "
        f"test {kind} of {shape}, {sample.dtype} {sample.min():g} to {sample.max():g}, {where}\n"
        f"classes: {dataset.num_classes:,}, of {counts.min():,} to {counts.max():,} train {kind}: "
        + ", ".join(f"{name} {count:,}" for name, count in named)
        + more
    )


def write_sheet(path: Path, dataset: Dataset, columns: int = 16, split: str = "train") -> None:
    """Draws a contact sheet, one row per class, or the scatter of points.

    Large images are made smaller, and classes that would make the sheet too large are left out.

    Args:
        path: The PNG.
        dataset: Any.
        columns: The most images per class, evenly spread over it; places left over are grey.
        split: `train` or `test`.

    Raises:
        DataError: If the split is empty.
    """
    images = getattr(dataset, f"{split}_images")
    labels = getattr(dataset, f"{split}_labels")
    if not len(labels):
        raise DataError(f"{dataset.name} has no {split} examples to show")
    if dataset.spec.is_points:
        figure, axes = _points(images, labels)
    else:
        figure, axes = _rows(images, labels, dataset.class_names, columns)
    axes.set_title(f"{dataset.name}, {split}: {len(labels):,}", fontsize="medium")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=_DPI)


def _points(points: np.ndarray, labels: np.ndarray) -> "tuple[Figure, Axes]":
    """The scatter of points."""
    figure, axes = _blank(6, 6)
    axes.scatter(points[:, 0], points[:, 1], s=2, c=labels, cmap="tab20", linewidths=0)
    axes.set_aspect("equal")
    axes.grid(alpha=0.3)
    return figure, axes


def _rows(
    images: Examples, labels: np.ndarray, class_names: tuple[str, ...], columns: int
) -> "tuple[Figure, Axes]":
    """Images in one row per class."""
    height, width, channels = images.shape[1:]
    scale = min(1.0, MAX_SIDE / max(height, width))
    shape = Shape(max(1, round(height * scale)), max(1, round(width * scale)), channels)
    zoom = max(1, 28 // shape.height + 1)
    columns = max(1, min(columns, MAX_WIDTH // (zoom * shape.width)))
    most = max(1, MAX_AREA // (zoom * zoom * columns * shape.width * shape.height))
    number = np.bincount(labels, minlength=len(class_names))
    shown = np.flatnonzero(number)[: min(most, MAX_CLASSES)].tolist()
    cells = np.full((len(shown), columns, *shape.dims), 128, np.uint8)
    for row, label in zip(cells, shown, strict=True):
        members = np.flatnonzero(labels == label)
        picks = np.linspace(0, len(members) - 1, min(columns, len(members))).round().astype(int)
        for cell, member in zip(row, members[picks].tolist(), strict=False):
            cell[:] = fit(images[member], shape)  # one by one: a streamed image may be large
    picture = tile(cells.reshape(-1, *shape.dims), columns)
    inches = [side * zoom / _DPI for side in picture.shape[:2]]
    figure, axes = _blank(inches[1] + 2.5, inches[0] + 0.6)
    axes.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks(
        [shape.height * (index + 0.5) for index in range(len(shown))],
        [f"{class_names[label][:20]} ({number[label]:,})" for label in shown],
        fontsize="small",
        parse_math=False,
    )
    return figure, axes


def _blank(width: float, height: float) -> "tuple[Figure, Axes]":
    """A figure of a size in inches, and its axes."""
    from matplotlib.figure import Figure  # no pyplot: no global state

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()

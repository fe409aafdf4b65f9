"""A data set in words and as a picture."""

from pathlib import Path

import numpy as np

from gan_keras.data.dataset import Dataset, Examples
from gan_keras.data.pictures import Shape, fit
from gan_keras.drawing.grids import tile
from gan_keras.foundation.errors import DataError
from gan_keras.foundation.files import atomic_path

MAX_CLASSES = 100
# Limits of a contact sheet in pixels: an image's longer side, its width, and its area, of which
# matplotlib takes 100 bytes a pixel.
MAX_SIDE = 128
MAX_WIDTH = 10_000
MAX_AREA = 12_000_000
_DPI = 100


def describe(dataset: Dataset) -> str:
    """Numbers, shape and range, and how many there are of each class."""
    counts = dataset.class_counts
    kind = "points" if dataset.spec.is_points else "images"
    where = "streamed" if dataset.is_streamed else "in memory"
    shape = " x ".join(str(side) for side in dataset.image_shape)
    sample = dataset.train_sample(1000)
    lines = [
        f"{dataset.name}: {len(dataset.train_labels):,} train and {len(dataset.test_labels):,} "
        f"test {kind} of {shape}, {sample.dtype} {sample.min():g} to {sample.max():g}, {where}",
        f"classes: {dataset.num_classes:,}, of {counts.min():,} to {counts.max():,} train {kind}: "
        + ", ".join(
            f"{name} {count:,}"
            for name, count in list(zip(dataset.class_names, counts, strict=True))[:MAX_CLASSES]
        )
        + (", ..." if dataset.num_classes > MAX_CLASSES else ""),
    ]
    return "\n".join(lines)


def write_sheet(path: Path, dataset: Dataset, columns: int = 16, split: str = "train") -> None:
    """Draws a contact sheet, a row a class, or the scatter of points.

    Large images are made smaller, and what would make the sheet too large is left out.

    Args:
        path: The PNG.
        dataset: Any.
        columns: The most images a class, evenly spread over those there are.
        split: `train` or `test`.

    Raises:
        DataError: If the split is empty.
    """
    images = getattr(dataset, f"{split}_images")
    labels = getattr(dataset, f"{split}_labels")
    if not len(labels):
        raise DataError(f"{dataset.name} has no {split} examples to show")
    draw = _points if dataset.spec.is_points else _classes
    figure, axes = draw(dataset, images, labels, columns)
    axes.set_title(f"{dataset.name}, {split}: {len(labels):,}", fontsize="medium")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=_DPI)


def _points(dataset: Dataset, images: np.ndarray, labels: np.ndarray, columns: int) -> tuple:
    """The scatter of points."""
    del dataset, columns
    figure, axes = _blank(6, 6)
    axes.scatter(images[:, 0], images[:, 1], s=2, c=labels, cmap="tab20", linewidths=0)
    axes.set_aspect("equal")
    axes.grid(alpha=0.3)
    return figure, axes


def _classes(dataset: Dataset, images: Examples, labels: np.ndarray, columns: int) -> tuple:
    """Rows of images, a row a class."""
    shape = _shown_shape(dataset.image_shape)
    zoom = max(1, 28 // shape.height + 1)
    columns = max(1, min(columns, MAX_WIDTH // (zoom * shape.width)))
    most = max(1, MAX_AREA // (zoom * zoom * columns * shape.width * shape.height))
    number = np.bincount(labels, minlength=dataset.num_classes)
    shown = np.flatnonzero(number)[: min(most, MAX_CLASSES)].tolist()
    picture = tile(_samples(images, labels, shown, columns, shape), columns)
    height, width = (side * zoom / _DPI for side in picture.shape[:2])
    figure, axes = _blank(width + 2.5, height + 0.6)
    axes.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks(
        [shape.height * (index + 0.5) for index in range(len(shown))],
        [f"{dataset.class_names[label][:20]} ({number[label]:,})" for label in shown],
        fontsize="small",
        parse_math=False,
    )
    return figure, axes


def _blank(width: float, height: float) -> tuple:
    """A figure of a size in inches, and its axes."""
    from matplotlib.figure import Figure  # no pyplot: no global state

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _shown_shape(dims: tuple[int, ...]) -> Shape:
    """The form in which images `(h, w, c)` are shown."""
    height, width, channels = dims
    scale = min(1.0, MAX_SIDE / max(height, width))
    return Shape(max(1, round(height * scale)), max(1, round(width * scale)), channels)


def _samples(
    images: Examples, labels: np.ndarray, shown: list[int], columns: int, shape: Shape
) -> np.ndarray:
    """`columns` images of each class in the form to show; grey where a class has fewer."""
    found = np.full((len(shown) * columns, *shape.dims), 128, np.uint8)
    for row, label in enumerate(shown):
        members = np.flatnonzero(labels == label)
        picks = np.linspace(0, len(members) - 1, min(columns, len(members))).round().astype(int)
        for column, member in enumerate(members[picks].tolist()):
            # one by one: a streamed image may be large
            found[row * columns + column] = fit(images[member], shape)
    return found

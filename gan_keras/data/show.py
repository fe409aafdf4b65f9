"""A data set in words and as a picture."""

from pathlib import Path

import numpy as np

from data_tools.files import atomic_path
from gan_keras.data.dataset import Dataset
from gan_keras.grids import tile

MAX_CLASSES = 100
_INCHES_A_PIXEL = 0.01


def describe(dataset: Dataset) -> str:
    """Numbers, shape and range, and how many there are of each class."""
    counts = dataset.class_counts
    kind = "points" if dataset.spec.is_points else "images"
    where = "streamed" if dataset.is_streamed else "in memory"
    shape = " x ".join(str(side) for side in dataset.image_shape)
    sample = dataset.train_images[: min(1000, len(dataset.train_labels))]
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

    Args:
        path: The PNG.
        dataset: Any.
        columns: Images a class, evenly spread over those there are.
        split: `train` or `test`.
    """
    from matplotlib.figure import Figure  # no pyplot: no global state

    images = getattr(dataset, f"{split}_images")
    labels = getattr(dataset, f"{split}_labels")
    if dataset.spec.is_points:
        figure = Figure(figsize=(6, 6), layout="constrained")
        axes = figure.subplots()
        axes.scatter(images[:, 0], images[:, 1], s=2, c=labels, cmap="tab20", linewidths=0)
        axes.set_aspect("equal")
        axes.grid(alpha=0.3)
    else:
        shown = [label for label in range(dataset.num_classes) if (labels == label).any()]
        shown = shown[:MAX_CLASSES]
        picture = tile(_samples(images, labels, shown, columns), columns)
        height, width = picture.shape[:2]
        zoom = max(1, 28 // dataset.image_shape[0] + 1) * _INCHES_A_PIXEL
        figure = Figure(figsize=(width * zoom + 2.5, height * zoom + 0.6), layout="constrained")
        axes = figure.subplots()
        axes.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        row = dataset.image_shape[0]
        number = np.bincount(labels, minlength=dataset.num_classes)
        axes.set_xticks([])
        axes.set_yticks(
            [row * (index + 0.5) for index in range(len(shown))],
            [f"{dataset.class_names[label][:20]} ({number[label]:,})" for label in shown],
            fontsize="small",
            parse_math=False,
        )
    axes.set_title(f"{dataset.name}, {split}: {len(labels):,}", fontsize="medium")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100)


def _samples(images, labels: np.ndarray, shown: list[int], columns: int) -> np.ndarray:
    """`columns` images of each class; grey where a class has fewer."""
    found = np.full((len(shown) * columns, *images.shape[1:]), 128, np.uint8)
    for row, label in enumerate(shown):
        members = np.flatnonzero(labels == label)
        picks = np.linspace(0, len(members) - 1, min(columns, len(members))).round().astype(int)
        found[row * columns : row * columns + len(picks)] = images[members[picks]]
    return found

"""Pictures and charts of a report: data in, what its template draws out."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gan_keras.data import Dataset
from gan_keras.drawing import grids
from gan_keras.evaluation.neighbours import nearest
from gan_keras.reports.rendering import png_uri
from gan_keras.storage.metrics import lookup

# Columns of a picture: more would be too small on a narrow screen.
COLUMNS = 16
ROWS = 10
# Classes that are shown at most.
CLASSES = 64
# Samples per class among which the one nearest to a training image is shown.
CANDIDATES = 50
# Confusion matrices of more classes are drawn as a picture.
CELLS = 20
CONFUSIONS = 10
ENLARGED = 4


@dataclasses.dataclass(frozen=True)
class Strip:
    """A picture of named columns.

    Attributes:
        src: Data URI.
        columns: Number of columns.
        names: One per column, or none.
        notes: Texts below the columns, or none.
    """

    src: str
    columns: int
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def sample_strips(
    images: np.ndarray, labels: np.ndarray | None, class_names: Sequence[str]
) -> list[Strip]:
    """Draws samples with one column per class, in parts that fit a page; a plain grid for None."""
    if labels is None:
        columns = min(COLUMNS, len(images))
        rows = min(ROWS, len(images) // columns)
        return [Strip(png_uri(grids.tile(images[: rows * columns], columns)), columns)]
    present = np.unique(labels)[:CLASSES]
    return [
        _strip([images[labels == k][:ROWS] for k in part], [class_names[k] for k in part])
        for part in _parts(present)
    ]


def _parts(items: np.ndarray) -> list[np.ndarray]:
    """Divides items into as few nearly equal parts as have at most `COLUMNS` each."""
    return np.array_split(items, -(-len(items) // COLUMNS))


def _strip(columns: Sequence[np.ndarray], names: Sequence[str], notes: Sequence[str] = ()) -> Strip:
    """Draws columns of images; shorter ones are filled with black."""
    height = max(map(len, columns))
    full = [np.pad(c, [(0, height - len(c)), (0, 0), (0, 0), (0, 0)]) for c in columns]
    rows = np.stack(full, axis=1).reshape(-1, *full[0].shape[1:])
    return Strip(png_uri(grids.tile(rows, len(full))), len(full), tuple(names), tuple(notes))


def neighbour_strips(
    images: np.ndarray, labels: np.ndarray | None, dataset: Dataset
) -> list[Strip]:
    """Draws samples above their nearest training images: the nearest per class, or of all."""
    if labels is None:
        chosen = np.arange(min(len(images), 20 * CANDIDATES))
    else:
        present = np.unique(labels)[:CLASSES]
        chosen = np.concatenate([np.flatnonzero(labels == k)[:CANDIDATES] for k in present])
    rows, distances = nearest(images[chosen], dataset.train_images)
    order = np.argsort(distances, kind="stable")
    if labels is None:
        classes, order = dataset.train_labels[rows], order[:COLUMNS]
    else:
        classes = labels[chosen]
        order = order[np.unique(classes[order], return_index=True)[1]]
    return [
        _strip(
            [np.stack([images[chosen[k]], dataset.train_images[rows[k]]]) for k in part],
            [dataset.class_names[classes[k]] for k in part],
            [f"{distances[k]:.1f}" for k in part],
        )
        for part in _parts(order)
    ]


def reconstruction_strip(inputs: np.ndarray, outputs: np.ndarray) -> Strip:
    """Draws real images above their reconstructions."""
    number = min(COLUMNS, len(inputs))
    both = np.concatenate([inputs[:number], outputs[:number]])
    return Strip(png_uri(grids.tile(both, number)), number)


def class_bars(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Makes two bars per class: GAN-test and diversity, or shares read and wanted.

    Returns:
        `bars`: name and twice a text and a length in percent (of very many classes the lowest);
        `bar_titles`: of the two numbers; `bar_count`: number of classes.
    """
    labelled = metrics.get("accuracy_per_class") is not None
    if labelled:
        titles, forms = ("GAN-test", "diversity"), (".1%", ".2f")
        keys = "accuracy_per_class", "diversity_ratio_per_class"
    else:
        titles, forms = ("share of samples", "share of real images"), (".1%", ".1%")
        keys = "collapse.class_shares", "collapse.wanted_shares"
    columns = [lookup(metrics, key) or {} for key in keys]
    names = list(columns[0])
    if len(names) > CLASSES:
        lowest = {k: 2.0 if x is None else x for k, x in columns[0].items()}
        names = sorted(names, key=lambda name: lowest[name])[:CLASSES]
    most = [max((column.get(name) or 0.0 for name in names), default=0.0) for column in columns]
    scales = (1.0, max(1.0, most[1])) if labelled else (max(1e-9, *most),) * 2

    def cell(k: int, name: str) -> tuple[str, float]:
        x = columns[k].get(name)
        return ("-", 0.0) if x is None else (f"{x:{forms[k]}}", 100 * x / scales[k])

    bars = [(name, cell(0, name), cell(1, name)) for name in names]
    return {"bars": bars, "bar_titles": titles, "bar_count": len(columns[0])}


def confusion(metrics: Mapping[str, Any], class_names: Sequence[str]) -> dict[str, Any] | None:
    """Returns the confusion matrix as the template draws it; None if there is none."""
    counts = np.array(metrics.get("confusion") or [], np.float64)
    if counts.ndim != 2 or not counts.size:
        return None
    shares = counts / np.maximum(1.0, counts.sum(axis=1, keepdims=True))
    wrong = shares * (1 - np.eye(len(shares)))
    order = np.argsort(-wrong, axis=None, kind="stable")[:CONFUSIONS]
    found: dict[str, Any] = {
        "names": list(class_names),
        "worst": [
            (class_names[asked], class_names[read], f"{wrong[asked, read]:.1%}")
            for asked, read in zip(*np.unravel_index(order, wrong.shape), strict=True)
            if wrong[asked, read] > 0
        ],
    }
    if len(shares) <= CELLS:
        found["rows"] = [
            (name, [(_percent(share), round(share, 3)) for share in row])
            for name, row in zip(class_names, shares.tolist(), strict=True)
        ]
    else:
        grey = (255 * (1 - np.sqrt(shares))).round().astype(np.uint8)
        found["src"] = png_uri(np.kron(grey, np.ones((ENLARGED, ENLARGED), np.uint8))[..., None])
    return found


def _percent(share: float) -> str:
    """Formats a share; nothing for nothing."""
    return f"{100 * share:.{int(share < 0.01)}f}" if share else ""

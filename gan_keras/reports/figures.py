"""Pictures and charts of a page: data in, what a template draws out."""

import dataclasses
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from gan_keras.data import Dataset
from gan_keras.drawing import grids
from gan_keras.evaluation.neighbours import nearest_neighbours
from gan_keras.reports.rendering import data_uri

# Columns of a picture: more would be too small on a narrow screen.
COLUMNS = 16
ROWS = 10
# Classes that are shown in all; a page with a thousand would be of no use.
CLASSES = 64
# Candidates of a class among which the one nearest to a training image is shown.
CANDIDATES = 50
# Confusion matrices of more classes are drawn as a picture.
CELLS = 20
CONFUSIONS = 10
ENLARGED = 4


@dataclasses.dataclass(frozen=True)
class Strip:
    """A picture of columns with a name each.

    Attributes:
        src: Data URI.
        names: One a column; none if columns mean nothing.
        columns: How many.
        notes: Below each column.
    """

    src: str
    names: tuple[str, ...]
    columns: int
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Bar:
    """A class and two numbers of it, with the lengths of their bars in percent."""

    name: str
    first: str
    first_length: float
    second: str
    second_length: float


def png_uri(picture: np.ndarray) -> str:
    """A picture, uint8 `(h, w, 1)` or `(h, w, 3)`, as PNG."""
    file = io.BytesIO()
    Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture).save(file, "PNG")
    return data_uri(file.getvalue(), "png")


def sample_strips(
    images: np.ndarray, labels: np.ndarray | None, class_names: Sequence[str]
) -> list[Strip]:
    """A grid with a column a class and a row an attempt, in parts that fit a page.

    Args:
        images: uint8 `(n, h, w, c)`.
        labels: Classes asked for; None for a plain grid.
        class_names: Names of the classes.
    """
    if labels is None:
        columns = min(COLUMNS, len(images))
        whole = images[: len(images) // columns * columns][: columns * ROWS]
        return [Strip(png_uri(grids.tile(whole, columns)), (), columns)]
    members = [(k, np.flatnonzero(labels == k)[:ROWS]) for k in range(len(class_names))]
    members = [(k, rows) for k, rows in members if len(rows)][:CLASSES]
    return [
        _strip(
            [images[rows] for _, rows in part],
            [class_names[k] for k, _ in part],
        )
        for part in _parts(members)
    ]


def _parts(items: Sequence[Any]) -> list[Sequence[Any]]:
    """Items in as few parts of nearly equal length as have at most `COLUMNS` each."""
    number = max(1, -(-len(items) // COLUMNS))
    size = max(1, -(-len(items) // number))
    return [items[start : start + size] for start in range(0, len(items), size)]


def _strip(columns: Sequence[np.ndarray], names: Sequence[str], notes: Sequence[str] = ()) -> Strip:
    """Columns of images; shorter ones are filled with black."""
    height = max(map(len, columns))
    full = [
        np.concatenate([c, np.zeros((height - len(c), *c.shape[1:]), np.uint8)]) for c in columns
    ]
    rows = np.stack(full, axis=1).reshape(-1, *full[0].shape[1:])
    return Strip(png_uri(grids.tile(rows, len(full))), tuple(names), len(full), tuple(notes))


def neighbour_strips(
    images: np.ndarray, labels: np.ndarray | None, dataset: Dataset
) -> list[Strip]:
    """Samples above their nearest training images: of each class the sample that is nearest.

    Args:
        images: uint8 `(n, h, w, c)`.
        labels: Classes asked for; None for the nearest of all.
        dataset: Its train split is looked through.
    """
    if labels is None:
        chosen = np.arange(min(len(images), 20 * CANDIDATES))
    else:
        present = np.unique(labels)[:CLASSES]
        chosen = np.concatenate([np.flatnonzero(labels == k)[:CANDIDATES] for k in present])
    rows, distances = (found[:, 0] for found in nearest_neighbours(images[chosen], dataset))
    order = np.argsort(distances, kind="stable")
    if labels is None:
        shown = order[:COLUMNS]
        names = [dataset.class_names[dataset.train_labels[rows[k]]] for k in shown]
    else:
        first = np.unique(labels[chosen][order], return_index=True)[1]
        shown = order[first]
        names = [dataset.class_names[labels[chosen[k]]] for k in shown]
    return [
        _strip(
            [np.stack([images[chosen[k]], dataset.train_images[rows[k]]]) for k, _ in part],
            [name for _, name in part],
            [f"{distances[k]:.1f}" for k, _ in part],
        )
        for part in _parts(list(zip(shown, names, strict=True)))
    ]


def reconstruction_strip(inputs: np.ndarray, outputs: np.ndarray) -> Strip:
    """Real images above what an auto-encoder makes of them."""
    number = min(COLUMNS, len(inputs))
    both = np.concatenate([inputs[:number], outputs[:number]])
    return Strip(png_uri(grids.tile(both, number)), (), number)


def class_bars(metrics: Mapping[str, Any]) -> tuple[list[Bar], tuple[str, str], int]:
    """Bars of the classes, two each: GAN-test and diversity, or shares read and wanted.

    Args:
        metrics: As the evaluation gives them.

    Returns:
        The bars (of very many classes those with the lowest first number), what the two are, and
        how many classes there are.
    """
    first = metrics.get("accuracy_per_class")
    second = metrics.get("diversity_ratio_per_class") or {}
    titles, forms = ("GAN-test", "diversity"), ("{:.1%}", "{:.2f}")
    if first is None:
        collapse = metrics.get("collapse") or {}
        first, second = collapse.get("class_shares") or {}, collapse.get("wanted_shares") or {}
        titles, forms = ("share of samples", "share of real images"), ("{:.1%}", "{:.1%}")
    names = list(first)
    if len(names) > CLASSES:
        names = sorted(names, key=lambda name: _or(first[name], 2.0))[:CLASSES]
    pairs = [(first.get(name), second.get(name)) for name in names]
    if titles[0] == "GAN-test":
        scales = (1.0, max([1.0, *(_or(b, 0.0) for _, b in pairs)]))
    else:  # both are shares: of one scale
        scales = (max([1e-9, *(_or(x, 0.0) for pair in pairs for x in pair)]),) * 2
    bars = [
        Bar(
            name,
            "-" if a is None else forms[0].format(a),
            100 * _or(a, 0.0) / scales[0],
            "-" if b is None else forms[1].format(b),
            100 * _or(b, 0.0) / scales[1],
        )
        for name, (a, b) in zip(names, pairs, strict=True)
    ]
    return bars, titles, len(first)


def _or(number: float | None, default: float) -> float:
    return default if number is None else number


def confusion(metrics: Mapping[str, Any], class_names: Sequence[str]) -> dict[str, Any] | None:
    """The confusion matrix as a template draws it; None if there is none.

    Args:
        metrics: As the evaluation gives them.
        class_names: Names of the classes.

    Returns:
        `names`; `rows` of (name, cells as (text, share)) for few classes, else `src`, a picture of
        it; and `worst`, the most frequent mistakes as (asked, read, share of those asked for).
    """
    counts = np.array(metrics.get("confusion") or [], np.float64)
    if counts.ndim != 2 or not counts.size:
        return None
    shares = counts / np.maximum(1.0, counts.sum(axis=1, keepdims=True))
    wrong = shares * (1 - np.eye(len(shares)))
    order = np.argsort(-wrong, axis=None, kind="stable")[:CONFUSIONS]
    places = [np.unravel_index(place, wrong.shape) for place in order]
    found: dict[str, Any] = {
        "names": list(class_names),
        "worst": [
            (class_names[asked], class_names[read], f"{wrong[asked, read]:.1%}")
            for asked, read in places
            if wrong[asked, read] > 0
        ],
    }
    if len(shares) <= CELLS:
        found["rows"] = [
            (name, [(_cell(share), round(float(share), 3)) for share in row])
            for name, row in zip(class_names, shares, strict=True)
        ]
    else:
        grey = (255 * (1 - np.sqrt(shares)))[..., np.newaxis].round().astype(np.uint8)
        grey = grey.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)
        found["src"] = png_uri(grey)
    return found


def _cell(share: float) -> str:
    """A share in percent; nothing for nothing."""
    if share == 0:
        return ""
    return f"{100 * share:.1f}" if share < 0.01 else f"{100 * share:.0f}"

"""The last look at a data set, whatever has loaded it: says what is hardly meant, a line each."""

import dataclasses
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from gan_keras.data.dataset import Dataset
from gan_keras.data.pictures import FLAT
from gan_keras.data.splits import split_of
from gan_keras.foundation.errors import DataError

_NARROW = 128  # values in use of a set that hardly uses those that it could
# Images that are looked at, in memory and streamed; at least one per class.
_LOOKED_AT, _LOOKED_AT_STREAMED = 10_000, 500
# The ground of ink: most of the border is within `_NEAR` of its median, which is not in between.
_NEAR, _UNIFORM, _DARK, _LIGHT = 32, 0.6, 64, 191
_PART_BYTES = 8_000_000
_LARGE = 64  # pixels; see README, "Not supported"
_NAMED = 10
# Names of folders of pictures beside others that belong to them, such as masks.
_KIND = re.compile(r"(image|img|mask|label|annotation)s?|gt|ground[ _-]?truth", re.IGNORECASE)


def say(name: str, text: str) -> None:
    """Writes a line on a data set that its user should know of, on standard error."""
    print(f"WARNING: {name}: {text}", file=sys.stderr)


def note(name: str, text: str) -> None:
    """Writes a line on what has been recognised, on standard error."""
    print(f"{name}: {text}", file=sys.stderr)


def listed(names: Sequence[str]) -> str:
    """Names for a message, the first of many."""
    more = f" ... ({len(names):,} in all)" if len(names) > _NAMED else ""
    return " ".join(names[:_NAMED]) + more


def drop_empty_classes(dataset: Dataset) -> Dataset:
    """Leaves out classes without a train image, and their test images, and says so."""
    used = dataset.class_counts > 0
    if used.all():
        return dataset
    test = np.flatnonzero(used[dataset.test_labels])
    numbers = np.cumsum(used, dtype=np.int32) - 1
    empty = [name for name, kept in zip(dataset.class_names, used, strict=True) if not kept]
    lost = len(dataset.test_labels) - len(test)
    also = f", and so are their {lost:,} test images" if lost else ""
    say(dataset.name, f"classes without a train image are left out{also}: {listed(empty)}")
    kept = dataset.select(np.arange(len(dataset.train_labels)), test) if lost else dataset
    return dataclasses.replace(
        kept,
        train_labels=numbers[kept.train_labels],
        test_labels=numbers[kept.test_labels],
        class_names=tuple(np.array(dataset.class_names, object)[used]),
    )


def check(dataset: Dataset) -> None:
    """Says what is odd about the names of classes and about a part of the train images.

    Raises:
        DataError: If all images are of one grey.
    """
    _check_names(dataset)
    if not len(dataset.test_labels):
        say(
            dataset.name,
            "there are no test images: too few to draw one in ten, or none of these classes",
        )
    if not dataset.spec.is_points:
        height, width, _ = dataset.image_shape
        if max(height, width) > _LARGE:
            say(
                dataset.name,
                f"images of {height} x {width} pixels are more than the networks are made for, "
                f"about {_LARGE} x {_LARGE}; --image_size={_LARGE} makes them smaller",
            )
        _check_pixels(dataset)


def _check_names(dataset: Dataset) -> None:
    """Says which names look like splits, or like each other."""
    names = dataset.class_names
    if len(names) > 1 and (words := [name for name in names if split_of(name)]):
        say(dataset.name, f"classes that are named like the splits of a set: {listed(words)}")
    if len(names) > 1 and (kinds := [name for name in names if _KIND.fullmatch(name)]):
        say(dataset.name, f"classes that are named like kinds of files: {listed(kinds)}")

    def plain(name: str) -> str:
        return unicodedata.normalize("NFC", "".join(name.split()))

    def caseless(name: str) -> str:
        # a letter and its capital are two characters, and so are \delta and \Delta
        return name if len(name) == 1 or name.startswith("\\") else name.casefold()

    once = {plain(name): name for name in reversed(names)}
    for keys, what in (
        ({name: plain(name) for name in names}, "blanks or normal form"),
        ({name: caseless(key) for key, name in once.items()}, "case"),
    ):
        groups = defaultdict(list)
        for name in names:
            if name in keys:
                groups[keys[name]].append(repr(name))
        if alike := [" and ".join(group) for group in groups.values() if len(group) > 1]:
            more = f", and {len(alike) - 3:,} more" if len(alike) > 3 else ""
            what = f"classes whose names differ by {what} only"
            say(dataset.name, f"{what}: {', '.join(alike[:3])}{more}")


def _check_pixels(dataset: Dataset) -> None:
    """Says which images are blank, and which classes have ink and paper exchanged."""
    rows = _rows_of_all_classes(dataset)
    labels = dataset.train_labels[rows]
    # in parts, so that large images do not fill the memory
    parts = np.array_split(rows, -(-len(rows) * int(np.prod(dataset.image_shape)) // _PART_BYTES))
    looks = [_look(dataset.train_images[part]) for part in parts if len(part)]
    low, high, light, dark = map(np.concatenate, zip(*looks, strict=True))
    flat = high - low <= FLAT
    if flat.all():
        raise DataError(
            f"{dataset.name}: its images are of one grey each (values from {low.min()} to "
            f"{high.max()}); black is 0 and white 255: bring the values to this range first"
        )
    if high.max() - low.min() < _NARROW:
        say(
            dataset.name,
            f"the values of its images lie between {low.min()} and {high.max()} only; black is 0 "
            "and white 255",
        )
    if flat.any():
        classes = [dataset.class_names[label] for label in np.unique(labels[flat])]
        say(
            dataset.name,
            f"{flat.sum():,} of {len(rows):,} images looked at are of one grey, in the classes "
            f"{listed(classes)}",
        )
    _check_polarity(dataset, labels, light & ~flat, dark & ~flat)
    _check_test_polarity(dataset, light, dark)


def _rows_of_all_classes(dataset: Dataset) -> np.ndarray:
    """Some rows of the train split, evenly spread over each class."""
    most = _LOOKED_AT_STREAMED if dataset.is_streamed else _LOOKED_AT
    counts = dataset.class_counts
    each = max(1, most // int((counts > 0).sum()))
    by_class = np.split(np.argsort(dataset.train_labels, kind="stable"), np.cumsum(counts)[:-1])
    spread = [
        members[np.linspace(0, len(members) - 1, min(each, len(members))).astype(int)]
        for members in by_class
    ]
    rows = np.concatenate(spread)
    return np.sort(rows[:: -(-len(rows) // most)])


def _look(images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """For each image its least and largest value, and whether its ground is light, or dark.

    The ground is what nearly all of the border is of; most photographs have none.
    """
    pixels = images.reshape(len(images), -1)
    low, high = pixels.min(axis=1).astype(int), pixels.max(axis=1).astype(int)
    sides = (images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1])
    border = np.concatenate(sides, axis=1).mean(axis=-1)
    ground = np.median(border, axis=1)
    uniform = (np.abs(border - ground[:, np.newaxis]) <= _NEAR).mean(axis=1) >= _UNIFORM
    return low, high, uniform & (ground > _LIGHT), uniform & (ground < _DARK)


def _check_polarity(
    dataset: Dataset, labels: np.ndarray, light: np.ndarray, dark: np.ndarray
) -> None:
    """Says whether some images are dark on light and others light on dark."""
    with_ground = int(light.sum() + dark.sum())
    if with_ground < len(labels) / 2:  # photographs and the like
        return
    lights, darks = (
        np.bincount(labels[which], minlength=dataset.num_classes) for which in (light, dark)
    )
    share = lights / np.maximum(1, lights + darks)
    sides = [
        ("dark on light", np.flatnonzero((lights > 0) & (share >= 0.9))),
        ("light on dark", np.flatnonzero((darks > 0) & (share <= 0.1))),
    ]
    (what, fewer), (_, more) = sorted(sides, key=lambda side: len(side[1]))
    if len(fewer) and len(more):
        named = listed([dataset.class_names[label] for label in fewer])
        say(dataset.name, f"classes that are {what} beside the others: {named}")
    elif min(lights.sum(), darks.sum()) >= 0.05 * with_ground:
        say(
            dataset.name,
            f"of {len(labels):,} images looked at {lights.sum():,} are dark on light and "
            f"{darks.sum():,} light on dark",
        )


def _check_test_polarity(dataset: Dataset, light: np.ndarray, dark: np.ndarray) -> None:
    """Says whether ink and paper are exchanged between the splits, by grounds of train images."""
    if not (number := len(dataset.test_labels)):
        return
    some = np.unique(np.linspace(0, number - 1, _LOOKED_AT_STREAMED).astype(int))
    *_, test_light, test_dark = _look(dataset.test_images[some])
    for grounds, test_grounds, train, test in (
        (light, test_dark, "dark on light", "light on dark"),
        (dark, test_light, "light on dark", "dark on light"),
    ):
        if min(grounds.mean(), test_grounds.mean()) > 0.8:
            say(dataset.name, f"train images are {train}, and test images {test}")

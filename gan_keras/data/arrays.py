"""Arrays of images and labels, in whatever form people keep them, into a data set.

What is recognised is said on standard error; what is not known for certain is refused.
"""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence, Sized
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from gan_keras.data.closing_check import note, say
from gan_keras.data.dataset import Dataset, Examples
from gan_keras.data.lazy import LazyImages, file_stamp
from gan_keras.data.options import DataOptions
from gan_keras.data.pictures import MIN_SIDE, Shape, fit_all, has_no_colour
from gan_keras.data.records import (
    UNLABELLED,
    divide,
    draw_numbered,
    in_order,
    say_validation,
    unquoted,
)
from gan_keras.data.splits import split_of
from gan_keras.foundation.archives import printable
from gan_keras.foundation.errors import DataError

CHANNELS = (1, 3)
# Numbers looked at or converted at once.
_CHUNK = 2**24
# Smallest and largest value of the ranges that are known.
_FLOAT_RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
_INTEGER_RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (0.0, 65535.0))
_WAY_OUT = "save them as uint8, 0 to 255"


class Labelled(Sized, Protocol):
    """Images of a split, and their labels if they have any."""

    @property
    def labels(self) -> np.ndarray | None:
        """One label per image."""
        ...


T = TypeVar("T", bound=Labelled)


@dataclasses.dataclass(frozen=True)
class Part:
    """The arrays of one split.

    Attributes:
        images: Arrays that follow one another, in memory or on disk (`np.memmap`).
        labels: One label per image, in any form; None where there are none.
    """

    images: Sequence[np.ndarray]
    labels: np.ndarray | None = None

    def __len__(self) -> int:
        return sum(array.shape[0] if array.ndim else 0 for array in self.images)


@dataclasses.dataclass(frozen=True)
class Form:
    """The form that images have in arrays.

    Attributes:
        stored: Shape of one image, or its length in a row.
        dims: `(height, width, channels)` of it as the suite has it.
        channels_first: True for `(channels, height, width)`.
        low: Value that becomes 0.
        high: Value that becomes 255.
        transposed: True if rows and columns are exchanged.
        is_grey: True if one of three equal channels is to be kept.
    """

    stored: tuple[int, ...]
    dims: tuple[int, int, int]
    channels_first: bool
    low: float
    high: float
    transposed: bool = False
    is_grey: bool = False

    @classmethod
    def recognise(cls, name: str, arrays: Sequence[np.ndarray], transposed: bool = False) -> "Form":
        """Finds out the form of some arrays; says what is not the suite's own.

        Args:
            name: Name of the data set, for messages.
            arrays: All images of it.
            transposed: True if rows and columns are exchanged.

        Raises:
            DataError: If arrays differ in form, or theirs is not known.
        """
        flat = [array for array in arrays if array.ndim < 2]
        if flat:
            raise DataError(f"{name}: {flat[0].dtype} {flat[0].shape} are no images")
        if not sum(map(len, arrays)):
            raise DataError(f"{name} holds no images")
        kinds = {(array.dtype, array.shape[1:]) for array in arrays}
        if len(kinds) > 1:
            found = " and ".join(sorted(f"{dtype} {shape}" for dtype, shape in kinds))
            raise DataError(f"{name}: images must be of one form; there are {found}")
        ((dtype, stored),) = kinds
        if dtype.kind not in "uifb":
            raise DataError(f"{name}: images of {dtype} are no numbers")
        dims, first = _layout(name, stored)
        low, high = _value_range(name, arrays)
        notes = [f"values {low:g} to {high:g}"] if (low, high) != (0, 255) else []
        notes += ["channels first"] if first else []
        notes += [f"in rows, of {dims[0]} x {dims[1]} pixels"] if len(stored) == 1 else []
        notes += ["rows and columns exchanged"] if transposed else []
        if notes:
            note(name, f"images {dtype} {stored}: {', '.join(notes)}")
        if transposed:
            dims = (dims[1], dims[0], dims[2])
        return cls(stored, dims, first, low, high, transposed)

    def __call__(self, raw: np.ndarray) -> np.ndarray:
        """Brings images into the suite's form, uint8 `(n, h, w, c)`, ink 255 if they have ink."""
        height, width, channels = self.dims
        if self.is_grey:
            channels = 3
        if self.transposed:
            height, width = width, height
        if self.channels_first:
            images = np.moveaxis(raw.reshape(-1, channels, height, width), 1, -1)
        else:
            images = raw.reshape(-1, height, width, channels)
        if self.transposed:
            images = images.swapaxes(1, 2)
        if self.is_grey:
            images = images[..., :1]
        if images.dtype != np.uint8 or (self.low, self.high) != (0, 255):
            scaled = (images - np.float32(self.low)) * np.float32(255 / (self.high - self.low))
            images = np.rint(scaled)
        return np.ascontiguousarray(images, np.uint8)


def dataset(
    name: str,
    parts: Mapping[str, Part],
    options: DataOptions,
    class_names: Sequence[str] | None = None,
    transposed: bool = False,
) -> Dataset:
    """Makes a data set of arrays.

    Images on disk that are larger than memory may be are streamed. Where there are no test images,
    validation images are, or else one in ten of each class.

    Args:
        name: Name of the data set.
        parts: By split: `train`, `test`, `val`; only `train` where it is not split.
        options: Size wanted, and how much memory to take.
        class_names: Names that integer labels number; by default, and where they are too few, the
            labels' own values.
        transposed: True if rows and columns are exchanged.

    Raises:
        DataError: If the form of images or labels is not known, or labels do not fit the images.
    """
    parts = with_test_split(name, parts)
    form = Form.recognise(
        name, [array for part in parts.values() for array in part.images], transposed
    )
    labels, names = class_numbers(name, parts, class_names, must_fit=False)
    number = sum(map(len, parts.values()))
    images = {split: _examples(part, form, number, options) for split, part in parts.items()}
    if isinstance(images["train"], LazyImages) and not options.channel_number:
        chunks = (
            form(c) for part in parts.values() for array in part.images for c in _chunks(array)
        )
        if form.dims[2] == 3 and all(map(has_no_colour, chunks)):  # as `DataOptions.apply` has it
            form = dataclasses.replace(form, dims=(*form.dims[:2], 1), is_grey=True)
            images = {s: _examples(part, form, number, options) for s, part in parts.items()}
    if "test" in parts:
        return Dataset(
            name, images["train"], labels["train"], images["test"], labels["test"], tuple(names)
        )
    return divide(name, images["train"], labels["train"], draw_numbered(labels["train"]), names)


def divided(name: str, part: Part, words: np.ndarray) -> dict[str, Part]:
    """Divides images by a word for the split of each.

    Args:
        name: Name of the data set, for messages.
        part: All images.
        words: `(n,)`, see `splits`.

    Returns:
        The images by split, `train`, `val` and `test`.

    Raises:
        DataError: If there is not a word per image.
    """
    if not (len(part),) == words.shape == (words if part.labels is None else part.labels).shape[:1]:
        raise DataError(f"{name}: images, labels and split differ in length")
    images = part.images[0] if len(part.images) == 1 else np.concatenate(part.images)
    found = np.array([split_of(str(word)) for word in words.tolist()])
    rows = {split: found == split for split in ("train", "test", "val") if split in found}
    if rows.keys() == {"train"}:
        rows["test"] = np.zeros(len(found), bool)  # all is to train on
    labels = part.labels
    return {
        split: Part([images[mine]], None if labels is None else labels[mine])
        for split, mine in rows.items()
    }


def with_test_split(name: str, parts: Mapping[str, T]) -> dict[str, T]:
    """Decides what becomes of images for validation and of unlabelled ones for tests; says it.

    Args:
        name: Name of the data set, for messages.
        parts: By split: `train`, `test`, `val`.

    Returns:
        The part `train`, and `test` if there are any images for it.

    Raises:
        DataError: If there are no train images.
    """
    if "train" not in parts:
        raise DataError(f"{name} has no train images")
    test = parts.get("test")
    if test is not None and parts["train"].labels is not None and _are_secret(test.labels):
        say(name, f"{len(test):,} test images without labels are left out")
        parts = {split: part for split, part in parts.items() if split != "test"}
    if "val" in parts:
        say_validation(name, len(parts["val"]), "test" in parts)
    test = parts.get("test", parts.get("val"))
    return {"train": parts["train"]} | ({} if test is None else {"test": test})


def _are_secret(labels: np.ndarray | None) -> bool:
    """True for no labels, and for -1, where a contest keeps those of its tests to itself."""
    return labels is None or (labels.dtype.kind == "i" and len(labels) > 0 and labels.min() < 0)


def class_numbers(
    name: str,
    parts: Mapping[str, Labelled],
    class_names: Sequence[str] | None = None,
    must_fit: bool = True,
) -> tuple[dict[str, np.ndarray], Sequence[str]]:
    """Numbers the classes.

    Args:
        name: Name of the data set, for messages.
        parts: By split, images with their labels.
        class_names: Names that integer labels number; the labels' own values by default.
        must_fit: Refuses labels that have no name; else they are their own names.

    Returns:
        By split the labels int32 `(n,)`, and the class names.

    Raises:
        DataError: If a label has no class, or the form of the labels is not known.
    """
    if all(part.labels is None for part in parts.values()):
        say(name, "there are no labels; all images are of one class")
        return {s: np.zeros(len(part), np.int32) for s, part in parts.items()}, (UNLABELLED,)
    plain = {s: _plain_labels(name, s, part.labels, len(part)) for s, part in parts.items()}
    joined = np.concatenate(list(plain.values()))
    if class_names and joined.dtype.kind in "iu":
        if 0 <= joined.min() <= joined.max() < len(class_names):
            return {s: found.astype(np.int32) for s, found in plain.items()}, class_names
        misfit = f"labels must lie in 0..{len(class_names) - 1}; got {joined.min()}..{joined.max()}"
        if must_fit:
            raise DataError(f"{name}: {misfit}")
        say(name, f"its {len(class_names):,} class names are not used: {misfit}")
    if joined.dtype.kind in "iu" and joined.min() < 0:
        raise DataError(f"{name}: labels must be 0 or more; got {joined.min()}")
    values, inverse = np.unique(joined, return_inverse=True)
    names = unquoted([str(value) for value in values])
    ordered = in_order(set(names))
    number = {label: row for row, label in enumerate(ordered)}
    numbers = np.array([number[label] for label in names], np.int32)[inverse]
    ends = np.cumsum([len(found) for found in plain.values()])[:-1]
    return dict(zip(plain, np.split(numbers, ends), strict=True)), tuple(map(printable, ordered))


def _plain_labels(name: str, split: str, labels: np.ndarray | None, number: int) -> np.ndarray:
    """Labels of a split of a number of images, integers or text `(n,)`."""
    if labels is None:
        raise DataError(f"{name}: the {split} images have no labels")
    shown = f"{labels.dtype} {labels.shape}"
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2 and labels.dtype.kind in "uifb":
        if not (np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()):
            raise DataError(
                f"{name}: {split} labels {shown} are neither one per image nor one-hot; one class "
                "per image is needed"
            )
        note(name, f"one-hot {split} labels {shown}")
        labels = labels.argmax(axis=1)
    if labels.shape != (number,):
        raise DataError(f"{name}: {split} labels {shown} for {number:,} images: one per image")
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "backslashreplace")
    if labels.dtype.kind == "U":
        return np.char.strip(labels)
    if labels.dtype.kind == "f" and np.array_equal(labels, np.rint(labels)):  # NaN is not
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "iub":
        raise DataError(f"{name}: {split} labels {shown} must be whole numbers, text or one-hot")
    return labels.astype(np.int64)


def _examples(part: Part, form: Form, number: int, options: DataOptions) -> Examples:
    """The images of a split, of `number` images of all splits: in memory, or read when asked for.

    What fits into memory as it is, is resized later, as for any set.
    """
    on_disk = all(isinstance(array, np.memmap) for array in part.images)
    small = form.dims
    if on_disk and number * int(np.prod(form.dims)) > options.memory_bytes:
        side = options.image_size
        small = (side, side, form.dims[2]) if side else form.dims
        if number * int(np.prod(small)) > options.memory_bytes:
            return _streamed(part, form, Shape(*small, options.fit))
    images = np.empty((len(part), *small), np.uint8)
    shape = Shape(*small, options.fit)
    at = 0
    for chunk in (chunk for array in part.images for chunk in _chunks(array)):
        fitted = form(chunk)
        if small != form.dims:
            fitted = fit_all(fitted, shape)
        images[at : at + len(chunk)] = fitted
        at += len(chunk)
    return images


def _streamed(part: Part, form: Form, shape: Shape) -> LazyImages:
    """Images in arrays on disk that are read when asked for."""
    starts = np.cumsum([0, *map(len, part.images)])

    def read(rows: np.ndarray) -> np.ndarray:
        raw = np.empty((len(rows), *form.stored), part.images[0].dtype)
        owners = np.searchsorted(starts, rows, side="right") - 1
        for owner in np.unique(owners).tolist():
            mine = owners == owner
            raw[mine] = part.images[owner][rows[mine] - starts[owner]]
        return fit_all(form(raw), shape)

    def digest() -> bytes:
        found = hashlib.sha256(repr((form, shape)).encode())
        for array in part.images:
            stamp = file_stamp(Path(array.filename))  # ty: ignore[missing-attribute]
            found.update(f"{stamp} {len(array)}\0".encode())
        return found.digest()

    return LazyImages(read, shape.dims, np.arange(starts[-1]), digest)


def _layout(name: str, stored: tuple[int, ...]) -> tuple[tuple[int, int, int], bool]:
    """Height, width and channels of an image of a shape, and whether its channels come first."""
    shown = f"(n, {', '.join(map(str, stored))})"
    if len(stored) == 1:
        side = round(stored[0] ** 0.5)
        if side * side != stored[0]:
            raise DataError(
                f"{name}: rows of {stored[0]:,} values are no square grey images; save them as "
                "(n, height, width, channels)"
            )
        dims, first = (side, side, 1), False
    elif len(stored) == 2:
        dims, first = (*stored, 1), False
    elif len(stored) == 3 and stored[2] in CHANNELS:
        dims, first = stored, False
    elif len(stored) == 3 and stored[0] in CHANNELS:
        dims, first = (stored[1], stored[2], stored[0]), True
    else:
        raise DataError(
            f"{name}: images {shown} have no axis of 1 or 3 channels; save them as "
            "(n, height, width) or (n, height, width, 3)"
        )
    if min(dims[:2]) < MIN_SIDE:
        raise DataError(f"{name}: images {shown} of {dims[0]} x {dims[1]} pixels are too small")
    return dims, first


def _value_range(name: str, arrays: Sequence[np.ndarray]) -> tuple[float, float]:
    """The values of black and white; those of integers by their own range."""
    dtype = arrays[0].dtype
    low, high = np.inf, -np.inf
    for array in arrays:
        for chunk in _chunks(array):
            low, high = min(low, float(chunk.min())), max(high, float(chunk.max()))
            if not np.isfinite([low, high]).all():
                raise DataError(f"{name}: images hold values that are not finite")
            if dtype == np.uint8 and high > 127:
                return 0.0, 255.0  # whatever else is there
    for bottom, top in _FLOAT_RANGES if dtype.kind == "f" else _INTEGER_RANGES:
        # Values that use less than half of a range are of another: 0 to 16, 0 to 4095, -0.5 to 0.5
        if bottom <= low and high <= top and (2 * (high - low) > top - bottom):
            return bottom, top
    if low == high == 0:
        return 0.0, 255.0
    raise DataError(
        f"{name}: images {dtype} hold values {low:g} to {high:g}; that range is not known (known: "
        f"0 to 255, 0 to 1, -1 to 1, 16 bits, more than half of it used): {_WAY_OUT}"
    )


def _chunks(array: np.ndarray) -> list[np.ndarray]:
    """Parts of an array that may be looked at at once."""
    rows = max(1, _CHUNK // max(1, int(np.prod(array.shape[1:]))))
    return [array[start : start + rows] for start in range(0, len(array), rows)]

"""Image sets of Hugging Face in Parquet files: `parquet:FOLDER`, with the extra `parquet`."""

import functools
import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gan_keras.data import arrays, picture_files, places
from gan_keras.data.closing_check import listed, say
from gan_keras.data.dataset import Dataset
from gan_keras.data.lazy import LazyImages, files_digest
from gan_keras.data.options import DataOptions
from gan_keras.data.pictures import BadPictureError, Shape
from gan_keras.data.records import divide, draw_numbered
from gan_keras.data.splits import split_words
from gan_keras.foundation.errors import DataError, UsageError, one_line

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIX = ".parquet"
_LABELS = ("label", "labels", "class", "target")
_KEPT = 8  # row groups in memory, of some hundred pictures each


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Loads `parquet:PATH[,image=COLUMN][,label=COLUMN]`.

    The split is in the names of the files or of their folder (`train-00000-of-00002.parquet`). The
    picture is a column of bytes, or of structs with `bytes`, and the class names are those that
    `datasets` has kept in the file.

    Args:
        name: As above; a folder of one set, or a file.
        data_dir: Folder of prepared data sets, where what is found out about many pictures is
            kept. A path is relative to the working directory, not to it.
        options: Size wanted, and how much memory to take.

    Raises:
        DataError: If there are no such files or columns, or they are damaged.
        UsageError: If pyarrow is not installed.
    """
    path, given = places.parse(name, ("image", "label"))
    try:
        import pyarrow.parquet  # noqa: F401  late: takes a moment
    except ImportError:
        raise UsageError(
            f"--dataset={name} needs pyarrow: pip install 'gan_keras[parquet]'"
        ) from None
    title = places.title(path)
    parts = {split: PictureTable(files, given) for split, files in _splits(path).items()}
    if unused := parts["train"].unused if "train" in parts else []:
        say(title, f"columns that are not used: {listed(unused)}")
    parts = arrays.with_test_split(title, parts)
    class_names = parts["train"].class_names
    labels, names = arrays.class_numbers(title, parts, class_names)
    shape: Shape | None = None
    found: list[Any] = []
    for split, table in parts.items():
        images, rows = picture_files.load(table, range(len(table)), options, title, data_dir, shape)
        height, width, channels = images.shape[1:]
        shape = Shape(height, width, channels, options.fit)  # all as the train images
        found += [images, labels[split][rows]]
        if isinstance(images, LazyImages):
            size = -(-int(np.prod(images.shape)) // 1_000_000)
            say(
                title,
                f"{split} images are read from Parquet again and again, which is slow; "
                f"--memory_mb={size} holds them in memory",
            )
    if len(parts) == 2:
        return Dataset(title, *found, tuple(names))
    return divide(title, *found, draw_numbered(found[1]), names)


class PictureTable:
    """The pictures in the rows of Parquet files, as `picture_files.load` reads them.

    Attributes:
        names: File and number of each row.
        labels: Class of each row, integers or text; None without a column of them.
        class_names: Names that integer labels number; None where the files have none.
        unused: Names of the columns that are neither.

    Args:
        paths: The files, which follow one another.
        columns: Names of the columns `image` and `label` where the user gives them.

    Raises:
        DataError: If there are no such columns, or a file is damaged.
    """

    def __init__(self, paths: Sequence[Path], columns: Mapping[str, str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._paths = paths
        self.class_names: tuple[str, ...] | None = None
        self._groups: list[tuple[Path, int]] = []
        sizes: list[int] = []
        labels: list[np.ndarray] = []
        self.names: list[str] = []
        for path in paths:
            try:
                with pq.ParquetFile(path) as file:
                    schema = file.schema_arrow
                    self._image = _image_column(schema, path, columns.get("image"))
                    label = _label_column(schema, path, columns.get("label"))
                    self.unused = [n for n in schema.names if n not in (self._image, label)]
                    counts = [
                        file.metadata.row_group(number).num_rows
                        for number in range(file.num_row_groups)
                    ]
                    if label:
                        self.class_names = _features(schema).get(label)
                        labels.append(file.read([label]).column(0).to_numpy())
            except (pa.ArrowException, OSError) as error:
                raise DataError(f"cannot read {path}: {one_line(error)}") from error
            self._groups += [(path, number) for number in range(len(counts))]
            sizes += counts
            self.names += [f"{path.name} {row}" for row in range(sum(counts))]
        self._starts = np.cumsum([0, *sizes])
        self.labels = _plain(np.concatenate(labels)) if labels else None
        self._group = functools.lru_cache(maxsize=_KEPT)(self._read_group)

    def __len__(self) -> int:
        return len(self.names)

    def open(self, row: int) -> BinaryIO:
        """The picture file in a row; raises BadPictureError or OSError."""
        group = int(np.searchsorted(self._starts, row, side="right")) - 1
        value = self._group(group)[row - int(self._starts[group])].as_py()
        content = value.get("bytes") if isinstance(value, dict) else value
        if not content:
            raise BadPictureError("the row has no bytes; paths are not followed")
        return io.BytesIO(content)

    def digest(self, rows: Sequence[int]) -> bytes:
        """Hash of the numbers of some rows, with the names, sizes and times of all files."""
        return files_digest(self._paths, rows)

    def _read_group(self, number: int) -> "pa.ChunkedArray":
        """The pictures of a row group: the smallest part of a file that can be read."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path, group = self._groups[number]
        try:
            with pq.ParquetFile(path) as file:
                return file.read_row_group(group, [self._image]).column(0)
        except (pa.ArrowException, OSError) as error:
            raise BadPictureError(one_line(error)) from error


def _splits(path: Path) -> dict[str, list[Path]]:
    """The files of each split, in order; `train` where names say none."""
    if path.is_file():
        return {"train": [path]}
    if not path.is_dir():
        raise DataError(f"there is no folder or file {path}")
    found: dict[Path, dict[str, list[Path]]] = {}
    for file in places.files_below(path):
        if file.suffix.lower() != SUFFIX:
            continue
        split, place = _split_of(file.stem), file.parent
        if not split and (split := _split_of(file.parent.name)):
            place = file.parent.parent
        found.setdefault(place, {}).setdefault(split or "train", []).append(file)
    if not found:
        raise DataError(f"{path} holds no {SUFFIX} files")
    if len(found) > 1:
        known = " ".join(f"parquet:{place}" for place in sorted(found))
        raise DataError(f"{path} has several sets, say which: {known}")
    return found.popitem()[1]


def _split_of(name: str) -> str:
    """The split that a word in a name says; empty if none does."""
    return next(iter(split_words(name)[0]), "")


def _image_column(schema: "pa.Schema", path: Path, wanted: str | None) -> str:
    """Name of the column of pictures."""
    import pyarrow as pa

    def holds_bytes(kind: "pa.DataType") -> bool:
        if pa.types.is_struct(kind):
            return kind.get_field_index("bytes") >= 0
        return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)

    names = [field.name for field in schema if holds_bytes(field.type)]
    if wanted or len(names) == 1:
        name = wanted or names[0]
        if name in names:
            return name
    problem = f"several columns of pictures: {', '.join(names)}" if names else "no picture column"
    raise DataError(
        f"{path} has {problem if not wanted else f'no column of pictures {wanted!r}'}; columns: "
        f"{', '.join(schema.names)}; `,image=COLUMN` says which"
    )


def _label_column(schema: "pa.Schema", path: Path, wanted: str | None) -> str | None:
    """Name of the column of classes; None without one."""
    if wanted:
        if wanted not in schema.names:
            raise DataError(f"{path} has no column {wanted!r}; columns: {', '.join(schema.names)}")
        return wanted
    known = [*_features(schema)] or [
        name for name in schema.names if re.split(r"[ _-]", name.lower())[-1] in _LABELS
    ]
    if len(known) > 1 and "label" not in known:
        raise DataError(
            f"{path}: which column is the class: {', '.join(known)}? `,label=COLUMN` says it"
        )
    return "label" if "label" in known else next(iter(known), None)


def _features(schema: "pa.Schema") -> dict[str, tuple[str, ...]]:
    """Class names by column, as `datasets` keeps them in a file."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {
            column: tuple(map(str, feature["names"]))
            for column, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}


def _plain(labels: np.ndarray) -> np.ndarray:
    """Labels as integers or text; whatever else is refused later."""
    if labels.dtype.kind == "O" and all(isinstance(label, str) for label in labels):
        return labels.astype(np.str_)
    return labels

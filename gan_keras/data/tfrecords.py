"""Any record of a prepared TFDS set by its number, without reading those before it."""

import functools
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gan_keras.data.lazy import files_digest
from gan_keras.data.pictures import BadPictureError
from gan_keras.foundation.errors import DataError, one_line

if TYPE_CHECKING:
    import tensorflow_datasets as tfds

# A record: length (8 bytes), its checksum (4), the content, its checksum (4).
_HEAD, _TAIL = 12, 4
_BATCH = 4096


class RecordFiles:
    """The picture files in the records of one split, as `picture_files.load` reads them.

    They are numbered as TFDS itself reads a split: of several files some records of each in turn,
    except where the set is declared to be in order.

    Attributes:
        names: Split and number of each record.
        labels: int32, class of each record.

    Args:
        builder: A prepared TFDS builder.
        split: `train` or `test`.
        image: Name of the image feature.
        label: Name of the class feature; None gives all records class 0.

    Raises:
        DataError: If the records are missing or damaged, or of another format than TFRecord.
    """

    def __init__(
        self, builder: "tfds.core.DatasetBuilder", split: str, image: str, label: str | None
    ) -> None:
        info = builder.info
        if info.file_format.value != "tfrecord":
            raise DataError(
                f"{info.full_name} is stored as {info.file_format.value}; prepare it as tfrecord"
            )
        self._image = image
        self._paths = [Path(part.filename) for part in info.splits[split].file_instructions]
        lengths, labels = zip(*(_scan(path, label) for path in self._paths), strict=True)
        counts = [len(part) for part in lengths]
        if sum(counts) != info.splits[split].num_examples:
            raise DataError(
                f"{builder.data_path}: split {split} has {sum(counts):,} of "
                f"{info.splits[split].num_examples:,} records; remove the folder and fetch it anew"
            )
        # file, start, length of each record in the order of the files
        self._places = np.concatenate(
            [
                np.stack([np.full_like(part, file), _HEAD + _starts(part + _HEAD + _TAIL), part], 1)
                for file, part in enumerate(lengths)
            ]
        )
        self._order = _order(counts, in_turn=not info.disable_shuffling)
        # the files stay open, but not more than a process may have
        self._file = functools.lru_cache(maxsize=64)(
            lambda number: self._paths[number].open("rb", buffering=0)
        )
        self.names = [f"{split} {number}" for number in range(len(self._order))]
        self.labels = np.concatenate(labels).astype(np.int32)[self._order]

    def open(self, row: int) -> BinaryIO:
        """The picture file of a record; raises BadPictureError or OSError."""
        values = self._features(row)[self._image].bytes_list.value
        if not values:
            raise BadPictureError("the record has no picture")
        return io.BytesIO(values[0])

    def digest(self, rows: Sequence[int]) -> bytes:
        """Hash of the places of some records, with the names, sizes and times of all files."""
        return files_digest(self._paths, self._order[np.asarray(rows, np.int64)])

    def _features(self, row: int) -> Mapping[str, Any]:
        """The features of a record by name."""
        import tensorflow as tf  # late: takes seconds

        number, start, length = self._places[self._order[row]].tolist()
        file = self._file(number)  # held until it is read: another thread may replace it
        content = os.pread(file.fileno(), length, start)
        try:
            return tf.train.Example.FromString(content).features.feature
        except Exception as error:  # the protocol buffer library has its own exceptions
            raise DataError(f"{self._paths[number]}: record {row} is damaged") from error


def _scan(path: Path, label: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Lengths and classes of the records of a file, int64 each; their checksums are compared."""
    import tensorflow as tf  # late: takes seconds

    def measured(records: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        lengths = tf.cast(tf.strings.length(records), tf.int64)
        if not label:
            return lengths, tf.zeros_like(lengths)
        form = {label: tf.io.FixedLenFeature([], tf.int64)}
        return lengths, tf.io.parse_example(records, form)[label]

    records = tf.data.TFRecordDataset(str(path)).batch(_BATCH).map(measured)
    try:
        found = list(records.as_numpy_iterator())
    except Exception as error:  # whatever missing or damaged records make TensorFlow raise
        raise DataError(
            f"{path} is damaged ({one_line(error)}); remove its folder and fetch it anew"
        ) from error
    none = np.empty(0, np.int64)
    lengths, labels = zip((none, none), *found, strict=True)
    return np.concatenate(lengths), np.concatenate(labels)


def _starts(lengths: Sequence[int] | np.ndarray) -> np.ndarray:
    """Places at which parts of some lengths start when they follow one another."""
    return np.cumsum(lengths) - lengths


def _order(counts: Sequence[int], in_turn: bool) -> np.ndarray:
    """Numbers of records, counted through all files, in the order in which TFDS reads them.

    Args:
        counts: Records per file.
        in_turn: True for 16 records of each of 16 files in turn, as TFDS does by default; made by
            the same operation as there.
    """
    import tensorflow as tf  # late: takes seconds

    starts = _starts(counts)
    files = tf.data.Dataset.from_tensor_slices((starts, starts + counts))
    records = files.interleave(
        tf.data.Dataset.range, cycle_length=16 if in_turn else 1, block_length=16
    )
    return np.concatenate([*records.batch(_BATCH).as_numpy_iterator()])

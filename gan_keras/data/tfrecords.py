"""Any record of a prepared TFDS set by its number, without reading those before it."""

import hashlib
import io
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gan_keras.data.pictures import BadPictureError
from gan_keras.foundation.errors import DataError

if TYPE_CHECKING:
    import tensorflow_datasets as tfds

# A record: length (8 bytes), its checksum (4), the content, its checksum (4).
_HEAD = struct.Struct("<QI")
_TAIL = 4


class RecordFiles:
    """The picture files in the records of one split, as `picture_files.load` reads them.

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
        if builder.info.file_format.value != "tfrecord":
            raise DataError(
                f"{builder.info.full_name} is stored as {builder.info.file_format.value}, which "
                "can be read into memory only; prepare it as tfrecord"
            )
        self._image = image
        self._paths = [Path(path) for path in builder.info.splits[split].filepaths]
        places = [
            (number, *place) for number, path in enumerate(self._paths) for place in _scan(path)
        ]
        self._places = np.array(places, np.int64).reshape(-1, 3)  # file, start, length
        self.names = [f"{split} {number}" for number in range(len(places))]
        self.labels = np.zeros(len(places), np.int32)
        if label:
            for row in range(len(places)):
                self.labels[row] = self._features(row)[label].int64_list.value[0]

    def open(self, row: int) -> BinaryIO:
        """The picture file of a record; raises BadPictureError or OSError."""
        values = self._features(row)[self._image].bytes_list.value
        if not values:
            raise BadPictureError("the record has no picture")
        return io.BytesIO(values[0])

    def digest(self, rows: Sequence[int]) -> bytes:
        """Hash of the numbers of some records, with the names, sizes and times of all files."""
        digest = hashlib.sha256()
        for path in self._paths:
            facts = path.stat()
            digest.update(f"{path.name} {facts.st_size} {facts.st_mtime_ns}\0".encode())
        digest.update(np.asarray(rows, np.int64).tobytes())
        return digest.digest()

    def _features(self, row: int) -> Mapping[str, Any]:
        """The features of a record by name."""
        import tensorflow as tf  # late: takes seconds

        number, start, length = self._places[row]
        with self._paths[number].open("rb") as file:
            file.seek(start)
            content = file.read(length)
        try:
            return tf.train.Example.FromString(content).features.feature
        except Exception as error:  # the protocol buffer library has its own exceptions
            raise DataError(f"{self._paths[number]}: record {row} is damaged") from error


def _scan(path: Path) -> Iterator[tuple[int, int]]:
    """Yields the start and length of each record of a file."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            at = 0
            while at < size:
                file.seek(at)
                head = file.read(_HEAD.size)
                length = _HEAD.unpack(head)[0] if len(head) == _HEAD.size else size
                if at + _HEAD.size + length + _TAIL > size:
                    raise DataError(f"{path} is cut off; remove its folder and fetch it anew")
                yield at + _HEAD.size, length
                at += _HEAD.size + length + _TAIL
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error

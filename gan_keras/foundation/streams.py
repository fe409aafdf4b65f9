"""Standard output and error that never fail: no word is worth the work that it tells of."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any


class Words:
    """A text stream that drops what cannot be written, and remembers why.

    The reader of a pipe may have left, the disk of a log may be full, the terminal or a notebook
    may be gone, and a signal may come, whose handler has something to say, while something is being
    written. A character that the stream cannot encode is written as its code.

    Attributes:
        lost: The last error; None if everything has been written.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.lost: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Writes what can be written; returns the length of the text."""
        with self._noting_errors():
            try:
                self._stream.write(text)
            except UnicodeEncodeError as error:
                known = text.encode(error.encoding, "backslashreplace").decode(error.encoding)
                self._stream.write(known)
        return len(text)

    def flush(self) -> None:
        """Passes on what has been written so far."""
        with self._noting_errors():
            self._stream.flush()

    def isatty(self) -> bool:
        """Tells whether it is a terminal."""
        with self._noting_errors():
            return self._stream.isatty()
        return False

    @contextlib.contextmanager
    def _noting_errors(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError:
            pass  # of a signal's handler within a write: the next words can be written again
        except (OSError, ValueError) as error:  # a closed stream is a ValueError
            self.lost = error


@contextlib.contextmanager
def unfailing() -> Iterator[tuple[Words, Words]]:
    """Lets nothing that prints fail until the context ends; yields standard output and error."""
    before = sys.stdout, sys.stderr
    # None where the process was started without one.
    out, err = (
        stream if isinstance(stream, Words) else Words(stream or open(os.devnull, "w"))  # noqa: SIM115
        for stream in before
    )
    sys.stdout, sys.stderr = out, err
    try:
        yield out, err
    finally:
        sys.stdout, sys.stderr = before

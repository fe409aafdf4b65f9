"""Finds or fetches the CROHME archive and prints where it is.

`python -m data_tools.download --folder=data/crohme --url=URL [--given=PATH]`: PATH if it is given,
else an archive that lies in the folder already, else the one at the address, downloaded into the
folder. It appears there only when all of it has arrived and every entry has been checked.
"""

import http.client
import os
import queue
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

from absl import flags

from gan_keras.foundation import cli, progress
from gan_keras.foundation.archives import READ_ERRORS, refusal
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import atomic_path

# Looking up a name has no time limit of its own, hence one for all there is before the first byte.
START_SECONDS = 12.0
# A read may wait this long; and over each such span a minimum has to arrive.
STALL_SECONDS = 10.0
MIN_BYTES_PER_SECOND = 1_000
MAX_BYTES = 4 * 2**30
_CHUNK = 2**18

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    flags.DEFINE_string("given", "", "An archive or a folder that is there: nothing is fetched.")
    flags.DEFINE_string("folder", None, "Where archives are looked for, and put.")
    flags.DEFINE_string("url", None, "Address of a .zip archive (http or https).")


def main() -> None:
    """Runs the command."""
    cli.exit_on_sigterm()
    if FLAGS.given:
        # `make CROHME=~/archive.zip`: only some shells expand the ~ there.
        given = os.path.expanduser(FLAGS.given)
        if not os.path.exists(given):
            raise DataError(f"there is no {given}")
        print(given)
        return
    if not FLAGS.url or not FLAGS.folder:
        raise UsageError("--folder=FOLDER and --url=URL are needed, or --given=PATH")
    print(find_or_download(Path(FLAGS.folder), FLAGS.url))


def find_or_download(folder: Path, url: str) -> Path:
    """The archive in a folder; downloads it if there is none.

    Args:
        folder: Where it is looked for and put.
        url: Where it comes from; its last part is the file's name.

    Returns:
        The path of the archive.

    Raises:
        UsageError: The address is not a web address.
        DataError: There is no archive and it cannot be had, or there are several.
    """
    name = Path(urllib.parse.unquote(urllib.parse.urlsplit(url).path)).name or "archive.zip"
    out = folder / name
    if out.is_file():
        return out
    # Names with a leading dot are downloads that did not end.
    there = sorted(p for p in folder.glob("*.zip") if p.is_file() and not p.name.startswith("."))
    if len(there) > 1:
        names = ", ".join(path.name for path in there)
        raise DataError(f"{folder} holds several archives ({names}): say which one to take")
    if there:
        return there[0]
    try:
        size = download(url, out)
    except DataError as error:
        raise DataError(
            f"{error}. Two ways out: put the archive at {out}, or use data that the project "
            "makes itself: make demo-data"
        ) from None
    print(f"downloaded {out} ({size / 1e6:.1f} MB)", file=sys.stderr)
    return out


def download(
    url: str, out: Path, start_seconds: float = START_SECONDS, stall_seconds: float = STALL_SECONDS
) -> int:
    """Downloads and checks a zip archive.

    Args:
        url: Its address.
        out: Where to put it.
        start_seconds: Time limit until the server answers.
        stall_seconds: How long nothing (or next to nothing) may arrive.

    Returns:
        Its length in bytes.

    Raises:
        UsageError: The address is not a web address.
        DataError: The archive cannot be had, or is not whole; `out` is as it was.
    """
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise UsageError(f"--url={url} is not an http or https address")
    try:
        with _answer(url, start_seconds, stall_seconds) as response, atomic_path(out) as temporary:
            size = _receive(response, temporary, out.name, stall_seconds)
            _check(temporary)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        if isinstance(error, TimeoutError) or isinstance(reason, TimeoutError):
            reason = "no answer in time"
        if isinstance(error, urllib.error.HTTPError):
            reason = f"the server answers {error.code} {error.reason}"
        reason = " ".join(str(reason).split()) or type(error).__name__
        raise DataError(f"cannot download {url}: {reason}") from None
    except _BadArchiveError as error:
        raise DataError(f"cannot use what {url} sends: {error}") from None
    return size


class _BadArchiveError(Exception):
    """What has been downloaded is no whole zip archive; the message says why."""


def _answer(url: str, start_seconds: float, stall_seconds: float) -> http.client.HTTPResponse:
    """Opens the address; `TimeoutError` if that takes too long."""
    answers: queue.Queue = queue.Queue()

    def ask() -> None:
        try:
            # Some servers refuse Python's own name.
            request = urllib.request.Request(url, headers={"User-Agent": "gan_keras"})
            # S310 (other schemes) is answered by the caller.
            answers.put(urllib.request.urlopen(request, timeout=stall_seconds))
        except BaseException as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=start_seconds)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _receive(
    response: http.client.HTTPResponse, path: Path, name: str, stall_seconds: float
) -> int:
    """Writes what arrives to a file and returns its length."""
    length = response.headers.get("Content-Length", "")
    expected = int(length) if length.isascii() and length.isdigit() else None
    size = 0
    span_start, span_size = time.monotonic(), 0
    with (
        path.open("wb") as file,
        progress.bar(expected, name, unit="B", unit_scale=True) as bar,
    ):
        # read1 returns what there is; read would wait for all of a chunk.
        while chunk := response.read1(_CHUNK):
            file.write(chunk)
            size += len(chunk)
            bar.update(len(chunk))
            if size > MAX_BYTES:
                raise _BadArchiveError(f"more than {MAX_BYTES // 2**30} GiB")
            elapsed = time.monotonic() - span_start
            if elapsed > stall_seconds:
                if size - span_size < elapsed * MIN_BYTES_PER_SECOND:
                    raise _BadArchiveError(f"only {size - span_size:,} bytes in {elapsed:.0f} s")
                span_start, span_size = time.monotonic(), size
    if expected is not None and size != expected:
        raise _BadArchiveError(f"it ended after {size:,} of {expected:,} bytes")
    return size


def _check(path: Path) -> None:
    """Reads every entry of a zip archive against its checksum."""
    try:
        with zipfile.ZipFile(path) as archive:
            if not any(name.lower().endswith(".inkml") for name in archive.namelist()):
                raise _BadArchiveError("the archive holds no InkML files")
            for info in archive.infolist():
                refused = refusal(info)
                if refused:
                    raise _BadArchiveError(f"{info.filename!r} in the archive: {refused}")
            damaged = archive.testzip()
    except READ_ERRORS as error:
        raise _BadArchiveError(f"not a whole zip archive ({error})") from None
    if damaged is not None:
        raise _BadArchiveError(f"{damaged!r} in the archive is damaged")


if __name__ == "__main__":
    define_flags()
    cli.run(main)

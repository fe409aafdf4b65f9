"""Finds or fetches the CROHME archive and prints its path.

`python -m data_tools.download --folder=data/crohme --url=URL [--given=PATH] [--sha256=SUM]`: PATH
if it is given, else an archive that is already in the folder, else the one at the address,
downloaded into the folder. It appears there only when all of it has arrived and every entry has
been checked. Its SHA-256 sum is printed on standard error, and compared with SUM if that is given.
"""

import hashlib
import os
import sys
import urllib.parse
import zipfile
from pathlib import Path

from absl import flags

from gan_keras.foundation import cli, progress
from gan_keras.foundation.archives import READ_ERRORS, refusal
from gan_keras.foundation.errors import DataError, UsageError, one_line
from gan_keras.foundation.files import atomic_path

# Time limit for a connection, and for each wait for more data.
TIMEOUT_SECONDS = 10.0
_CHUNK_BYTES = 2**18

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    cli.define_path("given", "", "An archive or a folder that is there: nothing is fetched.")
    cli.define_path("folder", None, "Where archives are looked for, and put.")
    flags.DEFINE_string("url", None, "Address of a .zip archive (http or https).")
    flags.DEFINE_string("sha256", "", "SHA-256 sum that the archive must have, in hexadecimal.")


def main() -> None:
    """Runs the command."""
    if FLAGS.given:
        if not os.path.exists(FLAGS.given):
            raise DataError(f"there is no {FLAGS.given}")
        found = Path(FLAGS.given)
    elif not FLAGS.url or not FLAGS.folder:
        raise UsageError("--folder=FOLDER and --url=URL are needed, or --given=PATH")
    else:
        found = find_or_download(Path(FLAGS.folder), FLAGS.url)
    check_sum(found, FLAGS.sha256)
    print(found)


def check_sum(archive: Path, wanted: str = "") -> None:
    """Prints the SHA-256 sum of an archive on standard error, and compares it.

    Args:
        archive: The archive; a folder has no sum.
        wanted: The sum that it must have; any if empty.

    Raises:
        DataError: If it has another.
    """
    if archive.is_file():
        with archive.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        print(f"SHA-256 of {archive}: {found}", file=sys.stderr)
    else:
        found = "none, being a folder"
    if wanted and found != wanted.lower():
        raise DataError(f"{archive} has not the SHA-256 sum {wanted}: it is another, or damaged")


def find_or_download(folder: Path, url: str) -> Path:
    """Returns the archive in a folder; downloads it if there is none.

    Args:
        folder: Where it is looked for and put.
        url: Its address; the last part of it is the file's name.

    Raises:
        UsageError: The address is not a web address.
        DataError: There is no archive and it cannot be had, or there are several.
    """
    name = Path(urllib.parse.unquote(urllib.parse.urlsplit(url).path)).name or "archive.zip"
    out = folder / name
    if out.is_file():
        return out
    # Names with a leading dot are unfinished downloads.
    found = sorted(p for p in folder.glob("*.zip") if p.is_file() and not p.name.startswith("."))
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise DataError(f"{folder} holds several archives ({names}): say which one to take")
    if found:
        return found[0]
    try:
        size = download(url, out)
    except DataError as error:
        raise DataError(
            f"{error}. Two ways out: put the archive at {out}, or use data that the project "
            "makes itself: make demo-data"
        ) from None
    print(f"downloaded {out} ({size / 1e6:.1f} MB)", file=sys.stderr)
    return out


def download(url: str, out: Path) -> int:
    """Downloads and checks a zip archive.

    Args:
        url: Its address.
        out: The file to write.

    Returns:
        Its length in bytes.

    Raises:
        UsageError: The address is not a web address.
        DataError: The archive cannot be had, or is not whole; `out` is as it was.
    """
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise UsageError(f"--url={url} is not an http or https address")
    import requests

    # For the C library, which may otherwise wait 40 s for name servers that do not answer.
    os.environ.setdefault("RES_OPTIONS", "timeout:3 attempts:1")
    # Some servers refuse the name of a Python library.
    headers = {"User-Agent": "gan_keras"}
    try:
        with (
            requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as response,
            atomic_path(out) as temporary,
        ):
            if not response.ok:
                raise DataError(
                    f"cannot download {url}: "
                    f"the server answers {response.status_code} {response.reason}"
                )
            total = int(response.headers.get("Content-Length", 0)) or None
            with (
                temporary.open("wb") as file,
                progress.bar(total, out.name, unit="B", unit_scale=True) as bar,
            ):
                for chunk in response.iter_content(_CHUNK_BYTES):
                    bar.update(file.write(chunk))
            if reason := _damage(temporary):
                raise DataError(f"cannot use what {url} sends: {reason}")
            return temporary.stat().st_size
    except (OSError, ValueError) as error:
        raise DataError(f"cannot download {url}: {_root_cause(error)}") from None


def _root_cause(error: BaseException) -> str:
    """Reason that the system gave for an error, below the words of requests and urllib3."""
    while error.__context__ is not None:
        error = error.__context__
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return one_line(getattr(error, "strerror", None) or error)


def _damage(path: Path) -> str | None:
    """Checks every entry of an archive; returns the reason not to use it, or None."""
    try:
        with zipfile.ZipFile(path) as archive:
            if not any(name.lower().endswith(".inkml") for name in archive.namelist()):
                return "the archive holds no InkML files"
            for info in archive.infolist():
                if reason := refusal(info):
                    return f"{info.filename!r} in the archive: {reason}"
            damaged = archive.testzip()
    except READ_ERRORS as error:
        return f"not a whole zip archive ({error})"
    return f"{damaged!r} in the archive is damaged" if damaged else None


if __name__ == "__main__":
    define_flags()
    cli.run(main)

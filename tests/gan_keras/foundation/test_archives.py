"""Zip archives that are damaged or hostile."""

import os
import struct
import zipfile

import pytest
from file_samples import lie, write_zip

from gan_keras.foundation.archives import open_archive, printable, refusal
from gan_keras.foundation.errors import DataError

FILES = {"a.inkml": b"a", "b.inkml": b"b"}


def noise(whole):
    first, end = whole.index(b"PK\1\2"), whole.rindex(b"PK\5\6")
    return whole[:first] + b"\xff" * (end - first) + whole[end:]


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: b"<html>Not found</html>",
        lambda whole: b"",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-10],
        noise,
        lambda whole: b"PK" + b"\0" * 40,
    ],
)
def test_archives_that_are_none(tmp_path, change):
    path = write_zip(tmp_path / "a.zip", FILES)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DataError, match=r"a.zip is not a whole zip archive \(.+\)") as refused:
        open_archive(path)
    assert "\n" not in str(refused.value)


def test_entries_that_overlap_are_refused(tmp_path):
    # The bombs without recursion let all entries share one kernel.
    path = write_zip(tmp_path / "a.zip", FILES)
    whole = bytearray(path.read_bytes())
    struct.pack_into("<L", whole, whole.rindex(b"PK\1\2") + 42, 0)
    path.write_bytes(whole)
    with pytest.raises(DataError, match="overlap"):
        open_archive(path)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"flags": 1}, "encrypted"),
        # bzip2 and LZMA, which cannot be stopped half way, and one that there is not
        *(({"method": n}, f"compression method {n} is not supported") for n in (12, 14, 99)),
    ],
)
def test_entries_that_must_not_be_unpacked(tmp_path, fields, reason):
    path = lie(write_zip(tmp_path / "a.zip", {"x": b"ink"}), **fields)
    (info,) = open_archive(path).infolist()
    assert refusal(info) == reason


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a b/ü漢.inkml", "a b/ü漢.inkml"),
        ("a\n\t\0\x7f\u2028", "a\\n\\t\\x00\\x7f\\u2028"),
        (os.fsdecode(b"\xff"), "\\xff"),
    ],
)
def test_printable(name, shown):
    assert printable(name) == shown


def test_an_entry_without_a_name_is_refused(tmp_path):
    # `ZipInfo.is_dir` of Python 3.11 looks for the last character of the name.
    path = write_zip(tmp_path / "a.zip", FILES)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(""), b"c")
    with pytest.raises(DataError, match="a.zip has an entry without a name"):
        open_archive(path)

import os
import struct
import tempfile
import zipfile
from pathlib import Path

import pytest
from inkml_samples import write_folder, write_zip

from data_tools.corpus import MAX_SOURCE_CHARS, ReadError, close_archives, find, printable, read
from gan_keras.foundation.errors import DataError

LIMIT = 4 * 2**20
OFFICIAL = {
    "CROHME_full/CROHME2011_data/a.inkml": b"11a",
    "CROHME_full/CROHME2012_data/train/a.inkml": b"12a",
    "CROHME_full/CROHME2012_data/train/b.INKML": b"12b",
    "CROHME_full/CROHME2013_data/a.inkml": b"13a",
    "CROHME_full/readme.txt": b"no ink",
}


def contents(listing) -> dict[str, bytes | str]:
    """Content of each file of a listing, or the reason why it cannot be read."""
    found = {}
    for entry in listing.entries:
        try:
            found[entry.source] = read(entry, LIMIT)
        except ReadError as error:
            found[entry.source] = str(error)
    close_archives()
    return found


def reason(path) -> str:
    (result,) = contents(find([path], None)).values()
    assert isinstance(result, str), result
    return result


def test_names_are_the_same_from_a_folder_and_an_archive(tmp_path):
    folder = write_folder(tmp_path / "unpacked", OFFICIAL)
    archive = write_zip(tmp_path / "official.zip", OFFICIAL)
    expected = {
        "CROHME2012_data/train/a.inkml": b"12a",
        "CROHME2012_data/train/b.INKML": b"12b",
        "CROHME2013_data/a.inkml": b"13a",
    }
    for given in (
        [folder],
        [archive],
        [folder / "CROHME_full"],
        [folder, folder / "CROHME_full"],
        [archive, archive],
        [folder / "CROHME_full/CROHME2013_data", folder / "CROHME_full/CROHME2012_data/train"],
    ):
        listing = find(map(str, given), {2012, 2013})
        assert contents(listing) == expected
        assert [entry.source for entry in listing.entries] == sorted(expected)
    assert find([str(archive)], {2012}).other_years == {2011: 1, 2013: 1}
    assert find([str(archive)], {2012}).years == {2011, 2012, 2013}
    assert len(contents(find([str(archive)], None))) == 4


def test_without_year_folders_all_is_taken_and_shared_folders_do_not_count(tmp_path):
    files = {"top/sub/a.inkml": b"a", "top/sub/x/b.inkml": b"b", "top/note.txt": b""}
    archive = write_zip(tmp_path / "any.zip", files)
    folder = write_folder(tmp_path / "crohme2011", files)
    expected = {"a.inkml": b"a", "x/b.inkml": b"b"}
    for given in (archive, folder, folder / "top"):
        assert contents(find([str(given)], {2012})) == expected
    single = folder / "top/sub/a.inkml"
    assert contents(find([str(single)], {2012})) == {"a.inkml": b"a"}


def test_different_files_of_the_same_name_are_kept_apart(tmp_path):
    one = write_folder(tmp_path / "1", {"a.inkml": b"1", "b.inkml": b"1"})
    two = write_folder(tmp_path / "2", {"a.inkml": b"2", "c/b.inkml": b"2"})
    listing = find([str(one), str(two)], None)
    assert contents(listing) == {
        "a.inkml": b"1",
        "a.inkml#2": b"2",
        "b.inkml": b"1",
        "c/b.inkml": b"2",
    }
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as archive:
        archive.writestr("a.inkml", "1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.inkml", "2")
    found = contents(find([str(tmp_path / "twice.zip")], None))
    assert found == {"a.inkml": b"1", "a.inkml#2": b"2"}


def test_inputs_that_are_nothing(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("hello")
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "fifo")
    cases = {
        "missing": "cannot read .*missing: No such file",
        "text.txt": "is not a .zip archive, a folder or an .inkml file",
        "fifo": "is neither a file nor a folder",
    }
    for name, message in cases.items():
        with pytest.raises(DataError, match=message):
            find([str(tmp_path / name)], None)
    assert find([str(tmp_path / "empty")], None).entries == []


def test_archives_that_are_none(tmp_path):
    whole = write_zip(tmp_path / "whole.zip", OFFICIAL).read_bytes()
    end = whole.rindex(b"PK\5\6")
    first = whole.index(b"PK\1\2")
    wrong = {
        "html": b"<html>Not found</html>",
        "empty": b"",
        "short": whole[: len(whole) // 2],
        "cut": whole[:-10],
        "noise": whole[:first] + b"\xff" * (end - first) + whole[end:],
        "head": b"PK" + b"\0" * 40,
    }
    for name, data in wrong.items():
        path = tmp_path / f"{name}.zip"
        path.write_bytes(data)
        with pytest.raises(DataError, match="is not a whole zip archive") as refused:
            find([str(path)], None)
        assert "\n" not in str(refused.value)


def test_a_directory_longer_than_can_be_read_is_refused(tmp_path):
    whole = write_zip(tmp_path / "whole.zip", OFFICIAL).read_bytes()
    end = whole.rindex(b"PK\5\6")
    path = tmp_path / "long.zip"
    path.write_bytes(whole[: end + 12] + struct.pack("<L", 2**30) + whole[end + 16 :])
    with pytest.raises(DataError, match="directory of more than"):
        find([str(path)], None)
    # The 64-bit format: its own record, a locator, then the old one with all bits set.
    record = struct.pack("<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 2**40, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    old = whole[end : end + 12] + b"\xff" * 8 + b"\0\0"
    path.write_bytes(whole[:end] + record + locator + old)
    with pytest.raises(DataError, match="directory of more than"):
        find([str(path)], None)


def test_entries_that_overlap_are_refused(tmp_path):
    # The bombs without recursion let all entries share one kernel.
    whole = bytearray(
        write_zip(tmp_path / "o.zip", {"a.inkml": b"a", "b.inkml": b"b"}).read_bytes()
    )
    second = whole.index(b"PK\1\2", whole.index(b"PK\1\2") + 1)
    whole[second + 42 : second + 46] = struct.pack("<L", 0)
    (tmp_path / "o.zip").write_bytes(whole)
    with pytest.raises(DataError, match="overlap"):
        find([str(tmp_path / "o.zip")], None)


def lie(path, **fields: int) -> None:
    """Overwrites fields of the first entry in both of its headers."""
    offsets = {"method": ("H", 8, 10), "packed": ("L", 18, 20), "size": ("L", 22, 24)}
    offsets |= {"flags": ("H", 6, 8), "crc": ("L", 14, 16)}
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\1\2")
    for name, value in fields.items():
        kind, here, there = offsets[name]
        struct.pack_into(f"<{kind}", data, here, value)
        struct.pack_into(f"<{kind}", data, central + there, value)
    path.write_bytes(data)


def test_bombs_are_measured_by_what_comes_out(tmp_path):
    path = write_zip(tmp_path / "b.zip", {"x.inkml": b" " * 50_000_000})
    assert path.stat().st_size < 60_000
    assert "larger than 4 MiB" in reason(path)
    path = write_zip(tmp_path / "b.zip", {"x.inkml": b" " * 3_000_000})
    assert "inflates more than 100 times" in reason(path)
    # A header that promises few bytes: no more than those are taken, and the checksum fails.
    path = write_zip(tmp_path / "b.zip", {"x.inkml": b" " * 50_000_000})
    lie(path, size=1000)
    assert "damaged in the archive" in reason(path)
    # One that promises more than there is.
    path = write_zip(tmp_path / "b.zip", {"x.inkml": b"ink" * 100})
    lie(path, size=5000)
    assert "damaged in the archive" in reason(path)


def test_damaged_and_strange_entries(tmp_path):
    path = tmp_path / "d.zip"
    for fields, message in (
        ({"crc": 1}, "damaged in the archive: Bad CRC-32"),
        ({"method": 99}, "compression method 99 is not supported"),
        ({"flags": 1}, "encrypted"),
    ):
        write_zip(path, {"x.inkml": b"ink" * 100})
        lie(path, **fields)
        assert message in reason(path)
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        write_zip(path, {"x.inkml": b"ink" * 100}, method)
        assert "is not supported" in reason(path)
    write_zip(path, {"x.inkml": os.urandom(300)})
    data = bytearray(path.read_bytes())
    data[40:300] = bytes(260)
    path.write_bytes(data)
    assert "damaged in the archive" in reason(path)
    write_zip(path, {"x.inkml": b"ink"}, zipfile.ZIP_STORED)
    assert list(contents(find([str(path)], None)).values()) == [b"ink"]


def test_names_in_archives_are_only_names(tmp_path):
    archive = write_zip(
        tmp_path / "n.zip",
        {
            "../../etc/x.inkml": b"1",
            "/abs/y.inkml": b"2",
            "C:\\win\\CROHME2012_data\\z.inkml": b"3",
            "__MACOSX/a/._x.inkml": b"mac",
            "a/._b.inkml": b"mac",
            "dir.inkml/": b"",
            "a\nb\x1b[31m.inkml": b"4",
            "ü漢.inkml": b"5",
            "inner.zip": b"PK",
            "n" * (MAX_SOURCE_CHARS + 1) + ".inkml": b"6",
        },
    )
    listing = find([str(archive)], {2012})
    assert contents(listing) == {
        "../../etc/x.inkml": b"1",
        "abs/y.inkml": b"2",
        "CROHME2012_data/z.inkml": b"3",
        "a\\nb\\x1b[31m.inkml": b"4",
        "ü漢.inkml": b"5",
    }
    assert listing.archives_inside == 1
    assert [why for _, why in listing.refused] == ["name too long"]
    assert sorted(os.listdir(tmp_path)) == ["n.zip"]


def test_odd_folders(tmp_path):
    folder = write_folder(tmp_path / "f", {"x.inkml/inside.inkml": b"1", "ok.inkml": b"2"})
    (folder / "loop").symlink_to(folder)
    (folder / "x.inkml" / "self.inkml").symlink_to(folder / "x.inkml")
    (folder / "link.inkml").symlink_to(folder / "ok.inkml")
    (folder / "gone.inkml").symlink_to(folder / "nothing")
    (folder / "round.inkml").symlink_to(folder / "round.inkml")
    os.mkfifo(folder / "fifo.inkml")
    (folder / "inner.zip").write_bytes(b"PK")
    with open(os.fsencode(folder) + b"/\xff\n.inkml", "wb") as file:
        file.write(b"3")
    listing = find([str(folder)], None)
    assert contents(listing) == {
        "\\xff\\n.inkml": b"3",
        "fifo.inkml": "not a regular file",
        "gone.inkml": "cannot be read: No such file or directory",
        "link.inkml": b"2",
        "ok.inkml": b"2",
        "round.inkml": "cannot be read: Too many levels of symbolic links",
        "x.inkml/inside.inkml": b"1",
    }
    assert listing.archives_inside == 1


@pytest.fixture
def ordinary_user():
    """Takes root's rights away: root may read everything."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield
    os.seteuid(user)


def test_unreadable(ordinary_user):
    with tempfile.TemporaryDirectory() as name:
        folder = write_folder(Path(name), {"closed/a.inkml": b"1", "b.inkml": b"2"})
        (folder / "b.inkml").chmod(0)
        (folder / "closed").chmod(0)
        listing = find([name], None)
        assert contents(listing) == {"b.inkml": "cannot be read: Permission denied"}
        assert listing.refused == [("closed", "cannot be read: Permission denied")]
        folder.chmod(0)
        with pytest.raises(DataError, match=r"cannot read .*: Permission denied"):
            find([name + "/b.inkml"], None)
        folder.chmod(0o700)
        (folder / "closed").chmod(0o700)


def test_the_limit_holds_for_plain_files(tmp_path):
    with open(tmp_path / "huge.inkml", "wb") as file:
        file.truncate(10**12)  # Sparse.
    assert reason(tmp_path / "huge.inkml") == "larger than 4 MiB"


def test_printable():
    assert printable("a b/ü漢.inkml") == "a b/ü漢.inkml"
    assert printable("a\n\t\0\x7f\u2028") == "a\\n\\t\\x00\\x7f\\u2028"
    assert printable(os.fsdecode(b"\xff")) == "\\xff"

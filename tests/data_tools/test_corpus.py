import os
import struct
import tempfile
import zipfile
from pathlib import Path

import pytest
from file_samples import damage, lie, write_files, write_zip

from data_tools.corpus import (
    MAX_SOURCE_CHARS,
    ReadError,
    close_archives,
    find,
    labels,
    read,
)
from gan_keras.foundation.errors import DataError

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
            found[entry.source] = read(entry, limit=4 * 2**20)
        except ReadError as error:
            found[entry.source] = str(error)
    close_archives()
    return found


def test_without_year_folders_all_is_taken_and_shared_folders_do_not_count(tmp_path):
    files = {"top/sub/a.inkml": b"a", "top/sub/x/b.inkml": b"b", "top/note.txt": b""}
    archive = write_zip(tmp_path / "any.zip", files)
    folder = write_files(tmp_path / "crohme2011", files)
    for given in (archive, folder, folder / "top"):
        assert contents(find([str(given)], {2012})) == {"a.inkml": b"a", "x/b.inkml": b"b"}
    assert contents(find([str(folder / "top/sub/a.inkml")], {2012})) == {"a.inkml": b"a"}


def test_different_files_of_the_same_name_are_kept_apart(tmp_path):
    one = write_files(tmp_path / "1", {"a.inkml": b"1"})
    two = write_files(tmp_path / "2", {"a.inkml": b"2", "c/b.inkml": b"2"})
    expected = {"a.inkml": b"1", "a.inkml#2": b"2", "c/b.inkml": b"2"}
    assert contents(find([str(one), str(two)], None)) == expected
    twice = write_zip(tmp_path / "twice.zip", {"a.inkml": b"1"})
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("a.inkml", "2")
    assert contents(find([str(twice)], None)) == {"a.inkml": b"1", "a.inkml#2": b"2"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "cannot read .*missing: No such file"),
        ("text.txt", "is not a .zip archive, a folder or an .inkml file"),
        ("fifo", "is neither a file nor a folder"),
        ("bad.zip", "is not a whole zip archive"),
    ],
)
def test_inputs_that_are_nothing(tmp_path, name, message):
    write_files(tmp_path, {"text.txt": "hello", "bad.zip": "PK"})
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(DataError, match=message):
        find([str(tmp_path / name)], None)


def test_a_directory_longer_than_can_be_read_is_refused(tmp_path):
    path = write_zip(tmp_path / "long.zip", OFFICIAL)
    whole = path.read_bytes()
    end = whole.rindex(b"PK\5\6")
    # The 64-bit format: its own record, a locator, then the old one with all bits set.
    record = struct.pack("<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 2**40, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    for tail in (
        whole[end : end + 12] + struct.pack("<L", 2**30) + whole[end + 16 :],
        record + locator + whole[end : end + 12] + b"\xff" * 8 + b"\0\0",
    ):
        path.write_bytes(whole[:end] + tail)
        with pytest.raises(DataError, match="directory of more than"):
            find([str(path)], None)


@pytest.mark.parametrize(
    ("content", "fields", "reason"),
    [
        # What counts is what comes out.
        (b" " * 50_000_000, {}, "larger than 4 MiB"),
        (b" " * 3_000_000, {}, "inflates more than 100 times"),
        # Of headers that promise fewer bytes no more are taken, and the checksum fails.
        (b" " * 50_000_000, {"size": 1000}, "damaged in the archive"),
        (b"ink" * 100, {"size": 5000}, "damaged in the archive"),
        (b"ink" * 100, {"crc": 1}, "damaged in the archive: Bad CRC-32"),
        (b"ink" * 100, {"flags": 1}, "encrypted"),
    ],
)
def test_bombs_and_damaged_entries(tmp_path, content, fields, reason):
    path = lie(write_zip(tmp_path / "b.zip", {"x.inkml": content}), **fields)
    assert reason in contents(find([str(path)], None))["x.inkml"]


def test_damaged_and_stored_content(tmp_path):
    path = write_zip(tmp_path / "b.zip", {"x.inkml": os.urandom(300)})
    reason = contents(find([str(damage(path, 40, 300))], None))["x.inkml"]
    assert "damaged in the archive" in reason
    write_zip(path, {"x.inkml": b"ink"}, zipfile.ZIP_STORED)
    assert contents(find([str(path)], None)) == {"x.inkml": b"ink"}


def test_names_in_archives_are_only_names(tmp_path):
    files = {
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
    }
    listing = find([str(write_zip(tmp_path / "n.zip", files))], {2012})
    assert contents(listing) == {
        "../../etc/x.inkml": b"1",
        "abs/y.inkml": b"2",
        "CROHME2012_data/z.inkml": b"3",
        "a\\nb\\x1b[31m.inkml": b"4",
        "ü漢.inkml": b"5",
    }
    assert listing.archives_inside == 1
    assert [why for _, why in listing.refused] == ["name too long"]
    assert os.listdir(tmp_path) == ["n.zip"]


def test_odd_folders(tmp_path):
    files = {"x.inkml/in.inkml": b"1", "ok.inkml": b"2", "\udcff\n.inkml": b"3", "a.zip": b"PK"}
    folder = write_files(tmp_path / "f", files)
    (folder / "loop").symlink_to(folder)
    (folder / "x.inkml" / "self.inkml").symlink_to(folder / "x.inkml")
    (folder / "link.inkml").symlink_to(folder / "ok.inkml")
    (folder / "gone.inkml").symlink_to(folder / "nothing")
    os.mkfifo(folder / "fifo.inkml")
    with open(folder / "huge.inkml", "wb") as file:
        file.truncate(10**12)  # Sparse.
    listing = find([str(folder)], None)
    assert contents(listing) == {
        "\\xff\\n.inkml": b"3",
        "fifo.inkml": "not a regular file",
        "gone.inkml": "cannot be read: No such file or directory",
        "huge.inkml": "larger than 4 MiB",
        "link.inkml": b"2",
        "ok.inkml": b"2",
        "x.inkml/in.inkml": b"1",
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
        folder = write_files(Path(name), {"closed/a.inkml": b"1", "b.inkml": b"2"})
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


# Folders as CROHME and MathWriting are published; outer ones count first.
PARTS = {
    "CROHME2012_data/trainData/a.inkml": "",
    "CROHME2013_data/TestINKMLGT/a.inkml": "",
    "CROHME2014_data/TrainINKML/HAMEX/a.inkml": "train",
    "CROHME2016_data/TEST2016_INKML_GT/a.inkml": "test",
    "CROHME2016_data/Task-2-Symbols/task2-trainSymb2014/trainingSymbols/iso0.inkml": "train",
    "CROHME2016_data/Task-2-Symbols/task2-validation-isolatedTest2013b/BOTH0.inkml": "val",
    "CROHME2016_data/Task-2-Symbols/task2-testSymbols2014/testSymbols/iso0.inkml": "test",
    "CROHME2019_data/Task1_onlineRec/MainTask_formula/valid/TestEM2014GT/a.inkml": "val",
    "CROHME2019_data/Task1_onlineRec/MainTask_formula/Train/INKMLs/Train_2014/a.inkml": "train",
    "TC11_CROHME23/INKML/val/CROHME2016_test/a.inkml": "val",
    "TC11_CROHME23/INKML/test/CROHME2019_test/a.inkml": "test",
    "mathwriting-2024/valid/00.inkml": "val",
    "mathwriting-2024/symbols/01.inkml": "train",
    "CROHME2019_data/Task1_onlineRec/subTask_symbols/other/a.inkml": "",
    "mathwriting-2024/attestation/contest/values/trainer/02.inkml": "",
}


def test_folders_tell_parts(tmp_path):
    files = {f"all/{name}": b"" for name in PARTS}
    for given in (write_zip(tmp_path / "a.zip", files), write_files(tmp_path / "f", files)):
        entries = find([str(given)], None).entries
        parts = {entry.source: entry.part for entry in entries}
        assert parts == PARTS
    # A folder that is given tells too, but not what lies around it.
    assert [
        e.part for e in find([str(tmp_path / "f/all/mathwriting-2024/valid")], None).entries
    ] == ["val"]
    inner = tmp_path / "f/all/TC11_CROHME23/INKML/val/CROHME2016_test"
    assert [e.part for e in find([str(inner)], None).entries] == ["test"]


def test_labels_are_in_tables_near_the_files(tmp_path):
    files = {
        "t/trainingSymbols/iso0.inkml": b"",
        "t/trainingSymbols/iso_GT.txt": b"\xef\xbb\xbfa_0,x\r\na_1,\\pi\r\n\r\nno comma\nb,1\nb,2",
        "t/trainingJunk/junk0.inkml": b"",
        "t/trainingJunk/junk_GT_v3.txt": b'j_0, junk \nc_0,,\nc_1,COMMA\nc_2,","\nq,"\n',
        "t/testSymbols_2016_iso_GT.txt": b"t_0,\xb7\na_0,y\n",
        "t/testSymbols/deep/iso0.inkml": b"",
        "t/readme.txt": b"a_0,z\n",
        "other/a.inkml": b"",
    }
    around = {"t_0": "\xb7", "a_0": "y"}
    expected = {
        "t/trainingSymbols/iso0.inkml": {**around, "a_0": "x", "a_1": "\\pi", "b": ""},
        "t/trainingJunk/junk0.inkml": {
            **around,
            "j_0": "junk",
            "c_0": ",",
            "c_1": ",",
            "c_2": ",",
            "q": '"',
        },
        "t/testSymbols/deep/iso0.inkml": around,
        "other/a.inkml": {},
    }
    for given in (write_zip(tmp_path / "a.zip", files), write_files(tmp_path / "f", files)):
        entries = find([str(given)], None).entries
        assert {entry.source: labels(entry.tables) for entry in entries} == expected
        close_archives()

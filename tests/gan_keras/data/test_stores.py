import gzip
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from data_samples import png
from file_samples import damage, lie, write_files, write_tar, write_zip

from gan_keras import data
from gan_keras.data import stores
from gan_keras.data.pictures import BadPictureError
from gan_keras.data.stores import open_store
from gan_keras.foundation import archives
from gan_keras.foundation.errors import DataError


def content(store, row):
    with store.open(row) as file:
        return file.read()


every_store = pytest.mark.parametrize("write", [write_files, write_zip, write_tar])


@every_store
def test_pictures_in_the_order_of_their_names(tmp_path, write):
    hidden = {".x/3.png": b"x", "__MACOSX/4.png": b"x", "a/.5.png": b"x", "a/notes.txt": b"x"}
    store = open_store(write(tmp_path / "p", {"b/2.png": png(2), "a/1.PNG": png(1), **hidden}))
    assert store.names == ["a/1.PNG", "b/2.png"]
    assert [content(store, row) for row in (0, 1)] == [png(1), png(2)]
    assert store.others == ["a/notes.txt"]
    assert store.read("a/notes.txt") == b"x"
    assert not store.skipped
    assert store.digest([0, 1]) != store.digest([0])


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_paths_in_archives_lead_nowhere(tmp_path, write):
    bad = ["../out.png", "/etc/out.png", "a/../../out.png", "a\\..\\out.png", "C:\\out.png"]
    store = open_store(write(tmp_path / "p", dict.fromkeys(["a/1.png", *bad], png())))
    assert store.names == ["a/1.png"]
    assert [reason for _, reason in store.skipped] == ["its path leads out of the archive"] * 5
    assert os.listdir(tmp_path) == ["p.zip" if write == write_zip else "p.tar.gz"]


def test_backslashes_are_folders_where_there_are_no_slashes(tmp_path):
    # PowerShell 5 writes only these; elsewhere they are part of a name
    names = ["digits\\0\\1.png", "\\alpha/2.png"]
    files = {"digits\\": b"", **dict.fromkeys(names, png())}
    store = open_store(write_zip(tmp_path / "p.zip", files))
    assert store.names == ["\\alpha/2.png", "digits/0/1.png"]
    assert not store.skipped


@every_store
def test_pictures_are_known_by_their_content(tmp_path, write):
    kinds = {
        "a/1.jfif": "JPEG",
        "a/2": "GIF",
        "a/3.txt": "BMP",
        "a/4.avif": "AVIF",
        "a/5.ico": "ICO",
    }
    files = {name: png(format=kind, size=(16, 16)) for name, kind in kinds.items()}
    store = open_store(
        write(tmp_path / "p", {**files, "a/6.heic": b"\0\0\0\x18ftypheic", "a/7": b""})
    )
    assert store.names == sorted(kinds)
    assert store.others == ["a/6.heic", "a/7"]


def test_tar_links_devices_and_cut_off_files(tmp_path):
    def hostile(archive):
        for kind in (b"1", b"2", b"3", b"6"):  # hard link, link, device, pipe
            member = tarfile.TarInfo(f"a/{kind.decode()}.png")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)

    store = open_store(write_tar(tmp_path / "p", {"a/0.png": png()}, hostile))
    assert store.names == ["a/0.png"]
    reasons = ["a link", "a link", "no plain file", "no plain file"]
    assert [reason for _, reason in store.skipped] == reasons


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda whole: whole[: len(whole) // 2], "not a whole tar archive"),
        (lambda whole: b"hello" * 200, "not a whole tar archive"),
        (lambda whole: b"", "not a whole tar archive|holds no pictures"),
        (lambda whole: gzip.compress(gzip.decompress(whole)[:1200]), "not a whole tar archive"),
        # a second header that is damaged would be the end to tarfile
        (
            lambda whole: gzip.compress(gzip.decompress(whole).replace(b"a/2.png", b"a/\xff.png")),
            "a header is damaged",
        ),
        (lambda whole: gzip.compress(bytes(3_000_000)), "looks like an archive bomb"),
    ],
)
def test_tars_that_are_damaged_or_bombs(tmp_path, monkeypatch, change, message):
    monkeypatch.setattr(stores, "MAX_TOTAL_BYTES", 1_000_000)
    path = write_tar(tmp_path / "p", {"a/1.png": png(), "a/2.png": png()})
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DataError, match=message) as caught:
        open_store(path)
    assert "\n" not in str(caught.value)


def test_a_tar_whose_list_is_too_long_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "_MAX_TAR_LISTING", 100_000)
    path = write_tar(tmp_path / "p", {"a" * 200_000: b""})
    with pytest.raises(DataError, match="its list of files is too long"):
        open_store(path)


def test_links_and_encrypted_and_doubled_entries(tmp_path):
    path = write_zip(tmp_path / "p.zip", {"a/1.png": png()})
    link = zipfile.ZipInfo("a/link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a/1.png", png(5))
    skipped = [("a/link.png", "a link"), ("a/1.png", "the name is there twice")]
    assert open_store(path).skipped == skipped
    store = open_store(lie(path, flags=1))
    assert ("a/1.png", "encrypted") in store.skipped
    assert content(store, 0) == png(5)  # the other one of the name


def test_a_table_that_cannot_be_read_is_an_error(tmp_path):
    # other classes would be taken without a word
    path = write_zip(tmp_path / "p.zip", {"labels.csv": b"file,label\n", "a/1.png": png()})
    path = lie(path, method=zipfile.ZIP_LZMA)
    with pytest.raises(DataError, match="labels.csv cannot be read: compression method 14 is not"):
        data.load(f"folder:{path}")


@pytest.mark.parametrize("change", [{"size": 100}, {}])
def test_entries_that_are_damaged_or_lie_about_their_size(tmp_path, change):
    path = write_zip(tmp_path / "p.zip", {"a/1.png": b"\0" * 50_000, "a/2.png": png()})
    store = open_store(lie(path, **change) if change else damage(path, 45, 60))
    with pytest.raises(BadPictureError, match="damaged in the archive"):
        store.open(0)
    assert content(store, 1) == png()


@every_store
def test_large_files_are_left_out(tmp_path, monkeypatch, write):
    monkeypatch.setattr(stores, "MAX_FILE_BYTES", 10_000)
    store = open_store(write(tmp_path / "p", {"a/1.png": png(), "a/2.png": b"\0" * 20_000}))
    assert store.names == ["a/1.png"]
    assert store.skipped == [("a/2.png", "more than 10,000 bytes")]


def test_zip_bombs_are_stopped_by_what_they_unpack_to(tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "MAX_TOTAL_BYTES", 100_000)
    monkeypatch.setattr(stores, "MAX_RATIO", 2)
    five, three = ({f"a/{i}.png": b"\0" * 30_000 for i in range(n)} for n in (5, 3))
    with pytest.raises(DataError, match="zip bomb"):
        open_store(write_zip(tmp_path / "p.zip", five))
    assert len(open_store(write_zip(tmp_path / "q.zip", three)).names) == 3


def test_links_are_followed_inside_only(tmp_path):
    write_files(tmp_path, {"outside.png": png(9), "other/x.png": png(8)})
    folder = write_files(tmp_path / "p", {"a/1.png": png(1)})
    for name, target in {
        "a/2.png": folder / "a" / "1.png",
        "a/3.png": tmp_path / "outside.png",
        "a/4.png": tmp_path / "missing.png",
        "b": tmp_path / "other",
        "loop": folder,
        "self.png": "self.png",
    }.items():
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "a" / "pipe.png")  # would block for ever
    store = open_store(folder)
    assert store.names == ["a/1.png", "a/2.png"]
    reason = "a link to what is no file of this folder"
    left_out = ["a/3.png", "a/4.png", "b", "loop", "self.png"]
    assert store.skipped == [(name, reason) for name in left_out]


def test_folders_that_cannot_be_read_are_left_out(tmp_path, monkeypatch):
    # Said by a stand-in, as root may read everything.
    folder = write_files(tmp_path / "p", {"a/1.png": png(1), "b/c/2.png": png(2)})
    scan = os.scandir

    def scandir(path):
        if os.path.basename(os.path.normpath(path)) == "c":
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    store = open_store(folder)
    assert store.names == ["a/1.png"]
    assert store.skipped == [("b/c/", "cannot be looked through: Permission denied")]
    with pytest.raises(DataError, match=r"holds no pictures; '.': .*Permission denied"):
        open_store(folder / "b" / "c")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "there is no folder, .zip or .tar"),
        (lambda path: path.mkdir(), "holds no pictures$"),
        (lambda path: write_files(path, {"a.npz": b"", "b.npz": b""}), r"only other .*\(.npz 2\)"),
        (lambda path: write_files(path, {"p.zip": "no zip"}) / "p.zip", "not a whole zip archive"),
        (lambda path: path.write_bytes(b"\x93NUMPY"), "is no folder, .zip or .tar of pictures"),
        (lambda path: write_zip(path, {"../a.png": b""}), "leads out of the archive"),
    ],
)
def test_nothing_to_use(tmp_path, make, message):
    path = make(tmp_path / "p")
    with pytest.raises(DataError, match=message) as caught:
        open_store(path if isinstance(path, Path) else tmp_path / "p")
    assert "\n" not in str(caught.value)

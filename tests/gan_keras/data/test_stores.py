import os
import stat
import zipfile

import pytest
from data_samples import png
from file_samples import damage, lie, write_files, write_zip

from gan_keras.data import stores
from gan_keras.data.pictures import BadPictureError
from gan_keras.data.stores import open_store
from gan_keras.foundation.errors import DataError


def content(store, row):
    with store.open(row) as file:
        return file.read()


@pytest.mark.parametrize("write", [write_files, write_zip])
def test_pictures_in_the_order_of_their_names(tmp_path, write):
    hidden = {".x/3.png": b"x", "__MACOSX/4.png": b"x", "a/.5.png": b"x", "a/notes.txt": b"x"}
    store = open_store(write(tmp_path / "p", {"b/2.png": png(2), "a/1.PNG": png(1), **hidden}))
    assert store.names == ["a/1.PNG", "b/2.png"]
    assert [content(store, row) for row in (0, 1)] == [png(1), png(2)]
    assert store.labels() is None
    assert not store.skipped
    assert store.digest([0, 1]) != store.digest([0])


def test_zip_paths_lead_nowhere(tmp_path):
    bad = ["../out.png", "/etc/out.png", "a/../../out.png", "a\\..\\out.png"]
    store = open_store(write_zip(tmp_path / "p.zip", dict.fromkeys(["a/1.png", *bad], png())))
    assert store.names == ["a/1.png"]
    assert store.skipped == [(name, "its path leads out of the archive") for name in bad]
    assert os.listdir(tmp_path) == ["p.zip"]


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


def test_a_labels_csv_that_cannot_be_read_is_an_error(tmp_path):
    # other classes would be taken without a word
    path = write_zip(tmp_path / "p.zip", {"labels.csv": b"file,label\n", "a/1.png": png()})
    store = open_store(lie(path, method=zipfile.ZIP_LZMA))
    with pytest.raises(DataError, match="labels.csv cannot be read: compression method 14 is not"):
        store.labels()


@pytest.mark.parametrize("change", [{"size": 100}, {}])
def test_entries_that_are_damaged_or_lie_about_their_size(tmp_path, change):
    path = write_zip(tmp_path / "p.zip", {"a/1.png": b"\0" * 50_000, "a/2.png": png()})
    store = open_store(lie(path, **change) if change else damage(path, 45, 60))
    with pytest.raises(BadPictureError, match="damaged in the archive"):
        store.open(0)
    assert content(store, 1) == png()


@pytest.mark.parametrize("write", [write_files, write_zip])
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
    with pytest.raises(DataError, match=r"holds no pictures .*'.': .*Permission denied"):
        open_store(folder / "b" / "c")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "there is no folder or .zip"),
        (lambda path: path.mkdir(), "holds no pictures"),
        (lambda path: path.write_bytes(b"no zip"), "not a whole zip archive"),
        (lambda path: write_zip(path, {"../a.png": b""}), "leads out of the archive"),
    ],
)
def test_nothing_to_use(tmp_path, make, message):
    make(tmp_path / "p")
    with pytest.raises(DataError, match=message) as caught:
        open_store(tmp_path / "p")
    assert "\n" not in str(caught.value)

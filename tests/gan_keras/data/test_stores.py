import os
import stat
import zipfile

import pytest
from data_samples import png, write_files, write_zip

from gan_keras.data import stores
from gan_keras.data.pictures import BadPictureError
from gan_keras.foundation.errors import DataError


def content(store, row):
    with store.open(row) as file:
        return file.read()


FILES = {"b/2.png": png(2), "a/1.PNG": png(1), "a/notes.txt": b"x", ".hidden/3.png": png(3)}


@pytest.mark.parametrize("write", [write_files, write_zip])
def test_pictures_in_the_order_of_their_names(tmp_path, write):
    store = stores.open_store(write(tmp_path / "p", FILES))
    assert store.names == ["a/1.PNG", "b/2.png"]
    assert [content(store, row) for row in (0, 1)] == [png(1), png(2)]
    assert store.labels() is None
    assert store.digest([0, 1]) != store.digest([0])


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (["pictures/b/2.png", "pictures/a/1.png"], "a/1.png"),
        (["p/labels.csv", "p/1.png"], "1.png"),
        (["cat/1.png", "cat/2.png"], "cat/1.png"),  # one class
    ],
)
def test_one_folder_around_everything_is_looked_through(tmp_path, names, first):
    store = stores.open_store(write_zip(tmp_path / "p.zip", dict.fromkeys(names, b"x")))
    assert store.names[0] == first
    assert store.labels() == (b"x" if "p/labels.csv" in names else None)


def test_zip_paths_lead_nowhere(tmp_path):
    bad = ["../out.png", "a/../../out.png", "/etc/out.png", "a\\..\\out.png"]
    path = write_zip(tmp_path / "p.zip", {"a/1.png": png(), **dict.fromkeys(bad, png())})
    store = stores.open_store(path)
    assert store.names == ["a/1.png"]
    assert {reason for _, reason in store.skipped} == {"its path leads out of the archive"}
    assert len(store.skipped) == 4
    assert sorted(os.listdir(tmp_path)) == ["p.zip"]


def test_links_and_encrypted_and_doubled_entries(tmp_path):
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/1.png", png())
        link = zipfile.ZipInfo("a/link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a/1.png", png(5))
    raw = path.read_bytes()
    store = stores.open_store(path)
    assert dict(store.skipped) == {"a/link.png": "a link", "a/1.png": "the name is there twice"}
    # set the encryption bit of the first entry's local and central header
    central = raw.index(b"PK\1\2")
    marked = bytearray(raw)
    marked[6] |= 1
    marked[central + 8] |= 1
    path.write_bytes(marked)
    store = stores.open_store(path)
    assert ("a/1.png", "encrypted") in store.skipped
    assert content(store, 0) == png(5)  # the other one of the name


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_cannot_be_stopped_half_way_are_refused(tmp_path, method):
    path = write_zip(tmp_path / "p.zip", {"a/1.png": png(), "a/2.png": b"\0" * 10_000})
    with zipfile.ZipFile(path, "a", method) as archive:
        archive.writestr("a/3.png", b"\0" * 1_000_000)
        archive.writestr("labels.csv", b"file,label\n")
    store = stores.open_store(path)
    reason = f"compression method {method} is not supported"
    assert store.skipped == [("a/3.png", reason), ("labels.csv", reason)]
    with pytest.raises(DataError, match=f"labels.csv cannot be read: {reason}"):
        store.labels()  # other classes would be taken without a word


def test_damaged_entry(tmp_path):
    path = write_zip(tmp_path / "p.zip", {"a/1.png": png(), "a/2.png": png()}, compression=0)
    raw = bytearray(path.read_bytes())
    raw[60] ^= 255
    path.write_bytes(raw)
    store = stores.open_store(path)
    with pytest.raises(BadPictureError, match="damaged in the archive"):
        store.open(0)
    assert content(store, 1) == png()


def test_large_files_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "MAX_FILE_BYTES", 10_000)
    files = {"a/1.png": png(), "a/2.png": b"\0" * 20_000}
    for path in (write_zip(tmp_path / "p.zip", files), write_files(tmp_path / "p", files)):
        store = stores.open_store(path)
        assert store.names == ["a/1.png"]
        assert store.skipped == [("a/2.png", "more than 10,000 bytes")]


def test_an_entry_that_lies_about_its_size_is_stopped(tmp_path):
    path = write_zip(tmp_path / "p.zip", {"a/1.png": b"\0" * 50_000})
    raw = bytearray(path.read_bytes())
    central = raw.index(b"PK\1\2")
    raw[central + 24 : central + 28] = (100).to_bytes(4, "little")
    path.write_bytes(raw)
    with pytest.raises(BadPictureError, match="damaged"):
        stores.open_store(path).open(0)


def test_zip_bombs_are_stopped_by_what_they_unpack_to(tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "MAX_TOTAL_BYTES", 100_000)
    monkeypatch.setattr(stores, "MAX_RATIO", 2)
    bomb = {f"a/{i}.png": b"\0" * 30_000 for i in range(5)}
    with pytest.raises(DataError, match="zip bomb"):
        stores.open_store(write_zip(tmp_path / "p.zip", bomb))
    bomb.popitem(), bomb.popitem()
    assert len(stores.open_store(write_zip(tmp_path / "q.zip", bomb)).names) == 3


def test_links_are_followed_inside_only(tmp_path):
    write_files(tmp_path, {"outside.png": png(9), "other/x.png": png(8)})
    folder = write_files(tmp_path / "p", {"a/1.png": png(1)})
    (folder / "a" / "2.png").symlink_to(folder / "a" / "1.png")
    (folder / "a" / "3.png").symlink_to(tmp_path / "outside.png")
    (folder / "a" / "4.png").symlink_to(tmp_path / "missing.png")
    (folder / "b").symlink_to(tmp_path / "other")
    (folder / "loop").symlink_to(folder)
    (folder / "self.png").symlink_to("self.png")
    os.mkfifo(folder / "a" / "pipe.png")  # would block for ever
    store = stores.open_store(folder)
    assert store.names == ["a/1.png", "a/2.png"]
    assert [name for name, _ in store.skipped] == ["a/3.png", "a/4.png", "b", "loop", "self.png"]
    assert {reason for _, reason in store.skipped} == {"a link to what is no file of this folder"}


def test_folders_that_cannot_be_read_are_left_out(tmp_path, monkeypatch):
    # Said by a stand-in, as root may read everything.
    folder = write_files(tmp_path / "p", {"a/1.png": png(1), "b/c/2.png": png(2)})
    scan = os.scandir

    def scandir(path):
        if os.path.basename(os.path.normpath(path)) == "c":
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    store = stores.open_store(folder)
    assert store.names == ["a/1.png"]
    assert store.skipped == [("b/c/", "cannot be looked through: Permission denied")]
    with pytest.raises(DataError, match=r"holds no pictures .*'.': .*Permission denied"):
        stores.open_store(folder / "b" / "c")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "there is no folder or .zip"),
        (lambda path: path.mkdir(), "holds no pictures"),
        (lambda path: path.write_bytes(b"no zip"), "no whole zip archive"),
        (lambda path: write_zip(path, {"a.txt": b""}), "holds no pictures"),
        (lambda path: write_zip(path, {"../a.png": b""}), "leads out of the archive"),
    ],
)
def test_nothing_to_use(tmp_path, make, message):
    make(tmp_path / "p")
    with pytest.raises(DataError, match=message) as caught:
        stores.open_store(tmp_path / "p")
    assert "\n" not in str(caught.value)

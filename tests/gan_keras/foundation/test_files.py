"""Files that are written whole, and refusals of those that cannot be."""

import concurrent.futures
import errno
import threading
import time

import filelock
import pytest

from gan_keras.foundation import files
from gan_keras.foundation.errors import DataError, UsageError


@pytest.fixture
def blocked(tmp_path):
    """A path below a file: not even root can write there."""
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "x.json"


def test_atomic_path_leaves_all_or_nothing(tmp_path):
    path = tmp_path / "new" / "x.txt"
    with files.atomic_path(path) as temporary:
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    with pytest.raises(KeyError), files.atomic_path(path) as temporary:
        temporary.write_text("half")
        raise KeyError
    assert path.read_text() == "whole"
    assert [p.name for p in path.parent.iterdir()] == ["x.txt"]


def test_what_cannot_be_written_is_one_line(blocked, tmp_path):
    with pytest.raises(DataError, match=r"cannot write .*file/x.json: Not a directory"):
        files.write_json(blocked, {})
    with pytest.raises(DataError, match=r"cannot write .*Not a directory"):
        files.write_json(blocked / "deeper", {})
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(DataError, match=r"cannot write .*folder.json: Is a directory"):
        files.write_json(tmp_path / "folder.json", {})
    with pytest.raises(DataError, match=r"cannot write .*File name too long"):
        files.write_json(tmp_path / ("x" * 300), {})


def test_a_full_disk_is_one_line_and_other_errors_of_the_block_are_its_own(tmp_path):
    with (
        pytest.raises(DataError, match=r"cannot write .*x.npz: No space left"),
        files.atomic_path(tmp_path / "x.npz"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(ConnectionResetError), files.atomic_path(tmp_path / "x.zip"):
        raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
    assert not list(tmp_path.iterdir())


def test_a_cache_that_cannot_be_locked_is_one_line(blocked, tmp_path, monkeypatch):
    def make(path):
        return files.load_or_make(path, lambda path: None, lambda: 1, waiting="")

    with pytest.raises(DataError, match="cannot write"):
        make(blocked)

    def refuse(self, timeout=None):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with pytest.raises(DataError, match=r"cannot write .*judge.keras: Permission denied"):
        make(tmp_path / "judge.keras")


def test_what_is_checked_before_work(blocked, tmp_path, monkeypatch):
    files.check_writable(tmp_path / "new" / "deep" / "x.png", "out")
    files.check_writable(tmp_path, "out", folder=True)
    files.check_writable("x.png", "out")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]  # it makes nothing
    with pytest.raises(UsageError, match=r"--out=.*x.json: .*file is no folder"):
        files.check_writable(blocked, "out")
    with pytest.raises(UsageError, match=r"--out=.*file: .*file is no folder"):
        files.check_writable(tmp_path / "file", "out", folder=True)
    with pytest.raises(UsageError, match=r"--out=.* is a folder"):
        files.check_writable(tmp_path, "out")
    monkeypatch.setattr(files.os, "access", lambda place, mode: False)  # root may write anywhere
    with pytest.raises(UsageError, match=r"--results=.*: .* is not writable"):
        files.check_writable(tmp_path / "x.png", "results")


def test_a_cache_for_reading_only_is_added_to_in_the_users_own(blocked, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    kept, own = files.kept(blocked), tmp_path / "own" / "gan_keras" / "file" / "x.json"
    assert kept == own
    assert files.kept(tmp_path / "new" / "x.json") == tmp_path / "new" / "x.json"
    ready = tmp_path / "ready.json"
    ready.touch()
    monkeypatch.setattr(files.os, "access", lambda place, mode: False)
    assert files.kept(ready) == ready
    with pytest.raises(DataError, match=r"kept neither in .*file .* nor in .*own.* XDG_CACHE_HOME"):
        files.kept(blocked)
    own.parent.mkdir(parents=True)
    own.touch()
    assert files.kept(blocked) == own


def test_of_several_that_miss_a_cache_one_makes_it_and_the_others_wait(tmp_path, capsys):
    path, calls, begun, goes_on = tmp_path / "x", [], threading.Event(), threading.Event()

    def load(path):
        return path.read_text() if path.exists() else None

    def make():
        calls.append(1)
        begun.set()
        assert goes_on.wait(60)
        path.write_text("made")
        return "made"

    def load_or_make(_):
        return files.load_or_make(path, load, make, waiting="waiting for it", verbose=1)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first = pool.submit(load_or_make, 1)
        assert begun.wait(60)
        second = pool.submit(load_or_make, 2)
        while "waiting for it" not in capsys.readouterr().out:
            assert not second.done()
            time.sleep(0.01)
        goes_on.set()
        assert first.result(60) == second.result(60) == "made"
    assert len(calls) == 1

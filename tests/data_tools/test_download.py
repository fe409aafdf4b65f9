import http.server
import os
import socket
import threading
import time
import zipfile

import pytest
from inkml_samples import check_refusal, run, write_zip

from data_tools.download import download
from gan_keras.foundation.errors import DataError, UsageError

WAYS_OUT = "Two ways out: put the archive at {out}, or use data that the project makes itself: "


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.archive` in the manner that the path names."""

    def do_GET(self):
        data = self.server.archive
        manner = self.path.strip("/").removesuffix(".zip")
        if manner == "missing":
            self.send_error(404)
            return
        if manner == "moved":
            self.send_response(302)
            self.send_header("Location", "/whole.zip")
            self.end_headers()
            return
        if manner == "silent":
            self.server.stop.wait(30)
            return
        if manner == "page":
            data = b"<html>Please register.</html>"
        if manner == "damaged":
            middle = data.index(b".inkml") + 40
            data = data[:middle] + bytes(20) + data[middle + 20 :]
        self.send_response(200)
        if manner != "unmeasured":
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if manner == "cut":
            data = data[: len(data) // 2]
        if manner in ("stalled", "dripping"):
            self.wfile.write(data[:100])
            for i in range(100, 200):
                if self.server.stop.wait(30 if manner == "stalled" else 0.05):
                    return
                self.wfile.write(data[i : i + 1])
        else:
            self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    noise = {f"{i}.inkml": os.urandom(30_000) for i in range(20)}
    path = write_zip(tmp_path_factory.mktemp("served") / "a.zip", noise)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        running.archive = path.read_bytes()
        running.stop = threading.Event()
        threading.Thread(target=running.serve_forever, daemon=True).start()
        running.url = f"http://127.0.0.1:{running.server_address[1]}"
        yield running
        running.stop.set()
        running.shutdown()


@pytest.mark.parametrize("manner", ["whole", "unmeasured", "moved"])
def test_whole_archives(server, tmp_path, manner):
    out = tmp_path / "new" / "a.zip"
    assert download(f"{server.url}/{manner}.zip", out) == len(server.archive)
    assert out.read_bytes() == server.archive
    assert os.listdir(out.parent) == ["a.zip"]


@pytest.mark.parametrize(
    ("manner", "message"),
    [
        ("missing", "cannot download .*: the server answers 404 Not Found"),
        ("page", "cannot use what .* sends: not a whole zip archive"),
        ("damaged", "cannot use what .* sends: .* in the archive is damaged|not a whole zip"),
        ("cut", "it ended after [0-9,]+ of [0-9,]+ bytes|IncompleteRead"),
        ("silent", "cannot download .*: no answer in time"),
        ("stalled", "cannot download .*: no answer in time"),
        ("dripping", "cannot use what .* sends: only [0-9]+ bytes in 1 s"),
    ],
)
def test_anything_else_leaves_nothing(server, tmp_path, manner, message):
    out = tmp_path / "a.zip"
    start = time.monotonic()
    with pytest.raises(DataError, match=message) as refused:
        download(f"{server.url}/{manner}.zip", out, start_seconds=1.5, stall_seconds=1.0)
    assert time.monotonic() - start < 10
    assert "\n" not in str(refused.value)
    assert os.listdir(tmp_path) == []


def test_an_archive_without_ink(server, tmp_path, monkeypatch):
    other = write_zip(tmp_path / "other.zip", {"readme.txt": b"hello"}).read_bytes()
    monkeypatch.setattr(server, "archive", other)
    with pytest.raises(DataError, match="holds no InkML files"):
        download(f"{server.url}/whole.zip", tmp_path / "a.zip")


def test_an_archive_in_a_method_that_has_no_limits(server, tmp_path, monkeypatch):
    path = write_zip(tmp_path / "other.zip", {"1.inkml": b"hello"})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("2.inkml", bytes(1_000_000))
    monkeypatch.setattr(server, "archive", path.read_bytes())
    with pytest.raises(DataError, match="'2.inkml' in the archive: compression method 14"):
        download(f"{server.url}/whole.zip", tmp_path / "a.zip")


def test_no_network(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/a.zip"
        with pytest.raises(DataError, match="Connection refused"):
            download(url, tmp_path / "a.zip")
    with pytest.raises(DataError, match="cannot download http://no-such-host.invalid/a.zip"):
        download("http://no-such-host.invalid/a.zip", tmp_path / "a.zip", start_seconds=3)


def test_a_name_that_is_never_looked_up(tmp_path, monkeypatch):
    # Without network some systems wait half a minute for a name server.
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(30))
    start = time.monotonic()
    with pytest.raises(DataError, match="no answer in time"):
        download("http://slow.example/a.zip", tmp_path / "a.zip", start_seconds=0.5)
    released.set()
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a/b.zip", "a.zip", ""])
def test_other_addresses(url, tmp_path):
    with pytest.raises(UsageError, match="not an http or https address"):
        download(url, tmp_path / "a.zip")


def test_command(server, tmp_path, monkeypatch):
    folder = tmp_path / "data"
    arguments = (f"--url={server.url}/whole.zip", f"--folder={folder}")
    first = run("data_tools.download", *arguments)
    assert (first.code, first.out) == (0, f"{folder}/whole.zip\n")
    assert first.error == f"downloaded {folder}/whole.zip (0.6 MB)\n"
    # What is there is taken, whatever the address has become.
    again = run("data_tools.download", f"--url={server.url}/missing.zip", f"--folder={folder}")
    assert (again.code, again.out, again.error) == (0, f"{folder}/whole.zip\n", "")
    (folder / "other.zip").write_bytes(b"")
    named = run("data_tools.download", *arguments)
    assert named.out == f"{folder}/whole.zip\n"
    two = run("data_tools.download", f"--url={server.url}/third.zip", f"--folder={folder}")
    assert "holds several archives (other.zip, whole.zip)" in check_refusal(two)
    given = run("data_tools.download", *arguments, f"--given={folder}")
    assert given.out == f"{folder}\n"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run("data_tools.download", "--given=~/data").out == f"{folder}\n"
    nothing = run("data_tools.download", *arguments, f"--given={folder}/none.zip")
    assert f"there is no {folder}/none.zip" in check_refusal(nothing)


def test_without_network_the_command_says_the_ways_out(server, tmp_path):
    start = time.monotonic()
    # An unfinished download of before is no archive.
    (tmp_path / ".missing.zip.x.tmp.zip").write_bytes(b"PK")
    gone = run("data_tools.download", f"--url={server.url}/missing.zip", f"--folder={tmp_path}")
    assert time.monotonic() - start < 15
    assert WAYS_OUT.format(out=tmp_path / "missing.zip") + "make demo-data" in check_refusal(gone)
    assert gone.out == ""
    assert "are needed" in check_refusal(run("data_tools.download"), 2)

import hashlib
import http.server
import os
import socket
import threading
import time

import pytest
from file_samples import write_zip
from script_runs import refusal, run

from data_tools import download as module
from data_tools.download import download
from gan_keras.foundation.errors import DataError, UsageError


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.archive` in the manner that the path names."""

    def do_GET(self):
        data = self.server.archive
        manner = self.path.strip("/").removesuffix(".zip")
        if manner == "missing":
            self.send_error(404)
            return
        if manner == "silent":
            self.server.stop.wait(30)
            return
        if manner == "page":
            data = b"<html>Please register.</html>"
        if manner == "locked":
            flags = data.index(b"PK\1\2") + 8
            data = data[:flags] + b"\1" + data[flags + 1 :]
        if manner == "damaged":
            middle = data.index(b".inkml") + 40
            data = data[:middle] + bytes(20) + data[middle + 20 :]
        self.send_response(302 if manner == "moved" else 200)
        if manner == "moved":
            self.send_header("Location", "/whole.zip")
        if manner != "unmeasured":
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if manner in ("cut", "stalled") else data)
        if manner == "stalled":
            self.server.stop.wait(30)

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
        ("locked", "cannot use what .* sends: '0.inkml' in the archive: encrypted"),
        ("damaged", "cannot use what .* sends: .* in the archive is damaged|not a whole zip"),
        ("cut", r"cannot download .*: IncompleteRead\([0-9]+ bytes read, [0-9]+ more expected\)"),
        ("silent", "cannot download .*: no answer in time"),
        ("stalled", "cannot download .*: no answer in time"),
    ],
)
def test_anything_else_leaves_nothing(server, tmp_path, monkeypatch, manner, message):
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.5)
    start = time.monotonic()
    with pytest.raises(DataError, match=message) as refused:
        download(f"{server.url}/{manner}.zip", tmp_path / "a.zip")
    assert time.monotonic() - start < 10
    assert "\n" not in str(refused.value)
    assert os.listdir(tmp_path) == []


def test_archives_without_ink_are_not_taken(server, tmp_path, monkeypatch):
    other = write_zip(tmp_path / "other.zip", {"readme.txt": b"hello"})
    monkeypatch.setattr(server, "archive", other.read_bytes())
    with pytest.raises(DataError, match="holds no InkML files"):
        download(f"{server.url}/whole.zip", tmp_path / "a.zip")


def test_no_network(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/a.zip"
        with pytest.raises(DataError, match=f"cannot download {url}: Connection refused"):
            download(url, tmp_path / "a.zip")
    with pytest.raises(DataError, match=r"cannot download http://no-such-host.invalid/a.zip: \w"):
        download("http://no-such-host.invalid/a.zip", tmp_path / "a.zip")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a/b.zip", "a.zip", ""])
def test_other_addresses(url, tmp_path):
    with pytest.raises(UsageError, match="not an http or https address"):
        download(url, tmp_path / "a.zip")


def test_archives_in_the_folder_are_taken_first(server, tmp_path, capsys):
    whole, gone = (f"{server.url}/{name}.zip" for name in ("whole", "missing"))
    # An unfinished download of before is no archive.
    (tmp_path / ".missing.zip.x.tmp.zip").write_bytes(b"PK")
    with pytest.raises(DataError, match=f"put the archive at {tmp_path}/missing.zip, or .*demo"):
        module.find_or_download(tmp_path, gone)
    # What is there is taken, whatever the address has become.
    for url in (whole, gone):
        assert module.find_or_download(tmp_path, url) == tmp_path / "whole.zip"
    assert capsys.readouterr().err == f"downloaded {tmp_path}/whole.zip (0.6 MB)\n"
    (tmp_path / "other.zip").write_bytes(b"")
    assert module.find_or_download(tmp_path, whole) == tmp_path / "whole.zip"
    with pytest.raises(DataError, match=r"holds several archives \(other.zip, whole.zip\)"):
        module.find_or_download(tmp_path, gone)


def test_command(server, tmp_path, monkeypatch):
    command = ("data_tools.download", f"--url={server.url}/whole.zip", f"--folder={tmp_path}")
    done = run(*command)
    assert done.stdout == f"{tmp_path}/whole.zip\n"
    known = hashlib.sha256(server.archive).hexdigest()
    assert f"SHA-256 of {tmp_path}/whole.zip: {known}\n" in done.stderr
    run(*command, f"--sha256={known.upper()}")
    done = run(*command, "--sha256=0123", code=1)
    assert (done.stdout, "has not the SHA-256 sum 0123" in done.stderr) == ("", True)
    assert "has not" in refusal(*command, f"--given={tmp_path}", "--sha256=0123")  # a folder
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run(*command, "--given=~/whole.zip").stdout == f"{tmp_path}/whole.zip\n"
    assert f"there is no {tmp_path}/none.zip" in refusal(*command, "--given=~/none.zip")
    assert "are needed" in refusal("data_tools.download", code=2)

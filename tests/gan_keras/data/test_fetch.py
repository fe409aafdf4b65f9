import multiprocessing
import socket
import time

import pytest

from gan_keras.data import fetch, tfds_sets
from gan_keras.foundation.errors import DataError, UsageError


@pytest.fixture
def mute_server():
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/data.zip"


def test_what_is_there_is_not_fetched(tmp_path):
    folder = tmp_path / "tfds" / "mnist" / "3.0.1"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text("{}")
    assert fetch.fetch("mnist", tmp_path) == folder


@pytest.mark.parametrize("name", ["no_such_set_of_images", "../mnist", ""])
def test_unknown_names(tmp_path, name):
    with pytest.raises(UsageError, match=f"--dataset={name}"):
        fetch.fetch(name, tmp_path)


def test_servers_that_do_not_answer_are_found_in_time(mute_server):
    start = time.monotonic()
    # a port that nothing listens on, a server that says nothing, and no server at all
    urls = ["http://127.0.0.1:9/x", mute_server, "http://none.invalid/x"]
    assert len(fetch._silent_hosts(urls, 1.0)) == 3
    assert time.monotonic() - start < 3


def test_no_network_is_one_line_at_once(tmp_path, monkeypatch, mute_server):
    monkeypatch.setattr(fetch, "_addresses", lambda name: [mute_server])
    monkeypatch.setattr(fetch, "ANSWER_SECONDS", 0.5)
    with pytest.raises(DataError, match="no answer from 127.0.0.1") as caught:
        fetch.fetch("mnist", tmp_path)
    assert "\n" not in str(caught.value)


def test_addresses_are_those_of_the_set():
    assert all("cvdf-datasets/mnist" in url for url in fetch._addresses("mnist"))
    assert fetch._addresses("emnist/byclass")
    with pytest.raises(UsageError, match="say which: emnist/byclass emnist/bymerge"):
        fetch._addresses("emnist")


def hang(name, folder, pipe):
    from pathlib import Path

    (Path(folder) / "x.incomplete1").mkdir()
    time.sleep(60)


def work(name, folder, pipe):
    from pathlib import Path

    end = time.monotonic() + 2.5
    while time.monotonic() < end:  # nothing arrives, but it is busy
        pipe.send(time.process_time())
        pulse = time.monotonic() + 0.1
        while time.monotonic() < pulse:
            pass
    (Path(folder) / "done").mkdir()
    pipe.send(None)


def fail(name, folder, pipe):
    pipe.send("checksum wrong")
    time.sleep(60)


def die(name, folder, pipe):
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("child", "message"),
    [(hang, "nothing has arrived for 1 s"), (fail, "checksum wrong"), (die, "without a word")],
)
def test_a_download_that_stands_still_is_ended(tmp_path, monkeypatch, child, message):
    monkeypatch.setattr(fetch, "_prepare", child)
    monkeypatch.setattr(fetch, "_PULSE_SECONDS", 0.1)
    monkeypatch.setattr(multiprocessing, "get_context", lambda kind: _fork())
    start = time.monotonic()
    with pytest.raises(DataError, match=f"cannot download mnist: .*{message}"):
        fetch._watch("mnist", tmp_path, 1.0)
    assert time.monotonic() - start < 10
    assert not list(tmp_path.iterdir())


def test_a_download_that_works_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "_prepare", work)
    monkeypatch.setattr(fetch, "_PULSE_SECONDS", 0.1)
    monkeypatch.setattr(multiprocessing, "get_context", lambda kind: _fork())
    fetch._watch("mnist", tmp_path, 1.0)
    assert (tmp_path / "done").exists()


def _fork():
    """Children that start at once and know the functions of this file."""
    import multiprocessing.context

    return multiprocessing.context.ForkContext()


def test_folder_names(tmp_path):
    assert tfds_sets.is_name("emnist/byclass")
    assert not tfds_sets.is_name("a/../b")

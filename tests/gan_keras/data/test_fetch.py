import multiprocessing
import os
import socket
import sys
import time
import types
from multiprocessing.context import ForkContext
from pathlib import Path

import pytest

from gan_keras.data import fetch
from gan_keras.foundation.errors import DataError, UsageError


@pytest.fixture
def tfds(monkeypatch):
    """A stand-in for TFDS with one set, `toy`: its `urls`, and the work of preparing it."""
    found = types.ModuleType("tensorflow_datasets")
    found.urls, found.prepare = [], None

    def builder(name, data_dir):
        return types.SimpleNamespace(download_and_prepare=lambda: found.prepare(Path(data_dir)))

    def builder_cls(name):
        return types.SimpleNamespace(url_infos=dict.fromkeys(found.urls), BUILDER_CONFIGS=[])

    found.builder, found.builder_cls = builder, builder_cls
    found.core = types.SimpleNamespace(DatasetNotFoundError=KeyError)
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", found)
    # Children that start at once and know the stand-in.
    monkeypatch.setattr(multiprocessing, "get_context", lambda kind: ForkContext())
    monkeypatch.setattr(fetch, "STALL_SECONDS", 1.0)
    monkeypatch.setattr(fetch, "PULSE_SECONDS", 0.1)
    monkeypatch.setattr(fetch, "ANSWER_SECONDS", 0.5)
    return found


def finish(folder):
    (folder / "toy" / "1.0.0").mkdir(parents=True)
    (folder / "toy" / "1.0.0" / "dataset_info.json").write_text("{}")


def hang(folder):
    (folder / "x.incomplete1").mkdir()
    time.sleep(60)


def compute(folder):
    end = time.monotonic() + 1.5
    while time.monotonic() < end:  # nothing arrives, but it is busy
        pass
    finish(folder)


def fail(folder):
    raise ValueError("checksum\nwrong")


def test_what_is_there_is_not_fetched(tmp_path):
    finish(tmp_path / "tfds")
    assert fetch.fetch("toy", tmp_path) == tmp_path / "tfds" / "toy" / "1.0.0"


@pytest.mark.parametrize("name", ["../mnist", "a/../b", ""])
def test_names_that_are_none(tmp_path, name):
    with pytest.raises(UsageError, match=f"--dataset={name} is no name of a data set"):
        fetch.fetch(name, tmp_path)


def test_servers_that_do_not_answer_are_named_at_once(tmp_path, tfds):
    # a server that says nothing, and no server at all
    with socket.create_server(("127.0.0.1", 0)) as mute:
        tfds.urls = [f"http://127.0.0.1:{mute.getsockname()[1]}/x.zip", "http://none.invalid/x"]
        start = time.monotonic()
        with pytest.raises(DataError, match="no answer from 127.0.0.1:.*, none.invalid; is") as no:
            fetch.fetch("toy", tmp_path)
    assert time.monotonic() - start < 3
    assert "\n" not in str(no.value)


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (hang, "nothing has arrived for 1 s"),
        (fail, "checksum wrong"),
        (lambda folder: os._exit(3), "it ended without a word"),
    ],
)
def test_a_download_that_stands_still_or_fails_is_ended(tmp_path, tfds, work, message):
    tfds.prepare = work
    start = time.monotonic()
    with pytest.raises(DataError, match=f"cannot download toy: {message}"):
        fetch.fetch("toy", tmp_path)
    assert time.monotonic() - start < 10
    assert not list((tmp_path / "tfds").iterdir())


@pytest.mark.parametrize("work", [compute, finish])
def test_a_download_that_works_is_left_alone(tmp_path, tfds, work):
    tfds.prepare = work
    assert fetch.fetch("toy", tmp_path).name == "1.0.0"

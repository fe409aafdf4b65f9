import hashlib
import os
import subprocess
import sys
import tracemalloc
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest

from data_tools import demo, handwriting
from data_tools.zip_writer import ZipWriter
from gan_keras.foundation.errors import DataError, UsageError

ROOT = Path(__file__).resolve().parents[2]


def run(*flags, cwd):
    return subprocess.run(
        [sys.executable, "-m", "data_tools.demo", *flags],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_archive_has_every_expression(tmp_path):
    out = tmp_path / "new" / "folder" / "demo.zip"
    counts = demo.write_archive(out, 40, "letters62", seed=1)
    assert list(counts) == list(handwriting.ALPHABETS["letters62"])
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(set(names)) == 40
        roots = [ET.fromstring(archive.read(name)) for name in names]
    ns = "{http://www.w3.org/2003/InkML}"
    groups = [g for r in roots for g in r.findall(f"{ns}traceGroup/{ns}traceGroup")]
    assert len(groups) == counts.total()


def test_bytes_depend_on_the_seed_alone(tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        demo.write_archive(tmp_path / f"{name}.zip", 25, "math16", seed)
    a, b, c = (digest(tmp_path / f"{name}.zip") for name in "abc")
    assert a == b
    assert a != c


def test_extractor_reads_every_symbol(tmp_path):
    from data_tools import inkml

    counts = demo.write_archive(tmp_path / "demo.zip", 30, "math16")
    found = dict.fromkeys(counts, 0)
    with zipfile.ZipFile(tmp_path / "demo.zip") as archive:
        for name in archive.namelist():
            for symbol in inkml.parse(archive.read(name)).symbols:
                found[symbol.label] += 1
                assert len(symbol.strokes) >= 1
    assert found == dict(counts)


def test_a_failure_leaves_the_old_archive_whole(tmp_path, monkeypatch):
    out = tmp_path / "demo.zip"
    demo.write_archive(out, 5)
    before = digest(out)

    def broken(expression):
        raise KeyboardInterrupt

    monkeypatch.setattr(handwriting, "write_inkml", broken)
    with pytest.raises(KeyboardInterrupt):
        demo.write_archive(out, 50)
    assert digest(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["demo.zip"]


def test_unwritable_place_is_a_data_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot write"):
        demo.write_archive(tmp_path / "file" / "demo.zip", 2)


def test_wrong_alphabet_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UsageError, match="alphabet"):
        demo.write_archive(tmp_path / "demo.zip", 2, "latin")
    assert not list(tmp_path.iterdir())


def test_command_writes_and_reports(tmp_path):
    done = run("--out=x.zip", "--expressions=12", "--seed=5", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "12 expressions" in done.stdout
    assert done.stderr == ""
    demo.write_archive(tmp_path / "y.zip", 12, seed=5)
    assert digest(tmp_path / "x.zip") == digest(tmp_path / "y.zip")


@pytest.mark.parametrize(
    "flags",
    [
        ["--expressions=0"],
        ["--expressions=many"],
        ["--alphabet=latin"],
        ["--seed=-1"],
        ["--out=demo.tar"],
        ["--out=folder.zip"],
        ["--no_such_flag"],
        ["stray"],
    ],
)
def test_wrong_flags_are_one_line_and_exit_2(tmp_path, flags):
    (tmp_path / "folder.zip").mkdir()
    done = run(*flags, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["folder.zip"]


def test_unwritable_out_is_one_line_and_exit_1(tmp_path):
    (tmp_path / "file").write_text("")
    done = run("--out=file/x.zip", "--expressions=2", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: cannot write")
    assert done.stderr.count("\n") == 1


def test_zip_needs_the_same_memory_for_any_number_of_files(tmp_path):
    def peak(number):
        tracemalloc.start()
        with ZipWriter(tmp_path / "many.zip") as archive:
            for i in range(number):
                archive.add(f"folder/file-{i:07d}.inkml", b"data")
        value = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return value

    peak(1)
    # One object kept for each of the 9,000 more would be a megabyte or more.
    assert peak(10_000) < peak(1000) + 100_000


def test_zip_of_more_than_65535_files_is_read_by_others(tmp_path):
    path = tmp_path / "many.zip"
    with ZipWriter(path) as archive:
        for i in range(66_000):
            archive.add(f"{i}", b"%d" % i)
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == 66_000
        assert archive.read("65999") == b"65999"
        info = archive.getinfo("12")
        assert info.date_time == (1980, 1, 1, 0, 0, 0)


def test_zip_of_nothing_and_of_odd_names(tmp_path):
    path = tmp_path / "odd.zip"
    with ZipWriter(path):
        pass
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == []
    with ZipWriter(path) as archive:
        archive.add("ä/ß.txt", b"")
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["ä/ß.txt"]
        assert archive.read("ä/ß.txt") == b""

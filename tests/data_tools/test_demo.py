import hashlib
import xml.etree.ElementTree as ET
import zipfile

import pytest
from script_runs import refusal, run

from data_tools import demo, handwriting, inkml
from gan_keras.foundation.errors import DataError, UsageError


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_archive_has_every_expression_and_the_extractor_reads_every_symbol(tmp_path):
    out = tmp_path / "new" / "folder" / "demo.zip"
    counts = demo.write_archive(out, 40, "letters62", seed=1)
    assert list(counts) == list(handwriting.ALPHABETS["letters62"])
    found = dict.fromkeys(counts, 0)
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(set(names)) == 40
        for name in names:
            assert ET.fromstring(archive.read(name)).tag == f"{{{inkml.NAMESPACE}}}ink"
            for symbol in inkml.parse(archive.read(name)).symbols:
                found[symbol.label] += 1
                assert len(symbol.strokes) >= 1
    assert found == dict(counts)


def test_command_writes_bytes_that_depend_on_the_seed_alone(tmp_path):
    done = run("data_tools.demo", "--out=x.zip", "--expressions=12", "--seed=5", cwd=tmp_path)
    assert "12 expressions" in done.stdout
    assert done.stderr == ""
    for name, seed in (("y", 5), ("z", 6)):
        demo.write_archive(tmp_path / f"{name}.zip", 12, seed=seed)
    x, y, z = (digest(tmp_path / f"{name}.zip") for name in "xyz")
    assert x == y
    assert x != z
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


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


def test_what_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot write"):
        demo.write_archive(tmp_path / "file" / "demo.zip", 2)
    with pytest.raises(UsageError, match="alphabet"):
        demo.write_archive(tmp_path / "demo.zip", 2, "latin")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "flag", ["--expressions=0", "--alphabet=latin", "--seed=-1", "--out=demo.tar", "stray"]
)
def test_wrong_flags_are_one_line_and_exit_2(tmp_path, flag):
    refusal("data_tools.demo", flag, code=2, cwd=tmp_path)
    assert not list(tmp_path.iterdir())


def test_out_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "folder.zip").mkdir()
    assert "is a folder" in refusal("data_tools.demo", "--out=folder.zip", code=2, cwd=tmp_path)
    (tmp_path / "file").write_text("")
    line = refusal("data_tools.demo", "--out=file/x.zip", "--expressions=2", cwd=tmp_path)
    assert line.startswith("error: cannot write")

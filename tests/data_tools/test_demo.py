import xml.etree.ElementTree as ET
import zipfile
from collections import Counter

import pytest
from script_runs import refusal, run

from data_tools import demo, handwriting, inkml


def test_archive_has_every_expression_and_the_extractor_reads_every_symbol(tmp_path):
    out = tmp_path / "new" / "folder" / "demo.zip"
    counts = demo.write_archive(out, 40, "letters62", seed=1)
    assert list(counts) == list(handwriting.ALPHABETS["letters62"])
    found = Counter()
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        assert len(set(archive.namelist())) == 40
        for name in archive.namelist():
            assert ET.fromstring(archive.read(name)).tag == f"{{{inkml.NAMESPACE}}}ink"
            found.update(symbol.label for symbol in inkml.parse(archive.read(name)).symbols)
    assert found == counts


def test_command_writes_bytes_that_depend_on_the_seed_alone(tmp_path):
    done = run("data_tools.demo", "--out=x.zip", "--expressions=12", "--seed=5", cwd=tmp_path)
    assert "12 expressions" in done.stdout
    assert done.stderr == ""
    for name, seed in (("y", 5), ("z", 6)):
        demo.write_archive(tmp_path / f"{name}.zip", 12, seed=seed)
    x, y, z = ((tmp_path / f"{name}.zip").read_bytes() for name in "xyz")
    assert x == y
    assert x != z
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_failure_leaves_the_old_archive_whole(tmp_path, monkeypatch):
    out = tmp_path / "demo.zip"
    demo.write_archive(out, 5)
    before = out.read_bytes()

    def broken(expression):
        raise KeyboardInterrupt

    monkeypatch.setattr(handwriting, "write_inkml", broken)
    with pytest.raises(KeyboardInterrupt):
        demo.write_archive(out, 50)
    assert out.read_bytes() == before
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--expressions=0", "expressions"),
        ("--alphabet=latin", "alphabet"),
        ("--seed=-1", "seed"),
        ("--out=demo.tar", "must end in .zip"),
        ("--out=file/x.zip", "file is no folder"),
        ("stray", "unexpected argument 'stray'"),
    ],
)
def test_wrong_flags_are_one_line_and_exit_2(tmp_path, flag, message):
    (tmp_path / "file").touch()
    assert message in refusal("data_tools.demo", flag, code=2, cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]

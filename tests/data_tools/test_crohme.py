import collections
import json
import os
import random
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from file_samples import write_files, write_zip
from inkml_samples import corpus, page, random_page, trace
from PIL import Image
from script_runs import ROOT, environment, refusal, run

from data_tools import results
from data_tools.crohme import convert
from data_tools.extract import Options
from gan_keras.foundation.class_names import DEFAULT_CLASSES
from gan_keras.foundation.errors import DataError, UsageError

ALL = Options(classes=DEFAULT_CLASSES)
ONE_SYMBOL = page({"0": "1 2, 3 4"}, [("x", ["0"])])
COMMAND = "data_tools.crohme"


def bytes_of(out) -> list[bytes]:
    return [out.with_suffix(suffix).read_bytes() for suffix in (".npz", ".json", ".png")]


def extract(given, out, options=ALL, **more):
    """Converts in this process; returns the arrays, the report, and the printed summary."""
    report, timing = convert([str(given)], out, options, **more)
    assert json.loads(out.with_suffix(".json").read_text()) == report
    with np.load(out) as arrays:
        return dict(arrays), report, "\n".join(results.summary(report, timing, out))


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    """A small corpus in the official layout, as an archive: 305 files, 1,830 symbols."""
    return write_zip(tmp_path_factory.mktemp("official") / "CROHME.zip", corpus(files=300))


@pytest.fixture(scope="module")
def finished(official, tmp_path_factory):
    """The .npz file of an extraction of it by one worker; tests only read it."""
    out = tmp_path_factory.mktemp("finished") / "symbols.npz"
    convert([str(official)], out, ALL, workers=1)
    return out


def test_arrays(finished):
    report = json.loads(finished.with_suffix(".json").read_text())
    with np.load(finished) as loaded:
        arrays = dict(loaded)
    n = 305 * 6
    assert {name: (array.dtype.kind, array.shape) for name, array in arrays.items()} == {
        "images": ("u", (n, 28, 28)),
        "labels": ("i", (n,)),
        "class_names": ("U", (16,)),
        "split": ("U", (n,)),
        "source": ("U", (n,)),
    }
    assert arrays["class_names"].tolist() == list("()+-0123456789=x")
    assert set(arrays["split"]) == {"train", "test"}
    assert arrays["images"].reshape(n, -1).max(axis=1).min() > 200
    assert list(arrays["source"]) == sorted(arrays["source"])
    assert arrays["source"][0] == "CROHME2012_data/train/f0.inkml"
    counts = collections.Counter(arrays["class_names"][arrays["labels"]].tolist())
    for name, row in report["classes"].items():
        assert row["found"] == row["kept"] == row["train"] + row["test"] == counts[name]
        assert abs(row["test"] - row["kept"] / 10) <= 1.5
    assert report["files"]["read"] == 305
    assert report["duplicates"]["repeated_symbols"] == 30
    assert Image.open(finished.with_suffix(".png")).size[1] == 16 * 35 + 3


def test_images_are_those_of_the_labels(tmp_path):
    # Each class has a picture of its own, so labels, sources and images cannot be mixed up.
    lines = {"-": "0 5, 10 5", "1": "5 0, 5 10", "x": "0 0, 10 10"}
    generator = random.Random(0)
    files = {}
    for number in range(150):
        label, other = generator.choices(list(lines), k=2)
        files[f"{label}{other}/{number}.inkml"] = page(
            {"0": lines[label], "1": lines[other]}, [(label, ["0"]), (other, ["1"])]
        )
    arrays, _, _ = extract(write_files(tmp_path / "f", files), tmp_path / "o.npz")
    names = arrays["class_names"][arrays["labels"]]
    for name in lines:
        pictures = arrays["images"][names == name].astype(int)
        assert np.abs(pictures - pictures[0]).max() <= 3
    assert all(names[i] == source[i % 2] for i, source in enumerate(arrays["source"]))


def test_the_same_bytes_for_any_number_of_workers_and_at_any_time(
    official, finished, tmp_path, monkeypatch
):
    out = tmp_path / "symbols.npz"
    # Zip archives hold times to two seconds.
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 1000)
    _, timing = convert([str(official)], out, ALL, workers=3)
    assert timing["workers"] == 2  # There are only five batches.
    assert bytes_of(out) == bytes_of(finished)


def test_limits_and_seed(official, tmp_path):
    def kept(**options):
        chosen = Options(classes=DEFAULT_CLASSES, **options)
        arrays, report, _ = extract(official, tmp_path / "o.npz", chosen, workers=1)
        keys = zip(arrays["source"], arrays["labels"], arrays["images"].sum((1, 2)), strict=True)
        return set(keys), report

    base, report = kept(max_per_class=50, seed=1)
    assert {row["kept"] for row in report["classes"].values()} == {50}
    assert sum(report["skipped"]["over --max_per_class"].values()) == 1830 - 800
    assert 0.2 < len(base & kept(max_per_class=50, seed=2)[0]) / 800 < 0.8
    # A smaller limit keeps a part of what a larger one kept.
    assert kept(max_per_class=20, seed=1)[0] < base
    _, report = kept(max_per_class=0, max_total=1799, dedupe=True)
    assert report["symbols"]["kept"] == 1799
    assert report["duplicates"]["kept_repeated_symbols"] == 0


def test_clean_split_does_not_leak_and_the_original_does(tmp_path):
    folder = write_files(tmp_path / "f", corpus(files=60, copies=50))

    def leaks(split):
        options = Options(classes=DEFAULT_CLASSES, split=split)
        arrays, report, _ = extract(folder, tmp_path / "o.npz", options)
        test = arrays["split"] == "test"
        assert test.mean() == pytest.approx(0.1, abs=0.01)
        seen = {image.tobytes() for image in arrays["images"][~test]}
        twins = sum(image.tobytes() in seen for image in arrays["images"][test])
        files = set(arrays["source"][test]) & set(arrays["source"][~test])
        return twins, len(files), report["duplicates"]["inks_in_train_and_test"]

    assert leaks("clean") == (0, 0, 0)
    assert min(leaks("original")) > 10


def test_copies_that_differ_in_resting_points_are_the_same_ink(tmp_path):
    texts = ("1 2, 3 4, 5 9", "1 2, 1 2, 3 4, 5 9, 5 9", "1 2, 3 4, 5 9.5")
    files = {f"{i}.inkml": page({"0": text}, [("x", ["0"])]) for i, text in enumerate(texts)}
    arrays, report, _ = extract(write_files(tmp_path / "f", files), tmp_path / "o.npz")
    assert report["duplicates"]["inks"] == 2
    assert np.array_equal(arrays["images"][0], arrays["images"][1])


def test_classes(tmp_path):
    generator = random.Random(3)
    labels = ["a", "\\alpha", ",", "../x", "漢"]
    files = {f"{i}.inkml": random_page(generator, labels) for i in range(20)}
    files["no.inkml"] = page({}, [("\\never", ["0"])])
    folder = write_files(tmp_path / "f", files)
    arrays, report, _ = extract(folder, tmp_path / "o.npz", Options(classes=None))
    assert arrays["class_names"].tolist() == [",", "../x", "\\alpha", "a", "漢"]
    assert report["skipped"]["refers to a trace that is not there"] == {"\\never": 1}
    assert sorted(os.listdir(tmp_path)) == ["f", "o.json", "o.npz", "o.png", "o.timing.json"]
    some = Options(classes=(",", "a", "z"))
    arrays, report, text = extract(folder, tmp_path / "o.npz", some)
    assert arrays["class_names"].tolist() == [",", "a"]
    assert set(arrays["labels"]) == {0, 1}
    assert report["classes"]["z"]["kept"] == 0
    assert "classes without symbols, left out: z" in text
    # Labels are numbers of the names that are left.
    behind, _, _ = extract(folder, tmp_path / "o.npz", Options(classes=("!", "a", "漢")))
    assert behind["class_names"].tolist() == ["a", "漢"]
    assert np.array_equal(np.unique(behind["labels"]), [0, 1])
    with pytest.raises(DataError, match="no symbol of the classes q; the most frequent labels"):
        convert([str(folder)], tmp_path / "q.npz", Options(classes=("q",)))


def glyph(label: str, ui: str = "", stroke: str = "10 10, 10 90, 60 90") -> bytes:
    """An ink as MathWriting has it, or one of CROHME's isolated symbols; an L."""
    kind, head = ("UI", "<annotation type='truth'/>") if ui else ("label", "")
    return (
        f'<ink xmlns="http://www.w3.org/2003/InkML">{head}<annotation type="{kind}">{ui or label}'
        f'</annotation><trace id="0">{stroke}</trace></ink>'
    ).encode()


def test_mathwriting(tmp_path):
    files = {
        **{
            f"mw/symbols/{n:016x}.inkml": glyph("L-"[n % 2], stroke=f"9 {n}, 9 90, 60 90")
            for n in range(20)
        },
        **{f"mw/train/{n + 99:016x}.inkml": glyph("L+1") for n in range(3)},
        "mw/test/0f.inkml": glyph("L"),
        "mw/valid/1f.inkml": glyph("-"),
        "mw/symbols/2f.inkml": glyph("L").replace(
            b"<trace", b'<annotation type="splitTagOriginal">test</annotation><trace', 1
        ),
        "mw/symbols.jsonl": b"{}",
    }
    given = write_files(tmp_path / "f", files)
    arrays, report, text = extract(given, tmp_path / "o.npz", Options(classes=None))
    assert arrays["class_names"].tolist() == ["-", "L"]
    told = dict(zip(arrays["source"].tolist(), arrays["split"].tolist(), strict=True))
    others = {"test/0f.inkml": "test", "valid/1f.inkml": "val", "symbols/2f.inkml": "test"}
    assert told == {**{name: "train" for name in told}, **others}
    assert report["symbols"] == {"kept": 23, "train": 20, "test": 2, "val": 1}
    assert report["classes"]["L"] == {"found": 12, "kept": 12, "train": 10, "test": 2, "val": 0}
    assert "train and test are those of the data itself" in text
    assert "for validation, in neither of these: 1 symbols" in text
    assert "3 files such as train/0000000000000063.inkml: no segmentation: a whole expr" in text
    # Upright: the foot of the L is at the bottom, and to the right.
    image = arrays["images"][arrays["labels"] == 1][0].astype(int)
    assert image[14:].sum() > 1.5 * image[:14].sum()
    assert image[20:, 14:].sum() > 5 * image[:14, 14:].sum()
    # Without a test folder, or if it is asked for, the split is the clean tenth.
    for folder, split in (("symbols", "published"), (".", "clean")):
        arrays, _, _ = extract(
            given / "mw" / folder, tmp_path / "o.npz", Options(classes=None, split=split)
        )
        assert set(arrays["split"]) <= {"train", "test"}
        assert 1 <= (arrays["split"] == "test").sum() <= 3


def test_isolated_symbols_of_crohme(tmp_path):
    root = "CROHME2016_data/Task-2-Symbols/task2-"
    places = {"train": "trainSymb2014/trainingSymbols", "test": "testSymbols2014/testSymbols"}
    files, truth = {}, {"train": "", "test": ""}
    for n in range(30):
        part, label = ("test" if n % 5 == 0 else "train"), ("\\pi", ",", "junk")[n % 3]
        # An ink of its own for each, as what is one ink has one part.
        files[f"{root}{places[part]}/iso{n}.inkml"] = glyph("", f"ui_{n}", f"1 {n}, 5 9")
        truth[part] += f"ui_{n},{label}\n"
    files[f"{root}{places['train']}/iso_GT.txt"] = truth["train"]
    files[f"{root}testSymbols2014/testSymbols_2016_iso_GT.txt"] = truth["test"]
    given = write_zip(tmp_path / "task2.zip", files)
    out, all_labels = tmp_path / "o.npz", Options(classes=None)
    arrays, report, text = extract(given, out, all_labels, years="all")
    assert arrays["class_names"].tolist() == [",", "\\pi"]
    assert report["symbols"] == {"kept": 20, "train": 16, "test": 4}
    for number, label, split in zip(
        [int(re.search(r"iso(\d+)", name)[1]) for name in arrays["source"]],
        arrays["class_names"][arrays["labels"]],
        arrays["split"],
        strict=True,
    ):
        assert (label, split) == (("\\pi", ",")[number % 3], "train" if number % 5 else "test")
    assert "symbols skipped: 10: no symbol (--classes=junk takes it)" in text
    arrays, _, _ = extract(given, out, Options(classes=("junk",)), years="all")
    assert (arrays["class_names"].tolist(), len(arrays["labels"])) == (["junk"], 10)


def test_a_table_that_cannot_be_read_loses_only_what_needs_it(tmp_path):
    files = {"f/a.inkml": glyph("", "ui"), "f/b.inkml": glyph("L"), "f/iso_GT.txt": b"ui,x"}
    given = write_files(tmp_path / "f", files)
    (given / "f/iso_GT.txt").unlink()
    os.mkfifo(given / "f/iso_GT.txt")
    _, report, _ = extract(given, tmp_path / "o.npz", Options(classes=None))
    assert report["files"]["refused"] == {
        "a.inkml": "its labels, in f/iso_GT.txt: not a regular file"
    }


def test_validation_tests_if_nothing_else_does(tmp_path):
    files = {f"{part}/{n}.inkml": glyph("L") for part in ("train", "val") for n in range(3)}
    given = write_files(tmp_path / "f", files)
    arrays, _, _ = extract(given, tmp_path / "o.npz", Options(classes=None))
    assert arrays["split"].tolist() == ["train"] * 3 + ["test"] * 3


def test_size_and_style(official, tmp_path):
    other = Options(DEFAULT_CLASSES, max_per_class=9, size=32, style="original")
    arrays, _, _ = extract(official, tmp_path / "o.npz", other, workers=1)
    assert arrays["images"].shape[1:] == (32, 32)
    assert set(np.unique(arrays["images"])) == {0, 255}
    with pytest.raises(UsageError, match="a smaller --size"):
        convert([str(official)], tmp_path / "o.npz", Options(DEFAULT_CLASSES, size=2_000))


def test_bad_files_are_named_and_the_rest_goes_on(tmp_path):
    files = {
        "good.inkml": ONE_SYMBOL,
        "latin.inkml": ONE_SYMBOL.replace(b"not a symbol", b"\xb7"),
        "empty.inkml": b"",
        **{f"junk/{i}.inkml": b"<html/>" for i in range(40)},
    }
    arrays, report, text = extract(write_files(tmp_path / "f", files), tmp_path / "o.npz")
    assert arrays["source"].tolist() == ["good.inkml", "latin.inkml"]
    assert set(report["files"]["refused"]) == set(files) - set(arrays["source"])
    assert report["files"]["recovered"] == {"latin.inkml": "1 byte not UTF-8, read as Latin-1"}
    for said in (
        "files: 2 read, 41 refused",
        "refused: 40 files such as junk/0.inkml: root element is html, not InkML's",
        "refused: empty.inkml: empty file",
        "repaired: latin.inkml: 1 byte not UTF-8",
    ):
        assert said in text


def test_years(tmp_path):
    folder, out = write_files(tmp_path / "f", corpus(files=8, copies=0)), tmp_path / "o.npz"
    arrays, report, text = extract(folder, out, years="2012,2016")
    assert all(name.startswith("CROHME2012_data/") for name in arrays["source"])
    assert report["not_read"]["files_of_other_years"] == {"2013": 4}
    assert report["not_read"]["years_without_files"] == [2016]
    assert "left out by --years: 4 files of 2013" in text
    assert "there are no files of 2016" in text
    assert len(extract(folder, out, years="all")[0]["labels"]) == 48


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.inkml": b"junk", "b.inkml": b""}, "no usable InkML file: a.inkml: not well.*1 more"),
        ({"a.inkml": page({}, [("x", ["0"])])}, "no usable symbol: 1 skipped, 1 for 'refers to"),
        ({"1.zip": b"PK", "2/3.zip": b"PK"}, r"no \.inkml files in .*, but 2 \.zip archives"),
        ({"CROHME2012_data/a.inkml": b""}, "--years=2013 leaves none of the 1 .* are of 2012 "),
    ],
)
def test_nothing_usable_makes_nothing(tmp_path, files, message):
    folder = write_files(tmp_path / "f", files)
    with pytest.raises(DataError, match=message):
        convert([str(folder)], tmp_path / "out" / "o.npz", ALL, years="2013")
    assert os.listdir(tmp_path) == ["f"]


def test_a_failed_write_leaves_all_old_files(tmp_path, monkeypatch):
    folder, out = write_files(tmp_path / "f", {"a.inkml": ONE_SYMBOL}), tmp_path / "o.npz"
    convert([str(folder)], out, ALL)
    before = bytes_of(out), sorted(os.listdir(tmp_path))

    def full(path, value):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results, "write_json", full)
    with pytest.raises(DataError, match=r"cannot write .*: No space left on device"):
        convert([str(folder)], out, Options(DEFAULT_CLASSES, size=30))
    assert (bytes_of(out), sorted(os.listdir(tmp_path))) == before


def test_command(official, tmp_path):
    """A terminal shows progress and the time left; what is printed is short."""
    out = tmp_path / "symbols.npz"
    parent, child = os.openpty()
    options = [f"--input={official}", f"--out={out}", "--max_per_class=30", "--workers=2"]
    process = subprocess.Popen(
        [sys.executable, "-m", COMMAND, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=child
    )
    os.close(child)
    shown = b""
    try:
        while chunk := os.read(parent, 4096):
            shown += chunk
    except OSError:  # Linux's way of saying that the other end is closed.
        pass
    os.close(parent)
    printed = process.communicate()[0].decode()
    assert process.returncode == 0
    assert re.search(rb"reading: +\d+%.*/305 \[\d\d:\d\d<", shown), shown
    assert b"drawing" in shown
    assert f"wrote {out}, symbols.json and symbols.png" in printed
    assert len(printed.splitlines()) < 30
    assert len(np.load(out)["labels"]) == 480
    timing = json.loads((tmp_path / "symbols.timing.json").read_text())
    assert set(timing) > {"seconds", "cpu_seconds", "workers", "files_per_second"}
    assert timing["peak_memory_mb"] > 3 * 20


def test_help():
    assert "--max_per_class" in run(COMMAND, "--help").stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--size=7"], "size"),
        (["--classes=a,,b"], "--classes: an empty label"),
        (["--out="], "--out=FILE.npz is missing"),
        # As when a shell puts nothing there; it must not mean the working folder.
        (["--input="], "--input=PATH is missing"),
    ],
)
def test_wrong_flags(official, tmp_path, options, message):
    out = tmp_path / "o.npz"
    assert message in refusal(COMMAND, f"--input={official}", f"--out={out}", *options, code=2)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("out", "years", "message"),
    [
        ("o.txt", "all", "must end in .npz"),
        ("f.npz", "all", "is a folder"),
        *(("o.npz", years, "--years=") for years in ("2012;2013", "", "20123", "twelve")),
    ],
)
def test_arguments_are_checked_before_the_work(tmp_path, out, years, message):
    (tmp_path / "f.npz").mkdir()
    with pytest.raises(UsageError, match=message):
        convert([str(tmp_path / "missing")], tmp_path / out, ALL, years=years)


def run_in_limits(given, out, *options, code=0):
    """Runs the command, each of whose processes has 5 s of a processor and 500 MB of memory."""
    command = ("-m", COMMAND, f"--input={given}", f"--out={out}", *options)
    done = subprocess.run(
        ["bash", "-c", 'ulimit -t 5 -v 500000; exec "$@"', "bash", sys.executable, *command],
        env=environment() | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done
    lines = (done.stderr if code else done.stdout).splitlines()
    assert len(lines) == 1 if code else len(lines) < 30
    return lines[0]


def test_hostile_inputs_end_quickly_and_small(tmp_path):
    # Large or deep where a reader may be quadratic, recursive or trusting.
    files = {
        "points.inkml": page({"0": "1 2, " * 1_000_000}, [("x", ["0"])]),
        "deep.inkml": b"<ink>" + b"<traceGroup>" * 95_000,
        "flat.inkml": b"<ink>" + b"<trace/>" * 99_000 + b"</ink>",
        "attributes.inkml": b"<ink " + b" ".join(b"a%d=''" % i for i in range(300_000)) + b"/>",
        "number.inkml": page({"0": "1" * 900_000 + " 1, 2 2"}, [("x", ["0"])]),
        "bytes.inkml": b"<ink>" + b"\xff" * 4_000_000 + b"</ink>",
        "noise.inkml": random.Random(0).randbytes(100_000),
    }
    out = tmp_path / "o.npz"
    folder = write_files(tmp_path / "f", files)
    assert "no usable" in run_in_limits(folder, out, code=1)
    bombs = {f"{i}.inkml": b" " * (40_000_000 - i) for i in range(3)}
    line = run_in_limits(write_zip(tmp_path / "bombs.zip", bombs), out, code=1)
    assert "inflates more than 100 times, like an archive bomb (and 2 more files)" in line
    assert sorted(os.listdir(tmp_path)) == ["bombs.zip", "f"]


def test_very_many_labels_and_long_symbols(tmp_path):
    # A hundred points in each of many symbols, each with a label of its own.
    text, out = trace((i % 13, i % 17) for i in range(100)), tmp_path / "o.npz"
    symbols = [[(f"{number}/{i}", ["0"]) for i in range(2_000)] for number in range(3)]
    files = {f"{number}.inkml": page({"0": text}, some) for number, some in enumerate(symbols)}
    run_in_limits(write_files(tmp_path / "f", files), out, "--classes=all")
    assert len(np.load(out)["class_names"]) == 6_000


COUNTS = {
    **{"8": 930, "7": 941, "9": 995, "6": 996, "5": 1192, "4": 2251, "0": 2354},
    **dict.fromkeys("()+-123=x", 2909),
}


@pytest.mark.slow
def test_the_real_corpus_gives_the_counts_of_the_latex_writer(real_data, tmp_path):
    archive = real_data / "crohme" / "CROHME_2012_2013.zip"
    if not archive.is_file():
        pytest.skip(f"{archive} is not there")
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    for workers, out in enumerate((one, two), 1):
        run(COMMAND, f"--input={archive}", f"--out={out}", f"--workers={workers}")
    report = json.loads(one.with_suffix(".json").read_text())
    assert report["symbols"] == {"kept": 35_840, "train": 32_256, "test": 3_584}
    assert {name: row["kept"] for name, row in report["classes"].items()} == COUNTS
    assert report["duplicates"]["inks_in_train_and_test"] == 0
    (refused,) = report["files"]["refused"]
    (repaired,) = report["files"]["recovered"]
    assert refused.endswith("/MfrDB3088.inkml")
    assert repaired.endswith("/MfrDB0104.inkml")
    assert bytes_of(one) == bytes_of(two)
    timing = json.loads(two.with_suffix(".timing.json").read_text())
    assert timing["peak_memory_mb"] < 600

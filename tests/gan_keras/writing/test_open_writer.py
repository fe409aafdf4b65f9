import json
import os
import shutil

import numpy as np
import pytest
import writing_samples

from gan_keras.evaluation import classifier
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.writing import open_writer as opening
from gan_keras.writing.handwriter import Options


@pytest.fixture
def run(tmp_path):
    return writing_samples.run_folder(tmp_path / "runs" / "a" / "b")


def test_the_newest_run_that_can_write(run, tmp_path):
    root = tmp_path / "runs"
    stored = json.loads((run / "config.json").read_text())
    for name, text in {
        "points": json.dumps(stored | {"data": stored["data"] | {"image_shape": [2]}}),
        "clothes": json.dumps(stored | {"data": stored["data"] | {"class_names": ["a shoe"] * 16}}),
        "unfinished": json.dumps(stored),
        "damaged": "{",
    }.items():
        (root / name).mkdir()
        (root / name / "config.json").write_text(text)
    # copies have other times: what counts is when a session wrote it
    shutil.copytree(run, root / "earlier")
    for folder, date in ((run, "2026-02-01T00:00:00+00:00"), (root / "earlier", "2026-01-31")):
        (folder / "config.json").write_text(json.dumps(stored | {"written": date}))
    os.utime(run / "config.json", (1, 1))
    assert opening.newest_writer(root) == run
    (root / "clothes" / "generator.keras").write_bytes((run / "generator.keras").read_bytes())
    with pytest.raises(UsageError, match="--workdir=.* no class that is a character; .* a shoe"):
        opening.open_writer(root / "clothes")


def test_the_data_set_says_what_numbered_classes_stand_for(run):
    stored = json.loads((run / "config.json").read_text())
    stored["data"]["class_names"] = [str(number) for number in range(1, 17)]
    (run / "config.json").write_text(json.dumps(stored))
    with pytest.raises(DataError, match="no run in .* can write"):
        opening.newest_writer(run)
    with pytest.raises(UsageError, match="no class that is a character; its classes are 1, 2"):
        opening.open_writer(run)
    stored["options"]["dataset"] = "emnist/letters"
    (run / "config.json").write_text(json.dumps(stored))
    assert opening.newest_writer(run) == run
    writer = opening.open_writer(run)
    assert [glyph.label for glyph in writer.write_text("AP", writer.hand(0)).glyphs] == [0, 15]
    with pytest.raises(UsageError, match=r"no class for: 1, 2 \(it writes A-P\)"):
        writer.write_text("12", writer.hand(0))


def test_the_reader_comes_from_the_runs_data_set(run, monkeypatch):
    assert opening.ready_reader(run) is None  # nothing is trained behind the user's back
    monkeypatch.setattr(classifier, "EPOCHS", 1)
    monkeypatch.setattr(classifier, "MIN_STEPS", 2)
    with pytest.raises(UsageError, match="give --data_dir=.* to have it made"):
        opening.open_writer(run, best_of=3)
    writer = opening.open_writer(run, best_of=3, data_dir=str(run.parent / "data"))
    probabilities = writer.reader(np.zeros((5, 28, 28, 1), np.uint8))
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    assert probabilities.shape == (5, 16)
    assert len(writer.write_text("1+2", writer.hand(0), Options(best_of=3)).glyphs) == 3
    assert opening.ready_reader(run) is not None


def test_other_data_than_the_run_was_trained_on(run, tmp_path):
    other = tmp_path / "other" / "demo"
    other.mkdir(parents=True)
    with np.load(tmp_path / "runs" / "a" / "data" / "demo" / "symbols.npz") as arrays:
        changed = dict(arrays)
    changed["class_names"] = changed["class_names"][::-1]
    np.savez(other / "symbols.npz", **changed)
    with pytest.raises(DataError, match="other classes .* --dataset or --data_dir"):
        opening.dataset_of(run, data_dir=str(other.parent))
    with pytest.raises(DataError, match="is not at"):
        opening.dataset_of(run, data_dir=str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="no run folder"):
        opening.open_writer(tmp_path)

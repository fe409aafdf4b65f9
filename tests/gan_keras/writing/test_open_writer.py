import json
import os

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


def test_a_run_folder_writes(run):
    writer = opening.open_writer(run)
    assert len(writer.write_latex("1+2", writer.hand(0)).glyphs) == 3


def test_the_newest_run_that_can_write(run, tmp_path):
    root = tmp_path / "runs"
    newer = root / "newer"
    for name, change in (
        ("points", {"image_shape": [2]}),
        ("clothes", {"class_names": ["shirt", "shoe"]}),
        ("colour", {"image_shape": [28, 28, 3]}),
    ):
        stored = json.loads((run / "config.json").read_text())
        stored["data"] |= change
        (newer / name).mkdir(parents=True)
        (newer / name / "config.json").write_text(json.dumps(stored))
    (newer / "unfinished").mkdir()
    (newer / "unfinished" / "config.json").write_bytes((run / "config.json").read_bytes())
    (newer / "damaged").mkdir()
    (newer / "damaged" / "config.json").write_text("{")
    os.utime(run / "config.json", (1, 1))
    assert opening.newest_writer(root) == run


def test_folders_that_are_no_run(tmp_path):
    with pytest.raises(DataError, match="no run folder"):
        opening.open_writer(tmp_path)
    with pytest.raises(DataError, match="no run folder"):
        opening.dataset_of(tmp_path / "missing")


def test_the_reader_comes_from_the_runs_data_set(run, monkeypatch):
    assert opening.ready_reader(run) is None  # nothing is trained behind the user's back
    monkeypatch.setattr(classifier, "EPOCHS", 1)
    monkeypatch.setattr(classifier, "MIN_STEPS", 2)
    writer = opening.open_writer(run, best_of=3)
    probabilities = writer.reader(np.zeros((5, 28, 28, 1), np.uint8))
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    assert probabilities.shape == (5, 16)
    writer.write_text("1+2", writer.hand(0), Options(best_of=3))
    assert opening.ready_reader(run) is not None


def test_other_data_than_the_run_was_trained_on(run, tmp_path):
    other = tmp_path / "other" / "demo"
    other.mkdir(parents=True)
    with np.load(tmp_path / "runs" / "a" / "data" / "demo" / "symbols.npz") as arrays:
        changed = dict(arrays)
    changed["class_names"] = changed["class_names"][::-1]
    np.savez(other / "symbols.npz", **changed)
    with pytest.raises(DataError, match="other classes .* --data_dir"):
        opening.dataset_of(run, str(other.parent))
    with pytest.raises(DataError, match="is not at"):
        opening.open_reader(run, str(tmp_path / "nowhere"))


def test_a_run_that_cannot_write_is_named(run):
    stored = json.loads((run / "config.json").read_text())
    stored["data"]["class_names"] = [f"class {k}" for k in range(16)]
    (run / "config.json").write_text(json.dumps(stored))
    with pytest.raises(UsageError, match="--workdir=.* no class that is a character"):
        opening.open_writer(run)

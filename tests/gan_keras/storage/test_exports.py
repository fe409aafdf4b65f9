"""What a `.keras` file says of itself; Keras reads it in the tests of sampling."""

import json
import zipfile

import pytest
from file_samples import read_damaged

from gan_keras.storage import exports


@pytest.fixture
def export(tmp_path):
    path = tmp_path / "generator.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.writestr("model.weights.h5", bytes(range(256)))
    return path


def test_the_record_is_read_as_it_was_written(export):
    assert exports.step(export) == -1  # of an earlier version
    exports.stamp(export, {"step": 10, "value": 0.1})
    assert exports.read(export) == {"keras": "3.15.1", "step": 10, "value": 0.1}
    assert exports.step(export) == 10
    with zipfile.ZipFile(export) as archive:
        assert archive.read("model.weights.h5") == bytes(range(256))
    export.unlink()
    assert exports.step(export) == -1


def test_no_damage_changes_the_step(export):
    exports.stamp(export, {"step": 10})
    whole = export.read_bytes()
    right, refused = exports.read(export), 0
    for found in read_damaged(export, exports.read):
        if found is None:
            refused += 1
        else:  # a bit that says nothing, or all of the record is lost
            assert found in (right, {"keras": "3.15.1"})
    assert refused > len(whole) / 2

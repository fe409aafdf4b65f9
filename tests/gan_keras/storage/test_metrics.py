import pytest

from gan_keras.foundation.errors import DataError
from gan_keras.storage import metrics

NESTED = {
    "seed": 0,
    "accuracy": 0.9,
    "confusion": [[1]],
    "dataset": "x",
    "gif": True,
    "distribution": {"recall": None, "floor": {"recall": 0.96}},
}
FLAT = {"seed": 0, "accuracy": 0.9, "distribution.floor.recall": 0.96}


def test_numbers_are_found_at_any_depth():
    assert metrics.flatten(NESTED) == FLAT
    for known in (NESTED, FLAT):
        assert metrics.lookup(known, "distribution.floor.recall") == 0.96
        assert metrics.lookup(known, "distribution.floor.nothing") is None
        assert metrics.lookup(known, "accuracy.deeper") is None
    assert metrics.lookup(NESTED, "distribution.floor") == {"recall": 0.96}


def test_what_is_written_is_read(tmp_path):
    assert metrics.write_metrics(tmp_path, NESTED) == tmp_path / "metrics.json"
    assert metrics.read_metrics(tmp_path) == NESTED


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "there is no .*--workdir="), ("{", "is damaged"), ("[]", "no metrics")],
)
def test_what_cannot_be_read_is_named(tmp_path, text, message):
    if text is not None:
        (tmp_path / "metrics.json").write_text(text)
    with pytest.raises(DataError, match=message):
        metrics.read_metrics(tmp_path)

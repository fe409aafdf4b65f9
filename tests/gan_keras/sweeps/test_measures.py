import json

import pytest
from sweep_samples import write_run

from gan_keras import gans
from gan_keras.configs.gaussian import GaussianConfig
from gan_keras.foundation.errors import DataError
from gan_keras.sweeps import measures
from gan_keras.sweeps.measures import Measure

COLUMNS = {"d_loss": [4.0, 2.0, 3.0, 1.0]}


@pytest.mark.parametrize(
    ("take", "value", "since", "expected"),
    [
        ("last", None, 1, 1.0),
        ("mean", None, 1, 2.5),
        ("mean", None, 3, 2.0),
        ("mean", None, -3, 2.0),
        ("sd", None, 1, (5 / 3) ** 0.5),
        ("max", None, 2, 3.0),
        ("min", None, 1, 1.0),
        ("at", 2, 1, 2.0),
        ("at", 5, 1, None),
        ("above", 2.0, 1, 2),
        ("below", 2.0, 1, 1),
        # least squares through (0, 4) (1, 2) (2, 3) (3, 1)
        ("slope", None, 1, -0.8),
        ("slope", None, 4, None),
    ],
)
def test_figures_of_a_column(take, value, since, expected):
    measure = Measure("x", column="d_loss", take=take, value=value, since=since)
    found = measures.evaluate((measure,), {}, COLUMNS)["x"]
    assert found == (None if expected is None else pytest.approx(expected))


def test_measures_of_measures():
    asked = (
        Measure("both", mean=("a", "b")),
        Measure("gap", difference=("both", "c")),
        Measure("share", ratio=("a", "c")),
        Measure("by_zero", ratio=("a", "zero")),
        Measure("absent", difference=("both", "nothing")),
        Measure("later", difference=("absent", "a")),
        Measure("odd", score="nan"),
    )
    found = measures.evaluate(asked, {"a": 1, "b": 3, "c": 8, "zero": 0, "nan": float("nan")}, {})
    assert found == {
        "both": 2,
        "gap": -6,
        "share": 0.125,
        "by_zero": None,
        "absent": None,
        "later": None,
        "odd": None,
    }


def test_numbers_of_a_run_by_name():
    found = measures.numbers(
        {"a": {"b": 1, "c": None, "d": "text", "e": True}, "f": [2, 3], "confusion": [[1]]}
    )
    assert found == {"a.b": 1, "f.0": 2, "f.1": 3}


def test_what_a_run_folder_holds(tmp_path):
    write_run(tmp_path, GaussianConfig.create())
    asked = (Measure("energy_distance", score="energy_distance"), Measure("d", column="d_loss"))
    found = measures.of_run(tmp_path, asked)
    assert found["metrics"] == {"energy_distance": 0.5, "d": 0.6}
    assert found["scores"]["covariance_eigenvalue_ratios.1"] == 0.1
    for name, text, message in (
        ("log.csv", "epoch,d_loss\n1,much\n", "log.csv cannot be read"),
        ("metrics.json", "{", "metrics.json is damaged"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(DataError, match=message):
            measures.of_run(tmp_path, asked)


def test_every_column_that_a_variant_logs_is_known():
    import importlib

    modules = ("acgan", "ae_acgan", "plain", "progressive", "gaussian")
    logged = set()
    for name in modules:
        module = importlib.import_module(f"{gans.__name__}.{name}")
        for thing in vars(module).values():
            logged |= set(getattr(thing, "METRICS", ()) if isinstance(thing, type) else ())
    assert logged
    assert logged <= set(measures.COLUMNS)


def test_json_of_scores_stays_json(tmp_path):
    write_run(tmp_path, GaussianConfig.create())
    json.dumps(measures.of_run(tmp_path, ()), allow_nan=False)

import math

import pytest

from gan_keras.sweeps import measures


@pytest.mark.parametrize(
    ("take", "value", "since", "expected"),
    [
        ("last", None, 1, 1.0),
        ("sd", None, 1, (5 / 3) ** 0.5),
        ("max", None, 2, 3.0),
        ("at", 2, 1, 2.0),
        ("at", 5, 1, None),
        ("above", 2.0, 1, 2),
        # least squares through (0, 4) (1, 2) (2, 3) (3, 1)
        ("slope", None, 1, -0.8),
        ("slope", None, 4, None),
    ],
)
def test_figures_of_a_column(take, value, since, expected):
    entry = {"name": "x", "log": "d_loss", "take": take, "since": since}
    measure = measures.parse(entry | ({} if value is None else {"value": value}), (), "here")
    found = measures.evaluate([measure], {}, {"d_loss": [4.0, 2.0, 3.0, 1.0]})["x"]
    assert found == (None if expected is None else pytest.approx(expected))


def test_measures_of_measures():
    asked = [
        {"name": "both", "mean": ["accuracy", "modes"]},
        {"name": "gap", "difference": ["both", "diversity"]},
        {"name": "share", "ratio": ["accuracy", "diversity"]},
        {"name": "by_zero", "ratio": ["accuracy", "reverse_kl"]},
        {"name": "absent", "difference": ["both", "gan_train"]},
        {"name": "later", "difference": ["absent", "accuracy"]},
        "entropy_ratio",
        {"name": "collapsed", "below": {"accuracy": 2}},
        {"name": "far", "above": {"gap": 0}},
        {"name": "unknown", "above": {"absent": 0}},
    ]
    parsed = []
    for entry in asked:
        parsed.append(measures.parse(entry, [one.name for one in parsed], "here"))
    scores = {"accuracy": 1, "modes": 3, "diversity": 8, "reverse_kl": 0, "entropy_ratio": math.nan}
    found = measures.evaluate(parsed, scores, {})
    assert list(found.values()) == [2, -6, 0.125, None, None, None, None, True, False, None]
    assert measures.of_diverged(parsed) == dict.fromkeys(("collapsed", "far", "unknown"), True)


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("accuracy", "`accuracy` of metrics.json"),
        ({"name": "x", "below": {"accuracy": 0.5}}, "whether accuracy is below 0.5"),
        ({"name": "x", "difference": ["modes", "accuracy"]}, "difference of modes, accuracy"),
        (
            {"name": "x", "log": "d_loss", "take": "above", "value": 1.5, "since": 6},
            "`d_loss` of log.csv: number of epochs above 1.5 since epoch 6",
        ),
    ],
)
def test_measures_in_words(entry, text):
    assert measures.describe(measures.parse(entry, (), "here")) == text


def test_numbers_of_a_run_by_name():
    found = measures.numbers(
        {"a": {"b": 1, "c": None, "d": "text", "e": True}, "f": [2, 3], "confusion": [[1]]}
    )
    assert found == {"a.b": 1, "f.0": 2, "f.1": 3}

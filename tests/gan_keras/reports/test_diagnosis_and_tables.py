"""Scores in words and tables: no TensorFlow, no pictures."""

import re

import pytest

from gan_keras.reports import diagnosis, score_tables

LABELLED = {
    "samples": 40,
    "seed": 0,
    "accuracy": 0.9,
    "label_switching": 0.05,
    "accuracy_per_class": {"a": 1.0, "b": 0.8},
    "diversity_ratio": 0.9,
    "diversity_ratio_per_class": {"a": 0.9, "b": None},
    "switched": {},
    "distribution": {"coverage": 0.5, "floor": {"coverage": 0.96}, "ceiling": {"coverage": 0.0}},
}


def changed(**values):
    return {**LABELLED, **values}


def test_switched_classes_in_words():
    assert diagnosis.switched(changed(switched={"a": "b", "b": "a"})) == [
        "'a' and 'b' have changed places"
    ]
    ring = diagnosis.switched(changed(switched={"a": "b", "b": "c", "c": "a"}))
    assert ring == ["'a' is drawn as 'b'", "'b' is drawn as 'c'", "'c' is drawn as 'a'"]
    words = dict(diagnosis.summary(changed(switched={"a": "b", "b": "a"})))
    assert "renaming gains 5.0%" in words["bad"]
    assert diagnosis.summary(LABELLED)[0] == ("good", "No classes are switched.")


def shares(**read):
    wanted = dict.fromkeys(read, 1 / len(read))
    return {"collapse": {"class_shares": read, "wanted_shares": wanted}}


FLAT = [f"class 'c{k}' has 10% of the real variety" for k in range(10)]


def ratios(**by_class):
    return {"diversity_ratio_per_class": by_class}


@pytest.mark.parametrize(
    ("metrics", "found"),
    [
        (LABELLED, []),
        (ratios(a=0.04, b=0.9), ["class 'a' has 4% of the real variety"]),
        (ratios(a=0.3, b=0.31), []),
        (ratios(**{f"c{k}": 0.1 for k in range(62)}), [*FLAT, "so have 52 more classes"]),
        ({"diversity_ratio": 0.1}, ["all samples together have 10% of the real variety"]),
        (shares(a=0.85, b=0.05, c=0.1), ["85% of the samples are read as 'a'"]),
        (shares(a=0.5, b=0.5, c=0.0, d=0.005, e=0.0), ["3 of 5 classes are lost: 'c', 'd', 'e'"]),
        (shares(a=0.5, b=0.5, c=0.0, d=0.0), []),  # half of them are left
        # a class that is most of the data may be most of the samples
        ({"collapse": {"class_shares": {"a": 0.9, "b": 0.1}, "wanted_shares": {"a": 0.9}}}, []),
        ({"mode_counts": [5, 0, 0, 0, 9]}, ["3 of 5 modes are lost: 1, 2, 3"]),
        (
            {"covariance_eigenvalue_ratios": [0.9, 0.01]},
            ["along principal axis 2 is 1.0% of the real variance"],
        ),
    ],
)  # fmt: skip
def test_collapse_is_named(metrics, found):
    assert diagnosis.collapsed(metrics) == found


@pytest.mark.parametrize(
    ("exact", "nearer", "kind"), [(0.0, 0.5, "good"), (0.2, 0.5, "bad"), (0.0, 0.95, "bad")]
)
def test_copies_are_named(exact, nearer, kind):
    distances = {"exact_copies": exact, "real_exact_copies": 0.002, "nearer_than_real": nearer}
    ((found, sentence),) = diagnosis.summary({"collapse": {"nearest_train_distance": distances}})
    assert found == kind
    assert (f"{exact:.1%} of the samples equal a training image" in sentence) == (kind == "bad")


def test_table_has_real_and_noise_beside_each_score():
    lines = score_tables.scores(LABELLED).splitlines()
    assert lines[0].split() == ["40", "samples", "samples", "real", "noise"]
    (coverage,) = [line for line in lines if line.startswith("  coverage")]
    assert coverage.split() == ["coverage", "50.00", "%", "96.00", "%", "0.00", "%"]
    assert "GAN-test by class: a 100.0%, b 80.0%" in lines
    assert "diversity by class: a 0.90" in lines  # b has none
    assert lines[-1] == "No class or mode has collapsed."


def test_names_of_classes_cannot_command_the_terminal():
    text = score_tables.scores(changed(accuracy_per_class={"\x1b[2Ja\n": 1.0}))
    assert "\x1b" not in text
    assert r"\x1b[2Ja\n 100.0%" in text


def test_of_many_classes_the_worst_are_listed():
    by_class = {f"c{k}": k / 100 for k in range(100)}
    (line, *_) = score_tables.classes({"accuracy_per_class": by_class})
    assert line.startswith("GAN-test by class (the 10 lowest of 100): c0 0.0%, c1 1.0%")
    assert "c10" not in line


def test_runs_side_by_side():
    worse = changed(accuracy=0.8, diversity_ratio=1.3)
    text = score_tables.comparison(["one", "two"], [LABELLED, worse])
    cells = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
    rows = {name: numbers for name, *numbers in cells}
    scored = "unknown data, 40 samples"
    assert text.startswith(f"[1] one: {scored}\n[2] two: {scored}\n")
    assert rows["GAN-test"] == ["90.00 % *", "80.00 %"]
    assert rows["diversity"] == ["0.900 *", "1.300"]
    assert rows["coverage"] == ["50.00 %", "50.00 %"]  # alike


JUDGED = {"dataset": "demo", "data_fingerprint": "abcdef0123456789", "accuracy": 0.8}
JUDGED |= {"samples": 4000, "classifier": {"judge": "12ab", "real_test_accuracy": 0.977}}


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        ({"samples": 30}, "number of samples"),
        ({"data_fingerprint": "0123"}, "data"),
        ({"classifier": {"judge": "12ab", "real_test_accuracy": 0.96}}, "judge"),
        ({"classifier": {"judge": "34cd", "real_test_accuracy": 0.977}}, "judge"),
        ({"samples": 30, "classifier": {}}, "number of samples and judge"),  # of an earlier version
        ({"dataset": "folder:elsewhere"}, ""),  # the same data under another name
    ],
)
def test_runs_scored_under_other_conditions_are_not_ranked(change, differing):
    runs = [JUDGED, {**JUDGED, "accuracy": 0.9, **change}, {"experiment": "acgan"}]
    text = score_tables.comparison(["one", "two", "not scored"], runs)
    assert "[1] one: demo, 4,000 samples, data abcdef01, judge 12ab reads 97.70 % right\n" in text
    assert ("90.00 % *" in text) == (not differing)
    assert (f"WARNING: not the same {differing}: these scores cannot" in text) == bool(differing)


def test_points_have_no_judge():
    points = {"dataset": "ring", "points": 500, "data_fingerprint": "abc", "modes": 8}
    text = score_tables.comparison(["one", "two"], [points, {**points, "modes": 7}])
    assert text.startswith("[1] one: ring, 500 points, data abc\n")
    assert "8 *" in text


def test_mean_spread_and_difference():
    summary = {"accuracy": {"mean": 0.9, "sd": 0.01, "n": 3}, "seed": {"mean": 1, "sd": 1, "n": 3}}
    assert score_tables.spread(summary).splitlines()[-1].split() == [
        "GAN-test", "90.00", "%", "+-", "1.00", "%",
    ]  # fmt: skip
    difference = {"accuracy": {"mean": 0.05, "low": 0.01, "high": 0.09, "n": 3}}
    last = score_tables.spread(summary, difference, summary).splitlines()[-1]
    assert last.endswith("+5.00 %  1.00 % to 9.00 % !")
    assert "!" not in score_tables.spread(summary, difference, summary, marked=False)
    unclear = {"accuracy": {"mean": -0.05, "low": -0.11, "high": 0.01, "n": 3}}
    assert score_tables.spread(summary, unclear, summary).endswith("-5.00 %  -11.00 % to 1.00 %")
    single = {"accuracy": {"mean": 0.05, "low": None, "high": None, "n": 1}}
    assert re.search(r"\+5.00 % +one pair$", score_tables.spread(summary, single, summary))

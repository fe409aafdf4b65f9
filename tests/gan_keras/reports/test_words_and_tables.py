"""What people read of scores: no TensorFlow, no pictures."""

import re

import pytest

from gan_keras.reports import catalogue, tables, verdicts

LABELLED = {
    "samples": 40,
    "seed": 0,
    "accuracy": 0.9,
    "matched_accuracy": 0.95,
    "label_switching": 0.05,
    "accuracy_per_class": {"a": 1.0, "b": 0.8},
    "diversity_ratio": 0.9,
    "diversity_ratio_per_class": {"a": 0.9, "b": None},
    "switched": {},
    "classifier": {"real_test_accuracy": 0.98},
    "distribution": {"coverage": 0.5, "floor": {"coverage": 0.96}, "ceiling": {"coverage": 0.0}},
    "collapse": {
        "class_shares": {"a": 0.5, "b": 0.5},
        "wanted_shares": {"a": 0.5, "b": 0.5},
        "modes": 2,
    },
}


def changed(**values):
    return {**LABELLED, **values}


def test_numbers_are_found_wherever_they_stand():
    assert catalogue.value(LABELLED, "distribution.floor.coverage") == 0.96
    assert catalogue.value(LABELLED, "distribution.floor.nothing") is None
    assert catalogue.value(LABELLED, "accuracy.deeper") is None
    assert catalogue.value(LABELLED, "switched") is None
    assert catalogue.value(LABELLED, 1.0) == 1.0


def test_every_score_explains_itself_once():
    keys = [score.key for scores in catalogue.GROUPS.values() for score in scores]
    assert len(keys) == len(set(keys))
    for score in catalogue.SCORES.values():
        assert score.meaning.endswith(".")
        assert score.form in ("percent", "number", "count")
        assert score.better in ("higher", "lower", "")
        # what has no better side is judged by its distance from real images
        assert score.better or score.real or score.key.startswith("reconstruction.")


@pytest.mark.parametrize(
    ("number", "form", "shown"),
    [
        (0.98765, "percent", "98.77 %"),
        (None, "percent", "-"),
        (16.0, "count", "16"),
        (1234.5, "count", "1,234.5"),
        (0.000571, "number", "0.000571"),
        (0.99999, "number", "1.000"),
        (131.7571, "number", "131.757"),
    ],
)
def test_numbers_as_people_read_them(number, form, shown):
    score = catalogue.Score("k", "t", "m.", form=form)
    assert catalogue.form(score, number) == shown


def test_quality_is_larger_the_better_a_score_is():
    diversity = catalogue.SCORES["diversity_ratio"]
    assert catalogue.quality(diversity, changed(diversity_ratio=0.9)) == pytest.approx(-0.1)
    assert catalogue.quality(diversity, changed(diversity_ratio=1.2)) == pytest.approx(-0.2)
    lower = catalogue.SCORES["label_switching"]
    assert catalogue.quality(lower, LABELLED) == -0.05
    assert catalogue.quality(catalogue.SCORES["accuracy"], LABELLED) == 0.9
    assert catalogue.quality(catalogue.SCORES["gan_train"], LABELLED) is None


def test_a_score_may_be_named_by_its_last_part():
    assert catalogue.find("coverage").key == "distribution.coverage"
    assert catalogue.find("distribution.coverage").key == "distribution.coverage"
    assert catalogue.find("modes").key == "modes"  # itself, though others end so
    assert catalogue.find("ratio") is None  # several end so
    assert catalogue.find("nonsense") is None


def test_what_a_kind_of_run_computes():
    points = {"points": 9, "reverse_kl": None, "high_quality": 0.0}
    known = [key for key, score in catalogue.SCORES.items() if catalogue.computed(score, points)]
    assert known == ["high_quality", "reverse_kl"]  # no good point yet is no reason to refuse
    ratio = catalogue.SCORES["artefacts.brightness"]  # means nothing without that of real images
    assert not catalogue.computed(ratio, {"artefacts": {"brightness": 3.0}})
    assert catalogue.computed(ratio, {"artefacts": {"brightness": 3.0, "real": {"brightness": 3}}})
    assert not catalogue.computed(catalogue.SCORES["distribution.recall"], {"distribution": None})


def test_switched_classes_in_words():
    assert verdicts.switched(changed(switched={"a": "b", "b": "a"})) == [
        "'a' and 'b' have changed places"
    ]
    ring = verdicts.switched(changed(switched={"a": "b", "b": "c", "c": "a"}))
    assert ring == ["'a' is drawn as 'b'", "'b' is drawn as 'c'", "'c' is drawn as 'a'"]
    words = dict(verdicts.summary(changed(switched={"a": "b", "b": "a"})))
    assert "renaming gains 5.0%" in words["bad"]
    assert verdicts.summary(LABELLED)[0] == ("good", "No classes are switched.")


def shares(**read):
    return {"class_shares": read, "wanted_shares": dict.fromkeys(read, 1 / len(read))}


@pytest.mark.parametrize(
    ("metrics", "found"),
    [
        (LABELLED, []),
        (
            changed(diversity_ratio_per_class={"a": 0.04, "b": 0.9}),
            ["class 'a' has 4% of the real variety"],
        ),
        (changed(diversity_ratio_per_class={"a": 0.3, "b": 0.31}), []),
        (
            {"diversity_ratio": 0.1, "collapse": shares(a=0.85, b=0.05, c=0.1)},
            [
                "all samples together have 10% of the real variety",
                "85% of the samples are read as 'a'",
            ],
        ),
        (
            {"diversity_ratio": 0.9, "collapse": shares(a=0.5, b=0.5, c=0.0, d=0.005, e=0.0)},
            ["3 of 5 classes are lost: 'c', 'd', 'e'"],
        ),
        ({"collapse": shares(a=0.5, b=0.5, c=0.0, d=0.0)}, []),  # half of them are left
        # a class that is most of the data may be most of the samples
        ({"collapse": {"class_shares": {"a": 0.9}, "wanted_shares": {"a": 0.9}}}, []),
        (
            {"collapse": {"class_shares": {"a": 0.9, "b": 0.1}, "wanted_shares": {"a": 0.9}}},
            [],
        ),
        ({"mode_counts": [5, 0, 0, 0, 9]}, ["3 of 5 modes are lost: 1, 2, 3"]),
        (
            {"covariance_eigenvalue_ratios": [0.9, 0.01]},
            ["along principal axis 2 is 1.0% of the real variance"],
        ),
        ({}, []),
    ],
)  # fmt: skip
def test_collapse_is_named(metrics, found):
    assert verdicts.collapsed(metrics) == found


@pytest.mark.parametrize(
    ("exact", "nearer", "kind"), [(0.0, 0.5, "good"), (0.2, 0.5, "bad"), (0.0, 0.95, "bad")]
)
def test_copies_are_named(exact, nearer, kind):
    distances = {
        "exact_copies": exact,
        "real_exact_copies": 0.002,
        "nearer_than_real": nearer,
        "median": 1.0,
    }
    ((found, sentence),) = verdicts.summary({"collapse": {"nearest_train_distance": distances}})
    assert found == kind
    assert (f"{exact:.1%} of the samples equal a training image" in sentence) == (kind == "bad")


def test_very_many_collapsed_classes_are_counted():
    ratios = {f"{k}": 0.0 for k in range(62)}
    found = verdicts.collapsed({"diversity_ratio_per_class": ratios})
    assert len(found) == verdicts.NAMED + 1
    assert found[-1] == "so have 52 more classes"


def test_table_has_real_and_noise_beside_each_score():
    lines = tables.scores(LABELLED).splitlines()
    assert lines[0].split() == ["40", "samples", "samples", "real", "noise"]
    (coverage,) = [line for line in lines if line.startswith("  coverage")]
    assert coverage.split() == ["coverage", "50.00", "%", "96.00", "%", "0.00", "%"]
    assert "GAN-test by class: a 100.0%, b 80.0%" in lines
    assert "diversity by class: a 0.90" in lines  # b has none
    assert lines[-1] == "No class or mode has collapsed."


def test_names_of_classes_cannot_command_the_terminal():
    text = tables.scores(changed(accuracy_per_class={"\x1b[2Ja\n": 1.0}))
    assert "\x1b" not in text
    assert r"\x1b[2Ja\n 100.0%" in text


def test_of_many_classes_the_worst_are_listed():
    by_class = {f"c{k}": k / 100 for k in range(100)}
    (line, *_) = tables.classes({"accuracy_per_class": by_class})
    assert line.startswith("GAN-test by class (the 10 lowest of 100): c0 0.0%, c1 1.0%")
    assert "c10" not in line


def test_runs_side_by_side():
    worse = changed(accuracy=0.8, diversity_ratio=1.3)
    text = tables.comparison(["one", "two"], [LABELLED, worse])
    cells = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
    rows = {name: numbers for name, *numbers in cells}
    assert text.startswith("[1] one\n[2] two\n")
    assert rows["GAN-test"] == ["90.00 % *", "80.00 %"]
    assert rows["diversity"] == ["0.900 *", "1.300"]
    assert rows["coverage"] == ["50.00 %", "50.00 %"]  # alike


def test_mean_spread_and_difference():
    summary = {"accuracy": {"mean": 0.9, "sd": 0.01, "n": 3}, "seed": {"mean": 1, "sd": 1, "n": 3}}
    assert tables.spread(summary).splitlines()[-1].split() == [
        "GAN-test", "90.00", "%", "+-", "1.00", "%",
    ]  # fmt: skip
    difference = {"accuracy": {"mean": 0.05, "low": 0.01, "high": 0.09, "n": 3}}
    last = tables.spread(summary, difference, summary).splitlines()[-1]
    assert last.endswith("+5.00 %  1.00 % to 9.00 % !")
    unclear = {"accuracy": {"mean": -0.05, "low": -0.11, "high": 0.01, "n": 3}}
    assert tables.spread(summary, unclear, summary).endswith("-5.00 %  -11.00 % to 1.00 %")
    single = {"accuracy": {"mean": 0.05, "low": None, "high": None, "n": 1}}
    assert re.search(r"\+5.00 % +one pair$", tables.spread(summary, single, summary))

"""The catalogue of scores: each explains itself, and whatever needs a score finds it there."""

import pytest

from gan_keras.evaluation import catalogue
from gan_keras.foundation.errors import UsageError

METRICS = {
    "samples": 40,
    "accuracy": 0.9,
    "label_switching": 0.05,
    "diversity_ratio": 0.9,
    "switched": {},
    "distribution": {"coverage": 0.5, "floor": {"coverage": 0.96}, "ceiling": {"coverage": 0.0}},
}


def test_every_score_explains_itself_once():
    keys = [score.key for scores in catalogue.GROUPS.values() for score in scores]
    assert len(keys) == len(set(keys))
    for score in catalogue.SCORES.values():
        assert score.meaning.endswith(".")
        assert score.form in ("percent", "number", "count")
        assert score.better in ("higher", "lower", "")
        # what has no better side is judged by its distance from real images
        assert score.better or score.real or score.key.startswith("reconstruction.")
    curves = [key for _, _, keys in catalogue.CURVES for key in keys]
    assert {*catalogue.HEADLINES, *curves} <= catalogue.SCORES.keys()


@pytest.mark.parametrize(
    ("number", "form", "shown"),
    [
        (0.98765, "percent", "98.77 %"),
        (None, "percent", "-"),
        (1234.5, "count", "1,234.5"),
        (0.000571, "number", "0.000571"),
        (131.7571, "number", "131.757"),
    ],
)
def test_numbers_as_people_read_them(number, form, shown):
    assert catalogue.Score("k", "t", "m.", form=form).shown({"k": number}) == shown


def test_quality_is_larger_the_better_a_score_is():
    diversity = catalogue.SCORES["diversity_ratio"]
    assert diversity.quality({"diversity_ratio": 0.9}) == pytest.approx(-0.1)
    assert catalogue.SCORES["label_switching"].quality(METRICS) == -0.05
    assert catalogue.SCORES["accuracy"].quality(METRICS) == 0.9
    assert catalogue.SCORES["gan_train"].quality(METRICS) is None


def test_a_score_may_be_named_by_its_last_part():
    assert catalogue.find("coverage").key == "distribution.coverage"
    assert catalogue.find("modes").key == "modes"  # itself, though others end so
    assert catalogue.find("ratio") is None  # several end so
    with pytest.raises(UsageError, match="--keep_best=nonsense: choose one of accuracy, "):
        catalogue.pick("nonsense")


def test_what_a_kind_of_run_computes():
    points = {"points": 9, "reverse_kl": None, "high_quality": 0.0}
    known = [key for key, score in catalogue.SCORES.items() if score.is_computed(points)]
    assert known == ["high_quality", "reverse_kl"]  # no good point yet is no reason to refuse
    brightness = catalogue.SCORES["artefacts.brightness"]  # means nothing without real images
    assert not brightness.is_computed({"artefacts": {"brightness": 3.0}})
    assert brightness.is_computed({"artefacts": {"brightness": 3.0, "real": {"brightness": 3}}})
    assert not catalogue.SCORES["distribution.recall"].is_computed({"distribution": None})


def test_modes_of_classes_are_not_shown_as_modes_of_points():
    images = {"modes": 3, "collapse": {"modes": 3}}
    assert [score.key for score in catalogue.present(images)["Variety"]] == ["collapse.modes"]
    assert "Points" not in catalogue.present(images)
    (points,) = catalogue.present({"points": 9, "modes": 8})["Points"]
    assert points.key == "modes"

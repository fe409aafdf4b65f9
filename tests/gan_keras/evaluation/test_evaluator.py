import json

import numpy as np
import pytest

from gan_keras import data
from gan_keras.evaluation import catalogue, classifier
from gan_keras.evaluation.evaluator import Evaluator

COMMON = {"samples", "classifier", "distribution", "collapse"}
COMMON |= {"diversity", "real_diversity", "diversity_ratio"}
LABELLED = COMMON | {
    "accuracy", "accuracy_per_class", "worst_class", "rare_classes", "matched_accuracy",
    "label_switching", "switched", "diversity_ratio_per_class", "confusion",
}  # fmt: skip
UNLABELLED = COMMON | {
    "class_shares", "largest_class", "modes", "entropy_ratio", "real_entropy_ratio",
    "median_confidence", "artefacts",
}  # fmt: skip
FRECHET = "frechet_classifier_features"
SCORES = {FRECHET, "kid_classifier_features", "precision", "recall", "density", "coverage"}


@pytest.fixture(scope="module", autouse=True)
def short_training():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "MIN_STEPS", 300)
        yield


@pytest.fixture(scope="module")
def dataset():
    """A third of the small digits."""
    digits = data.load("digits")
    return digits.select(np.arange(600), np.arange(180))


@pytest.fixture(scope="module")
def fresh():
    digits = data.load("digits")
    return digits.train_images[600:1400], digits.train_labels[600:1400]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("classifiers")


@pytest.fixture(scope="module")
def evaluator(dataset, cache):
    return Evaluator(dataset, cache_dir=cache)


def test_all_scores_of_labelled_images(evaluator, dataset, fresh):
    images, labels = fresh
    noise = np.stack([images[labels == k][:5] for k in range(10)])
    pairs = (dataset.test_images, np.roll(dataset.test_images, 1, axis=1), dataset.test_labels)
    found = evaluator.evaluate(images, labels, sensitivity_images=noise, reconstructions=pairs)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found) == LABELLED | {"artefacts", "reconstruction"}
    # whatever has a row in the catalogue is computed
    headings = ("Classes", "Variety", "Distribution", "Artefacts", "Auto-encoder")
    rows = {score.key for heading in headings for score in catalogue.GROUPS[heading]}
    missing = {key for key in rows if catalogue.SCORES[key].value(found) is None}
    assert missing == {"gan_train", "largest_class.share", "median_confidence"}
    assert found["classifier"]["real_test_accuracy"] > 0.9 < found["accuracy"]
    distribution = found["distribution"]
    assert set(distribution) == SCORES | {"counts", "floor", "ceiling"}
    assert set(distribution["floor"]) == set(distribution["ceiling"]) == SCORES
    counts = distribution["counts"]
    assert (counts["class_mix"], counts["real_split"]) == ("real", "test")
    assert 80 <= counts["generated"] == counts["real"] <= 90
    assert (counts["features"], counts["k"]) == (128, 5)
    collapse, artefacts = found["collapse"], found["artefacts"]
    assert collapse["total_variation"] < 0.1
    assert collapse["nearest_train_distance"]["nearer_than_real"] == pytest.approx(0.5, abs=0.15)
    assert collapse["sensitivity"]["smallest_ratio"] > 0.5
    assert artefacts["brightness"] == pytest.approx(artefacts["real"]["brightness"], rel=0.1)
    own = found["reconstruction"]
    assert own["ssim"] < 0.9
    assert own["classifier_accuracy"] < own["input_accuracy"]


def test_the_same_images_score_the_same_and_cheap_scores_are_a_part_of_all(evaluator, fresh):
    cheap, full = evaluator.evaluate(*fresh, cheap=True), evaluator.evaluate(*fresh)
    assert full == evaluator.evaluate(*fresh)
    assert cheap != evaluator.evaluate(*fresh, cheap=True, seed=4)
    assert set(cheap) == LABELLED
    for part in (cheap["distribution"], cheap["distribution"]["floor"]):
        assert SCORES & set(part) == {FRECHET}
    assert cheap["distribution"][FRECHET] == full["distribution"][FRECHET]
    for name in LABELLED - {"distribution", "collapse"}:
        assert full[name] == cheap[name]


def test_images_without_labels(evaluator, fresh):
    images, labels = fresh
    found = evaluator.evaluate(images, None, gan_train=True)  # which needs labels
    assert set(found) == UNLABELLED
    assert found["distribution"]["counts"]["class_mix"] == "as given"
    assert found["modes"] == 10
    lost = evaluator.evaluate(images[labels < 5], None)
    assert lost["modes"] == 5
    assert lost["collapse"]["total_variation"] == pytest.approx(0.5, abs=0.05)


def test_the_mix_of_classes_that_was_asked_for_does_not_matter(evaluator, fresh):
    images, labels = fresh
    # half of the images of every second class
    keep = (labels % 2 == 0) | (np.arange(len(labels)) % 2 == 0)
    even, odd = evaluator.evaluate(images, labels), evaluator.evaluate(images[keep], labels[keep])
    assert odd["distribution"]["counts"]["class_mix"] == "real"
    assert odd["distribution"]["counts"] == even["distribution"]["counts"]
    one = evaluator.evaluate(*(part[labels != 3][:90] for part in (images, labels)))
    assert one["accuracy_per_class"]["3"] is None


def test_a_few_images_are_enough_not_to_fail(evaluator, fresh):
    images, labels = fresh
    for count in (1, 2, 3):
        found = evaluator.evaluate(images[:count], labels[:count])
        json.dumps(found, allow_nan=False)
        assert found["samples"] == count


def test_a_set_without_test_images_lends_train_images(dataset, fresh, cache):
    bare = dataset.select(np.arange(600), np.arange(0))
    # test images train nothing, so that the judge is the one of the others
    evaluator = Evaluator(bare, cache_dir=cache)
    found = evaluator.evaluate(*fresh)
    assert found["classifier"]["real_test_accuracy"] is None
    assert found["distribution"]["counts"]["real_split"] == "train"
    near = found["collapse"]["nearest_train_distance"]
    assert near["real_exact_copies"] == 0  # not compared with themselves
    assert near["nearer_than_real"] == pytest.approx(0.5, abs=0.15)

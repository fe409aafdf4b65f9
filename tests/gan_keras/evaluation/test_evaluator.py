import dataclasses
import json

import numpy as np
import pytest

from gan_keras import data
from gan_keras.data import Dataset
from gan_keras.evaluation import catalogue, classifier
from gan_keras.evaluation.evaluator import Evaluator

GROUPS = {"classifier", "distribution", "collapse"}
DIVERSITY = {"diversity", "real_diversity", "diversity_ratio"}
LABELLED = DIVERSITY | {
    "samples", "accuracy", "accuracy_per_class", "worst_class", "rare_classes",
    "matched_accuracy", "label_switching", "switched", "diversity_ratio_per_class", "confusion",
}  # fmt: skip
UNLABELLED = DIVERSITY | {
    "samples", "class_shares", "largest_class", "modes", "entropy_ratio", "real_entropy_ratio",
    "median_confidence",
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
    assert set(found) == LABELLED | GROUPS | {"artefacts", "reconstruction"}
    # whatever has a row in the catalogue is computed, and the other way round
    headings = ("Classes", "Variety", "Distribution", "Artefacts", "Auto-encoder")
    rows = {score.key for heading in headings for score in catalogue.GROUPS[heading]}
    missing = {key for key in rows if catalogue.SCORES[key].value(found) is None}
    assert missing == {"gan_train", "largest_class.share", "median_confidence"}
    for group in ("distribution", "artefacts", "reconstruction"):
        numbers = {f"{group}.{name}" for name, x in found[group].items() if isinstance(x, float)}
        assert numbers - rows <= {"reconstruction.input_accuracy"}
    assert "fid" not in json.dumps(found).lower()
    assert found["classifier"]["real_test_accuracy"] > 0.9
    assert found["accuracy"] > 0.9
    distribution = found["distribution"]
    assert set(distribution) == SCORES | {"counts", "floor", "ceiling"}
    assert set(distribution["floor"]) == set(distribution["ceiling"]) == SCORES
    counts = distribution["counts"]
    assert (counts["class_mix"], counts["real_split"]) == ("real", "test")
    assert 80 <= counts["generated"] == counts["real"] <= 90
    assert (counts["features"], counts["k"]) == (128, 5)
    # other real images score about as the floor, far from noise
    assert distribution[FRECHET] == pytest.approx(distribution["floor"][FRECHET], rel=0.5)
    assert distribution[FRECHET] < distribution["ceiling"][FRECHET] / 5
    assert distribution["coverage"] > 0.8 > 0.3 > distribution["ceiling"]["coverage"]
    collapse, artefacts = found["collapse"], found["artefacts"]
    assert collapse["total_variation"] < 0.1
    assert collapse["real_total_variation"] < 0.1
    assert collapse["nearest_train_distance"]["exact_copies"] == 0
    assert collapse["nearest_train_distance"]["nearer_than_real"] == pytest.approx(0.5, abs=0.15)
    assert collapse["sensitivity"]["smallest_ratio"] > 0.5
    assert artefacts["brightness"] == pytest.approx(artefacts["real"]["brightness"], rel=0.1)
    own = found["reconstruction"]
    assert own["ssim"] < 0.9
    assert own["classifier_accuracy"] < own["input_accuracy"]


def test_the_same_images_score_the_same(evaluator, fresh):
    first = evaluator.evaluate(*fresh, seed=3)
    assert first == evaluator.evaluate(*fresh, seed=3)
    assert first != evaluator.evaluate(*fresh, seed=4)


def test_cheap_scores_are_a_part_of_all(evaluator, fresh):
    cheap, full = evaluator.evaluate(*fresh, cheap=True), evaluator.evaluate(*fresh)
    assert set(cheap) == LABELLED | GROUPS
    for part in (cheap["distribution"], cheap["distribution"]["floor"]):
        assert SCORES & set(part) == {FRECHET}
    assert cheap["distribution"][FRECHET] == full["distribution"][FRECHET]
    assert {key: full[key] for key in LABELLED} == {key: cheap[key] for key in LABELLED}


def test_images_without_labels(evaluator, fresh):
    images, labels = fresh
    found = evaluator.evaluate(images, None, gan_train=True)
    assert set(found) == UNLABELLED | GROUPS | {"artefacts"}
    assert found["distribution"]["counts"]["class_mix"] == "as given"
    assert found["modes"] == 10
    lost = evaluator.evaluate(images[labels < 5], None)
    assert lost["modes"] == 5
    assert lost["collapse"]["total_variation"] == pytest.approx(0.5, abs=0.05)
    assert lost["distribution"][FRECHET] > 2 * found["distribution"][FRECHET]
    assert lost["distribution"]["coverage"] < found["distribution"]["coverage"] - 0.3


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
    bare = dataclasses.replace(
        dataset, test_images=dataset.test_images[:0], test_labels=dataset.test_labels[:0]
    )
    # test images train nothing, so that the judge is the one of the others
    evaluator = Evaluator(bare, cache_dir=cache)
    found = evaluator.evaluate(*fresh)
    assert found["classifier"]["real_test_accuracy"] is None
    assert found["distribution"]["counts"]["real_split"] == "train"
    near = found["collapse"]["nearest_train_distance"]
    assert near["real_exact_copies"] == 0  # not compared with themselves
    assert near["nearer_than_real"] == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((0, 8, 8, 1), np.uint8),
        np.zeros((3, 9, 8, 1), np.uint8),
        np.zeros((3, 8, 8, 1)),
    ],
)
def test_wrong_images_are_refused(evaluator, images):
    with pytest.raises(ValueError, match=r"uint8.*\(8, 8, 1\)"):
        evaluator.evaluate(images, None)


@pytest.mark.slow
def test_stacked_digits_are_read_channel_by_channel(tmp_path):
    digits = data.load("digits")
    random = np.random.default_rng(0)
    parts = []
    for images, labels, count in (
        (digits.train_images, digits.train_labels, 500),
        (digits.test_images, digits.test_labels, 200),
    ):
        rows = random.integers(0, len(labels), (count, 3))
        stack = np.stack([images[column, ..., 0] for column in rows.T], axis=-1)
        parts += [stack, (labels[rows] @ [100, 10, 1]).astype(np.int32)]
    dataset = Dataset("stacked_mnist", *parts, tuple(f"{n:03d}" for n in range(1000)))
    evaluator = Evaluator(dataset, cache_dir=tmp_path)
    found = evaluator.evaluate(dataset.test_images, None)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["classifier"]["real_test_accuracy"] > 0.85  # three digits right
    stacked = found["stacked"]
    assert stacked["modes"] == pytest.approx(stacked["real"]["modes"], abs=15)
    assert stacked["kl"] == pytest.approx(stacked["real"]["kl"], abs=0.2)
    assert found["distribution"]["counts"]["features"] == 3 * 128
    one = evaluator.evaluate(dataset.test_images[:1].repeat(50, axis=0), None)
    assert one["stacked"]["modes"] == 1
    assert one["stacked"]["kl"] > 5

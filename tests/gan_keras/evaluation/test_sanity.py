"""Scores rank what is known to be worse below what is known to be better."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from gan_keras import data
from gan_keras.data import tfds_sets
from gan_keras.evaluation import classifier
from gan_keras.evaluation.evaluator import Evaluator

# Data set: the class that is left out, standard deviations of noise (grey levels) and blur
# (pixels), what its judge must reach.
SETS = {
    "mnist": ("8", 20, 1.5, 0.993),
    # recall is blind to the other classes here
    "fashion_mnist": ("Sneaker", 20, 1.5, 0.92),
    "crohme": ("+", 20, 1.5, 0.975),
}


def split_off_fresh(dataset, test):
    """Halves the test split: a data set, and fresh images with labels that are not in it."""
    rows = np.random.default_rng(0).permutation(len(dataset.test_labels))
    fresh = rows[test : 2 * test]
    # train images stay as they are: they may have a judge already
    part = dataset.select(np.arange(len(dataset.train_labels)), rows[:test])
    return part, dataset.test_images[fresh], dataset.test_labels[fresh]


def check_ranks(evaluator, images, labels, missing, noise_by, blur_by):
    """Scores fresh real images, then worse and worse ones."""
    left_out = labels == evaluator.dataset.class_names.index(missing)
    random = np.random.default_rng(1)
    noised = np.clip(images + random.normal(0, noise_by, images.shape), 0, 255).astype(np.uint8)
    blurred = gaussian_filter(images.astype(np.float32), blur_by, axes=(1, 2)).astype(np.uint8)
    sets = {
        "real": (images, labels),
        "missing": (images[~left_out], labels[~left_out]),
        "noised": (noised, labels),
        "blurred": (blurred, labels),
        "noise": (random.integers(0, 256, images.shape, dtype=np.uint8), labels),
    }
    found = {name: evaluator.evaluate(*part)["distribution"] for name, part in sets.items()}
    for score in ("frechet_classifier_features", "kid_classifier_features"):
        # how much noise is as bad as a missing class is a matter of strength: two chains
        for chain in (("real", "missing", "noise"), ("real", "noised", "blurred", "noise")):
            values = [found[name][score] for name in chain]
            assert values == sorted(values), (score, chain, values)
        assert found["missing"][score] > 1.5 * found["real"]["floor"][score]
    real, missed = found["real"], found["missing"]
    assert missed["coverage"] < real["coverage"] - left_out.mean() / 3
    assert missed["recall"] < real["recall"] - left_out.mean() / 10
    assert found["blurred"]["precision"] < real["precision"] - 0.3
    # a perfect generator is at the floor
    for score in ("precision", "recall", "coverage"):
        assert abs(real[score] - real["floor"][score]) < 0.06, (score, real)
    assert real["coverage"] > real["counts"]["expected_coverage"] - 0.06
    assert real["floor"]["density"] > 0.8
    assert real["ceiling"]["coverage"] < 0.1


def check_collapse(evaluator, images, labels, times, gap, coverage):
    """One image per class, repeated: read right, useless to learn from (by `gap`)."""
    read = evaluator.read(images).classes
    classes = range(evaluator.dataset.num_classes)
    first = [np.flatnonzero((labels == k) & (read == k))[0] for k in classes]
    found = evaluator.evaluate(
        images[first].repeat(times, axis=0), labels[first].repeat(times), gan_train=True
    )
    assert found["accuracy"] == 1
    assert found["gan_train"] < found["gan_train_real"] - gap
    assert found["distribution"]["coverage"] < coverage
    assert found["diversity"] == 0


def test_scores_rank_small_digits(tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "MIN_STEPS", 150)
    digits = data.load("digits")
    images = np.concatenate([digits.train_images, digits.test_images])
    labels = np.concatenate([digits.train_labels, digits.test_labels])
    train, test = np.split(np.random.default_rng(0).permutation(len(labels)), [900])
    digits = dataclasses.replace(digits, train_images=images[train], train_labels=labels[train])
    digits = dataclasses.replace(digits, test_images=images[test], test_labels=labels[test])
    part, fresh, fresh_labels = split_off_fresh(digits, 448)
    evaluator = Evaluator(part, cache_dir=tmp_path)
    # at 8x8 pixels a single image teaches 60 % of the others
    check_ranks(evaluator, fresh, fresh_labels, "3", 50, 0.6)
    check_collapse(evaluator, fresh, fresh_labels, times=45, gap=0.3, coverage=0.4)


def load_real(name, real_data, tmp_path):
    if name != "crohme":
        if tfds_sets.find(name, real_data) is None:
            pytest.skip(f"{name} is not prepared in {real_data}")
        return data.load(name, real_data)
    archive = real_data / "crohme" / "CROHME_2012_2013.zip"
    if not archive.exists():
        pytest.skip(f"there is no {archive}")
    out = tmp_path / "crohme" / "symbols.npz"
    command = [sys.executable, "-m", "data_tools.crohme", f"--input={archive}", f"--out={out}"]
    subprocess.run(command, check=True, capture_output=True)
    return data.load(name, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("name", list(SETS))
def test_scores_rank_real_images(name, real_data, tmp_path, pytestconfig):
    dataset = load_real(name, real_data, tmp_path)
    *strengths, accuracy = SETS[name]
    part, fresh, labels = split_off_fresh(dataset, len(dataset.test_labels) // 2)
    judges = pytestconfig.cache.mkdir("judges")  # minutes each: kept from one session to the next
    evaluator = Evaluator(part, cache_dir=judges)
    known = evaluator.read(dataset.test_images).classes
    assert np.mean(known == dataset.test_labels) >= accuracy
    check_ranks(evaluator, fresh, labels, *strengths)
    check_collapse(evaluator, fresh, labels, times=500, gap=0.4, coverage=0.1)

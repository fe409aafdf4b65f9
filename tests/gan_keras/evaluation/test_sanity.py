"""Scores rank what is known to be worse below what is known to be better."""

import dataclasses
import subprocess
import sys
import time

import numpy as np
import pytest
import sanity

from gan_keras import data
from gan_keras.data import tfds_sets
from gan_keras.evaluation import classifier
from gan_keras.evaluation.evaluator import Evaluator

# Data set: the class that is left out, standard deviations of noise (grey levels) and blur
# (pixels), what its judge must reach.
SETS = {
    "mnist": ("8", 20, 1.5, 0.993),
    # Recall is blind to the other classes here: the wide balls around a few outliers hold their
    # real images too. Coverage, whose balls are the real images', sees each of them.
    "fashion_mnist": ("Sneaker", 20, 1.5, 0.92),
    "crohme": ("+", 20, 1.5, 0.975),
}


def check_all(evaluator, images, labels, strengths, **collapse):
    missing, noise_by, blur_by = strengths
    label = evaluator.dataset.class_names.index(missing)
    sanity.check_ranks(evaluator, images, labels, label, noise_by, blur_by)
    sanity.check_swap(evaluator, images, labels)
    sanity.check_collapse(evaluator, images, labels, **collapse)


def test_scores_rank_small_digits(tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "MIN_STEPS", 150)
    digits = data.load("digits")
    images = np.concatenate([digits.train_images, digits.test_images])
    labels = np.concatenate([digits.train_labels, digits.test_labels])
    rows = np.random.default_rng(0).permutation(len(labels))
    train, test = rows[:900], rows[900:]
    digits = dataclasses.replace(
        digits,
        train_images=images[train],
        train_labels=labels[train],
        test_images=images[test],
        test_labels=labels[test],
    )
    part, fresh, fresh_labels = sanity.split_off_fresh(digits, 900, 448)
    evaluator = Evaluator(part, cache_dir=tmp_path, verbose=0)
    # at 8x8 pixels a single image teaches 60 % of the others
    check_all(evaluator, fresh, fresh_labels, ("3", 50, 0.6), times=45, gap=0.3, coverage=0.4)


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
def test_scores_rank_mnist_in_short(real_data, tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "EPOCHS", 2)
    monkeypatch.setattr(classifier, "MIN_STEPS", 100)
    dataset = load_real("mnist", real_data, tmp_path)
    part, fresh, labels = sanity.split_off_fresh(dataset, 6400, 1000)
    evaluator = Evaluator(part, cache_dir=tmp_path, verbose=0)
    missing, noise_by, blur_by, _ = SETS["mnist"]
    label = dataset.class_names.index(missing)
    sanity.check_ranks(evaluator, fresh, labels, label, noise_by, blur_by)
    sanity.check_swap(evaluator, fresh, labels)


@pytest.mark.slow
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("name", list(SETS))
def test_scores_rank_real_images(name, real_data, tmp_path, pytestconfig):
    dataset = load_real(name, real_data, tmp_path)
    *strengths, accuracy = SETS[name]
    part, fresh, labels = sanity.split_off_fresh(
        dataset, len(dataset.train_labels), len(dataset.test_labels) // 2
    )
    start = time.monotonic()
    judges = pytestconfig.cache.mkdir("judges")  # minutes each: kept from one session to the next
    evaluator = Evaluator(part, cache_dir=judges)
    print(f"{name}: {evaluator.real_accuracy:.2%}; {time.monotonic() - start:.0f} seconds")
    known = evaluator.read(dataset.test_images).classes
    assert np.mean(known == dataset.test_labels) >= accuracy
    check_all(evaluator, fresh, labels, strengths, times=500, gap=0.4, coverage=0.1)

"""Sets of images whose faults are known, and what the scores must say of them."""

import numpy as np
from scipy.ndimage import gaussian_filter

from gan_keras.evaluation.evaluator import Evaluator


def split_off_fresh(dataset, train, test, seed=0):
    """Takes some images of each split, and as many test images again that nobody else sees.

    Returns:
        The data set, and fresh images with their labels.
    """
    random = np.random.default_rng(seed)
    rows = random.permutation(len(dataset.test_labels))
    fresh = rows[test : 2 * test]
    chosen = np.arange(train)  # all as they are: they may have a judge already
    if train < len(dataset.train_labels):
        chosen = random.permutation(len(dataset.train_labels))[:train]
    part = dataset.select(chosen, rows[:test])
    return part, dataset.test_images[fresh], dataset.test_labels[fresh]


def noised(images, deviation):
    noise = np.random.default_rng(1).normal(0, deviation, images.shape)
    return np.clip(images + noise, 0, 255).astype(np.uint8)


def blurred(images, deviation):
    return gaussian_filter(images.astype(np.float32), deviation, axes=(1, 2)).astype(np.uint8)


def check_ranks(evaluator: Evaluator, images, labels, missing, noise_by, blur_by):
    """Scores fresh real images, then worse and worse ones."""
    there = labels != missing
    noise = np.random.default_rng(2).integers(0, 256, images.shape, dtype=np.uint8)
    sets = {
        "real": (images, labels),
        "missing": (images[there], labels[there]),
        "noised": (noised(images, noise_by), labels),
        "blurred": (blurred(images, blur_by), labels),
        "noise": (noise, labels),
    }
    found = {name: evaluator.evaluate(*part)["distribution"] for name, part in sets.items()}
    for name, scores in found.items():
        print(f"{name:8}", {k: round(v, 4) for k, v in scores.items() if isinstance(v, float)})
    for score in ("frechet_classifier_features", "kid_classifier_features"):
        # how much noise is as bad as a missing class is a matter of strength: two chains
        for chain in (("real", "missing", "noise"), ("real", "noised", "blurred", "noise")):
            values = [found[name][score] for name in chain]
            assert values == sorted(values), (score, chain, values)
        assert found["missing"][score] > 1.5 * found["real"]["floor"][score]
    real, missed = found["real"], found["missing"]
    share = np.mean(labels == missing)
    assert missed["coverage"] < real["coverage"] - share / 3
    assert missed["recall"] < real["recall"] - share / 10
    assert found["blurred"]["precision"] < real["precision"] - 0.3
    # a perfect generator is at the floor
    for score in ("precision", "recall", "coverage"):
        assert abs(real[score] - real["floor"][score]) < 0.06, (score, real)
    assert real["coverage"] > real["counts"]["expected_coverage"] - 0.06
    assert real["floor"]["density"] > 0.8
    assert real["ceiling"]["coverage"] < 0.1


def check_collapse(evaluator: Evaluator, images, labels, times, gap, coverage):
    """One image a class, repeated: read right, useless to learn from.

    Args:
        times: How often each image.
        gap: GAN-train is at least so much below that of real images.
        coverage: It is below this. Not 0: each image lies in about k of the balls.
    """
    read = evaluator.read(images).classes
    classes = range(evaluator.dataset.num_classes)
    first = [np.flatnonzero((labels == k) & (read == k))[0] for k in classes]
    found = evaluator.evaluate(
        images[first].repeat(times, axis=0), labels[first].repeat(times), gan_train=True
    )
    print({name: found[name] for name in ("accuracy", "gan_train", "gan_train_real")})
    print("coverage", found["distribution"]["coverage"])
    assert found["accuracy"] == 1
    assert found["gan_train"] < found["gan_train_real"] - gap
    assert found["distribution"]["coverage"] < coverage
    assert found["diversity"] == 0


def check_swap(evaluator: Evaluator, images, labels):
    """Two classes swapped: both are named."""
    swapped = labels.copy()
    swapped[labels == 1], swapped[labels == 2] = 2, 1
    found = evaluator.evaluate(images, swapped, cheap=True)
    one, two = evaluator.dataset.class_names[1:3]
    assert found["switched"] == {one: two, two: one}
    assert found["label_switching"] > 0.7 * np.mean((labels == 1) | (labels == 2))

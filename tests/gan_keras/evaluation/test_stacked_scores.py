import numpy as np
import pytest

from gan_keras.data import Dataset
from gan_keras.evaluation import classifier, stacked_scores
from gan_keras.evaluation.classifier import Reading
from gan_keras.evaluation.evaluator import Evaluator


def toy(train=3000, test=500):
    """Stacked images whose channel of digit d is all 20 d."""
    random = np.random.default_rng(0)
    parts = []
    for count in (train, test):
        digits = random.integers(0, 10, (count, 3))
        images = np.broadcast_to(digits[:, None, None, :] * 20, (count, 4, 4, 3)).astype(np.uint8)
        parts += [images, (digits @ [100, 10, 1]).astype(np.int32)]
    return Dataset("stacked_mnist", *parts, tuple(f"{n:03d}" for n in range(1000)))


def test_single_digits_keep_their_labels():
    dataset = toy(50, 20)
    digits = stacked_scores.single_digits(dataset)
    assert stacked_scores.is_stacked(dataset)
    assert not stacked_scores.is_stacked(digits)
    assert digits.train_images.shape == (150, 4, 4, 1)
    np.testing.assert_array_equal(digits.train_images[:, 0, 0, 0], 20 * digits.train_labels)
    assert len(digits.test_images) == 60
    assert digits.class_names == tuple("0123456789")


def test_modes_and_divergence_by_hand():
    dataset = toy()
    collapsed = stacked_scores.stacked_scores(np.full(400, 123), dataset)
    numbers = dataset.train_labels
    shares = [np.mean(part == digit) for part, digit in (
        (numbers // 100, 1), (numbers // 10 % 10, 2), (numbers % 10, 3)
    )]  # fmt: skip
    assert collapsed["modes"] == 1
    assert collapsed["kl"] == pytest.approx(-np.log(np.prod(shares)))
    assert collapsed["real"]["samples"] == 400
    assert collapsed["real"]["modes"] == len(np.unique(dataset.test_labels[:400]))
    every = stacked_scores.stacked_scores(np.repeat(np.arange(1000), 26), dataset)
    assert (every["modes"], every["samples"]) == (1000, 26_000)
    assert every["kl"] < 0.05  # digits are only about equally frequent


def test_channels_are_read_one_by_one(monkeypatch, tmp_path):
    def read(reader, images):
        digits = np.minimum(images[:, 0, 0, 0] // 20, 9)  # noise has more
        return Reading(digits[:, None] + np.zeros((1, 2)), np.eye(10)[digits])

    monkeypatch.setattr(classifier, "read", read)
    dataset = toy(30, 5)
    found = stacked_scores.read(None, dataset.train_images)
    np.testing.assert_array_equal(found.classes, dataset.train_labels)
    assert found.features.shape == (30, 6)
    assert found.probabilities.shape == (30, 1000)

    judged = []
    monkeypatch.setattr(classifier, "load_or_train", lambda data, *_, **__: judged.append(data))
    monkeypatch.setattr(classifier, "make_reader", lambda judge: judge)
    metrics = Evaluator(toy(), cache_dir=tmp_path).evaluate(toy().test_images, None)
    assert judged[0].name == "stacked_mnist digits"
    assert metrics["classifier"]["real_test_accuracy"] == 1
    assert metrics["stacked"]["modes"] == metrics["stacked"]["real"]["modes"] > 300
    assert metrics["distribution"]["counts"]["features"] == 6

import json

import numpy as np
import pytest

from gan_keras import data
from gan_keras.evaluation import classifier, gan_train


@pytest.fixture
def dataset(data_dir):
    return data.load("demo", data_dir)


@pytest.fixture
def trained_on(monkeypatch):
    """Records what classifiers are trained on, and leaves them untrained."""
    calls = []

    def recorded(dataset, *, seed, verbose):
        assert seed != classifier.SEED  # the judge's
        calls.append(dataset)
        return classifier.make_classifier(dataset.image_shape, dataset.num_classes, seed)

    monkeypatch.setattr(classifier, "train_classifier", recorded)
    return calls


def test_only_generated_images_are_trained_on(dataset, trained_on):
    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28, 1), dtype=np.uint8)
    labels = np.arange(40) % 4
    found = gan_train.gan_train_accuracy(images, labels, dataset)
    (source,) = trained_on
    np.testing.assert_array_equal(source.train_images, images)
    np.testing.assert_array_equal(source.train_labels, labels)
    # of the real test images, as the classifier reads them
    model = classifier.make_classifier(dataset.image_shape, dataset.num_classes, gan_train.SEED)
    read = classifier.predict(model, dataset.test_images)
    assert found == pytest.approx(np.mean(read == dataset.test_labels))


def test_many_images_are_cut_to_a_part_with_the_same_mix(dataset, trained_on, monkeypatch):
    monkeypatch.setattr(gan_train, "LIMIT", 20)
    images = np.arange(40 * 784).reshape(40, 28, 28, 1).astype(np.uint8)
    gan_train.gan_train_accuracy(images, np.repeat([0, 1, 2, 3], [20, 10, 8, 2]), dataset)
    assert trained_on[0].class_counts.tolist() == [10, 5, 4, 1]


def test_real_baseline_has_the_same_counts_and_is_cached(dataset, trained_on, tmp_path):
    cache = tmp_path / "cache"
    labels = np.repeat([0, 1, 3], [5, 3, 20])  # class 3 has only six real train images
    found = gan_train.real_train_accuracy(labels, dataset, cache)
    assert trained_on[0].class_counts.tolist() == [5, 3, 0, 20]
    used = trained_on[0].train_images[trained_on[0].train_labels == 3]
    times = np.unique([image.tobytes() for image in used], return_counts=True)[1]
    assert sorted(times) == [3, 3, 3, 3, 4, 4]  # each as often as any other
    assert gan_train.real_train_accuracy(labels, dataset, cache) == found
    assert len(trained_on) == 1
    (file,) = cache.glob("*.json")
    assert json.loads(file.read_text())["accuracy"] == found
    gan_train.real_train_accuracy(labels[:-1], dataset, cache)
    assert len(trained_on) == 2  # other counts
    for damage in ("{", "[]", '{"accuracy": 7}'):
        file.write_text(damage)
        assert gan_train.real_train_accuracy(labels, dataset, cache) == found
    assert len(trained_on) == 5
    bare = dataset.select(np.arange(9), np.arange(0))
    assert np.isnan(gan_train.real_train_accuracy(np.arange(4), bare, cache))

import dataclasses

import keras
import numpy as np
import pytest

from gan_keras import data
from gan_keras.evaluation import classifier


@pytest.fixture
def dataset(data_dir):
    return data.load("demo", data_dir)


def test_training_depends_on_nothing_but_the_train_split(dataset, monkeypatch):
    other = dataclasses.replace(dataset, test_images=255 - dataset.test_images)
    monkeypatch.setattr(classifier, "MAX_EPOCHS", 1)
    weights = []
    for seed, data_set in ((1, dataset), (2, other)):
        keras.utils.set_random_seed(seed)  # a run's own seed must not matter
        model = classifier.train_classifier(data_set)
        weights.append(model.get_weights())
    for one, two in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, two)


def test_it_computes_in_float32_whatever_the_policy(dataset):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = classifier.make_classifier(dataset.image_shape, 4)
        layers = [x for x in model.layers if not isinstance(x, keras.layers.InputLayer)]
        assert {layer.compute_dtype for layer in layers} == {"float32"}
    finally:
        keras.config.set_dtype_policy(before)


def test_the_judge_is_cached_by_data_and_code(dataset, tmp_path, monkeypatch):
    calls = []

    def counted(dataset, **_):
        calls.append(dataset)
        return classifier.make_classifier(dataset.image_shape, dataset.num_classes)

    monkeypatch.setattr(classifier, "train_classifier", counted)
    cache = tmp_path / "cache"
    first = classifier.load_or_train(dataset, cache)
    second = classifier.load_or_train(dataset, cache)
    assert len(calls) == 1
    np.testing.assert_array_equal(
        classifier.predict(first, dataset.test_images),
        classifier.predict(second, dataset.test_images),
    )
    (file,) = cache.glob("*.keras")
    file.write_bytes(file.read_bytes()[:500])
    classifier.load_or_train(dataset, cache)
    assert len(calls) == 2  # a damaged cache is made again


def test_the_cache_knows_data_and_training(dataset, tmp_path, monkeypatch):
    path = classifier.cache_path(dataset, tmp_path, ".keras")
    assert path == classifier.cache_path(dataset, tmp_path, ".keras")
    other = dataclasses.replace(dataset, train_images=255 - dataset.train_images)
    changed = dataclasses.replace(dataset, train_labels=dataset.train_labels[::-1].copy())
    paths = {classifier.cache_path(data, tmp_path, ".keras") for data in (dataset, other, changed)}
    assert len(paths) == 3
    # test images train nothing: the judge is the same whatever they are, its scores are not
    tested = dataclasses.replace(dataset, test_images=255 - dataset.test_images)
    assert classifier.cache_path(tested, tmp_path, ".keras") == path
    scores = [classifier.cache_path(data, tmp_path, ".json") for data in (dataset, tested)]
    assert scores[0] != scores[1]
    monkeypatch.setattr(classifier, "LEARNING_RATE", 1e-3)
    assert classifier.cache_path(dataset, tmp_path, ".keras") not in paths
    monkeypatch.undo()
    monkeypatch.setattr(classifier, "make_classifier", lambda *shape: None)
    assert classifier.cache_path(dataset, tmp_path, ".keras") not in paths


def test_reading_agrees_with_the_classifier(dataset, monkeypatch):
    monkeypatch.setattr(classifier, "MAX_EPOCHS", 3)
    model = classifier.train_classifier(dataset)
    found = classifier.read(classifier.make_reader(model), dataset.test_images)
    np.testing.assert_array_equal(found.classes, classifier.predict(model, dataset.test_images))
    assert found.features.shape == (15, 128)
    np.testing.assert_allclose((found.features**2).mean(axis=1), 1)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    assert found[np.arange(3)].features.shape == (3, 128)

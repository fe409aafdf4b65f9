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
        weights.append(classifier.train_classifier(data_set).get_weights())
    for one, two in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, two)


def test_it_computes_in_float32_whatever_the_policy(dataset):
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = classifier.make_classifier(dataset.image_shape, 4)
    layers = [x for x in model.layers if not isinstance(x, keras.layers.InputLayer)]
    assert {layer.compute_dtype for layer in layers} == {"float32"}


def test_the_judge_is_trained_once_and_anew_where_its_file_is_damaged(
    dataset, tmp_path, monkeypatch
):
    calls = []

    def counted(dataset, **_):
        calls.append(dataset)
        return classifier.make_classifier(dataset.image_shape, dataset.num_classes)

    monkeypatch.setattr(classifier, "train_classifier", counted)
    first, second = (classifier.load_or_train(dataset, tmp_path) for _ in range(2))
    assert len(calls) == 1
    for one, two in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    (file,) = tmp_path.glob("*.keras")
    file.write_bytes(file.read_bytes()[:500])
    classifier.load_or_train(dataset, tmp_path)
    assert len(calls) == 2


def test_the_cache_knows_data_and_training(dataset, monkeypatch):
    def name(ending=".keras", **changes):
        return classifier.cache_path(dataclasses.replace(dataset, **changes), "", ending)

    plain = name()
    other = {"test_images": 255 - dataset.test_images}
    # test images train nothing: the judge is the same whatever they are, its scores are not
    assert name(**other) == plain
    assert name(".json", **other) != name(".json")
    assert name(train_images=255 - dataset.train_images) != plain
    assert name(train_labels=dataset.train_labels[::-1].copy()) != plain
    for constant, value in (("LEARNING_RATE", 1e-3), ("FILTERS", ((32,),)), ("VERSION", 0)):
        with monkeypatch.context() as patch:
            patch.setattr(classifier, constant, value)
            assert name() != plain
    monkeypatch.setattr(keras, "__version__", "0.0.0")
    assert name() != plain


def test_reading_agrees_with_the_classifier(dataset, monkeypatch):
    monkeypatch.setattr(classifier, "MAX_EPOCHS", 3)
    model = classifier.train_classifier(dataset)
    found = classifier.read(classifier.make_reader(model), dataset.test_images)
    np.testing.assert_array_equal(found.classes, classifier.predict(model, dataset.test_images))
    assert found.features.shape == (15, 128)
    np.testing.assert_allclose((found.features**2).mean(axis=1), 1)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    assert found[np.arange(3)].features.shape == (3, 128)

import keras
import numpy as np
import pytest
import writing_samples

from gan_keras.evaluation import classifier
from gan_keras.writing import legibility
from gan_keras.writing.alphabet import Alphabet


def test_look_alikes_are_merged():
    alphabet = Alphabet(tuple("0Ooab1lx"))
    assert alphabet.look_alikes() == ["0 O o", "1 l"]
    # what is read is the number that the image holds
    reads = keras.Sequential([keras.Input((1, 1, 8)), keras.layers.Flatten()])
    read = np.array([1, 2, 3, 4, 3])  # O o a b a
    images = np.zeros((5, 1, 1, 8), np.uint8)
    images[np.arange(5), 0, 0, read] = 255
    found = legibility.grade(reads, images, np.array([0, 2, 3, 3, 4]), alphabet)
    assert found["glyphs"] == 5
    assert found["exact"] == pytest.approx(0.4)
    assert found["per_class"] == {0: 1.0, 2: 1.0, 3: 0.5, 4: 0.0}


def test_the_grader_learns_from_train_images_and_is_kept(tmp_path, monkeypatch):
    for name, value in {"MIN_STEPS": 40, "MAX_STEPS": 40, "BATCH": 32}.items():
        monkeypatch.setattr(legibility, name, value)
    data = writing_samples.dataset("math16")
    first = legibility.grader(data, tmp_path)
    (path,) = tmp_path.iterdir()
    written = path.stat().st_mtime_ns
    again = legibility.grader(data, tmp_path)
    assert path.stat().st_mtime_ns == written
    images = data.train_images[:50]
    np.testing.assert_array_equal(
        classifier.predict(first, images), classifier.predict(again, images)
    )
    assert classifier.accuracy(first, data.train_images, data.train_labels) > 0.4

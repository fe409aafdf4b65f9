import numpy as np
import pytest

from gan_keras.evaluation.conditional import class_scores

EVEN = np.full(4, 9)


def test_accuracies_by_hand():
    wanted = np.array([0, 0, 1, 1, 2, 2, 2])
    read = np.array([0, 1, 1, 1, 2, 0, 2])
    found = class_scores(wanted, read, np.array([30, 25, 30, 5]), tuple("abcd"))
    assert found["accuracy"] == found["matched_accuracy"] == pytest.approx(5 / 7)
    assert found["accuracy_per_class"] == {
        "a": 1 / 2, "b": 1, "c": pytest.approx(2 / 3), "d": None,
    }  # fmt: skip
    assert found["worst_class"] == {"name": "a", "accuracy": 1 / 2}
    assert found["rare_classes"] == {"d": None}
    assert found["label_switching"] == 0
    assert found["switched"] == {}
    assert found["confusion"] == [[1, 1, 0, 0], [0, 2, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]]


def test_label_switching_shows_after_matching():
    wanted, read = np.repeat([0, 1, 2], 10), np.repeat([1, 0, 2], 10)  # 0 and 1 swapped throughout
    found = class_scores(wanted, read, EVEN[:3], tuple("abc"))
    assert found["accuracy"] == pytest.approx(1 / 3)
    assert found["matched_accuracy"] == 1
    assert found["label_switching"] == pytest.approx(2 / 3)
    assert found["switched"] == {"a": "b", "b": "a"}


def test_classes_are_not_renamed_without_gain():
    # all is read as class c: which class is called c makes no difference, so it keeps its name
    found = class_scores(np.repeat(np.arange(4), 4), np.full(16, 2), EVEN, tuple("abcd"))
    assert found["switched"] == {}
    # a class that was not asked for is not switched
    found = class_scores(np.array([0, 0, 1]), np.array([1, 1, 2]), EVEN[:3], tuple("abc"))
    assert found["switched"] == {"a": "b", "b": "c"}

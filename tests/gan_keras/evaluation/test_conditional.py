import numpy as np
import pytest

from gan_keras.evaluation import conditional


def test_conditional_accuracy_by_hand():
    wanted = np.array([0, 0, 1, 1, 2, 2, 2])
    read = np.array([0, 1, 1, 1, 2, 0, 2])
    found = conditional.conditional_accuracy(wanted, read, 4)
    assert found["accuracy"] == pytest.approx(5 / 7)
    np.testing.assert_allclose(found["per_class"], [1 / 2, 1, 2 / 3, np.nan])
    assert found["matched_accuracy"] == pytest.approx(5 / 7)
    assert found["confusion"].tolist() == [[1, 1, 0, 0], [0, 2, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]]


def test_label_switching_shows_after_matching():
    wanted = np.repeat([0, 1, 2], 10)
    read = np.repeat([1, 0, 2], 10)  # 0 and 1 swapped throughout
    found = conditional.conditional_accuracy(wanted, read, 3)
    assert found["accuracy"] == pytest.approx(1 / 3)
    assert found["matched_accuracy"] == 1
    assert found["matching"].tolist() == [1, 0, 2]


def test_classes_are_not_renamed_without_gain():
    # all is read as class 3: which class is called 3 makes no difference, so it keeps its name
    wanted = np.repeat(np.arange(5), 4)
    found = conditional.conditional_accuracy(wanted, np.full(20, 3), 5)
    assert found["matching"].tolist() == [0, 1, 2, 3, 4]
    # a class that nobody asked for is not switched
    found = conditional.score_conditional(
        np.array([0, 0, 1]), np.array([1, 1, 2]), np.array([9, 9, 9]), ("a", "b", "c")
    )
    assert found["switched"] == {"a": "b", "b": "c"}


def test_scores_by_name():
    wanted, read = np.repeat([0, 1, 2], 10), np.repeat([1, 0, 2], 10)
    found = conditional.score_conditional(wanted, read, np.array([30, 25, 5]), ("a", "b", "c"))
    assert found["switched"] == {"a": "b", "b": "a"}
    assert found["label_switching"] == pytest.approx(2 / 3)
    assert found["rare_classes"] == {"c": 1.0}
    assert found["worst_class"] == {"name": "a", "accuracy": 0.0}
    assert found["accuracy_per_class"] == {"a": 0.0, "b": 0.0, "c": 1.0}

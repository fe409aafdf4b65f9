import pytest

from gan_keras.data.layouts import Place, places


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        # class folders first, their splits inside; the second class has none for tests
        (
            ["s/cat/train/1", "s/cat/test/2", "s/dog/train/3"],
            ["cat/1 train cat", "cat/2 test cat", "dog/3 train dog"],
        ),
        # each split with its own wrapping
        (
            ["trainingSet/trainingSet/0/1", "trainingSet/trainingSet/1/1", "testSet/testSet/2"],
            ["0/1 train 0", "1/1 train 1", "2 test "],
        ),
        (
            ["train/images/0/1", "train/images/1/1", "val/0/2"],
            ["0/1 train 0", "1/1 train 1", "0/2 val 0"],
        ),
        # short words, and other additions; numbers
        (["tr/0/1", "te/0/1", "tr/1/1"], ["0/1 train 0", "0/1 test 0", "1/1 train 1"]),
        (["Trainingsdaten/0/1", "Testdaten/0/1"], ["0/1 train 0", "0/1 test 0"]),
        (["train_val/0/1", "test/0/1"], ["0/1 train 0", "0/1 test 0"]),
        (["1_train/0/1", "2_test/0/1"], ["0/1 train 0", "0/1 test 0"]),
        (["train2017/0/1", "val2017/0/1"], ["0/1 train 0", "0/1 val 0"]),
        (["train/0/1", "holdout/0/1"], ["0/1 train 0", "0/1 test 0"]),
        # languages
        (["tr/1", "te/1", "de/1"], ["tr/1  tr", "te/1  te", "de/1  de"]),
        # a class of vehicles
        (["bus/1", "car/1", "train/1"], ["bus/1  bus", "car/1  car", "train/1  train"]),
        (["train/0/1", "train/1/1", "figures/2"], ["0/1 train 0", "1/1 train 1", None]),
        (["test/1", "train/2"], ["1 test all", "2 train all"]),
        (["train/1", "train/2"], ["1  all", "2  all"]),
        # a class alone, and a stray picture beside a wrapping
        (["s/cat/1", "s/cat/2"], ["cat/1  cat", "cat/2  cat"]),
        (["logo", "s/0/1", "s/1/1"], ["logo  ", "0/1  0", "1/1  1"]),
        (["cat/1", "cat/2", "cat/old/4"], ["cat/1  cat", "cat/2  cat", "cat/old/4  cat"]),
    ],
)  # fmt: skip
def test_places(names, expected):
    found = [place and f"{place.path} {place.split} {place.label}" for place in places(names)]
    assert found == expected


def test_no_pictures():
    assert places([]) == []
    assert places(["1"]) == [Place("1", "", "all")]

from hashlib import blake2b

import numpy as np
import pytest

from gan_keras.data.records import draw_test


def by_hash_alone(keys):
    digests = [blake2b(key.encode(), digest_size=8).digest() for key in keys]
    return np.array([int.from_bytes(digest, "big") % 10 == 0 for digest in digests])


KEYS = [f"writer {i}" for i in range(200)]


def test_groups_go_to_train_as_a_whole():
    # Class 1 has nothing but two writers who test, and they wrote of class 0 too.
    first, second, third = [key for key in KEYS if by_hash_alone([key])][:3]
    trained = next(key for key in KEYS if not by_hash_alone([key]))
    keys = [first, second, first, second, third, trained]
    test = draw_test(keys, np.array([1, 1, 0, 0, 0, 0]))
    assert test.tolist() == [False, False, False, False, True, False]


@pytest.mark.parametrize("seed", range(50))
def test_no_class_tests_as_a_whole_and_no_group_is_torn_apart(seed):
    random = np.random.default_rng(seed)
    group, labels = random.integers(0, 40, 120), random.integers(0, 60, 120)
    keys = [KEYS[number] for number in group]
    test = draw_test(keys, labels)
    assert not test[~by_hash_alone(keys)].any()  # towards train only
    assert not any(test[labels == label].all() for label in np.unique(labels))
    assert all(len(set(test[group == number])) == 1 for number in np.unique(group))


def test_names_of_their_own_are_drawn_one_by_one():
    labels = np.arange(200) % 7
    assert draw_test(KEYS, labels).tolist() == by_hash_alone(KEYS).tolist()
    alone = np.arange(200)  # a class each
    assert not draw_test(KEYS, alone).any()
    assert draw_test([], alone[:0]).shape == (0,)

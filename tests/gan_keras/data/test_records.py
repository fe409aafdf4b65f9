from hashlib import blake2b

import numpy as np

from gan_keras.data.records import draw_test


def by_hash_alone(keys):
    digests = [blake2b(key.encode(), digest_size=8).digest() for key in keys]
    return np.array([int.from_bytes(digest, "big") % 10 == 0 for digest in digests])


KEYS = [f"writer {i}" for i in range(200)]
TESTED = [key for key, test in zip(KEYS, by_hash_alone(KEYS), strict=True) if test]
TRAINED = [key for key in KEYS if key not in TESTED]


def test_groups_go_to_train_as_a_whole():
    # Class 1 has nothing but two writers who test, and they wrote of class 0 too.
    first, second, third = TESTED[:3]
    keys = [first, second, first, second, third, TRAINED[0]]
    test = draw_test(keys, np.array([1, 1, 0, 0, 0, 0]))
    assert test.tolist() == [False, False, False, False, True, False]


def test_no_class_tests_as_a_whole_and_no_group_is_torn_apart():
    random = np.random.default_rng(0)
    for _ in range(50):
        group = random.integers(0, 40, 120)
        labels = random.integers(0, 60, 120)
        keys = [KEYS[number] for number in group]
        test = draw_test(keys, labels)
        assert not test[~by_hash_alone(keys)].any()  # towards train only
        for label in np.unique(labels):
            assert not test[labels == label].all()
        for number in np.unique(group):
            assert len(set(test[group == number])) == 1


def test_names_of_their_own_are_drawn_one_by_one():
    labels = np.arange(200) % 7
    assert draw_test(KEYS, labels).tolist() == by_hash_alone(KEYS).tolist()
    alone = np.arange(200)  # a class each
    assert not draw_test(KEYS, alone).any()
    assert draw_test([], alone[:0]).shape == (0,)

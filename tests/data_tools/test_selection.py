import itertools

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from data_tools import selection


def catalogue(seed: int, n: int = 400) -> dict[str, np.ndarray]:
    """Random symbols of five classes."""
    generator = np.random.default_rng(seed)
    return {
        "labels": (generator.random(n) ** 3 * 5).astype(np.int32),
        "keys": generator.integers(0, 2**64, n, dtype=np.uint64),
        "inks": generator.integers(0, n, n, dtype=np.uint64),
    }


def test_order_key_is_the_same_everywhere():
    # Pinned: another value would select other symbols than before.
    assert selection.order_key("keep", 0, "CROHME2012_data/a.inkml", 3) == 4652621507214605450
    facts = itertools.product(("keep", "group"), (0, 1), ("a", "b", "1/a"), (0, 1, 11))
    keys = {selection.order_key(*fact) for fact in facts}
    assert len(keys) == 36
    assert max(keys) < 2**64


def test_select_keeps_the_lowest_keys_of_each_class():
    cat = catalogue(0)
    kept, dropped = selection.select(**cat, max_per_class=30, max_total=None, dedupe=False)
    for label in range(5):
        lowest = np.sort(cat["keys"][cat["labels"] == label])[:30]
        assert np.array_equal(np.sort(cat["keys"][kept & (cat["labels"] == label)]), lowest)
    assert np.array_equal(dropped[selection.OVER_CLASS], ~kept)
    assert selection.select(**cat, max_per_class=0, max_total=None, dedupe=False)[0].all()


def test_select_total_and_dedupe_in_any_order():
    cat = catalogue(1)
    limits = {"max_per_class": 30, "max_total": 70, "dedupe": True}
    kept, dropped = selection.select(**cat, **limits)
    assert kept.sum() == 70
    assert len(np.unique(cat["inks"][kept])) == 70
    # Each symbol is kept or dropped for exactly one reason.
    assert (np.sum([kept, *dropped.values()], axis=0) == 1).all()
    once = selection.select(**cat, max_per_class=0, max_total=None, dedupe=True)[0]
    assert sorted(cat["inks"][once]) == sorted(set(cat["inks"]))
    shuffled = np.random.default_rng(0).permutation(len(kept))
    again = selection.select(**{name: part[shuffled] for name, part in cat.items()}, **limits)[0]
    assert np.array_equal(kept[shuffled], again)


@pytest.mark.parametrize("seed", range(20))
def test_linked_groups_are_connected_components(seed):
    generator = np.random.default_rng(seed)
    files, inks = generator.integers(0, 20, 40), generator.integers(0, 35, 40)
    links = coo_array((np.ones(40), (files, 20 + inks)), shape=(55, 55))
    parts = connected_components(links, directed=False)[1][files]
    expected = [min(files[parts == part]) for part in parts]
    assert selection.linked_groups(files, inks).tolist() == expected


def test_clean_split_takes_whole_groups_and_a_tenth_of_each_class():
    generator = np.random.default_rng(4)
    labels = catalogue(3, n=6_000)["labels"]
    groups = np.sort(generator.integers(0, 900, 6_000))
    keys = generator.integers(0, 2**64, 900, dtype=np.uint64)[groups]
    test = selection.clean_split(labels, groups, keys, 6)
    assert not set(groups[test]) & set(groups[~test])
    for label in range(5):
        count = (labels == label).sum()
        assert abs((test & (labels == label)).sum() - count / 10) <= 1
    # Another seed, another choice; the same seed, the same.
    assert np.array_equal(test, selection.clean_split(labels, groups, keys, 6))
    other = selection.clean_split(labels, groups, np.flip(keys.max() - keys), 6)
    assert not np.array_equal(test, other)


def test_clean_split_of_one_group_is_all_train():
    labels = np.array([0, 1, 1])
    one = np.zeros(3, np.int64)
    assert not selection.clean_split(labels, one, one.astype(np.uint64), 2).any()


def test_original_split():
    keys = np.random.default_rng(0).integers(0, 2**64, 35_840, dtype=np.uint64)
    test = selection.original_split(keys)
    assert test.sum() == 3_584
    assert keys[test].max() < keys[~test].min()


def test_rests_are_taken_out_within_strokes_only():
    points = np.array([[1, 1], [1, 1], [2, 1], [2, 1], [2, 1], [3, 3], [3, 3.0]])
    kept, lengths = selection.without_rests(points, np.array([4, 2, 1]))
    assert kept.tolist() == [[1, 1], [2, 1], [2, 1], [3, 3], [3, 3]]
    assert lengths.tolist() == [2, 2, 1]
    nothing = selection.without_rests(points[:0], np.zeros(0, int))
    assert [len(part) for part in nothing] == [0, 0]


def test_ink_digests():
    a, b = [[1.0, 2], [3, 4]], [[5.0, 6]]

    def digest(*strokes):
        points = np.array([point for stroke in strokes for point in stroke])
        lengths = np.array([len(stroke) for stroke in strokes])
        (result,) = selection.ink_digests(points, lengths, np.array([len(strokes)]))
        return result

    assert digest(a, b) == digest(b, a)
    different = {digest(a, b), digest(a), digest(b), digest(a + b), digest(a[:1], a[1:], b)}
    assert len(different) == 5

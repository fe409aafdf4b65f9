import collections
import random

import numpy as np
import pytest

from data_tools import symbols
from data_tools.symbols import Catalogue
from gan_keras.foundation import class_names as names


def catalogue(seed: int, n: int = 400, classes: int = 5, files: int = 60) -> Catalogue:
    generator = np.random.default_rng(seed)
    return Catalogue(
        labels=(generator.random(n) ** 3 * classes).astype(np.int32),
        files=np.sort(generator.integers(0, files, n)).astype(np.int32),
        keys=generator.integers(0, 2**64, n, dtype=np.uint64),
        inks=generator.integers(0, n, n),
    )


def test_class_list():
    assert names.class_list("all") is None
    assert names.class_list("x,1,COMMA, \\times") == (",", "1", "\\times", "x")
    assert names.class_list(",".join(names.DEFAULT_CLASSES)) == tuple("()+-0123456789=x")
    for bad in ("", "a,", "a,,b", ","):
        with pytest.raises(ValueError, match="COMMA"):
            names.class_list(bad)
    with pytest.raises(ValueError, match="'a' is there twice"):
        names.class_list("a,b,a")


def test_order_key_is_the_same_everywhere():
    # Pinned: another value would select other symbols than before.
    assert names.order_key("keep", 0, "CROHME2012_data/a.inkml", 3) == 4652621507214605450
    keys = {
        names.order_key(purpose, seed, source, index)
        for purpose in ("keep", "group")
        for seed in (0, 1)
        for source in ("a", "b", "1/a")
        for index in (0, 1, 11)
    }
    assert len(keys) == 36
    assert max(keys) < 2**64


def test_select_keeps_the_lowest_keys_of_each_class():
    cat = catalogue(0)
    kept, dropped = symbols.select(cat, 30, None, dedupe=False)
    for c, count in collections.Counter(cat.labels.tolist()).items():
        mine = cat.labels == c
        assert kept[mine].sum() == min(count, 30)
        if count > 30:
            assert cat.keys[mine & kept].max() < cat.keys[mine & ~kept].min()
    assert np.array_equal(dropped[symbols.OVER_CLASS], ~kept)
    assert symbols.select(cat, 0, None, dedupe=False)[0].all()


def test_select_total_and_dedupe():
    cat = catalogue(1)
    kept, dropped = symbols.select(cat, 30, 70, dedupe=True)
    assert kept.sum() == 70
    assert len(np.unique(cat.inks[kept])) == 70
    masks = [kept, *dropped.values()]
    # Each symbol is kept or dropped for exactly one reason.
    assert (np.sum(masks, axis=0) == 1).all()
    once = symbols.select(cat, 0, None, dedupe=True)[0]
    assert sorted(cat.inks[once]) == sorted(set(cat.inks))


def test_select_does_not_depend_on_the_order():
    cat = catalogue(2)
    kept = symbols.select(cat, 20, 90, dedupe=True)[0]
    shuffled = np.random.default_rng(0).permutation(len(cat))
    again = symbols.select(
        Catalogue(*(getattr(cat, f)[shuffled] for f in ("labels", "files", "keys", "inks"))),
        20,
        90,
        dedupe=True,
    )[0]
    assert np.array_equal(kept[shuffled], again)


def test_rank_within():
    labels = np.array([2, 0, 2, 2, 1, 0])
    assert symbols.rank_within(labels).tolist() == [0, 0, 1, 2, 0, 1]
    assert symbols.rank_within(labels[:0]).tolist() == []


def test_linked_groups_against_plain_search():
    for seed in range(20):
        generator = random.Random(seed)
        n = 40
        files = [generator.randrange(20) for _ in range(n)]
        inks = [generator.randrange(35) for _ in range(n)]
        group = list(range(n))
        changed = True
        while changed:
            changed = False
            for i in range(n):
                for j in range(n):
                    linked = files[i] == files[j] or inks[i] == inks[j]
                    if linked and group[i] != group[j]:
                        group[i] = group[j] = min(group[i], group[j])
                        changed = True
        found = symbols.linked_groups(np.array(files), np.array(inks)).tolist()
        pairs = set(zip(group, found, strict=True))
        assert len(pairs) == len(set(group)) == len(set(found))
        assert all(
            found[i] == min(files[j] for j in range(n) if group[j] == group[i]) for i in range(n)
        )


def test_clean_split_takes_whole_groups_and_a_tenth_of_each_class():
    cat = catalogue(3, n=6_000, files=900)
    cat.inks[:] = np.random.default_rng(5).permutation(6_000)  # Only files link.
    groups = symbols.linked_groups(cat.files, cat.inks)
    keys = np.random.default_rng(4).integers(0, 2**64, 900, dtype=np.uint64)[groups]
    test = symbols.clean_split(cat.labels, groups, keys, 6)
    assert not set(groups[test]) & set(groups[~test])
    for c in range(5):
        count = (cat.labels == c).sum()
        assert abs((test & (cat.labels == c)).sum() - count / 10) <= 1
    # Another seed, another choice; the same seed, the same.
    assert np.array_equal(test, symbols.clean_split(cat.labels, groups, keys, 6))
    other = symbols.clean_split(cat.labels, groups, np.flip(keys.max() - keys), 6)
    assert not np.array_equal(test, other)


def test_clean_split_of_one_group_is_all_train():
    labels = np.array([0, 1, 1])
    one = np.zeros(3, np.int64)
    assert not symbols.clean_split(labels, one, one.astype(np.uint64), 2).any()


def test_original_split():
    keys = np.random.default_rng(0).integers(0, 2**64, 35_840, dtype=np.uint64)
    test = symbols.original_split(keys)
    assert test.sum() == 3_584
    assert keys[test].max() < keys[~test].min()


def test_rests_are_taken_out_within_strokes_only():
    points = np.array([[1, 1], [1, 1], [2, 1], [2, 1], [2, 1], [3, 3], [3, 3.0]])
    kept, lengths = symbols.without_rests(points, np.array([4, 2, 1]))
    assert kept.tolist() == [[1, 1], [2, 1], [2, 1], [3, 3], [3, 3]]
    assert lengths.tolist() == [2, 2, 1]
    nothing = symbols.without_rests(points[:0], np.zeros(0, int))
    assert [len(part) for part in nothing] == [0, 0]


def test_ink_digests():
    a, b = [[1.0, 2], [3, 4]], [[5.0, 6]]

    def digest(*strokes):
        points = np.array([point for stroke in strokes for point in stroke])
        lengths = np.array([len(stroke) for stroke in strokes])
        (result,) = symbols.ink_digests(points, lengths, np.array([len(strokes)]))
        return result

    assert digest(a, b) == digest(b, a)
    different = {digest(a, b), digest(a), digest(b), digest(a + b), digest(a[:1], a[1:], b)}
    assert len(different) == 5


def test_number_rows():
    rows = np.array([[3, 1], [0, 9], [3, 1], [3, 2], [0, 9]], np.uint64)
    assert symbols.number_rows(rows).tolist() == [1, 0, 1, 2, 0]
    assert symbols.number_rows(rows[:0]).tolist() == []

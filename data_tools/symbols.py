"""Which symbols are kept, and which side of the train/test split each is on.

Everything here depends on the symbols' names (file within the corpus, number in the file), their
labels, their ink and the seed: never on the order of reading, the machine or the worker count.
"""

from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

TEST_SHARE = 0.1
# The deviation falls with each change, so this limit is only a safeguard.
_MAX_ROUNDS = 100

# Reasons for leaving out a usable symbol, as they appear in the report.
DUPLICATE = "the same ink is kept already (--dedupe)"
OVER_CLASS = "over --max_per_class"
OVER_TOTAL = "over --max_total"


def without_rests(points: np.ndarray, strokes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Takes out points that repeat the one before in the same stroke.

    A resting pen draws nothing. The corpus has copies of files that differ in nothing but such
    points (a second first point in each stroke), and these must count as the same ink.

    Args:
        points: float64 (p, 2), the points of all strokes.
        strokes: int (s,), number of points of each stroke, none 0.

    Returns:
        The same of what is left; no stroke is empty.
    """
    moved = np.ones(len(points), bool)
    moved[1:] = (points[1:] != points[:-1]).any(axis=1)
    starts = np.cumsum(strokes) - strokes
    moved[starts] = True
    lengths = np.add.reduceat(moved, starts, dtype=np.int64) if len(starts) else strokes
    return points[moved], lengths


def ink_digests(points: np.ndarray, strokes: np.ndarray, counts: np.ndarray) -> list[bytes]:
    """Digests (16 bytes) of the coordinates of symbols; the order of the strokes has no part.

    Args:
        points: float64 (p, 2), the points of all strokes.
        strokes: int (s,), number of points of each stroke.
        counts: int (n,), number of strokes of each symbol.

    Returns:
        One digest a symbol.
    """
    data = points.tobytes()
    width = points.itemsize * 2
    ends = (np.cumsum(strokes) * width).tolist()
    parts = [data[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    digests, begin = [], 0
    for count in counts.tolist():
        digest = blake2b(digest_size=16)
        for part in sorted(parts[begin : begin + count]):
            digest.update(len(part).to_bytes(8, "little"))
            digest.update(part)
        digests.append(digest.digest())
        begin += count
    return digests


def number_rows(rows: np.ndarray) -> np.ndarray:
    """Numbers rows so that equal rows, and only those, have the same number.

    Args:
        rows: (n, 2).

    Returns:
        int64 (n,), from 0 without gaps.
    """
    order = np.lexsort((rows[:, 1], rows[:, 0]))
    ordered = rows[order]
    numbers = np.empty(len(rows), np.int64)
    new = np.zeros(len(rows), bool)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    numbers[order] = np.cumsum(new)
    return numbers


@dataclass
class Catalogue:
    """All usable symbols of the wanted classes, one entry each, in order of (file, number).

    Attributes:
        labels: Class of each symbol, int32 (n,).
        files: File number of each symbol, int32 (n,).
        keys: Random number that decides on keeping the symbol, uint64 (n,).
        inks: Number of the symbol's ink, int64 (n,): equal for symbols with the same ink.
    """

    labels: np.ndarray
    files: np.ndarray
    keys: np.ndarray
    inks: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def select(
    catalogue: Catalogue, max_per_class: int, max_total: int | None, dedupe: bool
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Draws the symbols to keep.

    Args:
        catalogue: All symbols.
        max_per_class: The most symbols of a class; 0 for no limit.
        max_total: The most symbols altogether, drawn from what the class limit left; None for no
            limit.
        dedupe: Keep each ink once.

    Returns:
        Which symbols are kept, bool (n,); and for each reason which symbols were left out for it,
        bool (n,).
    """
    order = np.lexsort((np.arange(len(catalogue)), catalogue.keys))
    dropped = {}
    if dedupe:
        first = np.zeros(len(catalogue), bool)
        first[order[np.unique(catalogue.inks[order], return_index=True)[1]]] = True
        dropped[DUPLICATE] = ~first
        order = order[first[order]]
    if max_per_class:
        within = rank_within(catalogue.labels[order]) < max_per_class
        dropped[OVER_CLASS] = _mask(len(catalogue), order[~within])
        order = order[within]
    if max_total is not None:
        dropped[OVER_TOTAL] = _mask(len(catalogue), order[max_total:])
        order = order[:max_total]
    return _mask(len(catalogue), order), dropped


def rank_within(labels: np.ndarray) -> np.ndarray:
    """For each entry, how many earlier entries have the same label (int64, shape of `labels`)."""
    by_label = np.argsort(labels, kind="stable")
    run = labels[by_label]
    starts = np.flatnonzero(np.r_[True, run[1:] != run[:-1]]) if len(run) else np.zeros(0, int)
    lengths = np.diff(np.r_[starts, len(run)])
    ranks = np.empty(len(labels), np.int64)
    ranks[by_label] = np.arange(len(run)) - np.repeat(starts, lengths)
    return ranks


def _mask(length: int, chosen: np.ndarray) -> np.ndarray:
    mask = np.zeros(length, bool)
    mask[chosen] = True
    return mask


def linked_groups(files: np.ndarray, inks: np.ndarray) -> np.ndarray:
    """Joins symbols that share a file or an ink, directly or through others.

    Args:
        files: File number of each symbol, int (n,).
        inks: Ink number of each symbol, int (n,).

    Returns:
        For each symbol the lowest file number of its group, int64 (n,).
    """
    parent = list(range(int(files.max()) + 1 if len(files) else 0))

    def find(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    seen: dict[int, int] = {}
    for file, ink in zip(files.tolist(), inks.tolist(), strict=True):
        a, b = find(file), find(seen.setdefault(ink, file))
        if a != b:
            # The lower number becomes the root, so that the result does not depend on the order.
            parent[max(a, b)] = min(a, b)
    roots = np.array([find(node) for node in range(len(parent))], np.int64)
    return roots[files]


def clean_split(
    labels: np.ndarray, groups: np.ndarray, group_keys: np.ndarray, classes: int
) -> np.ndarray:
    """Chooses whole groups as test part, so that each class comes near its tenth.

    Groups are gone through in random order; one changes sides when that brings the classes' test
    counts nearer to a tenth, measured by the sum over classes of the squared relative deviation.
    This is repeated until no group changes sides, so each class ends within about one symbol of
    its tenth if there are groups enough.

    Args:
        labels: Class of each kept symbol, int (n,).
        groups: Group of each kept symbol, int (n,).
        group_keys: Random number of each symbol's group, equal within a group, uint64 (n,).
        classes: Number of classes.

    Returns:
        Which symbols are test symbols, bool (n,).
    """
    targets = np.bincount(labels, minlength=classes) * TEST_SHARE
    # One symbol over or under matters as much in a class with a target below one as in one at one.
    weights = (1.0 / np.maximum(targets, 1.0) ** 2).tolist()
    missing = targets.tolist()
    order = np.lexsort((groups, group_keys))
    cuts = np.flatnonzero(np.diff(groups[order])) + 1
    members = np.split(order, cuts) if len(order) else []
    contents = [list(Counter(labels[group].tolist()).items()) for group in members]
    sides = [False] * len(members)
    for _ in range(_MAX_ROUNDS):
        moved = False
        for number, counts in enumerate(contents):
            sign = -1 if sides[number] else 1
            # (m - k)^2 - m^2 = k * (k - 2m) for each class of which k symbols move and m miss.
            change = sum(weights[c] * k * (k - 2.0 * sign * missing[c]) for c, k in counts)
            if change < 0:
                sides[number] = not sides[number]
                moved = True
                for c, k in counts:
                    missing[c] -= sign * k
        if not moved:
            break
    test = np.zeros(len(labels), bool)
    for group, side in zip(members, sides, strict=True):
        test[group] = side
    return test


def original_split(keys: np.ndarray) -> np.ndarray:
    """The split of the LaTeX Writer: a random tenth of the symbols, duplicates or not.

    Args:
        keys: A random number for each kept symbol, uint64 (n,).

    Returns:
        Which symbols are test symbols, bool (n,).
    """
    order = np.lexsort((np.arange(len(keys)), keys))
    return _mask(len(keys), order[: int(len(keys) * TEST_SHARE)])

"""Selects the symbols to keep, and the test symbols among them.

Everything here depends on the symbols' names (file within the corpus, number in the file), their
labels, their ink and the seed: never on the order of reading, the machine or the worker count.
"""

import functools
from collections import Counter
from hashlib import blake2b

import numpy as np

TEST_SHARE = 0.1
# The deviation falls with each change, so this limit is only a safeguard.
_MAX_ROUNDS = 100

# Reasons for leaving out a usable symbol, as they appear in the report.
DUPLICATE = "the same ink is kept already (--dedupe)"
OVER_CLASS = "over --max_per_class"
OVER_TOTAL = "over --max_total"


def order_key(purpose: str, seed: int, source: str, index: int) -> int:
    """Returns a reproducible random number for one symbol.

    Args:
        purpose: Name of the decision (up to 16 bytes); different purposes are independent.
        seed: The user's seed.
        source: File of the symbol within the corpus.
        index: Number of the symbol within its file.

    Returns:
        A number in [0, 2**64), uniform over symbols and seeds.
    """
    digest = _hasher(purpose, seed).copy()
    digest.update(f"{index}/{source}".encode("utf-8", "surrogatepass"))
    return int.from_bytes(digest.digest(), "big")


@functools.cache
def _hasher(purpose: str, seed: int) -> blake2b:
    return blake2b(digest_size=8, key=str(seed).encode(), person=purpose.encode())


def without_rests(points: np.ndarray, strokes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Removes points that repeat the one before in the same stroke.

    A resting pen draws nothing. The corpus has copies of files that differ in nothing but such
    points (a second first point in each stroke), and these must count as the same ink.

    Args:
        points: float64 (p, 2), the points of all strokes.
        strokes: int (s,), number of points of each stroke, none 0.

    Returns:
        Points and strokes of what is left; no stroke is empty.
    """
    moved = np.ones(len(points), bool)
    moved[1:] = (points[1:] != points[:-1]).any(axis=1)
    starts = np.cumsum(strokes) - strokes
    moved[starts] = True
    lengths = np.add.reduceat(moved, starts, dtype=np.int64) if len(starts) else strokes
    return points[moved], lengths


def ink_digests(points: np.ndarray, strokes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Hashes the coordinates of symbols; the same strokes in any order have equal hashes.

    64 bits: the chance of two equal digests among 100,000 different inks is below 1e-9.

    Args:
        points: float64 (p, 2), the points of all strokes.
        strokes: int (s,), number of points of each stroke.
        counts: int (n,), number of strokes of each symbol.

    Returns:
        uint64 (n,).
    """
    data = points.tobytes()
    width = points.itemsize * 2
    ends = (np.cumsum(strokes) * width).tolist()
    parts = [data[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    digests, begin = [], 0
    for count in counts.tolist():
        digest = blake2b(digest_size=8)
        for part in sorted(parts[begin : begin + count]):
            digest.update(len(part).to_bytes(8, "little"))
            digest.update(part)
        digests.append(digest.digest())
        begin += count
    return np.frombuffer(b"".join(digests), "<u8")


def select(
    labels: np.ndarray,
    keys: np.ndarray,
    inks: np.ndarray,
    max_per_class: int,
    max_total: int | None,
    dedupe: bool,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Draws the symbols to keep: in each class those with the lowest keys.

    Args:
        labels: Class of each symbol, int (n,).
        keys: Random number of each symbol, uint64 (n,).
        inks: Digest of each symbol's ink, uint64 (n,).
        max_per_class: The most symbols per class; 0 for no limit.
        max_total: The most symbols altogether, drawn from what the class limit left; None for no
            limit.
        dedupe: Keep each ink once.

    Returns:
        True for the symbols that are kept, bool (n,); and for each reason, True for the symbols
        that were left out for it, bool (n,).
    """
    order = np.argsort(keys, kind="stable")
    dropped = {}
    if dedupe:
        first = _mask(len(keys), order[np.unique(inks[order], return_index=True)[1]])
        dropped[DUPLICATE] = ~first
        order = order[first[order]]
    if max_per_class:
        by_class = order[np.argsort(labels[order], kind="stable")]
        classes = np.split(by_class, np.flatnonzero(np.diff(labels[by_class])) + 1)
        over = _mask(len(keys), np.concatenate([c[max_per_class:] for c in classes]))
        dropped[OVER_CLASS] = over
        order = order[~over[order]]
    if max_total is not None:
        dropped[OVER_TOTAL] = _mask(len(keys), order[max_total:])
        order = order[:max_total]
    return _mask(len(keys), order), dropped


def _mask(length: int, chosen: np.ndarray) -> np.ndarray:
    mask = np.zeros(length, bool)
    mask[chosen] = True
    return mask


def linked_groups(files: np.ndarray, inks: np.ndarray) -> np.ndarray:
    """Joins symbols that share a file or an ink, directly or through others.

    Args:
        files: File number of each symbol, int (n,).
        inks: Digest of each symbol's ink, uint64 (n,).

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
    its tenth if there are enough groups.

    Args:
        labels: Class of each kept symbol, int (n,).
        groups: Group of each kept symbol, int (n,).
        group_keys: Random number of each symbol's group, equal within a group, uint64 (n,).
        classes: Number of classes.

    Returns:
        True for test symbols, bool (n,).
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
    """Chooses a random tenth of the symbols, duplicates or not, as the LaTeX Writer did.

    Args:
        keys: A random number for each kept symbol, uint64 (n,).

    Returns:
        True for test symbols, bool (n,).
    """
    order = np.argsort(keys, kind="stable")
    return _mask(len(keys), order[: int(len(keys) * TEST_SHARE)])

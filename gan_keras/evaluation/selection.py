"""Choice of the images that are compared: as many on each side, with the same mix of classes."""

import numpy as np


def halves(labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Divides images into two halves with the same classes, as far as odd numbers allow.

    Args:
        labels: int `(n,)`.
        seed: Of the division.

    Returns:
        Rows of each half, in ascending order.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    # by class, at random within it; every second one goes to the other half
    order = order[np.argsort(labels[order], kind="stable")]
    return np.sort(order[::2]), np.sort(order[1::2])


def largest_count(labels: np.ndarray, shares: np.ndarray) -> int:
    """Returns how many images can be taken with a mix of classes.

    Args:
        labels: int `(n,)`.
        shares: Wanted share of each class, float `(num_classes,)`. Classes without any image are
            left out of the mix: that they are missing is for the scores to say.
    """
    counts = np.bincount(labels, minlength=len(shares))
    shares = _present(counts, shares)
    used = shares > 0
    return int((counts[used] / shares[used]).min()) if used.any() else 0


def rows_in_mix(
    labels: np.ndarray, shares: np.ndarray, count: int, random: np.random.Generator
) -> np.ndarray:
    """Draws images with a mix of classes, without repetition.

    Args:
        labels: int `(n,)`.
        shares: As for `largest_count`.
        count: Images to draw, at most `largest_count`.
        random: Draws within each class.

    Returns:
        Rows, class by class; `count` of them up to rounding of the classes.
    """
    counts = np.bincount(labels, minlength=len(shares))
    wanted = _present(counts, shares) * count
    # largest remainders are rounded up
    quotas = np.floor(wanted).astype(np.int64)
    left = round(wanted.sum()) - int(quotas.sum())
    quotas[np.argsort(quotas - wanted, kind="stable")[:left]] += 1
    rows = [
        random.choice(np.flatnonzero(labels == label), min(quota, counts[label]), replace=False)
        for label, quota in enumerate(quotas)
    ]
    return np.concatenate(rows)


def _present(counts: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Returns the shares of the classes that have images, scaled to sum to 1."""
    shares = np.where(counts > 0, shares, 0.0)
    return shares / (shares.sum() or 1.0)

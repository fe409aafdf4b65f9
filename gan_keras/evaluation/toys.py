"""Scores of generated points against points whose distribution is known."""

from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from gan_keras.evaluation.distribution import frechet_distance
from gan_keras.evaluation.numbers import number

# A point is of high quality within so many standard deviations of the nearest mode.
RADIUS = 3.0


def mode_scores(points: np.ndarray, means: np.ndarray, sigma: float) -> dict[str, Any]:
    """How many modes of a mixture of round Gaussians the points are of, and how well they sit.

    The criteria are those of VEEGAN (Srivastava et al. 2017, arXiv:1705.07761) as PacGAN used them
    (Lin et al. 2018, arXiv:1712.04086, section 4.1): a point is of high quality if it is less than
    3 sigma away from the nearest mode, and a mode is captured if it has such a point.

    Args:
        points: float `(n, d)`.
        means: float `(modes, d)`, the equally likely modes.
        sigma: Standard deviation of each mode along each axis.

    Returns:
        `modes`: captured; `high_quality`: share of points; `reverse_kl`: Kullback-Leibler
        divergence in nats of the modes of high-quality points from the uniform distribution,
        between 0 and ln modes, None if there is no such point; `mode_counts`: high-quality points
        of each mode.
    """
    distances = cdist(points, means)
    nearest = distances.argmin(axis=1)
    good = distances.min(axis=1) < RADIUS * sigma
    counts = np.bincount(nearest[good], minlength=len(means))
    return {
        "modes": int((counts > 0).sum()),
        "high_quality": float(good.mean()),
        "reverse_kl": kl_divergence(counts, np.full(len(means), 1 / len(means)))
        if good.any()
        else None,
        "mode_counts": counts.tolist(),
    }


def kl_divergence(counts: np.ndarray, shares: np.ndarray) -> float | None:
    """Divergence `sum_i p_i ln(p_i / q_i)` of what was counted from expected shares, in nats.

    Args:
        counts: int `(K,)`, not all 0; p is their shares.
        shares: Expected shares q, float `(K,)` that sum to 1.

    Returns:
        At least 0; None, for infinity, if something was counted that has no share.
    """
    seen = counts > 0
    if not shares[seen].all():
        return None
    found = counts[seen] / counts.sum()
    return max(0.0, float(np.sum(found * np.log(found / shares[seen]))))


def energy_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Energy distance `2 E|X - Y| - E|X - X'| - E|Y - Y'|` (Szekely & Rizzo 2013, eq. 1.1).

    The means are over all pairs, a point with itself included, so that it is 0 for equal sets and
    never negative; 0 in the limit only if the distributions are equal.

    Args:
        first: float `(n, d)`.
        second: float `(m, d)`.
    """
    between = cdist(first, second).mean()
    distance = 2 * between - cdist(first, first).mean() - cdist(second, second).mean()
    return float(np.maximum(0.0, distance))  # NaN stays


def covariance_eigenvalue_ratios(generated: np.ndarray, real: np.ndarray) -> list[float | None]:
    """Variances of the generated points along the real ones' principal axes, largest axis first.

    Each in units of the real variance along that axis: 1 is right, near 0 the axis is lost; None
    if one point alone has no variance.

    Args:
        generated: float `(n, d)`.
        real: float `(m, d)`.
    """
    values, axes = np.linalg.eigh(np.cov(real, rowvar=False))
    spread = ((generated - generated.mean(axis=0)) @ axes).var(axis=0, ddof=1)
    return [number(ratio) for ratio in (spread / values)[::-1]]


def score_points(
    generated: np.ndarray,
    real: np.ndarray,
    means: np.ndarray | None = None,
    sigma: float = 0.0,
) -> dict[str, Any]:
    """All scores.

    Args:
        generated: float `(n, d)`.
        real: Held-out points, float `(m, d)`.
        means: Modes of the true distribution, if it has several round ones.
        sigma: Their standard deviation.
    """
    generated, real = np.asarray(generated, np.float64), np.asarray(real, np.float64)
    found = {
        "points": len(generated),
        "frechet_distance": number(frechet_distance(generated, real)),
        "energy_distance": number(energy_distance(generated, real)),
        "covariance_eigenvalue_ratios": covariance_eigenvalue_ratios(generated, real),
    }
    if means is not None:
        found |= mode_scores(generated, np.asarray(means, np.float64), sigma)
        found["real_high_quality"] = mode_scores(real, means, sigma)["high_quality"]
    return found

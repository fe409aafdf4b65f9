"""Scores of generated points against points whose distribution is known."""

from typing import Any

import numpy as np
import scipy

from gan_keras.evaluation.feature_distances import frechet_distance
from gan_keras.storage.metrics import number

# A point is of high quality within this many standard deviations of the nearest mode.
RADIUS = 3.0


def mode_scores(points: np.ndarray, means: np.ndarray, sigma: float) -> dict[str, Any]:
    """Counts the modes of a mixture of round Gaussians that the points cover.

    The criteria of VEEGAN (Srivastava et al. 2017, arXiv:1705.07761) as PacGAN used them (Lin et
    al. 2018, arXiv:1712.04086, section 4.1): a point is of high quality if it is less than
    3 sigma away from the nearest mode, and a mode is captured if it has such a point.

    Args:
        points: float `(n, d)`.
        means: float `(modes, d)`, the equally likely modes.
        sigma: Standard deviation of each mode along each axis.

    Returns:
        `modes`: captured; `high_quality`: share of points; `reverse_kl`: divergence in nats of the
        modes of high-quality points from equal shares, None if there is no such point;
        `mode_counts`: high-quality points of each mode.
    """
    distances = scipy.spatial.distance.cdist(points, means)
    good = distances.min(axis=1) < RADIUS * sigma
    counts = np.bincount(distances.argmin(axis=1)[good], minlength=len(means))
    return {
        "modes": int((counts > 0).sum()),
        "high_quality": float(good.mean()),
        "reverse_kl": kl_divergence(counts, np.ones(len(means))) if good.any() else None,
        "mode_counts": counts.tolist(),
    }


def kl_divergence(counts: np.ndarray, expected: np.ndarray) -> float | None:
    """Computes the divergence `sum_i p_i ln(p_i / q_i)` of counts from expected shares, in nats.

    Args:
        counts: int `(K,)`, not all 0; p is their shares.
        expected: float `(K,)`, proportional to the expected shares q.

    Returns:
        At least 0; None, for infinity, if something was counted that has no share.
    """
    return number(max(0.0, scipy.stats.entropy(counts, expected)))


def energy_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Computes the energy distance `2 E|X - Y| - E|X - X'| - E|Y - Y'|`.

    Szekely & Rizzo 2013, eq. 1.1. The means are over all pairs, a point with itself included, so
    that it is 0 for equal sets and never negative; 0 in the limit only for equal distributions.
    """
    cdist = scipy.spatial.distance.cdist
    between = cdist(first, second).mean()
    distance = 2 * between - cdist(first, first).mean() - cdist(second, second).mean()
    return float(np.maximum(0.0, distance))  # NaN stays


def covariance_eigenvalue_ratios(generated: np.ndarray, real: np.ndarray) -> list[float | None]:
    """Computes variances of the generated points along the real ones' principal axes.

    Args:
        generated: float `(n, d)`.
        real: float `(m, d)`.

    Returns:
        The largest axis first, in units of the real variance along it: 1 is right, near 0 the axis
        is lost; None if there is one point only, which has no variance.
    """
    values, axes = np.linalg.eigh(np.cov(real, rowvar=False))
    spread = ((generated - generated.mean(axis=0)) @ axes).var(axis=0, ddof=1)
    return [number(ratio) for ratio in (spread / values)[::-1]]


def point_scores(
    generated: np.ndarray, real: np.ndarray, modes: tuple[np.ndarray, float] | None = None
) -> dict[str, Any]:
    """Computes all scores of points.

    Args:
        generated: float `(n, d)`.
        real: Held-out points, float `(m, d)`.
        modes: Means and standard deviation of the true distribution's, if it has round ones.
    """
    generated, real = np.asarray(generated, np.float64), np.asarray(real, np.float64)
    found = {
        "points": len(generated),
        "frechet_distance": number(frechet_distance(generated, real)),
        "energy_distance": number(energy_distance(generated, real)),
        "covariance_eigenvalue_ratios": covariance_eigenvalue_ratios(generated, real),
    }
    if modes is not None:
        found |= mode_scores(generated, *modes)
        found["real_high_quality"] = mode_scores(real, *modes)["high_quality"]
    return found

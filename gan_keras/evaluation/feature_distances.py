"""Distances between generated and real images on features: Frechet, KID, precision, coverage.

Every number here depends on how many examples it is computed from, so a score means something only
beside that of real images against other real images (the floor) at the same counts.
"""

import numpy as np

# Neighbours that make the ball around an example, as in Naeem et al. 2020; fewer of small sets.
K = 5
# Examples of a block of the kernel distance, as in Bińkowski et al. 2018.
KERNEL_BLOCK = 1000
# Memory in MB for a block of distances.
WORKING_MEMORY = 64


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Computes the squared Frechet distance of Gaussians fitted to two sets of points.

    Dowson & Landau 1982: `|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`, too large by about a term
    in 1 / n.

    Args:
        first: float `(n, d)`.
        second: float `(m, d)`.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    means = first.mean(axis=0) - second.mean(axis=0)
    covariances = [np.atleast_2d(np.cov(points, rowvar=False)) for points in (first, second)]
    # tr (C1 C2)^(1/2) by way of C1^(1/2) C2 C1^(1/2), which is symmetric: sound for singular ones.
    values, axes = np.linalg.eigh(covariances[0])
    half = axes * np.sqrt(np.clip(values, 0, None)) @ axes.T
    roots = np.sqrt(np.clip(np.linalg.eigvalsh(half @ covariances[1] @ half), 0, None))
    distance = means @ means + np.trace(covariances[0] + covariances[1]) - 2 * roots.sum()
    return float(np.maximum(0.0, distance))  # NaN, as of one point or of a NaN, stays


def kernel_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Computes KID, a squared maximum mean discrepancy (Bińkowski et al. 2018, sections 3, 4).

    The kernel is `k(x, y) = (x . y / d + 1)^3`. On each block of points the unbiased estimate of
    Gretton et al. 2012 (eq. 4) is taken, `sum_{i != j} h(i, j) / (n (n - 1))` with
    `h(i, j) = k(x_i, x_j) + k(y_i, y_j) - k(x_i, y_j) - k(x_j, y_i)`: 0 is expected between draws
    of one distribution, so it may be negative. It stays unbiased for draws with set numbers of
    each class if rows i of both sets are of one class. The mean over blocks bounds memory.

    Args:
        first: float `(n, d)`, n at least 2.
        second: float `(m, d)`, m at least 2; surplus rows of the longer set are left out evenly.
    """
    size = min(len(first), len(second))
    first, second = (
        np.asarray(points, np.float64)[np.arange(size) * len(points) // size]
        for points in (first, second)
    )
    blocks = max(1, size // KERNEL_BLOCK)
    estimates = [_unbiased_mmd(first[i::blocks], second[i::blocks]) for i in range(blocks)]
    return float(np.mean(estimates))


def _unbiased_mmd(first: np.ndarray, second: np.ndarray) -> float:
    """Computes the estimate of `kernel_distance` on one block."""
    from sklearn.metrics.pairwise import polynomial_kernel  # late: takes a second

    kernels = [
        polynomial_kernel(x, y, degree=3, coef0=1)
        for x, y in ((first, first), (second, second), (first, second))
    ]
    pairs = len(first) * (len(first) - 1)
    own, other, between = ((kernel.sum() - np.trace(kernel)) / pairs for kernel in kernels)
    return own + other - 2 * between


def neighbour_scores(real: np.ndarray, generated: np.ndarray) -> dict[str, float]:
    """Computes precision, recall, density and coverage.

    Each set is taken as the union of the balls around its points that reach to the k-th nearest
    other point of the set. *Precision*: share of generated points in a real ball; *recall*: share
    of real points in a generated ball (Kynkaanniemi et al. 2019, arXiv:1904.06991, eq. 1, 2).
    *Density*: real balls around a generated point, divided by k, on average; *coverage*: share of
    real balls that hold a generated point (Naeem et al. 2020, arXiv:2002.09797, eq. 3, 4).

    Outliers have large balls: precision can be high for noise, and recall for a class that was
    never generated (of real Fashion-MNIST images without one class it falls visibly for one class
    of ten, coverage for each). Between draws of one distribution density is 1 on average.

    Args:
        real: float `(n, d)`, n at least 2.
        generated: float `(m, d)`, m at least 2.
    """
    from sklearn.metrics import pairwise_distances_chunked  # late: takes a second

    real, generated = np.asarray(real, np.float64), np.asarray(generated, np.float64)
    real_radii, radii = _radii(real), _radii(generated)
    balls = np.zeros(len(generated), np.int64)
    nearest = np.full(len(real), np.inf)
    recalled = np.zeros(len(real), bool)
    start = 0
    for distances in pairwise_distances_chunked(generated, real, working_memory=WORKING_MEMORY):
        rows = slice(start, start + len(distances))
        balls[rows] = (distances <= real_radii).sum(axis=1)
        np.minimum(nearest, distances.min(axis=0), out=nearest)
        recalled |= (distances <= radii[rows, np.newaxis]).any(axis=0)
        start = rows.stop
    return {
        "precision": float((balls > 0).mean()),
        "recall": float(recalled.mean()),
        "density": float(balls.mean() / min(K, len(real) - 1)),
        "coverage": float((nearest <= real_radii).mean()),
    }


def _radii(points: np.ndarray) -> np.ndarray:
    """Returns the distance of each point to its K-th nearest other one, float64 `(n,)`."""
    from sklearn.neighbors import NearestNeighbors  # late: takes a second

    search = NearestNeighbors(n_neighbors=min(K, len(points) - 1), algorithm="brute").fit(points)
    return search.kneighbors()[0][:, -1]


def expected_coverage(real: int, generated: int) -> float:
    """Computes the coverage expected between draws of one distribution (Naeem et al. 2020, eq. 9).

    A ball stays empty if the k nearest of all other points are real ones: of n real and m generated
    points `1 - prod_{i=1..k} (n - i) / (n + m - i)`.
    """
    i = np.arange(1, min(K, real - 1) + 1)
    return float(1 - np.prod((real - i) / (real + generated - i)))


def distribution_scores(
    real: np.ndarray, generated: np.ndarray, cheap: bool = False
) -> dict[str, float]:
    """Computes all scores of generated features against real ones.

    Their names say `classifier_features`: distances by other networks cannot be compared.

    Args:
        real: float `(n, d)`, n at least 2.
        generated: float `(m, d)`, m at least 2.
        cheap: Only the Frechet distance.
    """
    found = {"frechet_classifier_features": frechet_distance(real, generated)}
    if not cheap:
        found["kid_classifier_features"] = kernel_distance(real, generated)
        found |= neighbour_scores(real, generated)
    return found

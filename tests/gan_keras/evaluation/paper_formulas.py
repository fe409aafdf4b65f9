"""The formulas of the papers in plain loops, and small arrays to compare on."""

import math

import numpy as np


def inputs():
    """Two sets of points that overlap in part, and two sets of small images."""
    grid = np.arange(30)[:, None] * 7 + np.arange(4)
    first = np.sin(grid * 1.3) + np.sin(grid * 0.37)
    grid = np.arange(36)[:, None] * 5 + np.arange(4)
    second = 0.6 + 1.3 * np.sin(grid * 1.1 + 2) + 0.9 * np.sin(grid * 0.71)
    place = np.arange(2 * 16 * 14 * 2).reshape(2, 16, 14, 2)
    images = np.round(127.5 + 127.5 * np.sin(place * 0.9)).astype(np.uint8)
    others = np.round(127.5 + 100 * np.sin(place * 0.9 + 0.5)).astype(np.uint8)
    return first, second, images, others


def kernel(a, b):
    return (sum(p * q for p, q in zip(a, b, strict=True)) / len(a) + 1) ** 3


def mmd(x, y):
    """Gretton et al. 2012, eq. 4."""
    n, total = len(x), 0.0
    for i in range(n):
        for j in range(n):
            if i != j:
                total += kernel(x[i], x[j]) + kernel(y[i], y[j])
                total -= kernel(x[i], y[j]) + kernel(x[j], y[i])
    return total / (n * (n - 1))


def radius(points, i, k):
    return sorted(math.dist(points[i], points[j]) for j in range(len(points)) if j != i)[k - 1]


def manifolds(real, fake, k):
    """Kynkaanniemi et al. 2019 and Naeem et al. 2020."""
    real, fake = real.tolist(), fake.tolist()
    real_radii = [radius(real, i, k) for i in range(len(real))]
    fake_radii = [radius(fake, j, k) for j in range(len(fake))]
    inside = [[math.dist(f, r) <= real_radii[i] for i, r in enumerate(real)] for f in fake]
    return {
        "precision": sum(any(row) for row in inside) / len(fake),
        "recall": sum(
            any(math.dist(f, r) <= fake_radii[j] for j, f in enumerate(fake)) for r in real
        )
        / len(real),
        "density": sum(sum(row) for row in inside) / (k * len(fake)),
        "coverage": sum(any(row[i] for row in inside) for i in range(len(real))) / len(real),
    }


def ssim(first, second):
    """Wang et al. 2004 with an 11 x 11 Gaussian window of 1.5 pixels, at each place it fits."""
    axis = np.arange(-5, 6)
    window = np.exp(-(axis[:, None] ** 2 + axis**2) / (2 * 1.5**2))

    def mean(values):
        return (window * values).sum() / window.sum()

    values = []
    for x, y in zip(first / 255.0, second / 255.0, strict=True):
        height, width, channels = x.shape
        for row, column, c in np.ndindex(height - 10, width - 10, channels):
            p, q = (part[row : row + 11, column : column + 11, c] for part in (x, y))
            mx, my = mean(p), mean(q)
            vx, vy, cov = mean(p * p) - mx**2, mean(q * q) - my**2, mean(p * q) - mx * my
            values.append(
                (2 * mx * my + 0.01**2) * (2 * cov + 0.03**2)
                / ((mx**2 + my**2 + 0.01**2) * (vx + vy + 0.03**2))
            )  # fmt: skip
    return sum(values) / len(values)

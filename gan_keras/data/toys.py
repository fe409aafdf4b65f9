"""Points whose distribution is known, so that a GAN can be measured against it exactly.

Ring and grid follow PacGAN (Lin et al. 2018, arXiv:1712.04086), which took them from VEEGAN
(Srivastava et al. 2017, arXiv:1705.07761): 100,000 points to train on, 2,500 to score.
"""

import dataclasses
from pathlib import Path

import numpy as np

from gan_keras.data.dataset import Dataset
from gan_keras.data.options import DataOptions

# The data is the same in every run; a run's seed does not enter.
SEED = 20_171


@dataclasses.dataclass(frozen=True)
class Mixture:
    """Equally likely Gaussians.

    Attributes:
        means: float `(modes, d)`.
        factor: float `(d, d)`, A in x = mean + A z with z ~ N(0, I): the covariance is A A^T.
        train: Points to train on.
        test: Points to score against.
    """

    means: np.ndarray
    factor: np.ndarray
    train: int
    test: int

    @property
    def sigma(self) -> float:
        """Standard deviation of round modes."""
        return float(self.factor[0, 0])

    def draw(self, number: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draws points, float32 `(number, d)`, and the modes that they belong to, int32."""
        modes = random.integers(0, len(self.means), number)
        noise = random.standard_normal((number, self.means.shape[1]))
        points = self.means[modes] + noise @ self.factor.T
        return points.astype(np.float32), modes.astype(np.int32)


def _ring() -> Mixture:
    """Eight modes on the unit circle."""
    angles = 2 * np.pi * np.arange(8) / 8
    means = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return Mixture(means, 0.01 * np.eye(2), 100_000, 2_500)


def _grid() -> Mixture:
    """25 modes at {-4, -2, 0, 2, 4} x {-4, -2, 0, 2, 4}."""
    ticks = np.arange(-4.0, 5.0, 2.0)
    means = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)
    return Mixture(means, 0.05 * np.eye(2), 100_000, 2_500)


def _gaussian(dimensions: int) -> Mixture:
    """One oblique Gaussian: mean and the entries of A are drawn from U(0, 1)."""
    random = np.random.default_rng(SEED)
    mean, factor = random.random((1, dimensions)), random.random((dimensions, dimensions))
    return Mixture(mean, factor, 1_024, 1_024)


MIXTURES = {"gaussian": _gaussian(2), "gaussian3d": _gaussian(3), "ring": _ring(), "grid": _grid()}


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Draws a toy set: points float32 `(n, d)`, whose class is their mode.

    Args:
        name: A key of `MIXTURES`.
        data_dir: Not used: nothing is stored.
        options: Not used.
    """
    mixture = MIXTURES[name]
    random = np.random.default_rng(SEED + 1)
    train, train_modes = mixture.draw(mixture.train, random)
    test, test_modes = mixture.draw(mixture.test, random)
    names = tuple(map(str, range(len(mixture.means))))
    return Dataset(name, train, train_modes, test, test_modes, names)

"""A hand: one writer for a whole document.

A hand is a direction in latent space and a few habits. All its glyphs come from noise near the
direction, `z = sqrt(1 - v^2) z_hand + v noise` with the variation v, so that z has the distribution
that the generator was trained on, at any v. Everything happens among normal variables; a generator
of uniform noise gets their ranks.
"""

import dataclasses

import numpy as np
import tensorflow as tf
from scipy.special import ndtr

from gan_keras.steps import latents

# Below this two glyphs of a class would be the same to the eye.
MIN_VARIATION = 0.05


@dataclasses.dataclass(frozen=True)
class Hand:
    """One writer; habits are in units of the usual ones.

    Attributes:
        centre: float64 `(latent_dim,)`, noise that the hand's glyphs are near to.
        pen: Width of the pen.
        spacing: Distance between letters.
        x_height: Height of small letters.
        unrest: How much places and sizes vary.
    """

    centre: np.ndarray
    pen: float
    spacing: float
    x_height: float
    unrest: float


# Smallest and largest of each habit; hands lie evenly between them on a logarithmic scale.
_HABITS = {
    "pen": (0.72, 1.4),
    "spacing": (0.75, 1.4),
    "x_height": (0.9, 1.15),
    "unrest": (0.5, 1.4),
}


def draw(seed: int, latent_dim: int) -> Hand:
    """Makes up a writer.

    Args:
        seed: The same seed gives the same writer.
        latent_dim: Length of the generator's noise.
    """
    random = np.random.default_rng([seed, latent_dim])
    centre = random.standard_normal(latent_dim)
    habits = {
        name: float(np.exp(random.uniform(*np.log(limits)))) for name, limits in _HABITS.items()
    }
    return Hand(centre, **habits)


def between(first: Hand, second: Hand, fraction: float) -> Hand:
    """Makes up a writer on the way from one to another, at a fraction in [0, 1]."""
    ends = (tf.convert_to_tensor(hand.centre) for hand in (first, second))
    centre = latents.slerp(*ends, fraction).numpy()
    habits = {
        name: getattr(first, name) ** (1 - fraction) * getattr(second, name) ** fraction
        for name in _HABITS
    }
    return Hand(centre, **habits)


def near(
    centre: np.ndarray, count: int, variation: float, random: np.random.Generator, latent: str
) -> np.ndarray:
    """Draws noise for glyphs of a hand, each its own.

    Args:
        centre: Of the hand.
        count: Number of vectors.
        variation: v in [`MIN_VARIATION`, 1]; 1 forgets the hand.
        random: Source of chance.
        latent: Distribution of the generator's noise, a key of `latents.LATENTS`.

    Returns:
        float32 `(count, latent_dim)`.
    """
    noise = random.standard_normal((count, len(centre)))
    z = np.sqrt(1.0 - variation**2) * centre + variation * noise
    if latent == "uniform01":
        z = ndtr(z)
    elif latent == "uniform":
        z = 2.0 * ndtr(z) - 1.0
    return z.astype(np.float32)

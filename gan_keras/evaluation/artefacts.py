"""Artefacts of networks rather than of the data: checkerboards, brightness, grey."""

import numpy as np
from scipy.fft import rfft2

# Ink between these is neither paper nor stroke.
GREY = (0.1, 0.9)
PERIODS = (2, 4)
BLOCK = 1024


def power_spectrum(images: np.ndarray) -> np.ndarray:
    """Computes the mean power of each frequency, summed over channels, without each image's mean.

    Args:
        images: `(n, h, w, c)` of any number type.

    Returns:
        float64 `(h, w)`, frequencies in the order of `numpy.fft.fftfreq`.
    """
    height, width = images.shape[1:3]
    half = np.zeros((height, width // 2 + 1))
    for start in range(0, len(images), BLOCK):
        block = np.asarray(images[start : start + BLOCK], np.float32)
        waves = rfft2(block - block.mean(axis=(1, 2), keepdims=True), axes=(1, 2))
        half += (waves.real**2 + waves.imag**2).sum(axis=(0, 3))
    # The power of a frequency and that of its negative are equal.
    rows, columns = (-np.arange(size) % size for size in (height, width))
    mirrored = half[rows][:, columns[half.shape[1] :]]
    power = np.concatenate([half, mirrored], axis=1)
    power[0, 0] = 0.0
    return power / max(1, len(images))


def checkerboard(power: np.ndarray, period: int) -> float:
    """Computes the share of a `power_spectrum` in waves of a period along either axis.

    Strided transposed convolutions leave such waves (Odena et al. 2016,
    distill.pub/2016/deconv-checkerboard): period 2 from the last layer, 4 from the one before.
    Where the period, in pixels, does not divide a side, the two nearest frequencies count.
    """
    rows, columns = (_has_period(size, period) for size in power.shape)
    total = power.sum()
    return float(power[rows[:, np.newaxis] | columns].sum() / total) if total else 0.0


def _has_period(size: int, period: int) -> np.ndarray:
    """Marks the frequencies of a side that have a period, bool `(size,)`."""
    waves = np.abs(np.fft.fftfreq(size, 1 / size))
    return (np.abs(waves - size / period) < 1) & (waves > 0)


def artefact_scores(images: np.ndarray) -> dict[str, float]:
    """Computes all scores of this group; they mean something only beside the same of real images.

    Args:
        images: uint8 `(n, h, w, c)`, ink 255; n at least 1.

    Returns:
        `checkerboard_2` and `checkerboard_4`; `brightness`: mean ink; `range`: largest ink of an
        image minus the smallest, on average; `grey_share`: share of pixels whose ink is strictly
        within `GREY`. All in [0, 1].
    """
    power = power_spectrum(images)
    found = {f"checkerboard_{period}": checkerboard(power, period) for period in PERIODS}
    spread = images.max(axis=(1, 2, 3)).astype(np.int64) - images.min(axis=(1, 2, 3))
    low, high = (255 * limit for limit in GREY)
    return found | {
        "brightness": float(images.mean() / 255),
        "range": float(spread.mean() / 255),
        "grey_share": float(((images > low) & (images < high)).mean()),
    }

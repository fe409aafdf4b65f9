"""Scores of reconstruction: how well an auto-encoder gives back what it was shown."""

import numpy as np
import scipy

from gan_keras.evaluation.artefacts import power_spectrum
from gan_keras.storage.metrics import number

# Of the structural similarity: Gaussian of 1.5 pixels cut at radius 5, and its two constants.
SIGMA, RADIUS = 1.5, 5
C1, C2 = 0.01**2, 0.03**2
# Cycles per pixel above which a frequency is high: waves shorter than 4 pixels.
HIGH_FREQUENCY = 0.25


def structural_similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Computes the mean structural similarity (SSIM) of pairs of images.

    Wang et al. 2004 (eq. 13, 14), with the paper's 11 x 11 Gaussian window, where it lies within
    the image entirely; images smaller than it get one that fits. Channels are averaged.

    Args:
        first: uint8 `(n, h, w, c)`.
        second: Of the same shape.

    Returns:
        In [-1, 1]; 1 only for equal images.
    """
    x, y = (part.astype(np.float64) / 255.0 for part in (first, second))
    radius = min(RADIUS, (min(x.shape[1:3]) - 1) // 2)
    inside = slice(radius, -radius or None)

    def mean(values: np.ndarray) -> np.ndarray:
        blurred = scipy.ndimage.gaussian_filter(values, SIGMA, radius=radius, axes=(1, 2))
        return blurred[:, inside, inside]

    mx, my = mean(x), mean(y)
    vx, vy, covariance = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    similarity = (2 * mx * my + C1) * (2 * covariance + C2)
    return float(np.mean(similarity / ((mx * mx + my * my + C1) * (vx + vy + C2))))


def sharpness(images: np.ndarray) -> float:
    """Computes the mean length of the gradient (differences of neighbours), ink in [0, 1]."""
    ink = images.astype(np.float64) / 255.0
    down, right = np.diff(ink, axis=1)[:, :, :-1], np.diff(ink, axis=2)[:, :-1]
    return float(np.hypot(down, right).mean(axis=(1, 2, 3)).mean())


def high_frequency_share(differences: np.ndarray) -> float:
    """Computes the share of the power of images `(n, h, w, c)` in waves shorter than 4 pixels.

    The mean of each image does not count; NaN for images without any structure.
    """
    power = power_spectrum(differences)
    rows, columns = (np.fft.fftfreq(size) for size in power.shape)
    high = np.hypot(rows[:, np.newaxis], columns) > HIGH_FREQUENCY
    return float(power[high].sum() / power.sum()) if power.any() else float("nan")


def reconstruction_scores(inputs: np.ndarray, outputs: np.ndarray) -> dict[str, float | None]:
    """Computes all scores of pairs of images.

    Args:
        inputs: uint8 `(n, h, w, c)`, ink 255; n at least 1.
        outputs: The same images from an auto-encoder.

    Returns:
        `mae`, `mse` (ink in [0, 1]), `ssim`, `sharpness_ratio` (of outputs to inputs) and
        `high_frequency_error_share` (None for perfect outputs).
    """
    errors = (outputs.astype(np.float32) - inputs.astype(np.float32)) / 255.0
    own, real = sharpness(outputs), sharpness(inputs)
    return {
        "mae": float(np.abs(errors).mean(dtype=np.float64)),
        "mse": float((errors**2).mean(dtype=np.float64)),
        "ssim": structural_similarity(inputs, outputs),
        "sharpness_ratio": own / real if real else None,
        "high_frequency_error_share": number(high_frequency_share(errors)),
    }

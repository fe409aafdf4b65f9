import numpy as np
import paper_formulas
import pytest
from scipy.ndimage import gaussian_filter

from gan_keras.evaluation import reconstruction


def pictures(count=6, size=20):
    noise = np.random.default_rng(0).normal(size=(count, size, size, 1))
    smooth = gaussian_filter(noise, 1.0, axes=(1, 2))
    return np.clip(127 + 300 * smooth, 0, 255).astype(np.uint8)


def test_similarity_is_the_papers_formula():
    *_, images, others = paper_formulas.inputs()
    expected = paper_formulas.ssim(images, others)
    assert reconstruction.structural_similarity(images, others) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("size", [1, 2, 7, 28])
def test_similarity_of_equal_images_of_any_size(size):
    images = pictures(3, size)
    assert reconstruction.structural_similarity(images, images) == pytest.approx(1)
    assert reconstruction.structural_similarity(images, 255 - images) < 0.9


def test_perfect_and_blurred_reconstructions():
    inputs = pictures()
    perfect = reconstruction.reconstruction_scores(inputs, inputs)
    assert list(perfect.values()) == [0, 0, pytest.approx(1), 1, None]
    blurred = gaussian_filter(inputs, 1.5, axes=(1, 2))
    found = reconstruction.reconstruction_scores(inputs, blurred)
    assert found["sharpness_ratio"] < 0.7
    assert found["ssim"] < 0.95


def test_errors_by_hand():
    inputs, outputs = np.zeros((1, 2, 2, 1), np.uint8), np.zeros((1, 2, 2, 1), np.uint8)
    outputs[0, 0, 0] = 255
    found = reconstruction.reconstruction_scores(inputs, outputs)
    assert found["mae"] == found["mse"] == pytest.approx(1 / 4)
    assert found["sharpness_ratio"] is None  # the input is flat
    assert reconstruction.sharpness(outputs) == pytest.approx(np.sqrt(2))


@pytest.mark.parametrize(("period", "share"), [(2, 1), (3, 1), (4, 0), (8, 0)])
def test_high_frequencies_are_waves_shorter_than_four_pixels(period, share):
    line = np.cos(2 * np.pi * np.arange(24) / period)
    images = np.broadcast_to(line, (24, 24))[None, ..., None]
    assert reconstruction.high_frequency_share(images) == pytest.approx(share, abs=1e-9)

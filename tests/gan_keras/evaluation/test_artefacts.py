import numpy as np
import pytest

from gan_keras.evaluation import artefacts


def wave(period, size=16, axis=1):
    line = np.cos(2 * np.pi * np.arange(size) / period)
    image = np.broadcast_to(line if axis == 1 else line[:, None], (size, size))
    return np.round(127.5 + 60 * image).astype(np.uint8)[None, :, :, None]


BOARD = (np.indices((14, 14)).sum(axis=0) % 2 * 255).astype(np.uint8)[None, :, :, None]
NOISE = np.random.default_rng(0).integers(0, 256, (400, 8, 8, 3), dtype=np.uint8)


@pytest.mark.parametrize(("images", "two", "four"), [
    (wave(2), 1, 0),
    (wave(4, axis=0), 0, 1),
    (wave(8), 0, 0),
    (BOARD, 1, 0),
    (wave(4, 14), 0, 0.83),  # 4 does not divide the side
    (np.full((3, 8, 8, 1), 200, np.uint8), 0, 0),
    # of 63 frequencies one row and one column, 15 in all; at period 4 two of each, 28
    (NOISE, 15 / 63, 28 / 63),
])  # fmt: skip
def test_waves_of_a_period_are_found(images, two, four):
    found = artefacts.artefact_scores(images)
    assert found["checkerboard_2"] == pytest.approx(two, abs=0.02)
    assert found["checkerboard_4"] == pytest.approx(four, abs=0.05)


def test_the_spectrum_keeps_the_energy(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (7, 6, 5, 2), dtype=np.uint8)
    monkeypatch.setattr(artefacts, "BLOCK", 3)
    centered = images - images.mean(axis=(1, 2), keepdims=True)
    assert artefacts.power_spectrum(images).sum() == pytest.approx((centered**2).sum() * 30 / 7)


def test_brightness_range_and_grey_by_hand():
    images = np.zeros((2, 2, 2, 1), np.uint8)
    images[0] = np.array([[0, 255], [255, 128]])[..., None]
    images[1] = np.array([[26, 26], [25, 25]])[..., None]  # 0.1 of 255 is 25.5
    found = artefacts.artefact_scores(images)
    assert found["brightness"] == pytest.approx((638 + 102) / 8 / 255)
    assert found["range"] == pytest.approx((1 + 1 / 255) / 2)
    assert found["grey_share"] == pytest.approx(3 / 8)

import numpy as np
import pytest

from gan_keras.evaluation import artefacts


def wave(period, size=16, axis=1):
    line = np.cos(2 * np.pi * np.arange(size) / period)
    image = np.broadcast_to(line if axis == 1 else line[:, None], (size, size))
    return np.round(127.5 + 60 * image).astype(np.uint8)[None, :, :, None]


@pytest.mark.parametrize("axis", [0, 1])
def test_waves_of_a_period_are_found(axis):
    two, four, eight = (wave(period, axis=axis) for period in (2, 4, 8))
    for images, expected in ((two, (1, 0)), (four, (0, 1)), (eight, (0, 0))):
        found = artefacts.artefact_scores(images)
        assert found["checkerboard_2"] == pytest.approx(expected[0], abs=1e-3)
        assert found["checkerboard_4"] == pytest.approx(expected[1], abs=1e-3)


def test_a_true_checkerboard_and_a_side_that_4_does_not_divide():
    board = (np.indices((14, 14)).sum(axis=0) % 2 * 255).astype(np.uint8)[None, :, :, None]
    assert artefacts.artefact_scores(board)["checkerboard_2"] == pytest.approx(1)
    assert artefacts.artefact_scores(wave(4, 14))["checkerboard_4"] > 0.6


def test_shares_of_power_are_those_of_white_noise():
    noise = np.random.default_rng(0).integers(0, 256, (400, 8, 8, 3), dtype=np.uint8)
    found = artefacts.artefact_scores(noise)
    # of 63 frequencies one row and one column, 15 in all; at period 4 two of each, 28
    assert found["checkerboard_2"] == pytest.approx(15 / 63, rel=0.05)
    assert found["checkerboard_4"] == pytest.approx(28 / 63, rel=0.05)


def test_the_spectrum_keeps_the_energy(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (7, 6, 5, 2), dtype=np.uint8)
    whole = artefacts.power_spectrum(images)
    centered = images - images.mean(axis=(1, 2), keepdims=True)
    assert whole.sum() == pytest.approx((centered**2).sum() * 30 / 7)  # Parseval
    monkeypatch.setattr(artefacts, "BLOCK", 3)
    np.testing.assert_allclose(artefacts.power_spectrum(images), whole)


def test_brightness_range_and_grey_by_hand():
    images = np.zeros((2, 2, 2, 1), np.uint8)
    images[0] = np.array([[0, 255], [255, 128]])[..., None]
    images[1] = np.array([[26, 26], [25, 25]])[..., None]  # 0.1 of 255 is 25.5
    found = artefacts.artefact_scores(images)
    assert found["brightness"] == pytest.approx((638 + 102) / 8 / 255)
    assert found["range"] == pytest.approx((1 + 1 / 255) / 2)
    assert found["grey_share"] == pytest.approx(3 / 8)


def test_flat_images_have_no_waves():
    found = artefacts.artefact_scores(np.full((3, 8, 8, 1), 200, np.uint8))
    assert found["checkerboard_2"] == found["checkerboard_4"] == found["range"] == 0

import numpy as np
import pytest

from gan_keras.writing import hand_styles as hands


@pytest.mark.parametrize(("latent", "low"), [("uniform", -1), ("uniform01", 0)])
def test_uniform_noise_stays_in_its_range_and_near_its_hand(latent, low):
    hand = hands.draw(0, 500)
    z = hands.near(hand.centre, 50, 0.3, np.random.default_rng(0), latent)
    assert low <= z.min() < z.max() <= 1
    spread = z.std(axis=0).mean()
    assert spread < 0.3 * z.std()
    assert np.histogram(z[0], 4, (low, 1))[0].min() > 80  # of 500: all parts of the range


def test_between_two_hands():
    first, second = hands.draw(0, 64), hands.draw(1, 64)
    ends = [hands.between(first, second, t) for t in (0.0, 1.0)]
    np.testing.assert_allclose(ends[0].centre, first.centre, atol=1e-6)
    np.testing.assert_allclose(ends[1].centre, second.centre, atol=1e-6)
    middle = hands.between(first, second, 0.5)
    lengths = [np.linalg.norm(hand.centre) for hand in (first, middle, second)]
    assert min(lengths[0], lengths[2]) * 0.9 < lengths[1]  # not through the middle of the ball
    low, high = sorted((first.spacing, second.spacing))
    assert low <= middle.spacing <= high

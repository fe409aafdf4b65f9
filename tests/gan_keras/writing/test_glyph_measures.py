import numpy as np
import pytest
from PIL import Image, ImageDraw

from gan_keras.writing import glyph_measures as measure


def line(x0, y0, x1, y1, width, size=28, finer=8):
    """An anti-aliased line."""
    image = Image.new("L", (size * finer, size * finer))
    ends = [v * finer for v in (x0, y0, x1, y1)]
    ImageDraw.Draw(image).line(ends, fill=255, width=round(width * finer))
    return np.asarray(image.resize((size, size), Image.Resampling.BOX))


@pytest.mark.parametrize("slant", [-0.4, 0.0, 0.3])
def test_slant_of_a_leaning_line(slant):
    # 20 pixels high; the top is at the smaller row
    image = line(14 - 10 * slant, 24, 14 + 10 * slant, 4, 1.5)
    assert measure.slants(image[None])[0] == pytest.approx(slant, abs=0.03)


def test_slant_of_nothing_and_of_a_dash():
    empty = np.zeros((1, 28, 28), np.uint8)
    assert measure.slants(empty)[0] == 0
    assert measure.extent(empty[0] + 20) is None
    assert measure.flatness(line(4, 14, 24, 14, 2)[None])[0] > 4
    assert measure.flatness(line(14, 4, 14, 24, 2)[None])[0] < 0.25


@pytest.mark.parametrize("width", [1.5, 2.5, 4.0])
def test_pen_width_and_extent(width):
    found = measure.extent(line(14, 4, 14, 24, width))
    assert found.pen == pytest.approx(width, rel=0.2)
    assert found.top == pytest.approx(4, abs=0.5)
    assert found.bottom == pytest.approx(24, abs=0.5)
    assert found.height == pytest.approx(20 - width, abs=1)
    assert found.width < 0.6


def test_specks_do_not_count():
    image = line(14, 4, 14, 24, 3).copy()
    image[1, 1] = 255
    assert measure.extent(image).left > 10
    assert measure.extent(image, speck=0.001).left < 2

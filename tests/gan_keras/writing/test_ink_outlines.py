import numpy as np
import pytest
from PIL import Image, ImageDraw

from gan_keras.writing import glyph_measures as measure
from gan_keras.writing import ink_outlines


def glyph(kind):
    """A ring or an L, 28 pixels, with a pen of 2.5 pixels."""
    image = Image.new("L", (280, 280))
    pen = ImageDraw.Draw(image)
    if kind == "ring":
        pen.ellipse((60, 40, 220, 240), outline=255, width=25)
    else:
        pen.line((80, 40, 80, 228, 200, 228), fill=255, width=25, joint="curve")
    return np.asarray(image.resize((28, 28), Image.Resampling.BOX))


def ink(kind, scale=(0.035, 0.035), pen=0.08, shear=0.0):
    image = glyph(kind)
    return ink_outlines.draw(image, measure.extent(image), scale, pen, shear)


@pytest.mark.parametrize("scale", [0.02, 0.035, 0.06])
@pytest.mark.parametrize("pen", [0.06, 0.09])
def test_the_pen_is_as_wide_as_wanted_at_any_size(scale, pen):
    for kind in ("ring", "L"):
        assert ink(kind, (scale, scale), pen).pen() == pytest.approx(pen, rel=0.2)


def test_holes_stay_holes():
    areas = [ink_outlines.signed_area(curve) for curve in ink("ring").outlines]
    assert sorted(np.sign(areas)) == [-1, 1]
    heavy = [ink_outlines.signed_area(curve) for curve in ink("ring", pen=0.5).outlines]
    assert min(heavy) < 0


def test_a_fine_pen_tears_no_stroke_and_leaves_ink():
    assert len(ink("L", pen=0.001).outlines) == 1
    image = glyph("L").copy()
    image[4:23, 7:17] = 255  # a blot over the upright stroke
    for pen in (0.001, 0.03, 0.08):
        assert ink_outlines.draw(image, measure.extent(image), (0.035, 0.035), pen).outlines


def test_strokes_of_one_glyph_get_one_width():
    image = Image.new("L", (280, 280))
    pen = ImageDraw.Draw(image)
    pen.line((80, 40, 80, 230), fill=255, width=50)
    pen.line((80, 230, 230, 230), fill=255, width=18)
    image = np.asarray(image.resize((28, 28), Image.Resampling.BOX))
    drawn = ink_outlines.draw(image, measure.extent(image), (0.035, 0.035), 0.08)
    again = drawn.image((28, 28))
    upright, level = again[12].sum(), again[:, 17].sum()
    assert 0.7 < upright / level < 1.5  # 2.8 in the image
    assert drawn.pen() == pytest.approx(0.08, rel=0.2)


def test_the_pen_begins_at_the_origin_and_shear_leans_to_the_right():
    straight, leaning = ink("L", pen=0.08), ink("L", pen=0.08, shear=0.4)
    assert straight.box[:2] == pytest.approx((-0.04, -0.04), abs=0.01)
    slants = [measure.slants(drawn.image((28, 28))[None])[0] for drawn in (straight, leaning)]
    assert slants[1] - slants[0] == pytest.approx(0.4, abs=0.08)
    assert leaning.box[3] == pytest.approx(straight.box[3], abs=0.015)


def test_ink_goes_back_to_the_image_that_it_came_from():
    image = glyph("ring")
    extent = measure.extent(image)
    # Strokes are even on the page, so a stretched ring has uneven ones in its image.
    for scale, close in (((0.03, 0.03), 3), ((0.04, 0.025), 7)):
        pen = extent.pen * np.sqrt(np.prod(scale))
        again = ink_outlines.draw(image, extent, scale, pen).moved(5, -3).image((28, 28))
        assert np.abs(again.astype(int) - image).mean() < close
        assert again[14, 14] == 0


def test_outlines_are_points_of_smooth_curves_at_even_distances():
    angle = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    thin = ink_outlines.thin_out(circle, 2 * np.pi / 20)
    (curve,) = ink_outlines.Ink((thin,), (1.0, 1.0), (0.0, 0.0)).beziers()
    start, first, second, end = curve[:-1:3], curve[1::3], curve[2::3], curve[3::3]
    middle = (start + 3 * first + 3 * second + end) / 8
    assert np.hypot(*middle.T) == pytest.approx(np.ones(20), abs=0.002)


def test_a_pen_that_is_wider_than_the_image_fills_it_and_no_memory():
    drawn = ink("L", (1e-4, 1e-4), pen=0.5)  # 5,000 pixels
    assert len(drawn.outlines) >= 1
    assert drawn.pen() > 0

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


def painted(drawn, pixels=100):
    """Ink as a mask, `pixels` to an em."""
    left, bottom, right, top = drawn.box
    size = (int((right - left) * pixels) + 8, int((top - bottom) * pixels) + 8)
    canvas = Image.new("1", size)
    pen = ImageDraw.Draw(canvas)
    for curve in sorted(drawn.outlines, key=ink_outlines.signed_area, reverse=True):
        points = (curve - (left, bottom)) * pixels + 4
        pen.polygon([tuple(p) for p in points], fill=int(ink_outlines.signed_area(curve) > 0))
    return np.asarray(canvas)


@pytest.mark.parametrize("scale", [0.02, 0.035, 0.06])
@pytest.mark.parametrize("pen", [0.06, 0.09])
def test_the_pen_is_as_wide_as_wanted_at_any_size(scale, pen):
    mask = painted(ink("ring", (scale, scale), pen))
    found = measure.pen_width(mask, measure.distance_inside(mask)) / 100
    assert found == pytest.approx(pen, rel=0.2)


def test_holes_stay_holes():
    areas = [ink_outlines.signed_area(curve) for curve in ink("ring").outlines]
    assert sorted(np.sign(areas)) == [-1, 1]
    heavy = [ink_outlines.signed_area(curve) for curve in ink("ring", pen=0.5).outlines]
    assert min(heavy) < 0


def test_strokes_are_not_torn_by_a_fine_pen():
    assert len(ink("L", pen=0.001).outlines) == 1


def test_a_pen_finer_than_strokes_that_differ_leaves_ink():
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
    mask = painted(drawn)
    upright, level = mask[60].sum(), mask[:, 50].sum()
    assert 0.7 < upright / level < 1.5  # 2.8 in the image
    assert drawn.pen() == pytest.approx(0.08, rel=0.2)


def test_the_pen_of_ink_is_that_of_its_strokes():
    for scale in (0.02, 0.06):
        drawn = ink("L", (scale, scale), pen=0.07)
        assert drawn.pen() == pytest.approx(0.07, rel=0.12)
        assert drawn.moved(3.0, -2.0).pen() == pytest.approx(drawn.pen(), rel=1e-6)


def test_the_way_of_the_pen_begins_at_the_origin():
    left, bottom, right, top = ink("L", pen=0.08).box
    assert left == pytest.approx(-0.04, abs=0.01)
    assert bottom == pytest.approx(-0.04, abs=0.01)
    assert right - left < top - bottom


def test_shear_leans_to_the_right_and_keeps_the_height():
    straight, leaning = ink("L"), ink("L", shear=0.4)
    slants = [measure.slants(drawn.image((28, 28))[None])[0] for drawn in (straight, leaning)]
    assert slants[1] - slants[0] == pytest.approx(0.4, abs=0.08)
    assert leaning.box[3] == pytest.approx(straight.box[3], abs=0.015)


def test_ink_goes_back_to_the_image_that_it_came_from():
    image = glyph("ring")
    extent = measure.extent(image)
    # Strokes are even on the page, so those of a ring that is stretched there are not in its image.
    for scale, close in (((0.03, 0.03), 3), ((0.04, 0.025), 7)):
        pen = extent.pen * np.sqrt(np.prod(scale))
        again = ink_outlines.draw(image, extent, scale, pen).moved(5, -3).image((28, 28))
        assert np.abs(again.astype(int) - image).mean() < close
        assert again[14, 14] == 0


def test_outlines_are_thinned_evenly():
    angle = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    thin = ink_outlines.thin_out(circle, 2 * np.pi / 20)
    assert len(thin) == 20
    gaps = np.hypot(*(thin - np.roll(thin, 1, axis=0)).T)
    assert gaps.std() < 0.01
    (curve,) = ink_outlines.Ink((thin,), (1.0, 1.0), (0.0, 0.0)).beziers()
    start, first, second, end = curve[:-1:3], curve[1::3], curve[2::3], curve[3::3]
    middle = (start + 3 * first + 3 * second + end) / 8
    assert np.hypot(*middle.T) == pytest.approx(np.ones(20), abs=0.002)


def test_a_pen_that_is_wider_than_the_image_fills_it_and_no_memory():
    drawn = ink("L", (1e-4, 1e-4), pen=0.5)  # 5,000 pixels
    assert len(drawn.outlines) >= 1
    assert drawn.pen() > 0

import dataclasses
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from gan_keras.foundation.errors import UsageError
from gan_keras.writing.ink_outlines import Ink
from gan_keras.writing.written_sheet import MARGIN, Glyph, Sheet, Stroke, side_by_side

SVG = "{http://www.w3.org/2000/svg}"


def ring(radius, turn):
    angle = turn * np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return radius * np.stack([np.cos(angle), np.sin(angle)], 1)


@pytest.fixture
def sheet():
    """A ring of ink, 2 em across with a hole of 1 em, and a line of the pen to the right."""
    ink = Ink((ring(1.0, 1), ring(0.5, -1)), (0.03, 0.03), (0, 0))
    line = Stroke(np.array([(1.5, 0.0), (3.0, 0.0)]), 0.1)
    return Sheet('<a & "b">', (Glyph(0, ink),), (line,))


def test_svg_has_a_path_per_glyph_and_a_safe_title(sheet, tmp_path):
    sheet = dataclasses.replace(sheet, title='<a & "b">x\x01+\x0c1\ud800\uffff \U0001d465\n')
    sheet.write(tmp_path / "b.svg", 50)
    root = ET.parse(tmp_path / "b.svg").getroot()
    assert root.find(f"{SVG}title").text == '<a & "b">x+1 \U0001d465\n'  # what XML can hold
    (path,) = root.iter(f"{SVG}path")
    assert path.get("d").count("M") == 2
    assert path.get("d").count("Z") == 2
    (line,) = root.iter(f"{SVG}polyline")
    assert float(line.get("stroke-width")) == 5
    assert (int(root.get("width")), int(root.get("height"))) == sheet.pixels(50)


def test_a_page_of_too_many_pixels_is_not_drawn():
    wide = Sheet("-", (), (Stroke(np.array([(0.0, 0.0), (59_999.3, 0.0)]), 0.1),))
    with pytest.raises(UsageError, match="has 3,840,000 x 45 pixels, more than 40,000,000"):
        wide.png(64)
    assert wide.svg(64)


def test_png_shows_ink_hole_and_line_where_they_are(sheet, tmp_path):
    sheet.write(tmp_path / "a.png", 50)
    image = Image.open(tmp_path / "a.png")
    assert image.size == sheet.pixels(50)
    grey = np.asarray(image.convert("L"))
    left, bottom, right, top = sheet.box
    assert (left, top) == pytest.approx((-1 - MARGIN, 1 + MARGIN))
    assert (right, bottom) == pytest.approx((3 + MARGIN, -1 - MARGIN))

    def at(x, y):
        return grey[round((top - y) * 50), round((x - left) * 50)]

    assert at(0, 0) == 255  # the hole
    assert at(0.75, 0) < 80
    assert at(0, -0.75) < 80
    assert at(2.2, 0) < 80
    assert at(2.2, 0.2) == 255
    assert at(1.25, 0) == 255


def test_sheets_side_by_side(sheet):
    both = side_by_side([sheet, sheet])
    first, second = both.glyphs
    width = sheet.box[2] - sheet.box[0]
    assert second.ink.box[0] - first.ink.box[0] == pytest.approx(width)
    assert second.ink.box[1] == pytest.approx(first.ink.box[1])
    assert both.strokes[1].points[0, 0] - both.strokes[0].points[0, 0] == pytest.approx(width)
    assert both.title == sheet.title

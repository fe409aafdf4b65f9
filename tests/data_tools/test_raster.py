import numpy as np
import pytest

from data_tools import raster
from data_tools.raster import UNIT, Ink, normalize


def ink(*symbols) -> Ink:
    """Ink of symbols given as lists of strokes, each a list of points."""
    strokes = [np.array(stroke, float) for symbol in symbols for stroke in symbol]
    return normalize(
        np.concatenate([np.zeros((0, 2)), *strokes]),
        np.array([len(stroke) for stroke in strokes], int),
        np.array([len(symbol) for symbol in symbols], int),
    )


def draw(*symbols, size: int = 28, style: str = "mnist") -> np.ndarray:
    """Images of symbols, as numbers that can be subtracted."""
    return raster.draw(ink(*symbols), size, style).astype(int)


def spiral(turns: float):
    t = np.linspace(0, 1, 40)
    angle = 2 * np.pi * turns * t
    return [np.stack([t * np.cos(angle), t * np.sin(angle)], 1)]


HORIZONTAL = [[[0, 0], [10, 0]]]
DIAGONAL = [[[0, 0], [10, 10]]]
POINT = [[[3, 4]]]


def test_normalize_keeps_the_aspect_and_scales_each_symbol_by_itself():
    small, tall = [[[1, 1], [1.002, 1.001]]], [[[-500, 20], [500, 2020]]]
    result = ink(small, tall)
    assert result.points[2:].tolist() == [[0, 0], [32768, UNIT]]
    assert np.abs(result.points[:2].astype(int) - [[0, 0], [UNIT, 32768]]).max() <= 1
    assert result.points_per_symbol().tolist() == [2, 2]


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1e9])
def test_normalize_extremes(scale):
    symbols = [[[0, 0], [scale, scale]]], POINT
    assert ink(*symbols).points[1].tolist() == ([UNIT, UNIT] if scale == 1e9 else [0, 0])
    assert draw(*symbols).any(axis=(1, 2)).all()


def test_take_and_split_cut_between_symbols():
    symbols = [HORIZONTAL, [*DIAGONAL, *POINT], spiral(1), POINT]
    whole = ink(*symbols)
    taken = whole.take(np.array([True, False, True, False]))
    expected = ink(symbols[0], symbols[2])
    assert np.array_equal(taken.points, expected.points)
    parts = whole.split(np.array([1, 3, 4]))
    assert [part.counts.tolist() for part in parts] == [[1], [2, 1], [1]]
    assert [len(part.points) for part in parts] == [2, 43, 1]
    again = Ink.concatenate(parts)
    for name in ("points", "strokes", "counts"):
        assert np.array_equal(getattr(again, name), getattr(whole, name))


@pytest.mark.parametrize("style", raster.STYLES)
@pytest.mark.parametrize("size", [8, 28, 32, 64])
def test_no_image_is_empty_and_ink_is_in_the_middle(style, size):
    dots = [[[[5, 5]] * 29], [[[5, 5], [5, 5]], [[5, 5]]], POINT]
    images = draw(*dots, HORIZONTAL, DIAGONAL, size=size, style=style)
    assert images.shape == (5, size, size)
    for image in images:
        assert image.max() > (40 if size == 8 else 100)
        centre = (image * np.indices((size, size))).sum(axis=(1, 2)) / image.sum()
        assert np.allclose(centre, (size - 1) / 2, atol=1.01 if style == "original" else 0.05)


def test_mnist_box_and_pen():
    images = draw(HORIZONTAL, DIAGONAL, POINT, spiral(2)) / 255
    across = images[0].sum(axis=0)
    # The line is 20 pixels long with round ends, and its ink across is the pen's width.
    assert across[8:20] == pytest.approx(2.2, abs=0.02)
    assert np.flatnonzero(across)[[0, -1]].tolist() == [2, 25]
    assert images[0].sum() == pytest.approx(20 * 2.2 + np.pi * 1.1**2, rel=0.02)
    # The same width in any direction.
    assert images[1].sum() == pytest.approx(20 * 2**0.5 * 2.2 + np.pi * 1.1**2, rel=0.03)
    # Agg's round caps are polygons.
    assert images[2].sum() == pytest.approx(np.pi * 1.1**2, rel=0.1)
    # Anti-aliased.
    assert len(np.unique(images[3])) > 50


def test_size_scales_the_mnist_style():
    for size, pen in ((56, 4.4), (20, 2.2 * 20 / 28), (8, 1.2)):
        image = draw(HORIZONTAL, size=size)[0] / 255
        assert image.sum(axis=0)[size // 2] == pytest.approx(pen, abs=0.02)


def test_original_is_black_and_white_fills_the_box_and_uses_three_pixels():
    images = draw(HORIZONTAL, DIAGONAL, POINT, spiral(2), style="original")
    assert set(np.unique(images)) == {0, 255}
    assert (images[0].sum(axis=0) == 3 * 255).all()
    assert images[1].any(axis=0).all()
    assert images[1].any(axis=1).all()
    assert images[2].sum() == 9 * 255
    assert (draw(HORIZONTAL, size=64, style="original")[0].sum(axis=0) == 3 * 255).all()


@pytest.mark.parametrize("style", raster.STYLES)
def test_symbols_do_not_touch_each_other(style):
    # More than one strip, neighbours that fill their boxes, strokes that would join if they could.
    symbols = [[DIAGONAL, spiral(i / 100), POINT, HORIZONTAL][i % 4] for i in range(600)]
    together = draw(*symbols, style=style)
    for i in (0, 1, 255, 256, 257, 511, 599):
        alone = draw(symbols[i], style=style)[0]
        # A place further right rounds otherwise: one step of coverage.
        assert np.abs(alone - together[i]).max() <= (0 if style == "original" else 3)


@pytest.mark.parametrize("style", raster.STYLES)
def test_symbols_stand_upright(style):
    # InkML's y grows downward: a corner of the two sides x = 0 and y = 0 is at the top left.
    (image,) = draw([[[0, 10], [0, 0], [10, 0]]], style=style)
    assert image[:14].sum() > 2 * image[14:].sum()
    assert image[:, :14].sum() > 2 * image[:, 14:].sum()


def test_strokes_are_not_joined_and_stay_ink_where_they_overlap():
    assert draw([[[0, 0], [10, 0]], [[0, 10], [10, 10]]])[0, 8:20].sum() == 0
    once, twice = draw(HORIZONTAL, [*HORIZONTAL, *HORIZONTAL])
    # Nothing is cut out where strokes cross; only the grey edge becomes a little darker.
    assert (twice >= once).all()
    assert (twice[once == 255] == 255).all()
    assert twice.sum() < 1.15 * once.sum()


def test_very_many_points():
    zigzag = [[[i / 10_000, i % 2] for i in range(20_000)]]
    images = draw(*[zigzag] * 12, HORIZONTAL)
    assert (images[:12] == images[0]).mean() > 0.99
    assert np.abs(images[12] - draw(HORIZONTAL)[0]).max() <= 3


def test_nothing_to_draw():
    assert draw().shape == (0, 28, 28)

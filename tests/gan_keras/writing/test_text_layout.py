# ruff: noqa: RUF001 (characters that look alike)
import numpy as np
import pytest

from gan_keras.writing import text_layout
from gan_keras.writing.hand_styles import Hand
from gan_keras.writing.ink_outlines import Ink

STEADY = Hand(np.zeros(4), pen=1.0, spacing=1.0, x_height=1.0, unrest=0.0)


def block(left, bottom, right, top):
    """Ink in the shape of a box, with points as dense as real outlines have."""
    t = np.linspace(0, 1, 60, endpoint=False)[:, None]
    corners = np.array([(left, bottom), (right, bottom), (right, top), (left, top)])
    sides = [a + (b - a) * t for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)]
    return Ink((np.concatenate(sides),), (0.03, 0.03), (0.0, 0.0))


def joined(*inks):
    return Ink(sum((ink.outlines for ink in inks), ()), (0.03, 0.03), (0.0, 0.0))


def test_kerning_goes_by_ink_and_not_by_boxes():
    moves = text_layout.kern([block(3, 0, 3.4, 0.5), block(-1, 0, -0.6, 0.5)], np.full(2, 0.1))
    assert moves == pytest.approx([-3, 1 + 0.4 + 0.1], abs=0.01)
    # a T: a bar over a thin stem; a small letter slips under the bar
    letter_t = joined(block(0, 0.6, 0.6, 0.7), block(0.27, 0, 0.33, 0.7))
    small = block(0, 0, 0.4, 0.4)
    moves = text_layout.kern([letter_t, small], np.full(2, 0.08))
    assert 0.33 < moves[1] < 0.6
    # but neither one that is as tall as the T
    assert text_layout.kern([letter_t, block(0, 0, 0.4, 0.7)], np.full(2, 0.08))[1] > 0.6
    # nor wholly one that it meets in no row
    comma, quote = block(0, -0.2, 0.2, 0.0), block(0, 0.6, 0.2, 0.8)
    assert text_layout.kern([comma, quote], np.full(2, 0.05))[1] > 0.1


def set_blocks(words, width):
    letters = [block(0, 0, 0.4, 0.5) for c in words if not c.isspace()]
    return text_layout.set_lines(words, letters, width, STEADY, np.random.default_rng(0))


def test_long_lines_are_broken_between_words():
    placed = set_blocks("aaa bbb ccc", width=3.5)
    lines = [round(-ink.box[1] / text_layout.PITCH) for ink in placed]
    assert lines == [0] * 6 + [1] * 3
    assert max(ink.box[2] for ink in placed) <= 3.5
    assert placed[6].box[0] == pytest.approx(0, abs=0.01)


def test_newlines_empty_lines_and_spaces_are_kept():
    placed = set_blocks("a\n\nb", width=9)
    assert [round(-ink.box[1] / text_layout.PITCH) for ink in placed] == [0, 2]
    one, two = set_blocks("a b", 9), set_blocks("  a  b", 9)
    assert two[0].box[0] > 0.5
    assert two[1].box[0] - two[0].box[0] - one[1].box[0] > 0.3


def test_a_word_longer_than_a_line_is_cut():
    placed = set_blocks("a" * 10, width=2.0)
    assert max(ink.box[2] for ink in placed) <= 2.01
    assert len({round(-ink.box[1] / text_layout.PITCH) for ink in placed}) == 3


def test_flat_characters_go_by_width_and_wild_ones_have_limits():
    dash, letter = text_layout.zone("-"), text_layout.zone("o")
    assert text_layout.zone("g").bottom < letter.bottom == 0
    assert letter.top < text_layout.zone("d").top
    assert text_layout.zone(".").top < text_layout.zone("′").bottom
    assert dash.scale(20, 0.2, 0.06) == pytest.approx((0.36 - 0.06) / 20)
    assert letter.scale(12, 20, 0.06) == pytest.approx((text_layout.X_HEIGHT - 0.06) / 20)
    # an o that was drawn as a dash
    assert letter.scale(20, 0.1, 0.06) * 20 < 1.0

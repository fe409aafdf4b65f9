import dataclasses

import keras
import numpy as np
import pytest
import writing_samples
from sklearn.neighbors import KNeighborsClassifier

from gan_keras.foundation.errors import UsageError
from gan_keras.writing import glyph_measures, legibility, text_layout
from gan_keras.writing.handwriter import Options, Writer

RUN = writing_samples.sampler


@pytest.fixture(scope="module")
def letters():
    return Writer(RUN("letters62"))


@pytest.fixture(scope="module")
def maths():
    return Writer(RUN("math16"))


def test_the_same_hand_and_seed_write_the_same_page(letters):
    first, again = (letters.write_text("Hello World", letters.hand(5)) for _ in range(2))
    assert first.svg(60) == again.svg(60)
    assert np.abs(np.subtract(*letters.images([first.glyphs[2], first.glyphs[3]]))).max()
    l, o = (first.glyphs[k].ink.box for k in (2, 4))  # noqa: E741
    assert (l[1], o[1]) == pytest.approx((0, 0), abs=0.08)
    assert l[3] > o[3] + 0.15
    assert o[3] == pytest.approx(text_layout.X_HEIGHT, rel=0.25)
    other = letters.write_text("Hello World", letters.hand(5), Options(seed=1))
    assert other.svg(60) != first.svg(60)
    assert letters.write_text("Hello World", letters.hand(6)).svg(60) != first.svg(60)


def test_a_formula_keeps_to_its_boxes(maths):
    sheet = maths.write_latex(r"\frac{3+4}{x}=7^{2}", maths.hand(2))
    three, plus, four, x, equals, seven, two = (glyph.ink.box for glyph in sheet.glyphs)
    (bar,) = sheet.strokes
    middle = bar.points[:, 1].mean()
    assert min(three[1], four[1]) > middle > x[3]
    assert bar.width == pytest.approx(maths.pen * maths.hand(2).pen)
    assert two[1] > seven[1] + 0.2
    assert two[3] - two[1] < seven[3] - seven[1]
    assert equals[0] > plus[0] > three[0]
    assert equals[0] > bar.points[:, 0].max()


def test_one_hand_varies_less_than_hands_differ(letters):
    sheets = [letters.write_text("HdbhkTELFPRUNphnrf", letters.hand(style)) for style in range(8)]
    slants = [glyph_measures.slants(letters.images(sheet.glyphs)) for sheet in sheets]
    pens = [[glyph.ink.pen() for glyph in sheet.glyphs] for sheet in sheets]
    for style, widths in enumerate(pens):
        wanted = letters.pen * letters.hand(style).pen
        assert np.median(widths) == pytest.approx(wanted, rel=0.25)
    labels = np.array([glyph.label for sheet in sheets for glyph in sheet.glyphs])
    for trait in (slants, pens):
        found = legibility.unevenness(np.ravel(trait), np.repeat(np.arange(8), 18), labels)
        assert found["ratio"] <= 0.5, found


def test_best_of_takes_what_the_reader_finds_legible(letters):
    # it finds images with much ink legible
    proof = Writer(RUN("letters62"), lambda images: images.mean((1, 2)).repeat(62, axis=1))
    text = "aaaaaaaaaaaa"
    plain = letters.as_data(letters.write_text(text, letters.hand(0), Options(1.0)).glyphs)
    chosen = proof.as_data(proof.write_text(text, proof.hand(0), Options(1.0, best_of=8)).glyphs)
    assert chosen.mean() > plain.mean()


@pytest.mark.parametrize(
    ("words", "change", "message"),
    [
        ("\n \t", {}, "nothing to write: the text is empty"),
        ("a" * 2001, {}, "too long: 2,001 characters, at most 2,000"),
        ("a", {"variation": 0.0}, "variation=0.0 must lie in 0.05 to 1"),
        ("a", {"variation": float("nan")}, "variation=nan"),
        ("a", {"width": 0.5}, "too short"),
        ("a", {"best_of": 2}, "needs a reader"),
        ("aΩ+b", {}, r"no class for: \+, Ω"),
    ],
)
def test_what_cannot_be_written(letters, words, change, message):
    with pytest.raises(UsageError, match=message):
        letters.write_text(words, letters.hand(0), Options(**change))


def test_data_with_dark_ink_come_out_dark_on_white():
    run = RUN("math16")
    first, second = Writer(run), Writer(dataclasses.replace(run, ink="dark"))
    assert second.pen == pytest.approx(first.pen, rel=0.1)
    asked = []
    second.reader = lambda images: asked.append(images) or np.ones((len(images), 16))
    sheet = second.write_text("1+2", second.hand(0), Options(best_of=2))
    # glyphs are ink; the reader sees what the data look like
    assert sheet.glyphs[0].ink.image((28, 28)).mean() < 100
    assert second.as_data(sheet.glyphs).mean() > 155
    assert asked[0].mean() > 155


def test_a_generator_without_labels_cannot_write():
    z = keras.Input((4,))
    unlabelled = keras.Model(z, keras.layers.Reshape((2, 2, 1))(z))
    with pytest.raises(UsageError, match="takes no class"):
        Writer(dataclasses.replace(RUN("math16"), generator=unlabelled))


def test_written_glyphs_look_like_the_data_they_come_from(maths):
    data = writing_samples.dataset("math16")
    flat = data.train_images.reshape(len(data.train_images), -1)
    reader = KNeighborsClassifier(1).fit(flat, data.train_labels)
    sheet = maths.write_text("(0123456789+x-=)" * 2, maths.hand(0), Options(0.1))
    wanted = [glyph.label for glyph in sheet.glyphs]
    read = reader.predict(maths.as_data(sheet.glyphs).reshape(len(wanted), -1))
    assert np.mean(read == wanted) > 0.7

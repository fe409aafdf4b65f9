import dataclasses

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
    other = letters.write_text("Hello World", letters.hand(5), Options(seed=1))
    assert other.svg(60) != first.svg(60)
    assert letters.write_text("Hello World", letters.hand(6)).svg(60) != first.svg(60)


def test_the_same_letter_twice_is_never_the_same_image(letters):
    options = Options(variation=0.05)
    images = letters.images(letters.write_text("aaaaaaaaaa", letters.hand(0), options).glyphs)
    flat = images.reshape(10, -1)
    assert len(np.unique(flat, axis=0)) == 10


def test_letters_stand_on_their_line(letters):
    sheet = letters.write_text("xhgT", letters.hand(1))
    x, h, g, capital = (glyph.ink.box for glyph in sheet.glyphs)
    for box in (x, h, capital):
        assert box[1] == pytest.approx(0, abs=0.08)
    assert g[1] < -0.15
    assert h[3] > x[3] + 0.15
    assert x[3] == pytest.approx(text_layout.X_HEIGHT, rel=0.25)
    lefts = [box[0] for box in (x, h, g, capital)]
    assert lefts == sorted(lefts)


def test_all_missing_characters_are_named(maths):
    with pytest.raises(UsageError, match="no class for: Z, y, Ω"):
        maths.write_text("xyZ Ω+1", maths.hand(0))
    with pytest.raises(UsageError, match="no class for: y, Ω"):
        maths.write_latex(r"\Omega+y", maths.hand(0))


def test_a_formula_keeps_to_its_boxes(maths):
    sheet = maths.write_latex(r"\frac{3+4}{x}=7^{2}", maths.hand(2))
    three, plus, four, x, equals, seven, two = (glyph.ink.box for glyph in sheet.glyphs)
    (bar,) = sheet.strokes
    middle = bar.points[:, 1].mean()
    assert min(three[1], four[1]) > middle > x[3]
    assert bar.width == pytest.approx(maths.pen * maths.hand(2).pen)
    assert two[1] > seven[1] + 0.2
    assert two[3] - two[1] < seven[3] - seven[1]
    assert plus[0] > three[0]
    assert equals[0] > bar.points[:, 0].max()


def stroke_widths(writer, sheet):
    """Width of the strokes of each glyph, in em."""
    images = writer.images(sheet.glyphs)
    return [
        glyph_measures.extent(image).pen * glyph.ink.scale[0]
        for image, glyph in zip(images, sheet.glyphs, strict=True)
    ]


def test_strokes_are_as_wide_as_the_hands_pen(letters):
    for style in (0, 1, 2):
        hand = letters.hand(style)
        found = stroke_widths(letters, letters.write_text("HimplebxcnTLU", hand))
        assert np.median(found) == pytest.approx(letters.pen * hand.pen, rel=0.25)


def test_one_hand_varies_less_than_hands_differ(letters):
    sheets = [letters.write_text("HdbhkTELFPRUNphnrf", letters.hand(style)) for style in range(8)]
    slants = [glyph_measures.slants(letters.images(sheet.glyphs)) for sheet in sheets]
    pens = [stroke_widths(letters, sheet) for sheet in sheets]
    labels = np.array([glyph.label for sheet in sheets for glyph in sheet.glyphs])
    for trait in (slants, pens):
        found = legibility.unevenness(np.ravel(trait), np.repeat(np.arange(8), 18), labels)
        assert found["ratio"] <= 0.5, found


def test_best_of_takes_what_the_reader_finds_legible(letters):
    asked = []

    def reader(images):
        """Finds those legible that have much ink."""
        asked.append(len(images))
        ink = images.mean((1, 2, 3))[:, None] / 255.0
        return np.repeat(ink, len(letters.alphabet.characters), axis=1)

    proof = Writer(RUN("letters62"), reader)
    text = "aaaaaaaaaaaa"
    plain = letters.as_data(letters.write_text(text, letters.hand(0), Options(1.0)).glyphs)
    chosen = proof.as_data(proof.write_text(text, proof.hand(0), Options(1.0, best_of=8)).glyphs)
    assert asked == [8 * 12]
    assert chosen.mean() > plain.mean()


def test_best_of_needs_a_reader(letters):
    with pytest.raises(UsageError, match="needs a reader"):
        letters.write_text("a", letters.hand(0), Options(best_of=2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"variation": 0.0}, "variation=0.0 must lie in 0.05 to 1"),
        ({"variation": float("nan")}, "variation=nan"),
        ({"width": 0.5}, "too short"),
    ],
)
def test_options_have_limits(change, message):
    with pytest.raises(UsageError, match=message):
        Options(**change)


def test_data_with_dark_ink_come_out_dark_on_white():
    run = RUN("math16")
    inverted = dataclasses.replace(run, ink="dark")
    first, second = Writer(run), Writer(inverted)
    assert second.pen == pytest.approx(first.pen, rel=0.1)
    asked = []

    def reader(images):
        asked.append(images)
        return np.ones((len(images), 16))

    second.reader = reader
    sheet = second.write_text("1+2", second.hand(0), Options(best_of=2))
    # glyphs are ink; who reads them sees what the data look like
    assert sheet.glyphs[0].ink.image((28, 28)).mean() < 100
    assert second.as_data(sheet.glyphs).mean() > 155
    assert asked[0].mean() > 155


def test_runs_that_cannot_write_say_why():
    run = RUN("math16")
    names = tuple(f"class {k}" for k in range(16))
    with pytest.raises(UsageError, match="no class that is a character; .* class 0, class 1"):
        Writer(dataclasses.replace(run, class_names=names))
    z = writing_samples.keras.Input((4,))
    image = writing_samples.layers.Reshape((28, 28, 1))(writing_samples.layers.Dense(784)(z))
    unlabelled = writing_samples.keras.Model(z, image)
    with pytest.raises(UsageError, match="takes no class"):
        Writer(dataclasses.replace(run, generator=unlabelled))


def test_written_glyphs_look_like_the_data_they_come_from(maths):
    data = writing_samples.dataset("math16")
    flat = data.train_images.reshape(len(data.train_images), -1)
    reader = KNeighborsClassifier(1).fit(flat, data.train_labels)
    sheet = maths.write_text("(0123456789+x-=)" * 2, maths.hand(0), Options(0.1))
    wanted = [glyph.label for glyph in sheet.glyphs]
    read = reader.predict(maths.as_data(sheet.glyphs).reshape(len(wanted), -1))
    assert np.mean(read == wanted) > 0.7

"""The writer: a run's generator, a hand, and the layout of texts and formulas joined."""

import dataclasses
import functools
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from gan_keras.data.pipeline import unscale
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.samples.sampling import Sampler
from gan_keras.writing import formula_layout, glyph_measures, hand_styles, ink_outlines, text_layout
from gan_keras.writing.alphabet import Alphabet, check_length, smallest_part
from gan_keras.writing.glyph_measures import Extent
from gan_keras.writing.hand_styles import Hand
from gan_keras.writing.written_sheet import Glyph, Sheet, Stroke

MAX_TEXT = 2000
# Reads images uint8 `(n, h, w, c)` and gives the probability of each class.
Reader = Callable[[np.ndarray], np.ndarray]

# Hands that tell how a class stands by itself, whoever writes it, and how much hands differ.
_CALIBRATION = 24
_HAND_IMAGES = 4  # images per class that tell how a hand leans
_FLAT = 2.0  # a class this much wider than high has no slant
_MAX_SHEAR = 0.45
_MAX_SLANT = 0.35
# If the generator hardly tells hands apart, chance would be scaled up.
_MAX_GAIN = 6.0
# Share of a hand's own unevenness that is left in its slant: real writing is not ruled.
_UNEVEN = 0.2
# Images per call at most: candidates of a long text would fill the memory.
_BATCH = 2048
_PENS = (0.045, 0.085)  # limits of the run's own pen, em
_UNREST = 0.012  # usual standard deviation of a glyph's place, em


@dataclasses.dataclass(frozen=True)
class Options:
    """Choices for one sheet.

    Attributes:
        variation: Distance from the hand in latent space, in [`hand_styles.MIN_VARIATION`, 1].
        best_of: Candidates for each glyph, of which the reader takes the most legible.
        seed: Two sheets of one hand differ in it.
        width: Longest line of a text in em.
    """

    variation: float = 0.45
    best_of: int = 1
    seed: int = 0
    width: float = 24.0

    def __post_init__(self) -> None:
        least = hand_styles.MIN_VARIATION
        if not least <= self.variation <= 1:
            raise UsageError(f"variation={self.variation} must lie in {least} to 1")
        if self.width < 2:
            raise UsageError(f"a line of {self.width:g} em is too short; at least 2")


def check_can_write(run: Sampler) -> None:
    """Checks that a run can write.

    Raises:
        UsageError: If it takes no class, makes no grey images, or has no class of a character.
    """
    shape = run.generator.output_shape
    if not run.takes_labels:
        raise UsageError(f"{run.source} takes no class, so it cannot be told what to write")
    if len(shape) != 4 or shape[-1] != 1:
        raise UsageError(f"{run.source} makes no grey images, which writing needs")
    if not len(Alphabet(run.class_names, run.dataset)):
        raise UsageError(
            f"{run.source} has no class that is a character; its classes are "
            f"{', '.join(run.class_names[:5])}, ..."
        )


class Writer:
    """Writes with the generator of a run.

    Args:
        run: The run's generator; it takes classes and makes grey images.
        reader: Chooses among candidates; needed for `best_of` above 1.

    Attributes:
        alphabet: The characters that it can write.
        pen: Width of the run's own pen, in em.
        leans: Whether a class has a slant, bool `(num_classes,)`; a dash has none.
        reader: As above.

    Raises:
        UsageError: If the run cannot write.
    """

    def __init__(self, run: Sampler, reader: Reader | None = None) -> None:
        check_can_write(run)
        self.alphabet = Alphabet(run.class_names, run.dataset)
        self.reader = reader
        self._run = run
        self._shape: tuple[int, int] = run.generator.output_shape[1:3]
        self._groups = np.array(self.alphabet.groups())
        self._generate = _traced(run)
        self._near = functools.partial(hand_styles.near, latent=run.latent)
        self._slant = functools.lru_cache(maxsize=64)(self._measure_slant)
        # Some runs have data of dark ink on bright paper; glyphs always are the other way round.
        some = run.draw(np.arange(len(run.class_names)), seed=0)
        border = np.concatenate([some[:, 0].ravel(), some[:, -1].ravel()])
        self._inverted = bool(np.median(border) > 127)
        self._calibrate()

    def hand(self, style: int) -> Hand:
        """The hand of a number."""
        return hand_styles.draw(style, self._run.latent_dim)

    def write_text(self, words: str, hand: Hand, options: Options = Options()) -> Sheet:
        """Writes a text.

        Args:
            words: The text; newlines are kept, longer lines are broken.
            hand: The writer.
            options: Choices for the sheet.

        Raises:
            UsageError: If it is empty, too long, or has characters that the run lacks.
        """
        words = self.alphabet.spell(words)
        check_length(words, MAX_TEXT, "text")
        letters = [c for c in words if not c.isspace()]
        self.alphabet.check(letters)
        random = self._random(hand, options)
        labels, drawings = self._choose(letters, hand, options, random)
        pen = self.pen * hand.pen
        inks = []
        for character, (image, extent, shear) in zip(letters, drawings, strict=True):
            zone = text_layout.zone(character)
            if zone.top == text_layout.X_HEIGHT:
                zone = dataclasses.replace(zone, top=zone.top * hand.x_height)
            size = float(np.exp(0.03 * hand.unrest * random.standard_normal()))
            scale = zone.scale(extent.width, extent.height, pen, size)
            ink = ink_outlines.draw(image, extent, (scale, scale), pen, shear)
            base = zone.base(extent.height * scale, pen)
            inks.append(ink.moved(0.0, base + _UNREST * hand.unrest * random.standard_normal()))
        placed = text_layout.set_lines(words, inks, options.width, hand, random)
        return Sheet(words, tuple(map(Glyph, labels, placed)))

    def write_latex(self, latex: str, hand: Hand, options: Options = Options()) -> Sheet:
        """Writes a formula; arguments as for `write_text`.

        Raises:
            UsageError: As `formula_layout.lay_out`.
        """
        slots, lines = formula_layout.lay_out(latex, self.alphabet)
        random = self._random(hand, options)
        labels, drawings = self._choose([slot.text for slot in slots], hand, options, random)
        pen = self.pen * hand.pen
        inks = []
        for slot, (image, extent, shear) in zip(slots, drawings, strict=True):
            width, height = slot.right - slot.left, slot.top - slot.bottom
            scale = formula_layout.fit_box(extent, width - pen, height - pen)
            ink = ink_outlines.draw(image, extent, scale, pen, shear)
            left, bottom, right, top = ink.box
            unrest = _UNREST * hand.unrest * random.standard_normal(2)
            x = (slot.left + slot.right - left - right) / 2 + unrest[0]
            y = (slot.bottom + slot.top - bottom - top) / 2 + unrest[1]
            inks.append(ink.moved(x, y))
        strokes = tuple(Stroke(formula_layout.by_hand(line, random), pen) for line in lines)
        return Sheet(latex, tuple(map(Glyph, labels, inks)), strokes)

    def images(self, glyphs: Sequence[Glyph], pen: float | None = None) -> np.ndarray:
        """Written glyphs in the size of the generator's images, uint8 `(n, h, w)`.

        Their strokes are `pen` pixels wide, or as written.
        """
        return np.stack([glyph.ink.image(self._shape, pen) for glyph in glyphs])

    def as_data(self, glyphs: Sequence[Glyph]) -> np.ndarray:
        """Written glyphs in the form of the run's data, uint8 `(n, h, w, 1)`.

        Data are brought to one size and have one pen: a dash that is as long as a bracket there is
        not as thick as one. So the pen is brought to the data's, whatever the size of the glyph.
        """
        return self._invert(self.images(glyphs, self._data_pen))[..., np.newaxis]

    def _draw(self, z: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Glyphs uint8 `(n, h, w)`, ink 255, from z float32 `(n, latent_dim)`, labels int32."""
        return self._invert(self._generate(tf.constant(z), tf.constant(labels)).numpy())

    def _invert(self, images: np.ndarray) -> np.ndarray:
        """Turns glyphs into the form of the run's data, or back."""
        return 255 - images if self._inverted else images

    def _random(self, hand: Hand, options: Options) -> np.random.Generator:
        """Chance for a sheet: another one for each hand and each seed."""
        word = int(np.abs(hand.centre).sum() * 2**20) % 2**32
        return np.random.default_rng([options.seed, word])

    def _calibrate(self) -> None:
        """Measures how each class stands by itself, how much hands differ, and the run's pen."""
        classes = len(self._run.class_names)
        labels = np.tile(np.arange(classes, dtype=np.int32), _CALIBRATION)
        random = np.random.default_rng(0)
        z = [
            self._near(self.hand(style).centre, classes, Options.variation, random)
            for style in range(_CALIBRATION)
        ]
        images = self._draw(np.concatenate(z), labels)
        slants = glyph_measures.slants(images).reshape(_CALIBRATION, classes)
        flat = np.median(glyph_measures.flatness(images).reshape(_CALIBRATION, classes), axis=0)
        self.leans = (flat < _FLAT) & np.array([bool(c) for c in self.alphabet.characters])
        self._slants = np.median(slants, axis=0)
        self._gain = 1.0
        if self.leans.any():
            rest = (slants - self._slants)[:, self.leans]
            self._gain = float(np.clip(rest.std() / max(rest.mean(1).std(), 1e-6), 1.0, _MAX_GAIN))
        some = images[:: max(1, len(images) // 200)]
        extents = [e for e in map(glyph_measures.extent, some) if e is not None]
        if not extents:
            raise DataError(f"{self._run.source} draws no ink at all; train the run longer")
        self._data_pen = float(np.median([e.pen for e in extents]))
        # The pen that writes capitals of the usual height as the images show them.
        pens = [e.pen / max(e.height, e.width, 1.0) for e in extents]
        self.pen = float(np.clip(np.median(pens) * text_layout.CAPITAL, *_PENS))

    def _choose(
        self, names: Sequence[str], hand: Hand, options: Options, random: np.random.Generator
    ) -> tuple[list[int], list[tuple[np.ndarray, Extent, float]]]:
        """Draws images for glyphs that are named by a character or by a function.

        Returns:
            The classes; and images uint8 `(h, w)` with their measures and the shear they need.
        """
        labels = np.array([self.alphabet.label(name) for name in names], np.int32)
        chosen = []
        step = max(1, _BATCH // options.best_of)
        for start in range(0, len(labels), step):
            part = np.repeat(labels[start : start + step], options.best_of)
            z = self._near(hand.centre, len(part), options.variation, random)
            chosen.extend(self._most_legible(self._draw(z, part), part, options.best_of))
        shares = [smallest_part(self.alphabet.characters[label]) for label in labels]
        images = [glyph_measures.clean(*each) for each in zip(chosen, shares, strict=True)]
        own = glyph_measures.slants(np.stack(images)) - self._slants[labels]
        target = self._slant(hand.centre.tobytes(), options.variation)
        # The difference from the hand's slant is taken back but for a rest.
        shears = np.where(self.leans[labels], (target - own) * (1.0 - _UNEVEN), 0.0)
        shears = np.clip(shears, -_MAX_SHEAR, _MAX_SHEAR).tolist()
        drawings = []
        for name, image, share, shear in zip(names, images, shares, shears, strict=True):
            extent = glyph_measures.extent(image, share)
            if extent is None:
                raise DataError(
                    f"{self._run.source} has drawn nothing for {name!r}; train the run longer"
                )
            drawings.append((image, extent, shear))
        return labels.tolist(), drawings

    def _most_legible(self, images: np.ndarray, labels: np.ndarray, best_of: int) -> np.ndarray:
        """The best of each `best_of` images that follow one another."""
        if best_of == 1:
            return images
        if self.reader is None:
            raise UsageError(f"best_of={best_of} needs a reader that chooses")
        probabilities = self.reader(self._invert(images)[..., np.newaxis])
        alike = self._groups[None, :] == self._groups[labels][:, None]
        right = (probabilities * alike).sum(1).reshape(-1, best_of)
        return images[right.argmax(1) + best_of * np.arange(len(right))]

    def _measure_slant(self, centre: bytes, variation: float) -> float:
        """Slant of a hand, to the right per height, against the mean of all hands.

        It is read off the glyphs that the generator draws near the hand. Their mean varies less
        over hands than glyphs of one class do over noise, so it is scaled up to vary as much.
        """
        labels = np.repeat(np.flatnonzero(self.leans), _HAND_IMAGES).astype(np.int32)
        if not len(labels):
            return 0.0
        random = np.random.default_rng(0)
        z = self._near(np.frombuffer(centre), len(labels), variation, random)
        leaning = glyph_measures.slants(self._draw(z, labels)) - self._slants[labels]
        return float(np.clip(self._gain * float(leaning.mean()), -_MAX_SLANT, _MAX_SLANT))


def _traced(run: Sampler) -> Callable[..., tf.Tensor]:
    """A run's generator as a function that is traced once, for batches of any size."""
    z = tf.TensorSpec((None, run.latent_dim), tf.float32)

    @tf.function(input_signature=[z, tf.TensorSpec((None,), tf.int32)], autograph=False)
    def images(z: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        found = run.generator([z, labels], training=False)
        return tf.squeeze(unscale(found, run.ink, run.value_range), axis=-1)

    return images

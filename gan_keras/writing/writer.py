"""The writer: a run's generator, a hand, and the layout of texts and formulas joined."""

import dataclasses
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.samples import sampling
from gan_keras.writing import characters, formula, hands, inking, measure, text
from gan_keras.writing.characters import Alphabet
from gan_keras.writing.hands import Hand
from gan_keras.writing.sheet import Glyph, Sheet, Stroke
from gan_keras.writing.source import Reader, Source, cannot_write

# Hands that tell how a class stands by itself, whoever writes it, and how much hands differ.
_CALIBRATION = 24
# Images a class that tell how a hand leans.
_HAND_IMAGES = 4
# A class this much wider than high has no slant.
_FLAT = 2.0
_MAX_SHEAR = 0.45
_MAX_SLANT = 0.35
# Of hands that the generator hardly tells apart chance would be scaled up.
_MAX_GAIN = 6.0
# Share of a hand's own unevenness that is left in its slant: nobody writes with a ruler.
_UNEVEN = 0.2
# Images in a call at most: candidates of a long text would fill the memory.
_BATCH = 2048
# Limits of the run's own pen, em.
_PENS = (0.045, 0.085)


@dataclasses.dataclass(frozen=True)
class Options:
    """How something is written.

    Attributes:
        variation: Distance from the hand in latent space, in [`hands.MIN_VARIATION`, 1].
        best_of: Candidates for each glyph, of which the reader takes the most legible.
        seed: Two pages of one hand differ in it.
        width: Longest line of a text in em.
    """

    variation: float = 0.45
    best_of: int = 1
    seed: int = 0
    width: float = 24.0

    def __post_init__(self):
        if not hands.MIN_VARIATION <= self.variation <= 1:
            raise UsageError(
                f"variation={self.variation} must lie in {hands.MIN_VARIATION} to 1: below, the "
                "same letter would be the same image twice"
            )
        if self.best_of < 1:
            raise UsageError(f"best_of={self.best_of} must be at least 1")
        if self.width < 2:
            raise UsageError(f"a line of {self.width:g} em is too short; at least 2")


class Writer:
    """Writes with the generator of a run.

    Args:
        run: The run's generator; it takes classes and makes grey images.
        reader: Chooses among candidates; needed for `best_of` above 1.

    Attributes:
        alphabet: What it can write.
        pen: Width of the run's own pen, in em.
        leans: Whether a class has a slant, bool `(num_classes,)`; a dash has none.
        reader: As above.

    Raises:
        UsageError: If the run cannot write.
    """

    def __init__(self, run: sampling.Sampler, reader: Reader | None = None):
        reason = cannot_write(run)
        if reason:
            raise UsageError(reason)
        self.alphabet = Alphabet(run.class_names)
        self.reader = reader
        self._run = run
        self._groups = np.array(self.alphabet.groups())
        self._source = Source(run)
        self._leanings: OrderedDict[tuple, float] = OrderedDict()
        self._calibrate()

    @property
    def latent_dim(self) -> int:
        """Length of the generator's noise."""
        return self._run.generator.inputs[0].shape[-1]

    def hand(self, style: int) -> Hand:
        """The hand of a number."""
        return hands.draw(style, self.latent_dim)

    def write_text(self, words: str, hand: Hand, options: Options = Options()) -> Sheet:
        """Writes a text.

        Args:
            words: The text; newlines are kept, longer lines are broken.
            hand: Who writes.
            options: How.

        Raises:
            UsageError: If it is empty, too long, or has characters that the run lacks.
        """
        words = text.check(self.alphabet.spell(words))
        letters = [c for c in words if not c.isspace()]
        self.alphabet.check(letters)
        if not letters:
            raise UsageError("there is nothing to write: the text has only invisible characters")
        random = self._random(hand, options)
        labels = np.array([self.alphabet.label(c) for c in letters], np.int32)
        images, shears = self._choose(labels, hand, options, random)
        pen = self.pen * hand.pen
        inks = []
        for character, image, shear in zip(letters, images, shears, strict=True):
            extent = self._extent(image, character)
            zone = characters.zone(character)
            if zone.top == characters.X_HEIGHT:
                zone = dataclasses.replace(zone, top=zone.top * hand.x_height)
            fit = text.Fit(zone, float(np.exp(0.03 * hand.unrest * random.standard_normal())))
            scale = fit.scale(extent.width, extent.height, pen)
            ink = inking.draw(image, extent, (scale, scale), pen, float(shear))
            base = fit.base(extent.height * scale, pen)
            inks.append(ink.moved(0.0, base + 0.012 * hand.unrest * random.standard_normal()))
        placed = text.set_lines(words, inks, options.width, hand.spacing, hand.unrest, random)
        glyphs = tuple(Glyph(int(k), ink) for k, ink in zip(labels, placed, strict=True))
        return Sheet(words, glyphs)

    def write_latex(self, latex: str, hand: Hand, options: Options = Options()) -> Sheet:
        """Writes a formula; arguments as for `write_text`.

        Raises:
            UsageError: As `formula.lay_out`.
        """
        layout = formula.lay_out(latex, self.alphabet)
        random = self._random(hand, options)
        labels = np.array([self._slot_label(slot.text) for slot in layout.slots], np.int32)
        images, shears = self._choose(labels, hand, options, random)
        pen = self.pen * hand.pen
        glyphs = []
        for slot, label, image, shear in zip(layout.slots, labels, images, shears, strict=True):
            extent = self._extent(image, slot.text)
            scale = formula.fit_box(extent, slot.width - pen, slot.height - pen)
            ink = inking.draw(image, extent, scale, pen, float(shear))
            left, bottom, right, top = ink.box
            unrest = 0.012 * hand.unrest * random.standard_normal(2)
            x = (slot.left + slot.right - left - right) / 2 + unrest[0]
            y = (slot.bottom + slot.top - bottom - top) / 2 + unrest[1]
            glyphs.append(Glyph(int(label), ink.moved(x, y)))
        strokes = tuple(Stroke(formula.by_hand(line, random), pen) for line in layout.lines)
        return Sheet(latex, tuple(glyphs), strokes)

    def slant(self, hand: Hand, variation: float) -> float:
        """How far a hand leans to the right per height, against the mean of all hands.

        It is read off the glyphs that the generator draws near the hand. Their mean varies less
        over hands than glyphs of one class do over noise, so it is scaled up to vary as much.
        """
        key = (hand.centre.tobytes(), variation)
        if key not in self._leanings:
            labels = np.repeat(np.flatnonzero(self.leans), _HAND_IMAGES).astype(np.int32)
            z = hands.near(hand, len(labels), variation, self._run.latent, np.random.default_rng(0))
            leaning = measure.slants(self._source(z, labels)) - self._slants[labels]
            slant = self._gain * float(leaning.mean()) if len(labels) else 0.0
            self._leanings[key] = float(np.clip(slant, -_MAX_SLANT, _MAX_SLANT))
            if len(self._leanings) > 64:
                self._leanings.popitem(last=False)
        return self._leanings[key]

    def images(self, glyphs: Sequence[Glyph]) -> np.ndarray:
        """Written glyphs as images of the size that the generator makes, uint8 `(n, h, w)`."""
        shape = self._run.generator.output_shape[1:3]
        return np.stack([glyph.ink.image(shape) for glyph in glyphs])

    def as_data(self, glyphs: Sequence[Glyph]) -> np.ndarray:
        """Written glyphs in the form of the run's data, uint8 `(n, h, w, 1)`.

        Data are brought to one size and have one pen: a dash that is as long as a bracket there is
        not as thick as one. So the pen is brought to theirs, whatever size the glyph is written in.
        """
        shape = self._run.generator.output_shape[1:3]
        images = np.stack([glyph.ink.image(shape, self._data_pen) for glyph in glyphs])
        return self._source.as_data(images)[..., np.newaxis]

    def _slot_label(self, name: str) -> int:
        return (
            self.alphabet.words[name] if name in self.alphabet.words else self.alphabet.label(name)
        )

    def _random(self, hand: Hand, options: Options) -> np.random.Generator:
        """Chance for a page: another one for each hand and each seed."""
        word = int(np.abs(hand.centre).sum() * 2**20) % 2**32
        return np.random.default_rng([options.seed, word])

    def _calibrate(self) -> None:
        """Measures how each class stands by itself, how much hands differ, and the run's pen."""
        classes = len(self._run.class_names)
        labels = np.tile(np.arange(classes, dtype=np.int32), _CALIBRATION)
        random = np.random.default_rng(0)
        z = [
            hands.near(self.hand(style), classes, Options.variation, self._run.latent, random)
            for style in range(_CALIBRATION)
        ]
        images = self._source(np.concatenate(z), labels)
        slants = measure.slants(images).reshape(_CALIBRATION, classes)
        flat = np.median(measure.flatness(images).reshape(_CALIBRATION, classes), axis=0)
        letters = np.array([bool(c) for c in self.alphabet.characters])
        self.leans = letters & (flat < _FLAT)
        self._slants = np.median(slants, axis=0)
        self._gain = 1.0
        if self.leans.any():
            rest = (slants - self._slants)[:, self.leans]
            self._gain = float(np.clip(rest.std() / max(rest.mean(1).std(), 1e-6), 1.0, _MAX_GAIN))
        some = images[:: max(1, len(images) // 200)]
        extents = [e for e in map(measure.extent, some) if e is not None]
        if not extents:
            raise DataError(f"{self._run.source} draws no ink at all; train the run longer")
        self._data_pen = float(np.median([e.pen for e in extents]))
        # The pen that writes capitals of the usual height as the images show them.
        pens = [e.pen / max(e.height, e.width, 1.0) for e in extents]
        self.pen = float(np.clip(np.median(pens) * characters.CAPITAL, *_PENS))

    def _choose(
        self, labels: np.ndarray, hand: Hand, options: Options, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Images for glyphs, and how far each is to be sheared.

        Args:
            labels: int32 `(n,)`.
            hand: Who writes.
            options: How.
            random: Where chance comes from.

        Returns:
            uint8 `(n, h, w)`, and float64 `(n,)`.
        """
        if options.best_of > 1 and self.reader is None:
            raise UsageError(f"best_of={options.best_of} needs a reader that chooses")
        chosen = []
        step = max(1, _BATCH // options.best_of)
        for start in range(0, len(labels), step):
            part = np.repeat(labels[start : start + step], options.best_of)
            z = hands.near(hand, len(part), options.variation, self._run.latent, random)
            images = self._source(z, part)
            best = self._most_legible(images, part, options.best_of)
            chosen.append(images[best])
        drawn = zip(np.concatenate(chosen), labels, strict=True)
        names = self.alphabet.characters
        images = np.stack([measure.clean(i, characters.smallest_part(names[k])) for i, k in drawn])
        own = measure.slants(images) - self._slants[labels]
        target = self.slant(hand, options.variation)
        # What differs from the hand's slant is taken back but for a rest.
        shears = np.where(self.leans[labels], (target - own) * (1.0 - _UNEVEN), 0.0)
        return images, np.clip(shears, -_MAX_SHEAR, _MAX_SHEAR)

    def _most_legible(self, images: np.ndarray, labels: np.ndarray, best_of: int) -> np.ndarray:
        """Row of the best of each `best_of` images that follow one another."""
        if best_of == 1:
            return np.arange(len(images))
        probabilities = self.reader(self._source.as_data(images)[..., np.newaxis])
        alike = self._groups[None, :] == self._groups[labels][:, None]
        right = (probabilities * alike).sum(1).reshape(-1, best_of)
        return right.argmax(1) + best_of * np.arange(len(right))

    def _extent(self, image: np.ndarray, name: str) -> measure.Extent:
        found = measure.extent(image, characters.smallest_part(name))
        if found is None:
            raise DataError(
                f"{self._run.source} has drawn nothing for {name!r}; train the run longer"
            )
        return found

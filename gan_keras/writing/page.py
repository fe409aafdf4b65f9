"""What the web page does: wishes in, a drawing or a sentence out. How it looks is in `app`."""

import collections
import dataclasses
import html
import itertools
import time
from pathlib import Path
from typing import Any

from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.writing import formula, hands
from gan_keras.writing.writer import Options, Writer

MAX_INPUT = 400  # characters that a visitor may have written at once
STYLES = 9999
BEST_OF = 8
TEXT, FORMULA = "Text", "LaTeX formula"
SIZES = (24, 120, 64)  # smallest, largest and first size, in pixels
LINE = 760  # pixels
# Files of so many pages are kept for downloads.
_KEPT = 50

_EXAMPLES = (
    (TEXT, "Hello World"),
    (TEXT, "The quick brown fox jumps over the lazy dog"),
    (TEXT, "a big fly with zen"),
    (FORMULA, r"\int_0^{\infty}\frac{\sin x}{x}dx=\frac{\pi}{2}"),
    (FORMULA, r"\sum_{k=1}^{n}k=\frac{n(n+1)}{2}"),
    (FORMULA, r"\frac{1}{2}x^{2}-9=0"),
    (FORMULA, r"\sqrt{\frac{3+4}{x}}=7^{2}"),
    (TEXT, "(3+4)x=7"),
    (TEXT, "0123456789"),
)


@dataclasses.dataclass(frozen=True)
class Page:
    """What the page does, apart from how it looks.

    Attributes:
        writer: Writes; with a reader visitors may ask for proof-reading.
        folder: Where files for downloads go.
    """

    writer: Writer
    folder: Path
    _numbers: Any = dataclasses.field(default_factory=itertools.count)
    _files: Any = dataclasses.field(default_factory=collections.deque)

    def examples(self) -> list[list[str]]:
        """Kinds and words that the run can write."""
        return [[kind, words] for kind, words in _EXAMPLES if self._can_write(kind, words)]

    def write(
        self,
        kind: str,
        words: str,
        style: float,
        towards: float,
        blend: float,
        variation: float,
        size: float,
        best_of: float,
        seed: float,
    ) -> tuple[str, str | None, str | None]:
        """Writes what a visitor asks for.

        Args:
            kind: `TEXT` or `FORMULA`.
            words: What to write.
            style: Number of the hand.
            towards: Number of another hand.
            blend: How far to go there, in [0, 1].
            variation: As in `writer.Options`.
            size: Pixels of an em.
            best_of: As in `writer.Options`.
            seed: As in `writer.Options`.

        Returns:
            HTML, and the paths of a PNG and an SVG; None for both after a mistake, which the HTML
            then says in a sentence.
        """
        try:
            return self._write(
                kind, words or "", *self._checked(style, towards, blend, variation, size, best_of),
                int(seed or 0),
            )  # fmt: skip
        except (UsageError, DataError) as error:
            return f'<p class="error" role="alert">{_sentence(str(error))}</p>', None, None

    def _write(
        self,
        kind: str,
        words: str,
        style: int,
        towards: int,
        blend: float,
        variation: float,
        size: int,
        best_of: int,
        seed: int,
    ) -> tuple[str, str, str]:
        if len(words) > MAX_INPUT:
            raise UsageError(f"that is too long: {len(words):,} characters, at most {MAX_INPUT}")
        started = time.perf_counter()
        hand = self.writer.hand(style)
        if blend:
            hand = hands.between(hand, self.writer.hand(towards), blend)
        options = Options(variation, best_of, seed, LINE / size)
        write = self.writer.write_latex if kind == FORMULA else self.writer.write_text
        sheet = write(words, hand, options)
        drawing = sheet.svg(size)
        png, svg = self._new_files()
        png.write_bytes(sheet.png(size))
        svg.write_text(drawing, encoding="utf-8")
        seconds = time.perf_counter() - started
        note = f"{len(sheet.glyphs)} glyphs, written in {seconds:.2f} s"
        return f'{drawing}<p class="note">{note}</p>', str(png), str(svg)

    def _checked(
        self,
        style: float,
        towards: float,
        blend: float,
        variation: float,
        size: float,
        best_of: float,
    ) -> tuple[int, int, float, float, int, int]:
        """Brings numbers into their limits: whoever asks need not have used the sliders."""
        limits = (
            (style, 0, STYLES),
            (towards, 0, STYLES),
            (blend, 0.0, 1.0),
            (variation, hands.MIN_VARIATION, 1.0),
            (size, *SIZES[:2]),
            (best_of, 1, BEST_OF if self.writer.reader else 1),
        )
        found = []
        for value, low, high in limits:
            try:
                value = type(low)(value)
            except (TypeError, ValueError, OverflowError):
                raise UsageError("one of the numbers is missing") from None
            found.append(min(max(value, low), high))
        return tuple(found)

    def _new_files(self) -> tuple[Path, Path]:
        """Two paths for downloads; the oldest are removed."""
        folder = self.folder / str(next(self._numbers))
        folder.mkdir()
        pair = folder / "writing.png", folder / "writing.svg"
        self._files.append(pair)
        if len(self._files) > _KEPT:
            for path in self._files.popleft():
                path.unlink(missing_ok=True)
            path.parent.rmdir()
        return pair

    def _can_write(self, kind: str, words: str) -> bool:
        alphabet = self.writer.alphabet
        try:
            if kind == FORMULA:
                formula.lay_out(words, alphabet)
            else:
                alphabet.check(c for c in words if not c.isspace())
        except UsageError:
            return False
        return True


def _sentence(message: str) -> str:
    """An error as a sentence, safe in HTML."""
    return html.escape(message[:1].upper() + message[1:].rstrip(".") + ".")

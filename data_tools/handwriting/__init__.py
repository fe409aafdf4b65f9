"""Generated handwriting: expressions and words as pen strokes, and as InkML.

    from data_tools import handwriting

    for expression in itertools.islice(handwriting.expressions("math16", seed=0), 100):
        print(expression.truth, len(expression.strokes))
        document = handwriting.write_inkml(expression)

The stream is endless, needs constant memory, and depends on the alphabet and the seed alone: the
first 100 expressions are the same whether 100 or 100,000 are taken. The shapes of the glyphs are
in `alphabet.json`, the words in `words.txt`, the texts in `texts.py`, the writers in `styles.py`,
the movements of the pen in `pen.py`.
"""

import random
from collections.abc import Iterator

import numpy as np

from data_tools.handwriting import pen, texts
from data_tools.handwriting.expression import Expression, Symbol, write_inkml
from data_tools.handwriting.glyphs import glyph_table
from data_tools.handwriting.styles import DEVICES, draw_styles

__all__ = ["ALPHABETS", "Expression", "Symbol", "expressions", "write_inkml"]

# Name -> labels in ASCII order.
ALPHABETS: dict[str, tuple[str, ...]] = {
    "math16": tuple("()+-0123456789=x"),
    "letters62": tuple("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
}
_TEXTS = {"math16": texts.math_text, "letters62": texts.word_text}

# A batch is what numpy works on at once: some 20 MB at most, whatever the length of the stream.
_WRITERS = 16
_TEXTS_PER_WRITER = 10


def expressions(alphabet: str, seed: int = 0) -> Iterator[Expression]:
    """Writes expressions without end, ten in a row by the same writer.

    Args:
        alphabet: A key of `ALPHABETS`: "math16" (sums and equations) or "letters62" (words, names,
            codes, numbers).
        seed: Seed of everything, 0 or greater.

    Yields:
        The expressions; equal for equal arguments.
    """
    table = glyph_table(ALPHABETS[alphabet])
    batch = 0
    while True:
        # A seed of its own for each batch: what came before has no influence.
        entropy = (seed, list(ALPHABETS).index(alphabet), batch)
        rng = np.random.default_rng(entropy)
        words = random.Random(int(rng.integers(2**63)))
        style = draw_styles(rng, table, _WRITERS)
        who = np.repeat(np.arange(_WRITERS), _TEXTS_PER_WRITER)
        written = [_TEXTS[alphabet](words) for _ in who]
        inks = pen.write(rng, table, style, [tokens for tokens, _ in written], who)
        for w, (tokens, truth), ink in zip(who.tolist(), written, inks, strict=True):
            owned: list[list[int]] = [[] for _ in tokens]
            for i, owner in enumerate(ink.owners):
                owned[owner].append(i)
            yield Expression(
                strokes=ink.strokes,
                symbols=[
                    Symbol(label, tuple(own)) for (label, _), own in zip(tokens, owned, strict=True)
                ],
                truth=truth,
                writer=f"writer-{batch * _WRITERS + w:05d}",
                device=DEVICES[style.device[w]],
            )
        batch += 1

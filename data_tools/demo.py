"""Handwriting to try everything with: `python -m data_tools.demo --out=data/demo/expressions.zip`.

Writes a zip of InkML expressions made by `data_tools.handwriting`, in the form of the CROHME
collections, for `python -m data_tools.crohme` to read. The bytes depend on the alphabet, the seed
and the number of expressions alone; memory does not depend on the number.
"""

import itertools
import os
from collections import Counter
from pathlib import Path

from absl import flags

from gan_keras.foundation import cli
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import atomic_path

FLAGS = flags.FLAGS


def _define_flags() -> None:
    """Defines the flags; not on import, other commands of this package have the same names."""
    flags.DEFINE_string("out", "data/demo/expressions.zip", "The .zip file to write.")
    flags.DEFINE_integer(
        "expressions",
        7000,
        "How many expressions to write. 7,000 of math16 hold about as many symbols of each class "
        "as CROHME 2012 and 2013 do.",
        lower_bound=1,
    )
    flags.DEFINE_enum(
        "alphabet",
        "math16",
        ["math16", "letters62"],
        "math16: sums and equations of ( ) + - = x and digits. letters62: words, names, codes "
        "and numbers of 0-9 A-Z a-z.",
    )
    flags.DEFINE_integer(
        "seed", 0, "Draws the writers, the texts and their strokes.", lower_bound=0
    )


def write_archive(
    out: str | os.PathLike, number: int, alphabet: str = "math16", seed: int = 0
) -> Counter[str]:
    """Writes expressions as InkML files into a zip archive.

    Args:
        out: The archive; it appears whole or not at all.
        number: How many expressions.
        alphabet: "math16" or "letters62".
        seed: Seed of everything, 0 or greater.

    Returns:
        How many symbols of each label were written.

    Raises:
        UsageError: For an unknown alphabet or a negative seed.
        DataError: If the file cannot be written.
    """
    # Imported here so that --help does not wait for numpy.
    from tqdm import tqdm

    from data_tools import handwriting
    from data_tools.zip_writer import ZipWriter

    tqdm.monitor_interval = 0
    stream = handwriting.expressions(alphabet, seed)
    counts: Counter[str] = Counter(dict.fromkeys(handwriting.ALPHABETS[alphabet], 0))
    try:
        with atomic_path(out) as temporary, ZipWriter(temporary) as archive:
            some = itertools.islice(stream, number)
            # Only where someone is watching, and only if it takes more than a moment.
            bar = tqdm(some, "writing", number, unit=" expressions", disable=None, delay=1)
            for i, expression in enumerate(bar):
                document = handwriting.write_inkml(expression)
                archive.add(f"{alphabet}/{alphabet}_{i:07d}.inkml", document)
                counts.update(symbol.label for symbol in expression.symbols)
    except OSError as error:
        raise DataError(f"cannot write {out}: {error.strerror or error}") from None
    return counts


def main() -> None:
    """Runs the command."""
    out = Path(FLAGS.out)
    if out.suffix != ".zip":
        raise UsageError(f"--out={FLAGS.out} must end in .zip")
    if out.is_dir():
        raise UsageError(f"--out={FLAGS.out} is a folder")
    counts = write_archive(out, FLAGS.expressions, FLAGS.alphabet, FLAGS.seed)
    print(" ".join(f"{label}:{count}" for label, count in counts.items()))
    print(
        f"wrote {out}: {FLAGS.expressions:,} expressions, {counts.total():,} symbols of "
        f"{FLAGS.alphabet}, seed {FLAGS.seed}"
    )


if __name__ == "__main__":
    _define_flags()
    cli.run(main)

"""Generated handwriting: `python -m data_tools.demo --out=data/demo/expressions.zip`.

Writes a zip of InkML expressions made by `data_tools.handwriting`, in the form of the CROHME
collections, for `python -m data_tools.crohme` to read. The bytes depend on the alphabet, the seed
and the number of expressions alone.
"""

import itertools
import os
import zipfile
from collections import Counter
from pathlib import Path

from absl import flags

from gan_keras.foundation import cli, progress
from gan_keras.foundation.errors import UsageError
from gan_keras.foundation.files import atomic_path, check_writable

_FILE_MODE = 0o100644 << 16
# Level 4 is twice as fast as the usual 6 for coordinates, and 4 % larger.
_LEVEL = 4

FLAGS = flags.FLAGS


def _define_flags() -> None:
    """Defines the flags; not on import, other commands of this package have the same names."""
    cli.define_path("out", "data/demo/expressions.zip", "The .zip file to write.")
    flags.DEFINE_integer(
        "expressions",
        7000,
        "Number of expressions to write. 7,000 of math16 hold about as many symbols of each class "
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
    out: str | os.PathLike[str], number: int, alphabet: str = "math16", seed: int = 0
) -> Counter[str]:
    """Writes expressions as InkML files into a zip archive.

    Args:
        out: The archive; it appears whole or not at all.
        number: Number of expressions.
        alphabet: "math16" or "letters62".
        seed: Seed of everything, 0 or greater.

    Returns:
        Number of symbols written of each label.

    Raises:
        DataError: If the file cannot be written.
    """
    # Imported here so that --help does not wait for numpy.
    from data_tools import handwriting

    stream = handwriting.expressions(alphabet, seed)
    counts: Counter[str] = Counter(dict.fromkeys(handwriting.ALPHABETS[alphabet], 0))
    with (
        atomic_path(out) as temporary,
        zipfile.ZipFile(temporary, "w") as archive,
        progress.bar(number, "writing", unit=" expressions", delay=1) as bar,
    ):
        for i, expression in enumerate(itertools.islice(stream, number)):
            # An entry made in this way has the fixed time stamp of 1980.
            entry = zipfile.ZipInfo(f"{alphabet}/{alphabet}_{i:07d}.inkml")
            entry.external_attr = _FILE_MODE
            document = handwriting.write_inkml(expression)
            archive.writestr(entry, document, zipfile.ZIP_DEFLATED, _LEVEL)
            counts.update(symbol.label for symbol in expression.symbols)
            bar.update()
    return counts


def main() -> None:
    """Runs the command."""
    out = Path(FLAGS.out)
    if out.suffix != ".zip":
        raise UsageError(f"--out={FLAGS.out} must end in .zip")
    check_writable(out, "out")
    counts = write_archive(out, FLAGS.expressions, FLAGS.alphabet, FLAGS.seed)
    print(" ".join(f"{label}:{count}" for label, count in counts.items()))
    print(
        f"wrote {out}: {FLAGS.expressions:,} expressions, {counts.total():,} symbols of "
        f"{FLAGS.alphabet}, seed {FLAGS.seed}"
    )


if __name__ == "__main__":
    _define_flags()
    cli.run(main)

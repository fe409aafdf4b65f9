"""Legibility of a writer, and differences between its hands.

python -m experiments.benchmarks.handwriting --workdir=RUN --out=FILE.json

Writes every character of the run in several hands, with and without proof-reading, and has the page
read by a grader: a classifier of another architecture and seed than the one that proof-reads, which
has seen real train images only. Real test images of the same classes are read for comparison;
classes count alike on both sides. Glyphs are brought to the size and the pen of the data for it,
as the data were. Slant and stroke width are measured on the written ink.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from absl import flags

from experiments import common
from experiments.benchmarks import measuring
from gan_keras.foundation import cli
from gan_keras.foundation.errors import UsageError
from gan_keras.foundation.files import check_writable, write_json
from gan_keras.foundation.progress import bar

FLAGS = flags.FLAGS
# At least this many glyphs and hands are written; each hand writes copies of each character, since
# a class varies within a hand too.
_GLYPHS, _HANDS, _COPIES = 1000, 8, 2
_WORD = 6
# Share of a class read right from which it is readable, and below which it is lost.
_READABLE, _LOST = 0.9, 0.5


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    cli.define_path("workdir", None, "Folder of the run.")
    cli.define_path("out", None, "The JSON file to write.")
    common.define_places("of real images")


def main() -> None:
    """Runs the command."""
    if not FLAGS.workdir or not FLAGS.out:
        raise UsageError("--workdir=RUN and --out=FILE.json are needed")
    check_writable(FLAGS.out, "out")
    common.import_tensorflow()
    from gan_keras.writing import glyph_measures, legibility  # late: import TensorFlow
    from gan_keras.writing.open_writer import dataset_of, open_writer

    dataset, cache = dataset_of(FLAGS.workdir, **common.places())
    dataset = dataset.in_memory(20_000)
    writer = open_writer(FLAGS.workdir, 8, **common.places())
    judge = legibility.grader(dataset, cache)
    labels = np.array([k for k, c in enumerate(writer.alphabet.characters) if c])

    def graded(images: np.ndarray, wanted: np.ndarray) -> dict[str, Any]:
        found = legibility.grade(judge, images, wanted, writer.alphabet)
        shares = {dataset.class_names[k]: share for k, share in found["per_class"].items()}
        return {**found, "merged": float(np.mean(list(shares.values()))), "per_class": shares}

    chosen = np.isin(dataset.test_labels, labels)
    real = graded(dataset.test_images[chosen], dataset.test_labels[chosen])
    result: dict[str, Any] = {
        "run": Path(FLAGS.workdir).name,
        "data": dataset.name,
        "merged": writer.alphabet.look_alikes(),
        "real": {name: real[name] for name in ("glyphs", "exact", "merged")},
        "environment": measuring.machine(),
    }
    print(f"look-alikes counted as one: {', '.join(result['merged']) or 'none'}")
    print(f"real test images: {real['glyphs']:,}, {real['merged']:.1%} right")
    hands = max(_HANDS, math.ceil(_GLYPHS / (len(labels) * _COPIES)))
    for best_of in (1, 8):
        glyphs, who = _write(writer, labels, hands, best_of)
        wanted = np.array([glyph.label for glyph in glyphs])
        row = {**graded(writer.as_data(glyphs), wanted), "hands": hands}
        row["of_real"] = row["merged"] / real["merged"]
        lean = writer.leans[wanted]
        slants = glyph_measures.slants(writer.images(glyphs))[lean]
        pens = np.array([glyph.ink.pen() for glyph in glyphs])  # on the page, in em
        row["slant"] = legibility.unevenness(slants, who[lean], wanted[lean])
        row["stroke_width"] = legibility.unevenness(pens, who, wanted)
        result[f"best_of_{best_of}"] = row
        _show(f"best of {best_of}", row)
    write_json(FLAGS.out, result)
    print(f"all figures in {FLAGS.out}")


def _write(writer: Any, labels: np.ndarray, hands: int, best_of: int) -> tuple[list, np.ndarray]:
    """Every character in every hand: the glyphs, and the hand of each."""
    from gan_keras.writing.handwriter import Options

    glyphs, who = [], []
    with bar(hands, f"writing, best of {best_of}", unit="hand") as shown:
        for style in range(hands):
            order = np.random.default_rng(style).permutation(np.repeat(labels, _COPIES))
            letters = [writer.alphabet.characters[k] for k in order]
            words = ("".join(letters[i : i + _WORD]) for i in range(0, len(letters), _WORD))
            options = Options(best_of=best_of, seed=style)
            sheet = writer.write_text(" ".join(words), writer.hand(style), options)
            glyphs += sheet.glyphs
            who += [style] * len(sheet.glyphs)
            shown.update()
    return glyphs, np.array(who)


def _show(name: str, row: dict[str, Any]) -> None:
    """Prints the figures of one way of writing."""
    classes = row["per_class"]
    lost = [label for label, share in classes.items() if share < _LOST]
    print(
        f"{name}: {row['glyphs']:,} glyphs in {row['hands']} hands, {row['merged']:.1%} right "
        f"({row['of_real']:.1%} of real); variance within a hand to between: slant "
        f"{row['slant']['ratio']:.2f}, stroke width {row['stroke_width']['ratio']:.2f}\n"
        f"  {sum(share >= _READABLE for share in classes.values())} of {len(classes)} classes "
        f"readable (90 %); below 50 %: {', '.join(lost) or 'none'}"
    )


if __name__ == "__main__":
    define_flags()
    cli.run(main)

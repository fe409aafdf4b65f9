"""How legible a writer is, and how much one hand differs from another.

python -m experiments.benchmarks.handwriting --workdir=RUN --out=FILE.json

Writes every character of the run in several hands, with and without proof-reading, and has the page
read by a grader: a classifier of another architecture and seed than the one that proof-reads, which
has seen real train images only. Real test images of the same classes are read for comparison;
classes count alike on both sides. Glyphs are brought to the size and the pen of the data for it,
as the data were. Slant and stroke width are measured on the written ink.
"""

from pathlib import Path
from typing import Any

import numpy as np
from absl import flags

from experiments import common
from gan_keras.foundation import cli
from gan_keras.foundation.errors import UsageError
from gan_keras.foundation.files import check_writable, write_json

FLAGS = flags.FLAGS
# Each is written so often by each hand: within a hand a class varies too.
_COPIES = 2
_WORD = 6
# A class of which this share is read right counts as readable, or as not.
_READABLE, _LOST = 0.9, 0.5


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    flags.DEFINE_string("workdir", None, "Folder of the run.")
    flags.DEFINE_string("out", None, "The JSON file to write.")
    flags.DEFINE_string("data_dir", "", "Folder of data sets; the run's own by default.")
    flags.DEFINE_integer("glyphs", 1000, "Glyphs to write at least.", lower_bound=10)
    flags.DEFINE_integer("hands", 8, "Hands to write them in, more if that needs it.", 2)
    flags.DEFINE_float("variation", 0.45, "As for experiments.write.", 0.05, 1.0)


def main() -> None:
    """Runs the command."""
    if not FLAGS.workdir or not FLAGS.out:
        raise UsageError("--workdir=RUN and --out=FILE.json are needed")
    check_writable(FLAGS.out, "out")
    common.import_tensorflow()
    from gan_keras.storage import run_folder  # late: imports TensorFlow
    from gan_keras.writing import legibility, opening

    dataset, cache = opening.dataset_of(FLAGS.workdir, FLAGS.data_dir)
    dataset = dataset.in_memory(20_000)
    writer = opening.open_writer(FLAGS.workdir, 8, FLAGS.data_dir, verbose=1)
    judge = legibility.grader(dataset, cache, verbose=1)
    labels = np.array([k for k, c in enumerate(writer.alphabet.characters) if c])
    chosen = np.isin(dataset.test_labels, labels)
    real = legibility.grade(
        judge, dataset.test_images[chosen], dataset.test_labels[chosen], writer.alphabet
    )
    names = [dataset.class_names[k] for k in labels]
    result: dict[str, Any] = {
        "run": Path(FLAGS.workdir).name,
        "data": dataset.name,
        "merged": legibility.merges(writer.alphabet),
        "real": _macro(real),
        "environment": run_folder.environment(),
    }
    hands = max(FLAGS.hands, -(-FLAGS.glyphs // (len(labels) * _COPIES)))
    for best_of in (1, 8):
        written, who = _write(writer, labels, hands, best_of)
        wanted = np.array([glyph.label for glyph in written])
        found = legibility.grade(judge, writer.as_data(written), wanted, writer.alphabet)
        mean = _macro(found)
        mean["of_real"] = mean["merged"] / result["real"]["merged"]
        mean["per_class"] = {dataset.class_names[k]: v for k, v in found["per_class"].items()}
        mean["hands"] = hands
        mean |= _traits(writer, written, np.array(who), wanted)
        result[f"best_of_{best_of}"] = mean
    write_json(FLAGS.out, result)
    _show(result, dict(zip(names, dataset.class_counts[labels].tolist(), strict=True)))
    print(f"all figures in {FLAGS.out}")


def _macro(graded: dict[str, Any]) -> dict[str, Any]:
    """Number of glyphs and the mean over classes of the share read right."""
    shares = list(graded["per_class"].values())
    return {"glyphs": graded["glyphs"], "exact": graded["exact"], "merged": float(np.mean(shares))}


def _write(writer: Any, labels: np.ndarray, hands: int, best_of: int) -> tuple[list, list[int]]:
    """Every character in every hand; the glyphs, and the hand of each."""
    from tqdm import tqdm

    from gan_keras.writing.writer import Options

    glyphs, who = [], []
    for style in tqdm(range(hands), f"writing, best of {best_of}", unit=" hands", disable=None):
        random = np.random.default_rng(style)
        order = random.permutation(np.repeat(labels, _COPIES))
        letters = [writer.alphabet.characters[k] for k in order]
        words = ["".join(letters[i : i + _WORD]) for i in range(0, len(letters), _WORD)]
        options = Options(FLAGS.variation, best_of, seed=style)
        sheet = writer.write_text(" ".join(words), writer.hand(style), options)
        glyphs += sheet.glyphs
        who += [style] * len(sheet.glyphs)
    return glyphs, who


def _traits(writer: Any, glyphs: list, who: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Variance of slant and stroke width within and between hands."""
    from gan_keras.writing import legibility, measure

    lean = writer.leans[labels]
    slants = measure.slants(writer.images(glyphs))
    pens = np.array([glyph.ink.pen() for glyph in glyphs])  # on the page, in em
    return {
        "slant": legibility.unevenness(slants[lean], who[lean], labels[lean]),
        "stroke_width": legibility.unevenness(pens, who, labels),
    }


def _show(result: dict[str, Any], counts: dict[str, int]) -> None:
    """Prints the figures."""
    print(f"look-alikes counted as one: {', '.join(result['merged']) or 'none'}")
    print(f"real test images: {result['real']['glyphs']:,}, {result['real']['merged']:.1%} right")
    for name in ("best_of_1", "best_of_8"):
        row = result[name]
        print(
            f"{name}: {row['glyphs']:,} glyphs in {row['hands']} hands, {row['merged']:.1%} right "
            f"({row['of_real']:.1%} of real); variance within a hand to between: slant "
            f"{row['slant']['ratio']:.2f}, stroke width {row['stroke_width']['ratio']:.2f}"
        )
        classes = row["per_class"]
        lost = {c: share for c, share in classes.items() if share < _LOST}
        readable = sum(share >= _READABLE for share in classes.values())
        print(f"  {readable} of {len(classes)} classes readable (90 %); below 50 %: ", end="")
        print(", ".join(f"{c} ({counts[c]} images)" for c in lost) or "none")


if __name__ == "__main__":
    define_flags()
    cli.run(main)

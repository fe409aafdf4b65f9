"""Writes RESULTS.md and its figures from the results of the studies.

python -m experiments.studies.report
"""

from pathlib import Path

from absl import flags

from gan_keras.foundation import cli
from gan_keras.foundation.files import atomic_path, check_writable

FLAGS = flags.FLAGS
FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
HEADLINE = "class_sampling"


def define_flags() -> None:
    """Defines the command's flags."""
    flags.DEFINE_string("out", str(ROOT / "RESULTS.md"), "The file to write.")
    flags.DEFINE_boolean("figures", True, "Draw the figures too.")


def main() -> None:
    """Runs the command."""
    check_writable(FLAGS.out, "out")
    from gan_keras.sweeps import claims, page  # late: YAML and SciPy take time to start

    results = FOLDER / "results"
    registry = claims.load(FOLDER / "claims.yaml")
    if FLAGS.figures:
        for section in page.sections(registry, FOLDER, results, ROOT):
            draw(section, results)
    text = page.render(FOLDER / "claims.yaml", results, ROOT)
    with atomic_path(FLAGS.out) as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(f"{FLAGS.out}: {text.count(chr(10))} lines")


def draw(section, folder: Path) -> None:
    """Draws the figures of one study beside its results."""
    from gan_keras.sweeps import figures, study

    stem = f"{section.study.name}-{section.study.size}"
    ruled = [rule.metric for one in section.decisions for rule in one.claim.rules]
    metrics = list(dict.fromkeys([*ruled, *section.metrics]))
    figures.write_claims(folder / f"{stem}-claims.png", section.decisions)
    figures.write_dots(folder / f"{stem}.png", section.results, metrics)
    if section.study.name == HEADLINE:
        published = study.read_yaml(FOLDER / "published" / "latex_writer.yaml")
        for net in ("compact", "original"):
            arms = [arm for arm in section.results["arms"] if arm.startswith(f"{net}-")]
            counts = {f"{net}-{arm}": row for arm, row in published["counts"].items()}
            grids = folder / stem
            figures.write_grids(folder / f"{stem}-{net}.png", section.results, grids, arms, counts)


if __name__ == "__main__":
    define_flags()
    cli.run(main)

r"""Writes a text or a formula in a handwriting that a trained run makes up.

python -m experiments.write --text="Hello World" --workdir=RUN --out=hello.png
python -m experiments.write --latex='\frac{3+4}{x}=7^{2}' --workdir=RUN --style=3 --out=formula.svg

A hand is the handwriting of one writer; --style is its number. --variation lets its glyphs differ
more, --seed writes the same page again a little differently, --hands=3 shows three hands side by
side, and --towards with --blend interpolates between two hands. With --best_of=K the reference
classifier of the run's data set takes the most legible of K candidates per glyph; it is trained
once, on real images.
"""

from absl import flags

from experiments import common
from gan_keras.foundation import cli
from gan_keras.foundation.errors import UsageError
from gan_keras.storage import run_folder

FLAGS = flags.FLAGS
flags.DEFINE_string("text", None, r"What to write; \n begins a new line.")
flags.DEFINE_string("latex", None, "A formula to write, in the LaTeX that mathtext knows.")
cli.define_path("workdir", None, "Folder of the run; the newest in runs/ that can write.")
cli.define_path("out", None, "Where to write: FILE.png or FILE.svg.")
flags.DEFINE_integer("style", 0, "Number of the hand.", lower_bound=0, upper_bound=2**31 - 1)
flags.DEFINE_float(
    "variation", 0.45, "How far glyphs may be from the hand.", lower_bound=0.05, upper_bound=1.0
)
flags.DEFINE_integer(
    "towards", None, "Another hand, mixed in by --blend.", lower_bound=0, upper_bound=2**31 - 1
)
flags.DEFINE_float(
    "blend", 0.5, "Share of the other hand, --towards.", lower_bound=0.0, upper_bound=1.0
)
flags.DEFINE_integer(
    "hands", 1, "Hands to write in, side by side, from --style on.", lower_bound=1, upper_bound=8
)
flags.DEFINE_integer("seed", 0, "Another page of the same hand.", lower_bound=0)
flags.DEFINE_integer(
    "best_of", 1, "Candidates per glyph, of which the most legible is taken.", 1, upper_bound=64
)
flags.DEFINE_integer("size", 64, "Size of the writing in pixels.", lower_bound=12, upper_bound=400)
flags.DEFINE_integer(
    "width", 1200, "Longest line of a text in pixels.", lower_bound=50, upper_bound=10_000
)
common.define_places("for --best_of")


def main() -> None:
    """Runs the command."""
    if (FLAGS.text is None) == (FLAGS.latex is None):
        raise UsageError("give one of --text and --latex")
    out = common.output_file(".png", ".svg")
    if FLAGS.workdir:
        run_folder.RunFolder.started(FLAGS.workdir)  # says so at once if there is none
    common.import_tensorflow()
    from gan_keras.writing import hand_styles  # late: import TensorFlow
    from gan_keras.writing.handwriter import Options
    from gan_keras.writing.open_writer import newest_writer, open_writer
    from gan_keras.writing.written_sheet import side_by_side

    workdir = FLAGS.workdir or newest_writer("runs")
    scribe = open_writer(workdir, FLAGS.best_of, **common.places())
    people = [scribe.hand(FLAGS.style + number) for number in range(FLAGS.hands)]
    if FLAGS.towards is not None:
        other = scribe.hand(FLAGS.towards)
        people = [hand_styles.between(one, other, FLAGS.blend) for one in people]
    options = Options(FLAGS.variation, FLAGS.best_of, FLAGS.seed, FLAGS.width / FLAGS.size)
    write, words = scribe.write_latex, FLAGS.latex
    if FLAGS.text is not None:
        write, words = scribe.write_text, FLAGS.text.replace("\\n", "\n")
    page = side_by_side([write(words, hand, options) for hand in people])
    page.write(out, FLAGS.size)
    width, height = page.pixels(FLAGS.size)
    print(f"{len(page.glyphs)} glyphs of {workdir} in {out} ({width} x {height})")


if __name__ == "__main__":
    cli.run(main)

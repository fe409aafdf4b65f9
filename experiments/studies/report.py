"""Writes RESULTS.md and the pictures of the studies from their results files.

python -m experiments.studies.report
"""

from pathlib import Path

from absl import flags

from experiments import common
from gan_keras.foundation import cli
from gan_keras.foundation.errors import UsageError
from gan_keras.foundation.files import atomic_path, check_writable

FLAGS = flags.FLAGS
FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent


def define_flags() -> None:
    """Defines the command's flags."""
    cli.define_path("out", str(ROOT / "RESULTS.md"), "The file to write.")


def main() -> None:
    """Runs the command."""
    if common.is_installed():
        raise UsageError("results are reported in a checkout of the project, beside its studies")
    check_writable(FLAGS.out, "out")
    from gan_keras.sweeps import results_page  # late: YAML and SciPy take time to start

    text = results_page.render(FOLDER, ROOT, draw=True)
    with atomic_path(FLAGS.out) as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(f"{FLAGS.out}: {text.count(chr(10))} lines")


if __name__ == "__main__":
    define_flags()
    cli.run(main)

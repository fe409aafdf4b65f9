"""Exports the generator of a run, for use without this package.

python -m experiments.export --workdir=RUN --format=keras --out=generator.keras
python -m experiments.export --workdir=RUN --format=savedmodel --out=generator/

The .keras file opens with Keras alone, the SavedModel with TensorFlow alone:

    model = tf.saved_model.load("generator")
    images = model.serve([z, labels])  # float32 z (n, latent_dim), int32 labels (n,)

A generator without labels takes z alone. README.txt beside a SavedModel describes the inputs.
"""

from pathlib import Path

from absl import flags, logging

from experiments import common
from gan_keras.foundation import cli
from gan_keras.foundation.errors import UsageError
from gan_keras.foundation.files import check_writable
from gan_keras.storage import run_folder

FLAGS = flags.FLAGS
cli.define_path("workdir", None, "Folder of the run.")
flags.DEFINE_enum(
    "format", "keras", ["keras", "savedmodel"], "File for Keras, or folder for TensorFlow."
)
cli.define_path("out", None, "Where to write: FILE.keras, or a folder that is not there yet.")


def main() -> None:
    """Runs the command."""
    common.check_given("workdir", "out")
    out = Path(FLAGS.out)
    if FLAGS.format == "keras":
        common.output_file(".keras")
    elif out.exists():
        raise UsageError(f"--out={out} is there already; name a folder that is not")
    check_writable(out, "out")

    run_folder.RunFolder.started(FLAGS.workdir)  # says so at once if there is none
    common.import_tensorflow()
    from gan_keras.samples import exporting, sampling  # late: import TensorFlow

    run = sampling.open_run(FLAGS.workdir)
    if FLAGS.format == "keras":
        sampling.export(run.generator, out, step=run.step)
    else:
        logging.set_verbosity(logging.ERROR)  # no notes on names inside the file
        exporting.write_saved_model(run, out)
    print(f"{run.source} in {out}")


if __name__ == "__main__":
    cli.run(main)

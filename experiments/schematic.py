"""Draws the networks of an experiment: layers, shapes, parameters, and the training step.

python -m experiments.schematic --experiment=acgan --preset=original --out=acgan.png
python -m experiments.schematic --out=experiments/schematics    # all, with their default presets
"""

from pathlib import Path

from absl import flags

from experiments import common
from gan_keras import configs
from gan_keras.foundation import cli
from gan_keras.foundation.errors import UsageError
from gan_keras.foundation.files import check_writable

FLAGS = flags.FLAGS
flags.DEFINE_enum("experiment", None, list(configs.CONFIGS), "Experiment to draw; all by default.")
flags.DEFINE_string("preset", None, "Preset of the experiment; its default preset by default.")
cli.define_path("out", None, "FILE.png of one experiment; a folder for all of them.")
flags.DEFINE_integer(
    "image_size", None, "Side of the images in pixels; default: the preset's, or 28.", lower_bound=4
)
flags.DEFINE_integer("classes", 10, "Number of classes.", lower_bound=2)


def main() -> None:
    """Runs the command."""
    common.check_given("out")
    if FLAGS.experiment is not None:
        wanted = {common.output_file(".png"): FLAGS.experiment}
    elif FLAGS.preset is not None:
        raise UsageError("--preset needs --experiment=NAME")
    else:
        wanted = {Path(FLAGS.out) / f"{name}.png": name for name in configs.CONFIGS}
        check_writable(FLAGS.out, "out", folder=True)
    resolved = {
        path: configs.config_class(name).create(FLAGS.preset) for path, name in wanted.items()
    }
    common.import_tensorflow()
    from gan_keras.samples import schematics  # late: imports TensorFlow

    for path, config in resolved.items():
        schematics.draw(config, path, FLAGS.image_size, FLAGS.classes)
        print(path)


if __name__ == "__main__":
    cli.run(main)

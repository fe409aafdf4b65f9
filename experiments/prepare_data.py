"""Prepares a data set for training, shows progress, and describes its content.

python -m experiments.prepare_data --dataset=mnist

Sets of TensorFlow Datasets are downloaded into <data_dir>/tfds and prepared there; without a
network this fails within seconds. Files of your own (folder:PATH, npz:FILE, ...) are checked, and
unusable ones are named.
"""

from pathlib import Path

from absl import flags

from experiments import common
from gan_keras.foundation import cli
from gan_keras.foundation.errors import UsageError

FLAGS = flags.FLAGS
flags.DEFINE_string("dataset", None, "Name of the data set, e.g. mnist, emnist/byclass, cifar10.")
cli.define_path("data_dir", "data", "Folder of prepared data sets.")


def main() -> None:
    """Runs the command."""
    name = FLAGS.dataset
    if not name:
        raise UsageError("--dataset is missing, e.g. --dataset=mnist")
    from gan_keras import data
    from gan_keras.data import fetch, show

    data_dir = Path(FLAGS.data_dir)
    needed = data.tfds_name(name)
    if needed:
        fetch.fetch(needed, data_dir)
    print(show.describe(common.load_data(name, data_dir)))


if __name__ == "__main__":
    cli.run(main)

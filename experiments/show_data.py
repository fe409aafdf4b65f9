"""A contact sheet of any data set: one row per class, or a scatter of points.

python -m experiments.show_data --dataset=fashion_mnist --out=sheet.png
python -m experiments.show_data --dataset=folder:my_pictures --image_size=64 --out=sheet.png
"""

from absl import flags

from experiments import common
from gan_keras.foundation import cli

FLAGS = flags.FLAGS
flags.DEFINE_string("dataset", None, "Name of the data set, or folder:PATH, npz:FILE, ...")
cli.define_path("data_dir", "data", "Folder of prepared data sets.")
cli.define_path("out", None, "Where to write: FILE.png.")
flags.DEFINE_integer("columns", 16, "Images per class.", lower_bound=1)
flags.DEFINE_enum("split", "train", ["train", "test"], "Images to show.")
flags.DEFINE_integer("image_size", 0, "Side of the images; 0 leaves them.", lower_bound=0)
flags.DEFINE_enum(
    "fit", "resize", ["resize", "pad", "crop"], "How images are brought to --image_size."
)
flags.DEFINE_enum(
    "channels", "auto", ["auto", "grey", "rgb"], "Colours; auto is grey where all images are."
)
flags.DEFINE_string("only_class", "", "Classes by name, separated by commas; all when empty.")
flags.DEFINE_boolean("balance", False, "Cut every class to the size of the smallest.")


def main() -> None:
    """Runs the command."""
    common.check_given("dataset", "out")
    out = common.output_file(".png")
    from gan_keras.data import show  # late: takes a moment

    dataset = common.load_data(FLAGS.dataset, FLAGS.data_dir, FLAGS)
    show.write_sheet(out, dataset, FLAGS.columns, FLAGS.split)
    print(show.describe(dataset))
    print(f"contact sheet in {out}")


if __name__ == "__main__":
    cli.run(main)

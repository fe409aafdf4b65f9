"""Opens a web page that writes: type text or LaTeX, choose a hand, download the picture.

python -m experiments.page --workdir=RUN

Needs the extra `page` (pip install 'gan_keras[page]'), which `make page` installs. The page listens
on this machine only unless --host says otherwise, and connects to no other machine.
"""

from pathlib import Path

from absl import flags

from experiments import common
from gan_keras.foundation import cli
from gan_keras.storage import run_folder

FLAGS = flags.FLAGS
cli.define_path("workdir", None, "Folder of the run; the newest in --runs that can write.")
cli.define_path("runs", "runs", "Folder that holds the runs.")
common.define_places("for proof-reading")
flags.DEFINE_string("host", "127.0.0.1", "Address to listen at; 0.0.0.0 lets other machines in.")
flags.DEFINE_integer("port", 7860, "Port to listen at.", lower_bound=1, upper_bound=65535)


def main() -> None:
    """Runs the command."""
    if FLAGS.workdir:
        run_folder.RunFolder.started(FLAGS.workdir)  # says so at once if there is none
    common.import_tensorflow()
    from gan_keras.writing import open_writer, web_page  # late: import TensorFlow

    web_page.import_gradio()  # says so at once if it is missing
    workdir = FLAGS.workdir or open_writer.newest_writer(FLAGS.runs)
    writer = open_writer.open_writer(workdir)
    writer.reader = open_writer.ready_reader(workdir, **common.places())
    web_page.launch(writer, Path(workdir).name, FLAGS.host, FLAGS.port).block_thread()


if __name__ == "__main__":
    cli.run(main)

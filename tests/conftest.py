"""Small data that the tests make themselves, and where real data is if there is any."""

import gc
import os
import shutil
import signal
import sys
from pathlib import Path

import filelock
import numpy as np
import pytest
import small_runs

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Without compiled files each of the scripts' processes would compile TensorFlow's Python anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
if "PYTEST_XDIST_WORKER" in os.environ:  # a core a process: more threads would be in the way
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

# Ignored where the tests are started in the background of a script, or by nohup.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Looking through TensorFlow's half a million objects for garbage takes a tenth of a short run.
gc.set_threshold(50_000, 20, 20)

# Files that take minutes: begun first, so that no process is left with one at the end.
DEAR = ("test_readme", "test_scripts", "test_write_scripts", "test_evaluator")


def pytest_collection_modifyitems(items):
    """Puts the tests of `DEAR` files first; `make test` deals files out in this order."""
    order = {name: number for number, name in enumerate(DEAR)}
    items.sort(key=lambda item: order.get(item.path.stem, len(DEAR)))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real data sets, from GAN_KERAS_REAL_DATA; skips the test where there is none."""
    folder = os.environ.get("GAN_KERAS_REAL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("GAN_KERAS_REAL_DATA names no folder of real data")
    return Path(folder)


@pytest.fixture(autouse=True)
def seeded():
    """Weights that a test leaves to chance are the same each time."""
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(0)


@pytest.fixture(autouse=True)
def float32_policy():
    """Keras computes in float32 again after a test that has built a run in bfloat16."""
    yield
    if "keras" in sys.modules:
        sys.modules["keras"].config.set_dtype_policy("float32")


@pytest.fixture(autouse=True)
def blank_curves(request, monkeypatch):
    """Leaves curves.png empty unless marked `curves`: drawing takes a tenth of a short run."""
    if "gan_keras.drawing.plots" in sys.modules and not request.node.get_closest_marker("curves"):
        plots = sys.modules["gan_keras.drawing.plots"]
        monkeypatch.setattr(plots, "write_curves", lambda path, history, title: path.touch())


def toy_symbols(per_class=(24, 16, 12, 8), size=28, seed=0):
    """Images with a bright bar at a class-dependent place; classes of different sizes."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(per_class)), per_class)
    images = np.zeros((len(labels), size, size), np.uint8)
    for image, label in zip(images, labels, strict=True):
        row = 3 + 6 * label + random.integers(0, 3)
        image[row : row + 3, random.integers(2, 8) : random.integers(18, 26)] = 255
    split = np.where(np.arange(len(labels)) % 4 == 0, "test", "train")
    return {
        "images": images,
        "labels": labels,
        "class_names": np.array(list("abcdefgh"[: len(per_class)])),
        "split": split,
        "source": np.array([f"toy/{i}.inkml" for i in range(len(labels))]),
    }


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Path:
    """A folder that all test processes of a session have in common."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def judges(shared) -> Path:
    """Folder of classifiers: one is trained for all tests that score samples of the same images."""
    folder = shared / "judges"
    folder.mkdir(exist_ok=True)
    return folder


def write_data_dir(folder: Path, judges: Path) -> Path:
    """Makes a data folder whose `demo` set is `toy_symbols`, with the judges of all tests."""
    (folder / "demo").mkdir(parents=True)
    np.savez(folder / "demo" / "symbols.npz", **toy_symbols())
    (folder / "classifiers").symlink_to(judges, target_is_directory=True)
    return folder


@pytest.fixture
def data_dir(tmp_path, judges) -> Path:
    """A data folder whose `demo` set is `toy_symbols`."""
    return write_data_dir(tmp_path / "data", judges)


@pytest.fixture(scope="session")
def finished_acgan(shared, judges):
    """Configuration of an AC-GAN that has ended, scored, with curves; tests only read its folder.

    The first process that asks trains it, the others wait.
    """
    from gan_keras.runs import training

    folder = shared / "finished_acgan"
    options = {"log_every": 1, "sample_every": 2, "eval_samples": 5}
    config = small_runs.acgan(folder / "data", folder / "run", **options)
    with filelock.FileLock(f"{folder}.lock"):
        if not folder.exists():
            write_data_dir(folder / "data", judges)
            training.run(config)
    return config


@pytest.fixture
def copied_acgan(finished_acgan, tmp_path):
    """A copy of it that a test may change."""
    return copied(finished_acgan, tmp_path / "copied")


def copied(config, workdir: Path):
    """Copies the folder of a run."""
    shutil.copytree(config.workdir, workdir)
    return config.replace(workdir=str(workdir))

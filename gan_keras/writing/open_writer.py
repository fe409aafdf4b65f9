"""From a run folder to a writer, with the reader that the run's data set has."""

import contextlib
from pathlib import Path

import keras
import tensorflow as tf

from gan_keras.data import Dataset
from gan_keras.data.pipeline import scale
from gan_keras.evaluation import classifier
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.samples import sampling, scoring
from gan_keras.storage.run_folder import RunFolder
from gan_keras.writing.alphabet import Alphabet
from gan_keras.writing.handwriter import Reader, Writer, check_can_write


def dataset_of(workdir: str | Path, **places: str) -> tuple[Dataset, Path]:
    """Loads the real images that a run was trained on.

    Args:
        workdir: The run folder.
        **places: `data_dir` and `dataset` of `scoring.load_data`.

    Returns:
        The data set, and the folder where its classifiers are kept.

    Raises:
        DataError: If it is no run folder, or the data set is not there.
    """
    _, stored = RunFolder.started(workdir)
    config, dataset = scoring.load_data(workdir, stored, **places)
    return dataset, classifier.cache_folder(config.data_dir)


def ready_reader(workdir: str | Path, **places: str) -> Reader | None:
    """Opens the reference classifier of a run's data set; None if it must be trained first."""
    with contextlib.suppress(DataError, UsageError):
        dataset, cache = dataset_of(workdir, **places)
        if classifier.cache_path(dataset, cache).exists():
            return _traced(classifier.load_or_train(dataset, cache))
    return None


def _traced(model: keras.Model) -> Reader:
    """A classifier as a function that is traced once, for any number of images."""
    form = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)

    @tf.function(input_signature=[form], autograph=False)
    def probabilities(images: tf.Tensor) -> tf.Tensor:
        return tf.nn.softmax(model(scale(images), training=False))

    return lambda images: probabilities(tf.constant(images)).numpy()


def open_writer(workdir: str | Path, best_of: int = 1, **places: str) -> Writer:
    """Opens a run for writing.

    Args:
        workdir: The run folder.
        best_of: Above 1 the reference classifier is opened too, and trained if need be.
        **places: As for `dataset_of`.

    Raises:
        DataError: If it is no run folder, or the data set is missing.
        UsageError: If the run cannot write.
    """
    try:
        writer = Writer(sampling.open_run(workdir))
    except UsageError as error:
        raise UsageError(f"--workdir={workdir}: {error}") from None
    if best_of > 1:
        dataset, cache = dataset_of(workdir, **places)
        if not places.get("data_dir"):
            classifier.check_asked(classifier.cache_path(dataset, cache), cache.parent, workdir)
        writer.reader = _traced(classifier.load_or_train(dataset, cache, verbose=1))
    return writer


def newest_writer(root: str | Path) -> Path:
    """Finds the newest run that can write.

    Args:
        root: Folder of runs; any depth.

    Raises:
        DataError: If there is none.
    """
    found = []
    for path in Path(root).glob("**/config.json"):
        with contextlib.suppress(DataError):
            _, stored = RunFolder.started(path.parent)
            # runs of earlier versions do not say when they were written
            found.append((str(stored.get("written", "")), path.parent, stored))
    for _, folder, stored in sorted(found, reverse=True, key=lambda run: run[:2]):
        with contextlib.suppress(DataError, UsageError):
            # what the configuration says is cheaper to know than to open the generator
            spec, dataset = stored["data"], stored["options"]["dataset"]
            is_grey = tuple(spec["image_shape"])[2:] == (1,)
            if is_grey and len(Alphabet(spec["class_names"], dataset)):
                check_can_write(sampling.open_run(folder))
                return folder
    raise DataError(
        f"no run in {root} can write; `make demo` trains one in minutes, `make writer-text` and "
        "`make writer-latex` better ones"
    )

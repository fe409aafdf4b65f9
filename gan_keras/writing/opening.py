"""From a run folder to a writer, with the reader that the run's data set has."""

import contextlib
from pathlib import Path

from gan_keras import configs, data
from gan_keras.evaluation import classifier
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.samples import sampling
from gan_keras.storage import run_folder
from gan_keras.writing.characters import Alphabet
from gan_keras.writing.source import Reader, as_reader, cannot_write
from gan_keras.writing.writer import Writer


def dataset_of(workdir: str | Path, data_dir: str = "") -> tuple[data.Dataset, Path]:
    """Loads the real images that a run was trained on.

    Args:
        workdir: The run folder.
        data_dir: Folder of prepared data sets; the run's own when empty.

    Returns:
        The data set, and the folder where its classifiers are kept.

    Raises:
        DataError: If it is no run folder, or the data set is not there.
    """
    _, stored = run_folder.RunFolder.started(workdir)
    config = configs.from_dict(stored["options"])
    folder = Path(data_dir or config.data_dir)
    dataset = data.load(config.dataset, folder, data.DataOptions.from_config(config))
    if dataset.spec.class_names != tuple(stored["data"]["class_names"]):
        raise DataError(
            f"data set {config.dataset!r} in {folder} has other classes than {workdir} was "
            "trained on; name the folder of the right one with --data_dir"
        )
    return dataset, classifier.cache_folder(folder)


def open_reader(workdir: str | Path, data_dir: str = "", verbose: int = 0) -> Reader:
    """Opens the reference classifier of a run's data set, which is trained if need be.

    Args:
        workdir: The run folder.
        data_dir: Folder of prepared data sets; the run's own when empty.
        verbose: 1 shows progress.

    Raises:
        DataError: As `dataset_of`.
    """
    dataset, cache = dataset_of(workdir, data_dir)
    return as_reader(classifier.load_or_train(dataset, cache, verbose))


def ready_reader(workdir: str | Path, data_dir: str = "") -> Reader | None:
    """The same if it is there already; None if it would have to be trained, or lacks its data."""
    try:
        dataset, cache = dataset_of(workdir, data_dir)
    except (DataError, UsageError):
        return None
    if not classifier.cache_path(dataset, cache).exists():
        return None
    return as_reader(classifier.load_or_train(dataset, cache))


def open_writer(
    workdir: str | Path, best_of: int = 1, data_dir: str = "", verbose: int = 0
) -> Writer:
    """Opens a run for writing.

    Args:
        workdir: The run folder.
        best_of: Above 1 the reference classifier is opened too.
        data_dir: Folder of prepared data sets; the run's own when empty.
        verbose: 1 shows progress.

    Raises:
        DataError: If it is no run folder, or the data set is missing.
        UsageError: If the run cannot write.
    """
    try:
        writer = Writer(sampling.open_run(workdir))
    except UsageError as error:
        raise UsageError(f"--workdir={workdir}: {error}") from None
    if best_of > 1:
        writer.reader = open_reader(workdir, data_dir, verbose)
    return writer


def newest_writer(root: str | Path) -> Path:
    """Finds the newest run that can write.

    Args:
        root: Folder of runs; any depth.

    Raises:
        DataError: If there is none.
    """
    found = [(path.stat().st_mtime_ns, path.parent) for path in Path(root).glob("**/config.json")]
    for _, folder in sorted(found, reverse=True):
        with contextlib.suppress(DataError):
            if _may_write(folder) and cannot_write(sampling.open_run(folder)) is None:
                return folder
    raise DataError(
        f"no run in {root} can write; `make demo` trains one in minutes, `make writer-text` and "
        "`make writer-latex` better ones"
    )


def _may_write(folder: Path) -> bool:
    """Whether a run's data are grey images of characters; nothing large is opened."""
    stored = run_folder.RunFolder(folder).read_config() or {"data": {}}
    shape = stored["data"].get("image_shape", ())
    names = stored["data"].get("class_names", ())
    return len(shape) == 3 and shape[-1] == 1 and len(Alphabet(names)) > 0

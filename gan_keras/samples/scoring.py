"""Scores of a generator, or of images from anywhere, against a data set."""

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gan_keras import configs, data
from gan_keras.configs.base import RunConfig
from gan_keras.data import Dataset, DataSpec
from gan_keras.data.toys import MIXTURES
from gan_keras.evaluation import classifier
from gan_keras.evaluation.evaluator import Evaluator, judged
from gan_keras.evaluation.point_scores import point_scores
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.samples.sampling import Sampler, open_run
from gan_keras.storage import exports, run_folder
from gan_keras.storage.environment import environment
from gan_keras.storage.metrics import read_metrics

# Real images at most that scores look at, of sets that are too large for memory.
SCORED = 20_000
# Generated examples while training: a second or two. Up to FEW_CLASSES classes each gets enough to
# show its variety; with more, each gets fewer.
EPOCH_SAMPLES = 2000
FEW_CLASSES, LEAST_PER_CLASS = 100, 20
# Images of a class that show what the noise does.
NOISE_IMAGES = 50
# Mean ink of images and of the data that lie on different sides of this: one of them is inverted.
MIDDLE_GREY = 127.5
# Entries that stay in metrics.json when a run is scored again.
KEPT = ("training", "environment", "best", "collapsed")
# Real images that an auto-encoder is given.
RECONSTRUCTED = 1000


@dataclasses.dataclass(frozen=True)
class Scored:
    """Scores and what they were computed from, for reports.

    Attributes:
        metrics: Ready for JSON.
        images: The scored images, uint8 `(n, h, w, c)` with ink 255, or points float32 `(n, d)`.
        labels: Classes asked for, int32 `(n,)`; None if classes were not asked for.
        dataset: The real examples, in memory.
        reconstructions: Inputs and outputs of the auto-encoder, if there is one.
    """

    metrics: dict[str, Any]
    images: np.ndarray
    labels: np.ndarray | None
    dataset: Dataset
    reconstructions: tuple[np.ndarray, np.ndarray] | None = None


class Scorer:
    """Scores generators and images against one data set.

    The classifier that reads images is made once, at the first score, and kept.

    Args:
        dataset: Real examples.
        data_dir: Folder of prepared data sets, where their classifiers are kept too.
    """

    def __init__(self, dataset: Dataset, data_dir: str | Path) -> None:
        self.dataset = dataset.in_memory(SCORED)
        self.cache_dir = classifier.cache_folder(data_dir)

    @functools.cached_property
    def evaluator(self) -> Evaluator:
        """The judge of images; made when first needed, which may train a classifier."""
        return Evaluator(self.dataset, cache_dir=self.cache_dir)

    @functools.cached_property
    def _facts(self) -> dict[str, Any]:
        """What scores can be compared with: scores against the same data."""
        return {"data_fingerprint": self.dataset.fingerprint()}

    def check(self, unasked_of: str | Path | None = None) -> None:
        """Finds out whether the classifier is there or can be kept, before hours of work.

        Args:
            unasked_of: The run folder whose options alone name the folder of data sets.

        Raises:
            DataError: If it can be kept nowhere.
            UsageError: As `classifier.check_asked`.
        """
        if not self.dataset.spec.is_points:
            path = classifier.cache_path(judged(self.dataset), self.cache_dir)
            if unasked_of is not None:
                classifier.check_asked(path, self.cache_dir.parent, unasked_of)

    def prepare(self) -> None:
        """Makes what the first score would make, which may take minutes."""
        if not self.dataset.spec.is_points:
            _ = self.evaluator

    def score(
        self,
        sampler: Sampler,
        number: int,
        seed: int,
        *,
        gan_train: bool = False,
        cheap: bool = False,
    ) -> Scored:
        """Scores a generator.

        Args:
            sampler: The generator.
            number: Generated images per class; of points, points in all.
            seed: Of the samples.
            gan_train: Whether to train a classifier on the samples too.
            cheap: Whether to leave out what takes long, for use while training.

        Raises:
            UsageError: If `gan_train` is wanted of a generator without labels.
        """
        if self.dataset.spec.is_points:
            return self.score_points(sampler.draw(number, seed))
        if gan_train and not sampler.takes_labels:
            raise UsageError("--gan_train needs labels, which this generator does not take")
        classes, labels, same_class = self.dataset.num_classes, None, None
        if sampler.takes_labels:
            labels = np.repeat(np.arange(classes, dtype=np.int32), number)
        images = sampler.draw(classes * number if labels is None else labels, seed)
        if labels is not None:
            same_class = images.reshape(classes, number, *images.shape[1:])[:, :NOISE_IMAGES]
        return self.score_images(
            images,
            labels,
            seed,
            gan_train=gan_train,
            cheap=cheap,
            sensitivity_images=same_class,
            reconstructions=None if cheap else self._reconstructions(sampler),
        )

    def score_images(
        self, images: np.ndarray, labels: np.ndarray | None, seed: int, **options: Any
    ) -> Scored:
        """Scores images of any origin; arguments are as for `Evaluator.evaluate`."""
        metrics = self._facts | self.evaluator.evaluate(images, labels, seed=seed, **options)
        pairs = options.get("reconstructions")
        return Scored(metrics, images, labels, self.dataset, pairs and pairs[:2])

    def score_points(self, points: np.ndarray) -> Scored:
        """Scores points `(n, d)` against held-out ones; by modes too if `data.toys` knows them."""
        data, mixture = self.dataset, MIXTURES.get(self.dataset.name)
        # With --only_class a mixture has lost modes, and its published protocol says nothing.
        modes = None
        if mixture is not None and 1 < len(mixture.means) == data.num_classes:
            modes = mixture.means, mixture.sigma
        metrics = self._facts | point_scores(points, data.test_images[:], modes)
        return Scored(metrics, points, None, data)

    def _reconstructions(
        self, sampler: Sampler
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Returns held-out images, what the auto-encoder makes of them, and their labels."""
        data = self.dataset
        if sampler.reconstruct is None or not len(data.test_images):
            return None
        last = len(data.test_images) - 1
        rows = np.unique(np.linspace(0, last, RECONSTRUCTED).round().astype(np.int64))
        inputs = data.test_images[rows]
        return inputs, sampler.reconstruct(inputs), data.test_labels[rows]


def epoch_samples(dataset: Dataset, most: int) -> int:
    """Returns the `number` of `Scorer.score` while training, at most `most` unless that is 0."""
    if dataset.spec.is_points:
        number = EPOCH_SAMPLES
    else:
        least = LEAST_PER_CLASS if dataset.num_classes <= FEW_CLASSES else 2
        number = max(least, EPOCH_SAMPLES // dataset.num_classes)
    return min(number, most) if most else number


def facts(config: RunConfig, step: int, steps_per_epoch: int) -> dict[str, Any]:
    """Returns what metrics.json says of a run besides its scores; `epochs` are those trained."""
    names = ("experiment", "preset", "dataset", "seed")
    whole, rest = divmod(step, steps_per_epoch)
    epochs = whole + round(rest / steps_per_epoch, 2) if rest else whole
    return {name: getattr(config, name) for name in names} | {"epochs": epochs, "step": step}


def has_all(metrics: Mapping[str, Any], config: RunConfig, spec: DataSpec) -> bool:
    """Tells whether the metrics of a run hold every score that its options ask for."""
    if not (number := config.eval_samples):
        return True
    if spec.is_points:
        scored = metrics.get("points") == number
    else:
        scored = metrics.get("samples") == number * spec.num_classes
    return scored and ("gan_train" in metrics or not config.gan_train)


def load_data(
    workdir: str | Path, stored: Mapping[str, Any], data_dir: str = "", dataset: str = ""
) -> tuple[RunConfig, Dataset]:
    """Loads the real examples that a run was trained on, from where they are now.

    Args:
        workdir: The run folder, for messages.
        stored: Its config.json.
        data_dir: Folder of prepared data sets; the run's when empty.
        dataset: The data set under the name that it has now; the run's when empty.

    Returns:
        The options, with these places; and the data set.

    Raises:
        DataError: If it is not there, or is another.
    """
    config = configs.from_dict(stored["options"])
    places = {"dataset": dataset or config.dataset, "data_dir": data_dir or config.data_dir}
    config = config.replace(**places)
    elsewhere = "--dataset or --data_dir says where they are now"
    try:
        found = data.load(config.dataset, config.data_dir, data.DataOptions.from_config(config))
    except DataError as error:
        raise DataError(f"the data of {workdir} cannot be read: {error}; {elsewhere}") from error
    spec = DataSpec.from_dict(stored["data"])
    if (found.image_shape, found.class_names) != (spec.image_shape, spec.class_names):
        raise DataError(
            f"{config.dataset!r} in {config.data_dir} has other classes or sizes than {workdir} "
            f"was trained on; {elsewhere}"
        )
    return config, found


def score_run(
    workdir: str | Path,
    *,
    best: bool = False,
    data_dir: str = "",
    dataset: str = "",
    number: int | None = None,
    seed: int | None = None,
    gan_train: bool = False,
) -> tuple[Scored, dict[str, Any], Path]:
    """Scores the newest generator of a run against the run's own data.

    Args:
        workdir: The run folder.
        best: Whether to score the generator that `keep_best` has kept instead.
        data_dir: As for `load_data`, like the next.
        dataset: As there.
        number: As for `Scorer.score`, like the rest; the run's by default.
        seed: Of the samples.
        gan_train: Whether to train a classifier on the samples too.

    Returns:
        The result, the content of its metrics.json, and the folder for it.

    Raises:
        DataError: If it is no run folder, nothing has been saved yet, or the data is another.
        UsageError: If an option does not fit the run.
    """
    folder, stored = run_folder.RunFolder.started(workdir)
    sampler = open_run(workdir, autoencoder=not best)
    config, real = load_data(workdir, stored, data_dir, dataset)
    try:
        old = read_metrics(folder.path) if folder.metrics.exists() else {}
    except DataError as error:
        print(f"WARNING: {error}; it is written anew, without the time of the training")
        old = {}
    if best:
        sampler = _best(folder, sampler)
    # An export of an earlier version without checkpoints does not know its step.
    step = int(old.get("step", 0)) if sampler.step is None else sampler.step
    if real.fingerprint() != stored["data"]["fingerprint"]:
        print(f"WARNING: {config.dataset} has changed since {workdir} was trained")
    scorer = Scorer(real, config.data_dir)
    scorer.check(None if data_dir else workdir)
    scored = scorer.score(
        sampler,
        number or config.eval_samples or type(config).create(config.preset).eval_samples,
        config.seed if seed is None else seed,
        gan_train=gan_train,
    )
    same = old.get("step") == step and not best
    kept = {name: old[name] for name in KEPT if name in old and same}
    per_epoch = stored["steps_per_epoch"]
    metrics = facts(config, step, per_epoch) | {"training": kept.pop("training", {})}
    metrics |= scored.metrics
    metrics |= {"environment": environment()} | kept
    return scored, metrics, folder.best if best else folder.path


def _best(folder: run_folder.RunFolder, sampler: Sampler) -> Sampler:
    """Opens the generator that `keep_best` has kept."""
    record = run_folder.read_best(folder.best)
    if record is None:
        raise UsageError(f"--best: {folder.path} was not trained with --keep_best")
    generator = exports.load_model(folder.best / run_folder.GENERATOR)
    return dataclasses.replace(sampler, generator=generator, step=record["step"], reconstruct=None)


def looks_inverted(images: np.ndarray, dataset: Dataset) -> bool:
    """Tells whether images are bright where a data set is dark: ink and paper are exchanged."""
    real = dataset.train_sample(1000)
    return (images.mean() > MIDDLE_GREY) != (real.mean() > MIDDLE_GREY)

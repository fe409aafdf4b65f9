"""One training run: build, resume or start, fit, finish."""

import contextlib
from typing import Any

from gan_keras import data, gans
from gan_keras.configs.base import RunConfig
from gan_keras.data import Dataset, DataSpec
from gan_keras.data.pipeline import Withhold
from gan_keras.foundation import streams
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.gans.base import GAN
from gan_keras.hardware import devices
from gan_keras.runs import mirroring
from gan_keras.runs.callbacks import epoch_scores, recording, stopping
from gan_keras.runs.session import Session
from gan_keras.samples import scoring
from gan_keras.storage import checkpoints, exports
from gan_keras.storage.environment import moved
from gan_keras.storage.history import History, Stopwatch
from gan_keras.storage.metrics import read_metrics
from gan_keras.storage.run_folder import RunFolder, default_workdir, run_hash


def build(config: RunConfig, spec: DataSpec) -> GAN:
    """Builds the model of a configuration, on the devices that it names."""
    process = devices.set_up(config.precision, config.seed, config.deterministic)
    with process, mirroring.scope(config):
        model = gans.build(config, spec)
    mirroring.prepare(model, config)
    model.trusting = True  # a `Dataset` has been checked
    return model


def load_data(config: RunConfig) -> Dataset:
    """Loads the data set of a configuration in the form that its options ask for."""
    return data.load(config.dataset, config.data_dir, data.DataOptions.from_config(config))


def steps_per_epoch(config: RunConfig, dataset: Dataset) -> int:
    """Returns the steps per epoch: `config.steps_per_epoch`, else one pass over the train split.

    Raises:
        UsageError: If a batch is larger than the train split.
    """
    images, needed = len(dataset.train_images), config.images_per_step
    if needed > images:
        times = f" x --n_critic={config.n_critic}" if config.n_critic > 1 else ""
        raise UsageError(
            f"--batch_size={config.batch_size}{times} is more than the {images} train images of "
            f"{dataset.name}"
        )
    return config.steps_per_epoch or images // needed


def describe(config: RunConfig, dataset: Dataset, model: GAN) -> dict[str, Any]:
    """Returns the options and sizes, as config.json holds them and `--dry_run` prints them."""
    described = {
        "options": config.to_dict(),
        "workdir": str(config.workdir or default_workdir(config)),
        "steps_per_epoch": steps_per_epoch(config, dataset),
        "data": {
            "fingerprint": dataset.fingerprint(),
            "streamed": dataset.is_streamed,
            "train_images": len(dataset.train_images),
            "test_images": len(dataset.test_images),
            **dataset.spec.to_dict(),
        },
        "parameters": {name: network.count_params() for name, network in model.networks.items()},
    }
    if hasattr(model, "class_probabilities"):
        described["class_probabilities"] = {
            name: round(float(p), 6)
            for name, p in zip(dataset.class_names, model.class_probabilities, strict=True)
        }
    return described


def dry_run(config: RunConfig, dataset: Dataset) -> dict[str, Any]:
    """Resolves everything, trains nothing, and returns what `describe` gives."""
    config = config.replace(precision=devices.resolve_precision(config.precision))
    return describe(config, dataset, build(config, dataset.spec))


@streams.unfailing()
def run(
    config: RunConfig, overwrite: bool = False, dataset: Dataset | None = None
) -> dict[str, Any]:
    """Trains a configuration, or goes on where an earlier call stopped.

    Args:
        config: The options. The run folder is `config.workdir`, or is named after the options.
        overwrite: Whether to remove an earlier run in the folder first.
        dataset: As `load_data` gives it, if that was done already.

    Returns:
        The content of metrics.json.

    Raises:
        UsageError: If the folder holds a run of other settings, or options do not fit the data.
        DataError: If data is missing or damaged, or the folder is in use.
        DivergedError: If a loss is not finite; the last good checkpoint is kept.
        CollapsedError: If `stop_on_collapse` ended it; it is saved and scored.
        InterruptedRunError: If the process was asked to stop; a checkpoint has been written.
    """
    dataset = dataset or load_data(config)
    per_epoch = steps_per_epoch(config, dataset)
    withhold = _withhold(config, dataset, per_epoch)
    folder = RunFolder(config.workdir or default_workdir(config))
    with folder.acquire(), contextlib.ExitStack() as process:
        is_new = overwrite and folder.clear()
        stored = None if is_new else folder.read_config()
        precision = devices.resolve_precision(config.precision)
        if stored is not None:
            folder.check_same(stored, config, dataset.fingerprint(), dataset.is_streamed)
            total = per_epoch * config.epochs
            if (step := checkpoints.newest_step(folder.checkpoints) or 0) > total:
                raise UsageError(
                    f"{folder.path} has {step:,} steps behind it, more than the {total:,} of "
                    f"--epochs={config.epochs}: use more epochs, another --workdir, or --overwrite"
                )
            metrics = _reported(config, folder, step, dataset.spec)
            if metrics and metrics["step"] >= total:
                print(
                    f"{folder.path} is finished ({config.epochs} epochs); raise --epochs to go on"
                )
                return metrics
            folder.check_checkpoints()
            precision = stored["precision"]  # of the first session
            if change := moved(stored.get("environment", {})):
                print(f"going on elsewhere ({change}): the rest of the run differs by rounding")
        resolved = config.replace(precision=precision)
        process.enter_context(devices.set_up(precision, config.seed, config.deterministic))
        model = build(resolved, dataset.spec)
        mark = (stored or {}).get("run") or run_hash(config, dataset.fingerprint())
        meta = checkpoints.restore_latest(folder.checkpoints, model.state(), mark)
        if stored is not None and meta is None:
            print(f"{folder.path} was started before and has no checkpoint yet: from step 0 again")
        facts = {"precision": precision, "run": mark}
        folder.write_config(describe(config, dataset, model) | facts)
        scorer = scoring.Scorer(dataset, config.data_dir)
        if config.eval_samples or config.eval_every:
            scorer.check()
        if config.eval_every:
            # May train a judge for minutes: after wrong options are found, before the stopwatch.
            scorer.prepare()
        board = recording.TensorBoardLogger(folder.tensorboard, config.log_every)
        board.set_model(model)  # `fit` does it, which has nothing to do if only scores are missing
        session = Session(
            resolved,
            dataset,
            withhold,
            folder,
            model,
            per_epoch,
            Stopwatch(meta),
            board,
            scorer,
            mark,
        )
        session.announce()
        with stopping.stop_signals() as stop:
            collapsed = session.fit(stop)
        metrics = session.finish(collapsed)
        if collapsed:
            raise stopping.CollapsedError(metrics)
        return metrics


def _withhold(config: RunConfig, dataset: Dataset, per_epoch: int) -> Withhold | None:
    """Returns the class that is kept back, if there are enough other images."""
    withhold = Withhold.create(dataset, config.withhold_class, config.withhold_until, per_epoch)
    if withhold is not None:
        left = len(dataset.train_labels) - int(dataset.class_counts[withhold.label])
        if config.images_per_step > left:
            raise UsageError(
                f"--withhold_class={config.withhold_class} leaves {left} train images, fewer than "
                f"the {config.images_per_step} of a step"
            )
    return withhold


def _reported(
    config: RunConfig, folder: RunFolder, step: int, spec: DataSpec
) -> dict[str, Any] | None:
    """Returns metrics.json if export, scores and report of the newest checkpoint are complete.

    Raises:
        CollapsedError: If a collapse has ended the run and the options give no more patience.
    """
    try:
        metrics = read_metrics(folder.path)
        steps = [exports.step(path) for path in (folder.generator, folder.discriminator)]
        current = metrics["step"] >= step and steps == [metrics["step"]] * 2
    except (DataError, KeyError, TypeError):
        return None
    shown = folder.report.exists() or not (config.eval_samples and config.report)
    if not (current and shown and scoring.has_all(metrics, config, spec)):
        return None
    if metrics.get("collapsed") and config.stop_on_collapse:
        collapsed_for = History(folder.scores).last(epoch_scores.COLLAPSED_FOR)
        if collapsed_for >= config.collapse_patience:
            raise stopping.CollapsedError(metrics)
    return metrics

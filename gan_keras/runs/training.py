"""One training run from start to report: build, resume, fit, evaluate."""

import sys
from pathlib import Path
from typing import Any

from gan_keras import data, gans
from gan_keras.configs.base import RunConfig
from gan_keras.data import Dataset, DataSpec
from gan_keras.data.pipeline import Withhold, evaluation_batches, training_batches
from gan_keras.drawing import grids
from gan_keras.evaluation import catalogue
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.gans import pacing
from gan_keras.gans.base import GAN
from gan_keras.hardware import devices
from gan_keras.reports import run_report, score_tables
from gan_keras.runs import callbacks, mirroring
from gan_keras.runs.session import Leg, announce, watchers
from gan_keras.samples import sampling, scoring
from gan_keras.storage import checkpoints, run_folder
from gan_keras.storage.metrics import read_metrics, write_metrics
from gan_keras.storage.run_folder import RunFolder


def build(config: RunConfig, spec: DataSpec) -> GAN:
    """Builds the model of a configuration with the process set up for it.

    Args:
        config: With `precision` resolved.
        spec: Gives the shapes and class counts.
    """
    devices.set_up(config.precision, config.seed, config.deterministic)
    with mirroring.scope(config):
        model = gans.build(config, spec)
    mirroring.prepare(model, config)
    return model


def load_data(config: RunConfig) -> Dataset:
    """Loads the data set of a configuration in the form that its options ask for."""
    return data.load(config.dataset, config.data_dir, data.DataOptions.from_config(config))


def steps_per_epoch(config: RunConfig, dataset: Dataset) -> int:
    """Steps of an epoch: what was asked for, else one pass over the train split.

    Raises:
        UsageError: If a batch is larger than the train split.
    """
    images, needed = len(dataset.train_images), config.images_per_step
    if needed > images:
        times = f" x --n_critic={config.n_critic}" if needed > config.batch_size else ""
        raise UsageError(
            f"--batch_size={config.batch_size}{times} is more than the {images} train images of "
            f"{dataset.name}"
        )
    return config.steps_per_epoch or images // needed


def describe(config: RunConfig, dataset: Dataset, model: GAN) -> dict[str, Any]:
    """The resolved configuration and sizes, as `--dry_run` prints them."""
    described = {
        "options": config.to_dict(),
        "workdir": str(config.workdir or run_folder.default_workdir(config)),
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


def dry_run(config: RunConfig, dataset: Dataset | None = None) -> dict[str, Any]:
    """Resolves everything and trains nothing.

    Args:
        config: The options.
        dataset: As `load_data` gives it, if that was done already.

    Returns:
        What `describe` gives.
    """
    config = config.replace(precision=devices.resolve_precision(config.precision))
    dataset = dataset or load_data(config)
    return describe(config, dataset, build(config, dataset.spec))


def run(
    config: RunConfig, overwrite: bool = False, dataset: Dataset | None = None
) -> dict[str, Any]:
    """Trains a configuration, or goes on where an earlier call stopped.

    Args:
        config: The options. The run folder is `config.workdir`, or is named after the options.
        overwrite: Whether to remove an earlier run in the folder first.
        dataset: As `load_data` gives it, if that was done already.

    Returns:
        What metrics.json holds.

    Raises:
        UsageError: If the folder holds a run of other settings, or options do not fit the data.
        DataError: If data is missing or damaged, or the folder is in use.
        DivergedError: If a loss is not finite; the last good checkpoint is kept.
        CollapsedError: If `stop_on_collapse` ended it; it is saved and scored.
        InterruptedRunError: If the process was asked to stop; a checkpoint has been written.
    """
    if config.keep_best:
        catalogue.pick(config.keep_best)  # before the judge is trained
    dataset = dataset or load_data(config)
    folder = RunFolder(config.workdir or run_folder.default_workdir(config))
    folder.acquire()
    try:
        steps = steps_per_epoch(config, dataset)
        withhold = _withhold(config, dataset, steps)
        if overwrite and (folder / "config.json").exists():
            folder.clear()
        resolved, finished = _resolve(config, dataset, folder, steps * config.epochs)
        if finished is not None:
            return finished
        leg = _start(config, resolved, dataset, folder, steps)
        with callbacks.stop_signals() as stop:
            collapsed = _fit(leg, withhold, stop)
        return _finish(leg, collapsed)
    finally:
        folder.release()


def _withhold(config: RunConfig, dataset: Dataset, steps: int) -> Withhold | None:
    """The class that is kept back, if there are enough other images."""
    withhold = Withhold.create(dataset, config.withhold_class, config.withhold_until, steps)
    if withhold is not None:
        left = len(dataset.train_labels) - int(dataset.class_counts[withhold.label])
        if config.images_per_step > left:
            raise UsageError(
                f"--withhold_class={config.withhold_class} leaves {left} train images, fewer than "
                f"the {config.images_per_step} of a step"
            )
    return withhold


def _resolve(
    config: RunConfig, dataset: Dataset, folder: RunFolder, total: int
) -> tuple[RunConfig, dict[str, Any] | None]:
    """The configuration with its precision, and the metrics of the run if it is finished.

    Raises:
        UsageError: If the run was started with other settings, or is further than it now shall go.
        CollapsedError: If the run has ended so and is not given more patience.
    """
    stored = folder.read_config()
    if stored is None:
        return config.replace(precision=devices.resolve_precision(config.precision)), None
    folder.check_same(stored, config, dataset.fingerprint(), dataset.is_streamed)
    newest = checkpoints.existing(folder.checkpoints)
    if newest and (step := checkpoints.step_of(newest[0])) > total:
        raise UsageError(
            f"{folder.path} has {step:,} steps behind it, more than the {total:,} of "
            f"--epochs={config.epochs}: use more epochs, another --workdir, or --overwrite"
        )
    resolved = config.replace(precision=stored["precision"])  # of the first leg
    metrics = _reported(folder, newest, config)
    if metrics is None:
        return resolved, None
    if metrics.get("collapsed") and config.stop_on_collapse:
        scores = run_folder.History(folder / "scores.csv", config.epochs)
        if callbacks.collapsed_for(scores) >= config.collapse_patience:
            raise _collapse(metrics)
    if metrics["step"] < total:
        return resolved, None
    print(f"{folder.path} is finished ({config.epochs} epochs); raise --epochs to go on")
    return resolved, metrics


def _reported(folder: RunFolder, newest: list[Path], config: RunConfig) -> dict[str, Any] | None:
    """Returns metrics.json if nothing is left to do for the newest checkpoint.

    Its generator is exported then, and all scores that the options ask for are there, and the
    report: a run that ended without some of them has only those to make.
    """
    try:
        metrics = read_metrics(folder.path)
        current = not newest or metrics["step"] >= checkpoints.step_of(newest[0])
        scored = scoring.has_all(metrics, config)
        shown = not (config.eval_samples and config.report) or (folder / run_report.REPORT).exists()
        return metrics if current and scored and shown and sampling.is_exported(folder) else None
    except (DataError, KeyError, TypeError):
        return None


def _collapse(metrics: dict[str, Any]) -> callbacks.CollapsedError:
    """The error that says what has collapsed."""
    return callbacks.CollapsedError(f"{'; '.join(metrics['collapsed'])} (step {metrics['step']:,})")


def _start(
    config: RunConfig,
    resolved: RunConfig,
    dataset: Dataset,
    folder: RunFolder,
    steps: int,
) -> Leg:
    """Builds the model, restores the newest checkpoint, and says what runs."""
    model = build(resolved, dataset.spec)
    if config.gan_train and not sampling.takes_labels(model.generator):
        raise UsageError(f"--gan_train needs labels, which {config.experiment} does not take")
    meta = checkpoints.restore_latest(folder.checkpoints, model.state())
    model.pace = pacing.Pace.of_run(config, model.networks, steps)
    described = describe(config, dataset, model)
    folder.write_config(config, {**described, "precision": resolved.precision})
    scorer = scoring.Scorer(dataset, config.data_dir)
    if config.eval_every:
        # May train a judge for minutes: after wrong options are found, before the stopwatch runs.
        scorer.prepare()
    board = callbacks.TensorBoardLogger(folder.tensorboard, config.log_every)
    board.set_model(model)  # `fit` does it, which has nothing to do if only the scores are missing
    leg = Leg(
        resolved,
        dataset,
        folder,
        model,
        steps,
        run_folder.Stopwatch(meta),
        board,
        scorer,
    )
    announce(leg)
    return leg


def _fit(leg: Leg, withhold: Withhold | None, stop: list[int]) -> list[str]:
    """Trains to the end.

    Args:
        leg: Where to go on.
        withhold: A class that is kept back.
        stop: Non-empty as soon as the process got a signal to stop.

    Returns:
        What has collapsed, if that ended the run.
    """
    config, model, steps = leg.config, leg.model, leg.steps
    seen = {"ink": config.ink, "value_range": config.value_range}
    test = evaluation_batches(leg.dataset, config.batch_size, **seen)
    watching = watchers(leg)
    guards = [w for w in watching if isinstance(w, callbacks.CollapseGuard)]
    for guard in guards:
        guard.look_back(model)
    while (step := leg.step) < steps * config.epochs and not any(g.verdict for g in guards):
        epoch, done = divmod(step, steps)
        saver = callbacks.Checkpointer(
            leg.folder.checkpoints, steps, config.checkpoint_minutes, leg.stopwatch, stop, done > 0
        )
        model.fit(
            training_batches(
                leg.dataset,
                config.images_per_step,
                config.seed,
                step,
                shuffle=config.shuffle,
                withhold=withhold,
                deal=(config.images_per_step // config.batch_size, model.replicas),
                **seen,
            ),
            initial_epoch=epoch,
            # a half-done epoch is finished by a fit of its own
            epochs=epoch + 1 if done else config.epochs,
            steps_per_epoch=steps - done,
            validation_data=test if len(leg.dataset.test_images) else None,
            shuffle=False,  # the pipeline has its own order
            verbose=1 if sys.stdout.isatty() else 2,
            callbacks=[*watching, saver],
        )
    return [clause for guard in guards for clause in guard.verdict]


def _finish(leg: Leg, collapsed: list[str]) -> dict[str, Any]:
    """Exports the models and scores samples; metrics.json marks the run finished.

    Raises:
        CollapsedError: If a collapse has ended the run.
    """
    config, folder, model = leg.config, leg.folder, leg.model
    sampling.export(model.sampler(), folder / "generator.keras")
    sampling.export(model.discriminator, folder / "discriminator.keras")
    if config.gif:
        grids.write_gifs(folder.samples)
    spent = {name: round(value, 1) for name, value in leg.stopwatch.read().items()}
    metrics: dict[str, Any] = scoring.facts(config, leg.step) | {"training": spent}
    if config.keep_best:
        metrics["best"] = run_folder.read_best(folder.best)
    if collapsed:
        metrics["collapsed"] = collapsed
    print(score_tables.training_line(metrics))
    if config.eval_samples:
        scored = leg.scorer.score(
            leg.sampler(), config.eval_samples, config.seed, gan_train=config.gan_train
        )
        metrics |= scored.metrics
        callbacks.to_board(leg.board, metrics)
        print(
            score_tables.scores(metrics), flush=True
        )  # minutes of work, whatever the disk has room for
    metrics["environment"] = run_folder.environment()
    path = write_metrics(folder.path, metrics)
    print(f"samples: {folder.samples}; scores: {path}")
    if config.eval_samples and config.report:
        print(f"report: {run_report.write_run_report(folder.path, metrics, scored)}")
    if collapsed:
        raise _collapse(metrics)
    return metrics

"""One training run from start to report: build, resume, fit, evaluate."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from data_tools.errors import UsageError
from data_tools.files import write_json
from gan_keras import callbacks, checkpoints, data, devices, gans, runs, sampling
from gan_keras.configs.base import RunConfig
from gan_keras.data import Dataset, DataSpec
from gan_keras.data.pipeline import evaluation_batches, training_batches
from gan_keras.evaluation import classifier as classifiers
from gan_keras.evaluation import scores
from gan_keras.gans.base import GAN


def build(config: RunConfig, spec: DataSpec) -> GAN:
    """Builds the model of a configuration with the process set up for it.

    Args:
        config: With `precision` resolved.
        spec: Gives the shapes and class counts.
    """
    devices.set_up(config.precision, config.seed, config.deterministic)
    return gans.build(config, spec)


def steps_per_epoch(config: RunConfig, dataset: Dataset) -> int:
    """Steps of an epoch: what was asked for, else one pass over the train split.

    Raises:
        UsageError: If a batch is larger than the train split.
    """
    images = len(dataset.train_images)
    if config.batch_size > images:
        raise UsageError(
            f"--batch_size={config.batch_size} is more than the {images} train images of "
            f"{dataset.name}"
        )
    return config.steps_per_epoch or images // config.batch_size


def describe(config: RunConfig, dataset: Dataset, model: GAN) -> dict[str, Any]:
    """The resolved configuration and sizes, as `--dry_run` prints them."""
    described = {
        "options": config.to_dict(),
        "workdir": str(config.workdir or runs.default_workdir(config)),
        "steps_per_epoch": steps_per_epoch(config, dataset),
        "data": {
            "fingerprint": dataset.fingerprint(),
            "train_images": len(dataset.train_images),
            "test_images": len(dataset.test_images),
            **dataset.spec.to_dict(),
        },
        "parameters": {
            "generator": model.generator.count_params(),
            "discriminator": model.discriminator.count_params(),
        },
    }
    if hasattr(model, "class_probabilities"):
        described["class_probabilities"] = {
            name: round(float(p), 6)
            for name, p in zip(dataset.class_names, model.class_probabilities, strict=True)
        }
    return described


def dry_run(config: RunConfig) -> dict[str, Any]:
    """Resolves everything and trains nothing.

    Returns:
        What `describe` gives.
    """
    config = config.replace(precision=devices.resolve_precision(config.precision))
    dataset = data.load(config.dataset, config.data_dir)
    return describe(config, dataset, build(config, dataset.spec))


def run(config: RunConfig, overwrite: bool = False) -> dict[str, Any]:
    """Trains a configuration, or goes on where an earlier call stopped.

    Args:
        config: The options. The run folder is `config.workdir`, or is named after the options.
        overwrite: Whether to remove an earlier run in the folder first.

    Returns:
        What metrics.json holds.

    Raises:
        UsageError: If the folder holds a run of other settings, or options do not fit the data.
        DataError: If data is missing or damaged, or the folder is in use.
        DivergedError: If a loss is not finite; the last good checkpoint is kept.
        InterruptedRunError: If the process was asked to stop; a checkpoint has been written.
    """
    dataset = data.load(config.dataset, config.data_dir)
    folder = runs.RunFolder(config.workdir or runs.default_workdir(config))
    folder.acquire()
    try:
        return _run(config, dataset, folder, overwrite)
    finally:
        folder.release()


def _run(
    config: RunConfig, dataset: Dataset, folder: runs.RunFolder, overwrite: bool
) -> dict[str, Any]:
    """`run` with the folder locked."""
    steps = steps_per_epoch(config, dataset)
    total = steps * config.epochs
    if overwrite and (folder / "config.json").exists():
        folder.clear()
    stored = folder.read_config()
    if stored is None:
        resolved = config.replace(precision=devices.resolve_precision(config.precision))
    else:
        folder.check_same(stored, config, dataset.fingerprint())
        resolved = config.replace(precision=stored["precision"])  # of the first leg
        finished = _finished(folder, total)
        if finished is not None:
            print(f"{folder.path} is finished ({config.epochs} epochs); raise --epochs to go on")
            return finished

    with callbacks.stop_signals() as stop:
        model = build(resolved, dataset.spec)
        meta = checkpoints.restore_latest(folder.checkpoints, model.state())
        step = int(model.steps.numpy())
        described = describe(config, dataset, model)
        folder.write_config(config, {**described, "precision": resolved.precision})
        _announce(resolved, dataset, model, folder, step, steps)
        stopwatch = runs.Stopwatch(meta)
        board = callbacks.TensorBoardLogger(folder.tensorboard, config.log_every)
        history = runs.History(folder / "log.csv", step // steps)
        test = evaluation_batches(dataset, config.batch_size, config.ink)
        while step < total:
            epoch, done = divmod(step, steps)
            model.fit(
                training_batches(dataset, config.batch_size, config.seed, step, config.ink),
                initial_epoch=epoch,
                # a half-done epoch is finished by a fit of its own
                epochs=epoch + 1 if done else config.epochs,
                steps_per_epoch=steps - done,
                validation_data=test if len(dataset.test_images) else None,
                shuffle=False,  # the pipeline has its own order
                verbose=1 if sys.stdout.isatty() else 2,
                callbacks=[
                    callbacks.DivergenceGuard(),
                    callbacks.SampleGrid(
                        folder.samples, board, dataset.num_classes, config.sample_every
                    ),
                    board,
                    callbacks.EpochLog(folder, history, stopwatch, folder.path.name),
                    callbacks.Checkpointer(
                        folder.checkpoints, config.checkpoint_minutes, stopwatch, stop, done > 0
                    ),
                ],
            )
            step = int(model.steps.numpy())
    return _report(resolved, dataset, folder, model, stopwatch, board)


def _finished(folder: runs.RunFolder, total: int) -> dict[str, Any] | None:
    """Returns metrics.json if it reports at least `total` steps."""
    try:
        metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        return metrics if metrics["step"] >= total else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _announce(config, dataset, model, folder, step, steps) -> None:
    """Says what runs, where, and how to watch it."""
    print(
        f"{config.experiment} ({config.preset}) on {dataset.name}: "
        f"{len(dataset.train_images):,} train images, {dataset.num_classes} classes; "
        f"{config.epochs} epochs x {steps} steps of {config.batch_size}; {config.precision}; "
        f"generator {model.generator.count_params():,} and discriminator "
        f"{model.discriminator.count_params():,} parameters"
    )
    if hasattr(model, "class_probabilities"):
        shares = zip(dataset.class_names, model.class_probabilities, strict=True)
        print("labels drawn with: " + ", ".join(f"{n} {p:.4f}" for n, p in shares))
    where = f"going on at step {step:,} (epoch {step // steps + 1})" if step else "starting"
    print(f"{where} in {folder.path}; watch it: tensorboard --logdir {folder.path}", flush=True)


def _report(config, dataset, folder, model, stopwatch, board) -> dict[str, Any]:
    """Exports the models and scores samples; metrics.json comes last and marks the run finished."""
    sampling.export(model.averaged_generator, folder / "generator.keras")
    sampling.export(model.discriminator, folder / "discriminator.keras")
    metrics = {
        "experiment": config.experiment,
        "preset": config.preset,
        "dataset": config.dataset,
        "seed": config.seed,
        "epochs": config.epochs,
        "step": int(model.steps.numpy()),
        "training": {name: round(value, 1) for name, value in stopwatch.read().items()},
    }
    if config.eval_samples and "label" in {x.name for x in model.generator.inputs}:
        metrics |= evaluate(
            model.averaged_generator,
            dataset,
            cache_dir=Path(config.data_dir) / "classifiers",
            per_class=config.eval_samples,
            latent=config.latent,
            ink=config.ink,
            seed=config.seed,
            gan_train=config.gan_train,
        )
        board.scalars(
            {
                f"samples/{name}": metrics[name]
                for name in ("accuracy", "matched_accuracy", "diversity_ratio")
                if metrics[name] is not None
            }
        )
    metrics["environment"] = runs.environment()
    write_json(folder / "metrics.json", metrics)
    _print_metrics(metrics, folder)
    return metrics


def evaluate(
    generator,
    dataset: Dataset,
    *,
    cache_dir: Path,
    per_class: int,
    latent: str,
    ink: str,
    seed: int,
    gan_train: bool = False,
) -> dict[str, Any]:
    """Scores a generator by a classifier that has seen real images only.

    Args:
        generator: Model from `[z, label]` to images.
        dataset: Real images.
        cache_dir: Where the classifier is kept.
        per_class: Generated images a class.
        latent: Distribution of z.
        ink: As in `data.pipeline.scale`.
        seed: Of the samples.
        gan_train: Whether to train a classifier on the samples too.

    Returns:
        What `scores.score_samples` gives, with the judge's own accuracy on real test images, and
        `gan_train` if asked for.
    """
    judge, real_accuracy = classifiers.reference_classifier(dataset, cache_dir, verbose=1)
    labels = np.repeat(np.arange(dataset.num_classes, dtype=np.int32), per_class)
    images = sampling.draw(generator, labels, latent, seed, ink)
    found = {
        "classifier": {"real_test_accuracy": None if np.isnan(real_accuracy) else real_accuracy},
        **scores.score_samples(
            images,
            labels,
            classifiers.predict(judge, images),
            dataset.train_images,
            dataset.train_labels,
            dataset.class_names,
        ),
    }
    if gan_train:
        print("GAN-train: training a classifier on the samples")
        found["gan_train"] = gan_train_accuracy(images, labels, dataset)
    return found


def gan_train_accuracy(images: np.ndarray, labels: np.ndarray, dataset: Dataset) -> float:
    """GAN-train (Shmelkov et al. 2018): trained on samples only, tested on real test images.

    A collapsed generator cannot game it.

    Args:
        images: Generated, uint8 `(n, h, w, c)`.
        labels: int `(n,)`.
        dataset: Only its test split is used.
    """
    generated = Dataset(
        name=f"{dataset.name} samples",
        train_images=images,
        train_labels=labels,
        test_images=dataset.test_images,
        test_labels=dataset.test_labels,
        class_names=dataset.class_names,
    )
    # Another seed than the judge's: the two must not share their initial weights.
    model = classifiers.train_classifier(generated, seed=classifiers.SEED + 1000, verbose=1)
    return classifiers.accuracy(model, dataset.test_images, dataset.test_labels)


def _print_metrics(metrics: dict[str, Any], folder: runs.RunFolder) -> None:
    """Prints the scores in a few lines."""
    spent = metrics["training"]
    print(
        f"trained {metrics['step']:,} steps in {spent['wall_seconds'] / 60:.1f} minutes "
        f"({spent['cpu_seconds'] / 60:.1f} CPU-minutes)"
    )
    if "accuracy" in metrics:
        judge = metrics["classifier"]["real_test_accuracy"]
        worst = metrics["worst_class"]
        print(
            f"samples read right: {metrics['accuracy']:.2%} (real test images: "
            + (f"{judge:.2%}" if judge is not None else "none")
            + f"); worst class {worst['name']!r} {worst['accuracy']:.1%}; after matching "
            f"{metrics['matched_accuracy']:.2%}; diversity {metrics['diversity_ratio']:.3f} of real"
        )
        if metrics["rare_classes"]:
            rare = metrics["rare_classes"].items()
            print("rare classes: " + ", ".join(f"{name} {value:.1%}" for name, value in rare))
        if metrics["label_switching"] > 0:
            pairs = metrics["switched"].items()
            print("LABEL SWITCHING: " + ", ".join(f"{a!r} is drawn as {b!r}" for a, b in pairs))
    if "gan_train" in metrics:
        print(f"GAN-train (trained on samples, tested on real): {metrics['gan_train']:.2%}")
    print(f"samples: {folder.samples}; scores: {folder / 'metrics.json'}")

"""One training run from start to report: build, resume, fit, evaluate."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from data_tools.errors import UsageError
from data_tools.files import write_json
from gan_keras import callbacks, checkpoints, data, devices, gans, grids, runs, sampling
from gan_keras.configs.base import RunConfig
from gan_keras.data import Dataset, DataSpec
from gan_keras.data.pipeline import Withhold, evaluation_batches, scale, training_batches
from gan_keras.data.toys import MIXTURES
from gan_keras.evaluation import classifier as classifiers
from gan_keras.evaluation import scores, toys
from gan_keras.gans.base import GAN

# Real images at most that scores look at, of sets that are too large for memory.
SCORED = 20_000
# Scores that go to TensorBoard.
SAMPLE_SCORES = (
    "accuracy",
    "matched_accuracy",
    "entropy_ratio",
    "modes",
    "median_confidence",
    "diversity_ratio",
    "high_quality",
    "reverse_kl",
    "frechet_distance",
    "energy_distance",
)
# Real examples at most that a variant's own pictures may show.
PICTURED = 1000


def build(config: RunConfig, spec: DataSpec) -> GAN:
    """Builds the model of a configuration with the process set up for it.

    Args:
        config: With `precision` resolved.
        spec: Gives the shapes and class counts.
    """
    devices.set_up(config.precision, config.seed, config.deterministic)
    return gans.build(config, spec)


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
        "workdir": str(config.workdir or runs.default_workdir(config)),
        "steps_per_epoch": steps_per_epoch(config, dataset),
        "data": {
            "fingerprint": dataset.fingerprint(),
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


def dry_run(config: RunConfig) -> dict[str, Any]:
    """Resolves everything and trains nothing.

    Returns:
        What `describe` gives.
    """
    config = config.replace(precision=devices.resolve_precision(config.precision))
    dataset = load_data(config)
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
    dataset = load_data(config)
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
    withhold = Withhold.create(dataset, config.withhold_class, config.withhold_until, steps)
    if withhold is not None:
        left = len(dataset.train_labels) - int(dataset.class_counts[withhold.label])
        if config.images_per_step > left:
            raise UsageError(
                f"--withhold_class={config.withhold_class} leaves {left} train images, fewer than "
                f"the {config.images_per_step} of a step"
            )
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
        if config.gan_train and not sampling.takes_labels(model.generator):
            raise UsageError(f"--gan_train needs labels, which {config.experiment} does not take")
        meta = checkpoints.restore_latest(folder.checkpoints, model.state())
        step = int(model.steps.numpy())
        described = describe(config, dataset, model)
        folder.write_config(config, {**described, "precision": resolved.precision})
        _announce(resolved, dataset, model, folder, step, steps)
        stopwatch = runs.Stopwatch(meta)
        board = callbacks.TensorBoardLogger(folder.tensorboard, config.log_every)
        history = runs.History(folder / "log.csv", step // steps)
        pictured = _pictured(config, dataset)
        seen = {"ink": config.ink, "value_range": config.value_range}
        test = evaluation_batches(dataset, config.batch_size, **seen)
        columns = dataset.num_classes if sampling.takes_labels(model.generator) else None
        grid = callbacks.SampleGrid(
            folder.samples, board, columns, config.sample_every, value_range=config.value_range
        )
        grid = [] if dataset.spec.is_points else [grid]
        while step < total:
            epoch, done = divmod(step, steps)
            model.fit(
                training_batches(
                    dataset,
                    config.images_per_step,
                    config.seed,
                    step,
                    shuffle=config.shuffle,
                    withhold=withhold,
                    **seen,
                ),
                initial_epoch=epoch,
                # a half-done epoch is finished by a fit of its own
                epochs=epoch + 1 if done else config.epochs,
                steps_per_epoch=steps - done,
                validation_data=test if len(dataset.test_images) else None,
                shuffle=False,  # the pipeline has its own order
                verbose=1 if sys.stdout.isatty() else 2,
                callbacks=[
                    callbacks.DivergenceGuard(),
                    *grid,
                    callbacks.Pictures(folder.samples, board, pictured, config.pictured_epochs()),
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
    examples = "points" if dataset.spec.is_points else "images"
    counts = ", ".join(f"{name} {net.count_params():,}" for name, net in model.networks.items())
    print(
        f"{config.experiment} ({config.preset}) on {dataset.name}: "
        f"{len(dataset.train_images):,} train {examples}, {dataset.num_classes} classes; "
        f"{config.epochs} epochs x {steps} steps of {config.batch_size}; {config.precision}; "
        f"parameters: {counts}"
    )
    if hasattr(model, "class_probabilities"):
        shares = zip(dataset.class_names, model.class_probabilities, strict=True)
        print("labels drawn with: " + ", ".join(f"{n} {p:.4f}" for n, p in shares))
    where = f"going on at step {step:,} (epoch {step // steps + 1})" if step else "starting"
    print(f"{where} in {folder.path}; watch it: tensorboard --logdir {folder.path}", flush=True)


def _pictured(config: RunConfig, dataset: Dataset) -> np.ndarray:
    """Held-out examples for `GAN.pictures`, as the networks see them; from train if none are."""
    held_out = dataset.test_images if len(dataset.test_images) else dataset.train_images
    return scale(held_out[:PICTURED], config.ink, config.value_range).numpy()


def write_gifs(folder: Path) -> list[Path]:
    """Joins the pictures of all epochs to one animation a kind, `samples.gif` for the grids.

    Args:
        folder: The sub-folder `samples` of a run.

    Returns:
        The files.
    """
    series: dict[str, list[Path]] = {}
    for picture in sorted(folder.glob("*epoch_*.png")):
        name = picture.name.partition("epoch_")[0].rstrip("_") or "samples"
        series.setdefault(name, []).append(picture)
    for name, frames in series.items():
        grids.write_gif(folder / f"{name}.gif", frames)
    return [folder / f"{name}.gif" for name in series]


def _report(config, dataset, folder, model, stopwatch, board) -> dict[str, Any]:
    """Exports the models and scores samples; metrics.json comes last and marks the run finished."""
    sampling.export(model.sampler(), folder / "generator.keras")
    sampling.export(model.discriminator, folder / "discriminator.keras")
    if config.gif:
        write_gifs(folder.samples)
    metrics = {
        "experiment": config.experiment,
        "preset": config.preset,
        "dataset": config.dataset,
        "seed": config.seed,
        "epochs": config.epochs,
        "step": int(model.steps.numpy()),
        "training": {name: round(value, 1) for name, value in stopwatch.read().items()},
    }
    if config.eval_samples:
        metrics |= evaluate(
            model.sampler(),
            dataset,
            cache_dir=Path(config.data_dir) / "classifiers",
            per_class=config.eval_samples,
            latent=config.latent,
            ink=config.ink,
            value_range=config.value_range,
            seed=config.seed,
            gan_train=config.gan_train,
        )
        board.scalars(
            {
                f"samples/{name}": metrics[name]
                for name in SAMPLE_SCORES
                if metrics.get(name) is not None
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
    value_range: str = "signed",
    gan_train: bool = False,
) -> dict[str, Any]:
    """Scores a generator by a classifier that has seen real images only.

    Args:
        generator: Model from z, or from `[z, label]`, to images.
        dataset: Real images.
        cache_dir: Where the classifier is kept.
        per_class: Generated images a class.
        latent: Distribution of z.
        ink: As in `data.pipeline.scale`.
        seed: Of the samples.
        value_range: As in `data.pipeline.scale`.
        gan_train: Whether to train a classifier on the samples too, if they have labels.

    Returns:
        What `scores.score_samples` gives, or `score_unlabelled` for a generator without labels,
        with the judge's own accuracy on real test images, and `gan_train` if asked for; of points
        what `toys.score_points` gives, of `per_class` points in all.
    """
    if dataset.spec.is_points:
        return evaluate_points(generator, dataset, per_class, latent, seed)
    dataset = dataset.in_memory(SCORED)
    judge, real_accuracy = classifiers.reference_classifier(dataset, cache_dir, verbose=1)
    found = {
        "classifier": {"real_test_accuracy": None if np.isnan(real_accuracy) else real_accuracy}
    }
    labels = np.repeat(np.arange(dataset.num_classes, dtype=np.int32), per_class)
    if not sampling.takes_labels(generator):
        images = sampling.draw(generator, len(labels), latent, seed, ink, value_range)
        return found | scores.score_unlabelled(
            images,
            classifiers.probabilities(judge, images),
            dataset.train_images,
            dataset.train_labels,
            dataset.class_names,
        )
    images = sampling.draw(generator, labels, latent, seed, ink, value_range)
    found |= scores.score_samples(
        images,
        labels,
        classifiers.predict(judge, images),
        dataset.train_images,
        dataset.train_labels,
        dataset.class_names,
    )
    if gan_train:
        print("GAN-train: training a classifier on the samples")
        found["gan_train"] = gan_train_accuracy(images, labels, dataset)
    return found


def evaluate_points(
    generator, dataset: Dataset, number: int, latent: str, seed: int
) -> dict[str, Any]:
    """Scores a generator of points against held-out ones.

    Args:
        generator: Model from z to points.
        dataset: Real points; by their modes too if `data.toys` knows them.
        number: Generated points.
        latent: Distribution of z.
        seed: Of the samples.
    """
    points = sampling.draw(generator, number, latent, seed)
    mixture = MIXTURES.get(dataset.name)
    # With --only_class a mixture has lost modes, and its published protocol says nothing.
    if mixture is None or len(mixture.means) == 1 or len(mixture.means) != dataset.num_classes:
        return toys.score_points(points, dataset.test_images)
    return toys.score_points(points, dataset.test_images, mixture.means, mixture.sigma)


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
    if "energy_distance" in metrics:
        ratios = ", ".join(f"{ratio:.2f}" for ratio in metrics["covariance_eigenvalue_ratios"])
        print(
            f"{metrics['points']:,} points: Frechet distance {metrics['frechet_distance']:.4g}, "
            f"energy distance {metrics['energy_distance']:.4g}, variances {ratios} of real"
        )
    if "high_quality" in metrics:
        divergence = metrics["reverse_kl"]
        print(
            f"modes captured: {metrics['modes']} of {len(metrics['mode_counts'])}; high quality "
            f"{metrics['high_quality']:.1%} (real {metrics['real_high_quality']:.1%}); reverse KL "
            + ("none" if divergence is None else f"{divergence:.3f}")
        )
    if "entropy_ratio" in metrics:
        judge = metrics["classifier"]["real_test_accuracy"]
        largest = metrics["largest_class"]
        print(
            "samples without labels, read by a classifier (real test images: "
            + (f"{judge:.2%}" if judge is not None else "none")
            + f" right): {metrics['modes']} of {len(metrics['class_shares'])} classes, entropy "
            f"{metrics['entropy_ratio']:.3f} of ln K (real {metrics['real_entropy_ratio']:.3f}), "
            f"largest {largest['name']!r} {largest['share']:.1%}; median confidence "
            f"{metrics['median_confidence']:.3f}; diversity {metrics['diversity_ratio']:.3f} of "
            "real"
        )
    if "gan_train" in metrics:
        print(f"GAN-train (trained on samples, tested on real): {metrics['gan_train']:.2%}")
    print(f"samples: {folder.samples}; scores: {folder / 'metrics.json'}")

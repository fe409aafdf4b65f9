"""One process's part of a run: what it is made of, and what watches it."""

import dataclasses

import keras
import numpy as np

from gan_keras.configs.base import RunConfig
from gan_keras.data import Dataset
from gan_keras.data.pipeline import scale
from gan_keras.gans.base import GAN
from gan_keras.runs import callbacks
from gan_keras.samples import sampling, scoring
from gan_keras.storage import run_folder

# Real examples at most that a variant's own pictures may show.
PICTURED = 1000


@dataclasses.dataclass
class Leg:
    """What one process makes of a run: all of it, or the part after a resume.

    Attributes:
        config: With `precision` resolved.
        dataset: The data.
        folder: The run folder.
        model: With the newest checkpoint in it.
        steps: Steps of an epoch.
        stopwatch: Time spent by all legs.
        board: TensorBoard.
        scorer: Scores samples.
    """

    config: RunConfig
    dataset: Dataset
    folder: run_folder.RunFolder
    model: GAN
    steps: int
    stopwatch: run_folder.Stopwatch
    board: callbacks.TensorBoardLogger
    scorer: scoring.Scorer

    @property
    def step(self) -> int:
        """Training steps made so far, over all legs."""
        return int(self.model.steps.numpy())

    def sampler(self) -> sampling.Sampler:
        """The generator as it is now."""
        return sampling.Sampler.of_model(self.model, self.config, self.dataset.class_names)


def announce(leg: Leg) -> None:
    """Says what runs, where, and how to watch it."""
    config, dataset, model, folder = leg.config, leg.dataset, leg.model, leg.folder.path
    examples = "points" if dataset.spec.is_points else "images"
    counts = ", ".join(f"{name} {net.count_params():,}" for name, net in model.networks.items())
    shared = f" on {model.replicas} devices" if model.replicas > 1 else ""
    print(
        f"{config.experiment} ({config.preset}) on {dataset.name}: "
        f"{len(dataset.train_images):,} train {examples}, {dataset.num_classes} classes; "
        f"{config.epochs} epochs x {leg.steps} steps of {config.batch_size}; "
        f"{config.precision}{shared}; parameters: {counts}"
    )
    if hasattr(model, "class_probabilities"):
        shares = zip(dataset.class_names, model.class_probabilities, strict=True)
        print("labels drawn with: " + ", ".join(f"{n} {p:.4f}" for n, p in shares))
    step = leg.step
    where = f"going on at step {step:,} (epoch {step // leg.steps + 1})" if step else "starting"
    print(f"{where} in {folder}; watch it: tensorboard --logdir {folder}", flush=True)


def watchers(leg: Leg) -> list[keras.callbacks.Callback]:
    """The callbacks of a leg in their order, but for the one that saves, which comes last."""
    config, folder, board, epoch = leg.config, leg.folder, leg.board, leg.step // leg.steps
    found = [callbacks.DivergenceGuard()]
    if not leg.dataset.spec.is_points:
        labelled = sampling.takes_labels(leg.model.generator)
        columns = leg.dataset.num_classes if labelled else None
        found.append(
            callbacks.SampleGrid(
                folder.samples, board, columns, config.sample_every, value_range=config.value_range
            )
        )
    pictured = _pictured(config, leg.dataset)
    history = run_folder.History(folder / "log.csv", epoch)
    found += [
        callbacks.Pictures(folder.samples, board, pictured, config.pictured_epochs()),
        board,
        callbacks.EpochLog(folder, history, leg.stopwatch, folder.path.name),
    ]
    if not config.eval_every:
        return found
    number = scoring.epoch_samples(leg.dataset, config.eval_samples)
    scores = callbacks.EpochScores(
        lambda _: leg.scorer.score(leg.sampler(), number, config.seed, cheap=True).metrics,
        config.eval_every,
        run_folder.History(folder / "scores.csv", epoch if leg.step else -1),
        board,
    )
    found.append(scores)
    if config.stop_on_collapse:
        found.append(callbacks.CollapseGuard(scores, config.collapse_patience))
    if config.keep_best:
        found.append(callbacks.KeepBest(scores, config.keep_best, folder.best))
    return found


def _pictured(config: RunConfig, dataset: Dataset) -> np.ndarray:
    """Held-out examples for `GAN.pictures`, as the networks see them; from train if none are."""
    held_out = dataset.test_images if len(dataset.test_images) else dataset.train_images
    return scale(held_out[:PICTURED], config.ink, config.value_range).numpy()

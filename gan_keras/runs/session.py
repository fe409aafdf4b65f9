"""One training process: a whole run, or the part since it was resumed."""

import dataclasses
import math
import sys
from typing import Any

import keras
import numpy as np

from gan_keras.configs.base import RunConfig
from gan_keras.data import Dataset
from gan_keras.data.pipeline import Withhold, evaluation_batches, scale, training_batches
from gan_keras.drawing import grids
from gan_keras.gans.base import GAN
from gan_keras.networks.cost import multiplications
from gan_keras.reports import run_report, score_tables
from gan_keras.runs.callbacks import RunCallback, epoch_scores, recording, stopping
from gan_keras.samples import sampling, scoring
from gan_keras.storage import run_folder
from gan_keras.storage.environment import environment
from gan_keras.storage.history import History, Stopwatch
from gan_keras.storage.metrics import write_metrics

# Largest number of real examples that a variant's own pictures may show.
PICTURED = 1000
# Floating-point operations that take about a second on two cores.
OPERATIONS_PER_CALL = 1e11


def steps_per_call(config: RunConfig, model: GAN, steps_per_epoch: int) -> int:
    """Chooses how many steps run in one call, between two turns of the callbacks.

    Keras spends up to a millisecond between two calls: nothing beside a convolutional step, a good
    part of a step on points. No call runs past a step at which a callback has something to do, and
    each ends within about a second, so that Ctrl-C and the clock of checkpoints are heard.

    Args:
        config: The options.
        model: Built.
        steps_per_epoch: Steps per epoch.
    """
    if model.replicas > 1:
        return 1
    # Each network runs about three times per step; a backward pass costs two forward passes.
    operations = 3 * 3 * 2 * sum(multiplications(net) for net in model.networks.values())
    most = max(1, OPERATIONS_PER_CALL / max(operations * config.images_per_step, 1))
    common = math.gcd(steps_per_epoch, config.log_every, config.sample_every)
    return max(k for k in range(1, common + 1) if common % k == 0 and k <= most)


@dataclasses.dataclass
class Session:
    """State of one training process: a whole run, or the part since it was resumed.

    Attributes:
        config: The options, with `precision` resolved.
        dataset: The data.
        withhold: A class that is kept back for a while; None for none.
        folder: The run folder.
        model: The GAN, with the newest checkpoint loaded.
        steps_per_epoch: Steps per epoch.
        stopwatch: Time spent by all sessions.
        board: TensorBoard.
        scorer: Scores samples.
    """

    config: RunConfig
    dataset: Dataset
    withhold: Withhold | None
    folder: run_folder.RunFolder
    model: GAN
    steps_per_epoch: int
    stopwatch: Stopwatch
    board: recording.TensorBoardLogger
    scorer: scoring.Scorer

    @property
    def steps_made(self) -> int:
        """Training steps made so far, over all sessions."""
        return int(self.model.steps.numpy())

    def announce(self) -> None:
        """Prints what runs, where, and how to watch it."""
        config, dataset, model, folder = self.config, self.dataset, self.model, self.folder.path
        examples = "points" if dataset.spec.is_points else "images"
        counts = ", ".join(f"{name} {net.count_params():,}" for name, net in model.networks.items())
        shared = f" on {model.replicas} devices" if model.replicas > 1 else ""
        print(
            f"{config.experiment} ({config.preset}) on {dataset.name}: "
            f"{len(dataset.train_images):,} train {examples}, {dataset.num_classes} classes; "
            f"{config.epochs} epochs x {self.steps_per_epoch} steps of {config.batch_size}; "
            f"{config.precision}{shared}; parameters: {counts}"
        )
        if hasattr(model, "class_probabilities"):
            shares = zip(dataset.class_names, model.class_probabilities, strict=True)
            print("labels drawn with: " + ", ".join(f"{n} {p:.4f}" for n, p in shares))
        step = self.steps_made
        epoch = step // self.steps_per_epoch + 1
        where = f"going on at step {step:,} (epoch {epoch})" if step else "starting"
        print(f"{where} in {folder}; watch it: tensorboard --logdir {folder}", flush=True)

    def fit(self, stop: list[int]) -> list[str]:
        """Trains to the end.

        Args:
            stop: Non-empty as soon as the process got a signal to stop.

        Returns:
            Clauses on what has collapsed, if that ended training.
        """
        config, model = self.config, self.model
        scores = self._epoch_scores()
        if scores:
            scores.set_model(model)
            scores.recall_collapse()
        callbacks = self._callbacks(scores, stop)
        test = evaluation_batches(self.dataset, config.batch_size, config.ink, config.value_range)
        per_call = steps_per_call(config, model, self.steps_per_epoch)
        total = self.steps_per_epoch * config.epochs
        while (step := self.steps_made) < total and not (scores and scores.collapse):
            epoch, done = divmod(step, self.steps_per_epoch)
            if model.steps_per_execution != (size := math.gcd(per_call, done)):
                model.steps_per_execution = size
                model.train_function = model.test_function = None  # traced for another number
            model.fit(
                training_batches(
                    self.dataset,
                    config.images_per_step,
                    config.seed,
                    step,
                    config.ink,
                    config.value_range,
                    self.withhold,
                    config.shuffle,
                    deal=(config.n_critic, model.replicas),
                ),
                initial_epoch=epoch,
                # a half-done epoch is finished by a fit of its own
                epochs=epoch + 1 if done else config.epochs,
                steps_per_epoch=self.steps_per_epoch - done,
                validation_data=test if len(self.dataset.test_images) else None,
                shuffle=False,  # the pipeline has its own order
                verbose=1 if sys.stdout.isatty() else 2,
                callbacks=[*([_running_means(model)] if done else []), *callbacks],
            )
        return scores.collapse if scores else []

    def finish(self, collapsed: list[str]) -> dict[str, Any]:
        """Exports the models and scores samples; metrics.json marks the run finished.

        Args:
            collapsed: Clauses on what has collapsed, if that ended training.

        Returns:
            The content of metrics.json.
        """
        config, folder, model = self.config, self.folder, self.model
        sampling.export(model.sampler(), folder.generator)
        sampling.export(model.discriminator, folder.discriminator)
        if config.gif:
            grids.write_gifs(folder.samples)
        spent = {name: round(value, 1) for name, value in self.stopwatch.read().items()}
        metrics: dict[str, Any] = scoring.facts(config, self.steps_made) | {"training": spent}
        if config.keep_best:
            metrics["best"] = run_folder.read_best(folder.best)
        if collapsed:
            metrics["collapsed"] = collapsed
        print(score_tables.training_line(metrics))
        scored = None
        if config.eval_samples:
            scored = self.scorer.score(
                self._sampler(), config.eval_samples, config.seed, gan_train=config.gan_train
            )
            metrics |= scored.metrics
            self.board.scalars(epoch_scores.tags(metrics))
            # Minutes of work, printed even if the disk is full.
            print(score_tables.scores(metrics), flush=True)
        metrics["environment"] = environment()
        path = write_metrics(folder.path, metrics)
        print(f"samples: {folder.samples}; scores: {path}")
        if scored and config.report:
            print(f"report: {run_report.write_run_report(folder.path, metrics, scored)}")
        return metrics

    def _sampler(self) -> sampling.Sampler:
        """The generator as it is now."""
        return sampling.Sampler.of_model(self.model, self.config, self.dataset.class_names)

    def _epoch_scores(self) -> epoch_scores.EpochScores | None:
        """The callback that scores while training, if it is wanted."""
        config, step = self.config, self.steps_made
        if not config.eval_every:
            return None
        number = scoring.epoch_samples(self.dataset, config.eval_samples)
        # The row of epoch 0 is written again if no step has been made.
        history = History(self.folder.scores, step // self.steps_per_epoch if step else -1)

        def score() -> dict[str, Any]:
            return self.scorer.score(self._sampler(), number, config.seed, cheap=True).metrics

        return epoch_scores.EpochScores(score, config, history, self.board)

    def _callbacks(
        self, scores: epoch_scores.EpochScores | None, stop: list[int]
    ) -> list[RunCallback]:
        """The callbacks in their order."""
        config, dataset, folder, board = self.config, self.dataset, self.folder, self.board
        history = History(folder.log, self.steps_made // self.steps_per_epoch)
        # Held-out examples as the networks see them.
        held_out = dataset.test_images if len(dataset.test_images) else dataset.train_images
        real = scale(held_out[:PICTURED], config.ink, config.value_range).numpy()
        found = [
            stopping.DivergenceGuard(),
            recording.VariantPictures(folder.samples, board, real, config.pictured_epochs()),
            board,
            recording.EpochLog(folder, history, self.stopwatch),
        ]
        if not dataset.spec.is_points:
            labelled = sampling.takes_labels(self.model.generator)
            columns = dataset.num_classes if labelled else None
            found.insert(1, recording.SampleGrid(folder.samples, board, config, columns))
        if scores:
            found.append(scores)
            if config.keep_best:
                found.append(epoch_scores.KeepBest(scores, config.keep_best, folder.best))
        minutes, per_epoch = config.checkpoint_minutes, self.steps_per_epoch
        saver = stopping.Checkpointer(folder.checkpoints, minutes, per_epoch, self.stopwatch, stop)
        return [*found, saver]


def _running_means(model: GAN) -> keras.callbacks.Callback:
    """Keeps the means of a half-done epoch, which Keras resets when `fit` begins the rest of it."""
    means = [(v, np.array(v)) for metric in model.metrics for v in metric.variables]

    def put_back(epoch: int, logs: dict[str, Any] | None = None) -> None:
        for variable, value in means:
            variable.assign(value)

    return keras.callbacks.LambdaCallback(on_epoch_begin=put_back)

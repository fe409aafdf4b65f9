"""One training process: a whole run, or the part since it was resumed."""

import dataclasses
import functools
import math
import sys
from typing import Any

import keras

from gan_keras.configs.base import RunConfig
from gan_keras.data import Dataset
from gan_keras.data.pipeline import Withhold, evaluation_batches, training_batches
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

# Floating-point operations that take about a second on two cores.
OPERATIONS_PER_CALL = 1e11


def steps_per_call(config: RunConfig, model: GAN) -> int:
    """Chooses how many steps run in one call at most, between two turns of the callbacks.

    Keras spends up to a millisecond between two calls: nothing beside a convolutional step, a good
    part of a step on points. Within an epoch a callback has something to do at multiples of the
    number only, and a call ends within about a second, so that Ctrl-C and the clock of checkpoints
    are heard.

    Args:
        config: The options.
        model: Built.
    """
    if model.replicas > 1:
        return 1
    # Each network runs about three times per step; a backward pass costs two forward passes.
    operations = 3 * 3 * 2 * sum(multiplications(net) for net in model.networks.values())
    most = max(1, OPERATIONS_PER_CALL / max(operations * config.images_per_step, 1))
    common = math.gcd(config.log_every, config.sample_every)
    return max(k for k in range(1, common + 1) if common % k == 0 and k <= most)


@dataclasses.dataclass
class Session:
    """State of one training process: a whole run, or the part since it was resumed.

    The options have their `precision` resolved, and the model has loaded the newest checkpoint.
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
    run: str  # see `run_folder.run_hash`

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
        step = int(model.steps)
        epoch = step // self.steps_per_epoch + 1
        where = f"going on at step {step:,} (epoch {epoch})" if step else "starting"
        print(f"{where} in {folder}; watch it: tensorboard --logdir {folder}", flush=True)

    def fit(self, stop: list[int]) -> list[str]:
        """Trains to the end; returns clauses on what has collapsed, if that ended training.

        Args:
            stop: Non-empty as soon as the process got a signal to stop.
        """
        config, model = self.config, self.model
        scores = None
        if config.eval_every:
            step = int(model.steps)
            # The row of epoch 0 is written again if no step has been made.
            history = History(self.folder.scores, step // self.steps_per_epoch if step else -1)
            number = scoring.epoch_samples(self.dataset, config.eval_samples)
            score = functools.partial(self._score, number, cheap=True)
            scores = epoch_scores.EpochScores(score, config, history, self.board)
            scores.set_model(model)
            scores.recall_collapse()
        if not (scores and scores.collapse):
            self._train(self._callbacks(scores, stop))
        return scores.collapse if scores else []

    def _train(self, callbacks: list[RunCallback]) -> None:
        """Makes the steps that are left; callbacks have their turns as in `fit` of Keras.

        A call of several steps ends where callbacks may have something to do, and with the epoch.
        """
        config, dataset, model, size = self.config, self.dataset, self.model, self.steps_per_epoch
        step, last = int(model.steps), size * config.epochs
        if step >= last:
            return
        seen = config.ink, config.value_range
        batches = training_batches(
            dataset,
            config.images_per_step,
            config.seed,
            step,
            *seen,
            self.withhold,
            config.shuffle,
            deal=(config.n_critic, model.replicas),
        )
        test = evaluation_batches(dataset, config.batch_size, *seen)
        most = steps_per_call(config, model)
        make_steps = model.stepper(batches, most)
        turns = keras.callbacks.CallbackList(
            callbacks,
            add_progbar=True,
            model=model,
            verbose=1 if sys.stdout.isatty() else 2,
            epochs=config.epochs,
            steps=size,
        )
        model.stop_training = False
        turns.on_train_begin()
        while step < last and not model.stop_training:
            epoch, done = divmod(step, size)
            if not done:  # the means of a half-done epoch go on
                model.reset_metrics()
            turns.on_epoch_begin(epoch)
            while done < size:
                number = min(most - step % most, size - done)
                turns.on_train_batch_begin(done)
                logs = make_steps(number)
                step, done = step + number, done + number
                turns.on_train_batch_end(done - 1, logs)
            means = model.get_metrics_result()
            if len(dataset.test_images):
                tested = model.evaluate(test, return_dict=True, verbose=0)
                means |= {f"val_{name}": value for name, value in tested.items()}
            turns.on_epoch_end(epoch, means)
        turns.on_train_end(means)

    def finish(self, collapsed: list[str]) -> dict[str, Any]:
        """Exports the models and scores samples; metrics.json, which is returned, is written last.

        Args:
            collapsed: Clauses on what has collapsed, if that ended training.
        """
        config, folder, model = self.config, self.folder, self.model
        step = int(model.steps)
        folder.check_in_place()
        sampling.export(model.sampler(), folder.generator, step=step, run=self.run)
        sampling.export(model.discriminator, folder.discriminator, step=step, run=self.run)
        if config.gif:
            grids.write_gifs(folder.samples)
        spent = {name: round(value, 1) for name, value in self.stopwatch.read().items()}
        metrics: dict[str, Any] = scoring.facts(config, step, self.steps_per_epoch)
        metrics["training"] = spent
        if config.keep_best:
            metrics["best"] = run_folder.read_best(folder.best)
        if collapsed:
            metrics["collapsed"] = collapsed
        print(score_tables.training_line(metrics))
        scored = None
        if config.eval_samples:
            scored = self._score(config.eval_samples, gan_train=config.gan_train)
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

    def _score(self, number: int, **options: bool) -> scoring.Scored:
        """Scores samples of the generator as it is now."""
        sampler = sampling.Sampler.of_model(self.model, self.config, self.dataset.class_names)
        return self.scorer.score(sampler, number, self.config.seed, **options)

    def _callbacks(
        self, scores: epoch_scores.EpochScores | None, stop: list[int]
    ) -> list[RunCallback]:
        """Makes the callbacks in their order."""
        config, folder, board = self.config, self.folder, self.board
        epochs = int(self.model.steps) // self.steps_per_epoch
        history = History(folder.log, epochs, is_complete=True)
        for damaged in (history, *([scores.history] if scores else [])):
            if damaged.damage:
                print(f"WARNING: {damaged.damage}; it goes on without them")
        found = [
            stopping.DivergenceGuard(),
            stopping.InPlace(folder),
            recording.SamplePictures(folder.samples, board, config, self.dataset),
            board,
            recording.EpochLog(folder, history, self.stopwatch),
        ]
        if scores:
            found.append(scores)
            if config.keep_best:
                found.append(epoch_scores.KeepBest(scores, config.keep_best, folder.best))
        times = (config.checkpoint_minutes, self.steps_per_epoch, self.stopwatch)
        return [*found, stopping.Checkpointer(folder, self.run, *times, stop)]

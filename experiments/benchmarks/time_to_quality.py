"""Quality of samples after a given number of CPU-minutes of training.

python -m experiments.benchmarks.time_to_quality --seed=0
python -m experiments.benchmarks.time_to_quality --dataset=mnist --gan_train --minutes=1 --minutes=4

python -m experiments.benchmarks.time_to_quality --side=keras_io_cgan --until=0.99

Trains an AC-GAN, with the options of `experiments.acgan`, and scores its averaged generator at each
mark: accuracy of a classifier of real images on the samples, within-class diversity, the Frechet
distance between the classifier's features, and with --gan_train also GAN-train, which takes
minutes. Only training counts as time. --side trains what users would train instead, see `peers`.
Each side and seed is added to the file.
"""

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from absl import flags

from experiments import common
from experiments.benchmarks import measuring, peers
from gan_keras.configs.acgan import ACGANConfig
from gan_keras.data.options import DataOptions
from gan_keras.foundation import cli
from gan_keras.foundation.errors import UsageError
from gan_keras.foundation.files import check_writable

FLAGS = flags.FLAGS
# Steps between two looks at the clock.
LEG = 20
# Options that a peer does not fix.
FREE = {field.name for field in dataclasses.fields(DataOptions)}
FREE |= {"dataset", "data_dir", "seed", "eval_samples", "gan_train"}
PRINTED = ("accuracy", "gan_train", "diversity_ratio", "frechet_distance")


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    common.define_flags(ACGANConfig)
    sides = [peers.OURS, *peers.PEERS]
    flags.DEFINE_enum("side", peers.OURS, sides, "What to train: the suite's AC-GAN or a peer.")
    marks = [0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0]
    flags.DEFINE_multi_float("minutes", marks, "Minutes at which to score.", lower_bound=0.01)
    flags.DEFINE_float("until", 1.1, "Stop where this share is read right.", lower_bound=0.0)
    flags.DEFINE_enum("clock", "cpu", ["cpu", "wall"], "Minutes of what; wall on a GPU.")
    cli.define_path("out", None, "JSON file; default: results/time_to_quality_DATASET.json.")


def main() -> None:
    """Runs the command."""
    side, given = FLAGS.side, common.given_options(ACGANConfig)
    own = sorted(given.keys() - FREE) + ["preset"] * (FLAGS.preset is not None)
    if side != peers.OURS and own:
        raise UsageError(f"--{own[0]} has no meaning for --side={side}, whose recipe is fixed")
    config = ACGANConfig.create(FLAGS.preset, given)
    name = f"time_to_quality_{config.dataset.replace('/', '_')}.json"
    out = Path(FLAGS.out or measuring.RESULTS / name)
    check_writable(out, "out")
    measuring.read(out, "runs")
    common.import_tensorflow()
    options = config.to_dict() if side == peers.OURS else given
    facts = {"options": options, "clock": FLAGS.clock, "machine": measuring.machine()}
    scores: list[dict[str, Any]] = []
    for score in train(side, config, sorted(FLAGS.minutes), FLAGS.clock, FLAGS.until):
        scores.append(score)
        run = f"{side}, seed {config.seed}"
        measuring.keep(out, "runs", run, {**facts, "scores": scores})
        known = [name for name in PRINTED if score[name] is not None]
        values = " ".join(f"{name} {score[name]:.4f}" for name in known)
        minutes = score[f"{FLAGS.clock}_minutes"]
        print(f"{run} {minutes:5.1f} {FLAGS.clock} minutes: {values}", flush=True)
    print(out)


def train(
    side: str, config: ACGANConfig, marks: list[float], clock: str, until: float
) -> Iterator[dict[str, Any]]:
    """Trains; yields scores at each mark.

    Args:
        side: `peers.OURS` or a key of `peers.PEERS`.
        config: The AC-GAN.
        marks: Minutes of training, ascending.
        clock: `cpu` or `wall`: what counts as a minute.
        until: Share of samples read right at which to stop.
    """
    from gan_keras.hardware import devices
    from gan_keras.runs import training
    from gan_keras.samples import scoring

    ours = side == peers.OURS
    config = config.replace(
        precision=devices.resolve_precision(config.precision) if ours else "float32"
    )
    dataset = training.load_data(config)
    scorer = scoring.Scorer(dataset, config.data_dir)
    labels = np.repeat(np.arange(dataset.num_classes, dtype=np.int32), config.eval_samples)
    trainer = peers.start(side, config, dataset)
    now = {"cpu": time.process_time, "wall": time.monotonic}
    spent = dict.fromkeys(now, 0.0)
    steps, leg = 0, LEG if ours else 1
    for mark in marks:
        while spent[clock] < 60.0 * mark:
            begin = {name: time_now() for name, time_now in now.items()}
            trainer.train(leg)
            steps += leg
            for name, time_now in now.items():
                spent[name] += time_now() - begin[name]
        found = scorer.score_images(
            trainer.draw(labels, config.seed),
            labels,
            config.seed,
            gan_train=config.gan_train,
            cheap=not config.gan_train,
        ).metrics
        yield {
            "mark": mark,
            **{f"{name}_minutes": seconds / 60.0 for name, seconds in spent.items()},
            "steps": steps,
            "accuracy": found["accuracy"],
            "worst_class": found["worst_class"],
            "diversity_ratio": found["diversity_ratio"],
            "gan_train": found.get("gan_train"),
            "frechet_distance": found["distribution"]["frechet_classifier_features"],
            "precision": config.precision,
        }
        if found["accuracy"] >= until:
            return


if __name__ == "__main__":
    define_flags()
    cli.run(main)

"""Quality of samples after a given number of CPU-minutes of training.

python -m experiments.benchmarks.time_to_quality --seed=0
python -m experiments.benchmarks.time_to_quality --dataset=mnist --gan_train --minutes=1 --minutes=4

Trains an AC-GAN, with the options of `experiments.acgan`, and scores its averaged generator at each
mark: accuracy of a classifier of real images on the samples, within-class diversity, the Frechet
distance between the classifier's features, and with --gan_train also GAN-train, which takes
minutes. Only training counts as time. Each seed is added to the file.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from absl import flags

from experiments import common
from experiments.benchmarks import measuring
from gan_keras.configs.acgan import ACGANConfig
from gan_keras.foundation import cli
from gan_keras.foundation.files import check_writable

FLAGS = flags.FLAGS
# Steps between two looks at the clock.
LEG = 20
PRINTED = ("accuracy", "gan_train", "diversity_ratio", "frechet_distance")


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    common.define_flags(ACGANConfig)
    marks = [0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0]
    flags.DEFINE_multi_float("minutes", marks, "Minutes at which to score.", lower_bound=0.01)
    flags.DEFINE_enum("clock", "cpu", ["cpu", "wall"], "Minutes of what; wall on a GPU.")
    cli.define_path("out", None, "JSON file; default: results/time_to_quality_DATASET.json.")


def main() -> None:
    """Runs the command."""
    config = ACGANConfig.create(FLAGS.preset, common.given_options(ACGANConfig))
    name = f"time_to_quality_{config.dataset.replace('/', '_')}.json"
    out = Path(FLAGS.out or measuring.RESULTS / name)
    check_writable(out, "out")
    measuring.read(out, "seeds")
    common.import_tensorflow()
    scores: list[dict[str, Any]] = []
    for score in train(config, sorted(FLAGS.minutes), FLAGS.clock):
        scores.append(score)
        options = {**config.to_dict(), "seed": None}
        measuring.keep(out, "seeds", str(config.seed), scores, options=options, clock=FLAGS.clock)
        known = [name for name in PRINTED if score[name] is not None]
        values = " ".join(f"{name} {score[name]:.4f}" for name in known)
        minutes = score[f"{FLAGS.clock}_minutes"]
        print(f"seed {config.seed} {minutes:5.1f} {FLAGS.clock} minutes: {values}", flush=True)
    print(out)


def train(config: ACGANConfig, marks: list[float], clock: str) -> Iterator[dict[str, Any]]:
    """Trains; yields scores at each mark.

    Args:
        config: The AC-GAN.
        marks: Minutes of training, ascending.
        clock: `cpu` or `wall`: what counts as a minute.
    """
    from gan_keras.data.pipeline import training_batches
    from gan_keras.hardware import devices
    from gan_keras.runs import training
    from gan_keras.samples import scoring
    from gan_keras.samples.sampling import Sampler

    config = config.replace(precision=devices.resolve_precision(config.precision))
    dataset = training.load_data(config)
    scorer = scoring.Scorer(dataset, config.data_dir)
    model = training.build(config, dataset.spec)
    seen: dict[str, Any] = {"ink": config.ink, "value_range": config.value_range}
    batches = iter(training_batches(dataset, config.images_per_step, config.seed, **seen))
    model.make_train_function()
    now = {"cpu": time.process_time, "wall": time.monotonic}
    spent = dict.fromkeys(now, 0.0)
    for mark in marks:
        while spent[clock] < 60.0 * mark:
            begin = {name: time_now() for name, time_now in now.items()}
            for _ in range(LEG):
                logs = model.train_function(batches)
            float(logs["d_loss"])  # waits until everything is done
            for name, time_now in now.items():
                spent[name] += time_now() - begin[name]
        found = scorer.score(
            Sampler.of_model(model, config, dataset.class_names),
            config.eval_samples,
            config.seed,
            gan_train=config.gan_train,
            cheap=not config.gan_train,
        ).metrics
        yield {
            "mark": mark,
            **{f"{name}_minutes": seconds / 60.0 for name, seconds in spent.items()},
            "steps": int(model.steps.numpy()),
            "accuracy": found["accuracy"],
            "worst_class": found["worst_class"],
            "diversity_ratio": found["diversity_ratio"],
            "gan_train": found.get("gan_train"),
            "frechet_distance": found["distribution"]["frechet_classifier_features"],
            "precision": config.precision,
        }


if __name__ == "__main__":
    define_flags()
    cli.run(main)

"""Quality of samples after a given number of CPU-minutes of training.

python -m experiments.benchmarks.time_to_quality --dataset=crohme
python -m experiments.benchmarks.time_to_quality --dataset=mnist --seeds=0 --minutes=1,2,4

Trains an AC-GAN preset and scores its averaged generator at each mark: accuracy of a classifier of
real images on the samples, GAN-train, within-class diversity, and the Frechet distance between the
classifier's features. Only training counts as time. Seeds that the file holds already are not
trained again; a seed that was cut off begins anew.
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
from gan_keras.foundation.errors import UsageError
from gan_keras.foundation.files import check_writable
from gan_keras.foundation.progress import bar

FLAGS = flags.FLAGS
# Steps between two looks at the clock.
LEG = 20
PRINTED = ("accuracy", "gan_train", "diversity_ratio", "frechet_distance")


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    measuring.define_acgan_flags()
    flags.DEFINE_list(
        "minutes", ["0.5", "1", "2", "4", "6", "8", "12", "16"], "CPU-minutes at which to score."
    )
    flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds of the runs.")
    flags.DEFINE_integer("per_class", 1000, "Samples per class and score.", lower_bound=2)
    flags.DEFINE_enum(
        "gan_train",
        "every",
        ["every", "last", "never"],
        "At which marks to train a classifier on the samples too, which takes minutes.",
    )
    flags.DEFINE_string("out", None, "JSON file; default: results/time_to_quality_DATASET.json.")


def main() -> None:
    """Runs the command."""
    try:
        marks = sorted(float(mark) for mark in FLAGS.minutes)
        seeds = [int(seed) for seed in FLAGS.seeds]
    except ValueError as error:
        raise UsageError(f"--minutes and --seeds are numbers: {error}") from None
    if not marks or marks[0] <= 0 or not seeds:
        raise UsageError("--minutes and --seeds must name at least one, --minutes above 0")
    name = f"time_to_quality_{FLAGS.dataset.replace('/', '_')}.json"
    out = Path(FLAGS.out or measuring.RESULTS / name)
    check_writable(out, "out")
    results = measuring.read(out, "seeds")
    configs = [measuring.acgan_config(seed=seed) for seed in seeds]
    common.import_tensorflow()
    for config in configs:
        seed = str(config.seed)
        if [score["mark"] for score in results["seeds"].get(seed, [])] == marks:
            continue
        options = {**config.to_dict(), "seed": None}
        scores: list[dict[str, Any]] = []
        for score in train(config, marks):
            scores.append(score)
            results = measuring.keep(out, "seeds", seed, scores, options=options)
    for seed, scores in results["seeds"].items():
        for score in scores:
            known = [name for name in PRINTED if score[name] is not None]
            values = " ".join(f"{name} {score[name]:.4f}" for name in known)
            print(f"seed {seed} {score['cpu_minutes']:5.1f} CPU-minutes: {values}")
    print(out)


def train(config: ACGANConfig, marks: list[float]) -> Iterator[dict[str, Any]]:
    """Trains one seed; yields its scores at each mark.

    Args:
        config: The AC-GAN.
        marks: CPU-minutes of training, ascending.
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
    spent = wall = 0.0
    for mark in marks:
        title = f"seed {config.seed}, to {mark:g} CPU-minutes"
        with bar(round(60 * mark), title, unit="s", initial=round(spent)) as shown:
            while spent < 60.0 * mark:
                begin = time.process_time(), time.monotonic()
                for _ in range(LEG):
                    logs = model.train_function(batches)
                float(logs["d_loss"])  # waits until everything is done
                spent += time.process_time() - begin[0]
                wall += time.monotonic() - begin[1]
                shown.update(min(round(spent), shown.total) - shown.n)
        taught = FLAGS.gan_train == "every" or (FLAGS.gan_train == "last" and mark == marks[-1])
        sampler = Sampler.of_model(model, config, dataset.class_names)
        found = scorer.score(
            sampler, FLAGS.per_class, config.seed, gan_train=taught, cheap=not taught
        ).metrics
        yield {
            "mark": mark,
            "cpu_minutes": spent / 60.0,
            "wall_minutes": wall / 60.0,
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

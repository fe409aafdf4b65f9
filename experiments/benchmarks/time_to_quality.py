"""How good samples are after so many CPU-minutes of training.

python -m experiments.benchmarks.time_to_quality --dataset=crohme
python -m experiments.benchmarks.time_to_quality --dataset=mnist --seeds=0 --minutes=1,2,4

Trains an AC-GAN preset and scores its averaged generator at each mark: accuracy of a classifier of
real images on the samples, GAN-train, within-class diversity, and the Frechet distance between the
classifier's features. Only training counts as time. What is scored already is kept in the file and
not trained again; a seed that was cut off begins anew.
"""

import time
from pathlib import Path
from typing import Any

from absl import flags

from experiments import common
from experiments.benchmarks import processes, store
from experiments.benchmarks.options import parse
from gan_keras.foundation import cli
from gan_keras.foundation.errors import UsageError
from gan_keras.foundation.files import atomic_path, check_writable, write_json
from gan_keras.foundation.progress import bar

FLAGS = flags.FLAGS
RESULTS = Path(__file__).parent / "results"
# Steps between two looks at the clock.
LEG = 20


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    flags.DEFINE_string("dataset", "crohme", "Data set with classes.")
    flags.DEFINE_string("data_dir", "data", "Folder of prepared data.")
    flags.DEFINE_string("preset", "compact", "Preset of the AC-GAN.")
    flags.DEFINE_list("options", [], "Options of the AC-GAN that differ from the preset: lr=4e-4.")
    flags.DEFINE_list(
        "minutes", ["0.5", "1", "2", "4", "6", "8", "12", "16"], "CPU-minutes at which to score."
    )
    flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds of the runs.")
    flags.DEFINE_integer("per_class", 1000, "Samples a class of each score.", lower_bound=2)
    flags.DEFINE_enum(
        "gan_train",
        "every",
        ["every", "last", "never"],
        "At which marks to train a classifier on the samples too, which takes minutes.",
    )
    flags.DEFINE_string("out", None, "JSON file; default: results/time_to_quality_DATASET.json.")


def main() -> None:
    """Runs the command."""
    from gan_keras.configs.acgan import ACGANConfig

    try:
        marks = sorted(float(mark) for mark in FLAGS.minutes)
        seeds = [int(seed) for seed in FLAGS.seeds]
    except ValueError as error:
        raise UsageError(f"--minutes and --seeds are numbers: {error}") from None
    if not marks or marks[0] <= 0 or not seeds:
        raise UsageError("--minutes and --seeds must name at least one, --minutes above 0")
    out = Path(FLAGS.out or RESULTS / f"time_to_quality_{FLAGS.dataset.replace('/', '_')}.json")
    check_writable(out, "out")
    results = store.read(out, "seeds")
    options = {
        "dataset": FLAGS.dataset,
        "data_dir": FLAGS.data_dir,
        **parse(ACGANConfig, FLAGS.preset, FLAGS.options),
    }
    configs = {s: ACGANConfig.create(FLAGS.preset, {**options, "seed": s}) for s in seeds}
    common.import_tensorflow()
    for seed, config in configs.items():
        known = results["seeds"].get(str(seed), [])
        if [score["mark"] for score in known] == marks:
            continue

        def keep(scores: list[dict[str, Any]], config=config, seed=seed) -> None:
            # Read anew: another process may have added other seeds.
            results = store.read(out, "seeds")
            results["seeds"][str(seed)] = scores
            results["options"] = {**config.to_dict(), "seed": None}
            results["machine"] = processes.machine()
            write_json(out, results)

        train(config, marks, keep)
    results = store.read(out, "seeds")
    _print(results)
    write_plot(out.with_suffix(".png"), results)
    print(f"{out} and {out.with_suffix('.png')}")


def train(config, marks: list[float], keep) -> None:
    """Trains one seed and scores it at each mark.

    Args:
        config: The AC-GAN.
        marks: CPU-minutes of training, ascending.
        keep: Is given all scores so far after each.
    """
    from gan_keras.data.pipeline import training_batches
    from gan_keras.hardware import devices
    from gan_keras.runs import training
    from gan_keras.samples import scoring
    from gan_keras.samples.sampling import Sampler

    config = config.replace(precision=devices.resolve_precision(config.precision))
    dataset = training.load_data(config)
    scorer = scoring.Scorer(dataset, config.data_dir, verbose=1)
    model = training.build(config, dataset.spec)
    seen = {"ink": config.ink, "value_range": config.value_range}
    batches = iter(training_batches(dataset, config.images_per_step, config.seed, **seen))
    model.make_train_function()
    scores: list[dict[str, Any]] = []
    spent = wall = 0.0
    for mark in marks:
        title = f"seed {config.seed}, to {mark:g} CPU-minutes"
        with bar(round(60 * mark), title, unit="s", initial=round(spent)) as shown:
            while spent < 60.0 * mark:
                begin = time.process_time(), time.monotonic()
                for _ in range(LEG):
                    logs = model.train_function(batches)
                float(logs["d_loss"])  # everything is done by then
                spent += time.process_time() - begin[0]
                wall += time.monotonic() - begin[1]
                shown.update(min(round(spent), shown.total) - shown.n)
        sampler = Sampler.of_model(model, config, dataset.class_names)
        gan_train = FLAGS.gan_train == "every" or (FLAGS.gan_train == "last" and mark == marks[-1])
        found = scorer.score(
            sampler, FLAGS.per_class, config.seed, gan_train=gan_train, cheap=True
        ).metrics
        scores.append(
            {
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
        )
        keep(scores)


CURVES = {
    "accuracy": "samples read right",
    "gan_train": "GAN-train",
    "diversity_ratio": "within-class diversity, real = 1",
    "frechet_distance": "Frechet distance of features",
}


def _print(results: dict[str, Any]) -> None:
    """A line for each score."""
    for seed, scores in results["seeds"].items():
        for score in scores:
            values = " ".join(
                f"{name} {score[name]:.4f}" for name in CURVES if score[name] is not None
            )
            print(f"seed {seed} {score['cpu_minutes']:5.1f} CPU-minutes: {values}")


def write_plot(path: Path, results: dict[str, Any]) -> None:
    """Draws each score against CPU-minutes, a line for each seed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 6.0), layout="constrained")
    for axes, (name, title) in zip(figure.subplots(2, 2).flat, CURVES.items(), strict=True):
        for seed, scores in results["seeds"].items():
            known = [score for score in scores if score[name] is not None]
            axes.plot(
                [score["cpu_minutes"] for score in known],
                [score[name] for score in known],
                marker="o",
                markersize=3,
                label=f"seed {seed}",
            )
        axes.set_title(title, fontsize=9)
        axes.set_xlabel("CPU-minutes of training", fontsize=8)
        axes.grid(alpha=0.3)
        if name == "frechet_distance":
            axes.set_yscale("log")
    axes.legend(fontsize=7, frameon=False)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130)


if __name__ == "__main__":
    define_flags()
    cli.run(main)

"""Scores a run, or images from anywhere; puts runs side by side.

python -m experiments.evaluate --workdir=RUN
python -m experiments.evaluate --images=samples.npz --dataset=crohme --out=FOLDER
python -m experiments.evaluate --compare RUN1 RUN2 RUN3 --out=FOLDER
python -m experiments.evaluate --runs='runs/acgan/seed*'
python -m experiments.evaluate --runs='runs/a/seed*' --against='runs/b/seed*'

The first two print a table and write metrics.json and report.html, into the run or into --out.
Images are an .npz as `experiments.sample` writes it, or a folder, labelled if it has one sub-folder
per class. --compare prints runs side by side and writes compare.html. --runs gives mean and
standard deviation over runs, --against also the difference of runs with the same seed and its 95 %
confidence interval; with --out, summary.json has all figures and the command of each run.
"""

import collections
import glob
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from absl import flags

from experiments import common
from gan_keras.configs.base import RunConfig
from gan_keras.foundation import cli
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import check_writable, write_json
from gan_keras.storage import run_folder
from gan_keras.storage.environment import environment
from gan_keras.storage.metrics import METRICS, read_metrics, write_metrics

FLAGS = flags.FLAGS
MODES = ("workdir", "images", "compare", "runs")
# Flag -> modes that it belongs to.
BELONGS = {
    "dataset": ("workdir", "images"),
    "data_dir": ("workdir", "images"),
    "out": ("images", "compare", "runs"),
    "against": ("runs",),
    "per_class": ("workdir",),
    "seed": ("workdir", "images"),
    "gan_train": ("workdir", "images"),
    "ink": ("images",),
    "best": ("workdir",),
}
cli.define_path("workdir", None, "Folder of a run to score.")
cli.define_path("images", None, "Folder, .zip or .npz of generated images to score.")
cli.define_path("compare", None, "Runs side by side: --compare RUN1 RUN2.")
cli.define_path("runs", None, "Pattern of run folders, in quotes: mean and spread.")
cli.define_path("against", None, "Pattern of other run folders, paired with --runs by seed.")
flags.DEFINE_string(
    "dataset", None, "Data set that --images are compared with; of a run, where its data are now."
)
cli.define_path("data_dir", None, "Folder of prepared data sets (default: the run's, or data).")
cli.define_path("out", None, "Folder to write to.")
flags.DEFINE_integer(
    "per_class", None, "Images per class, or points (default: the run's --eval_samples).", 2
)
flags.DEFINE_integer("seed", None, "Seed of the samples (default: the run's).", lower_bound=0)
flags.DEFINE_boolean(
    "gan_train", None, "Also train a classifier on the images and test it on real ones (minutes)."
)
flags.DEFINE_boolean("best", None, "Score the generator that --keep_best has kept, into best/.")
flags.DEFINE_enum(
    "ink", None, ["bright", "dark"], "Ink of --images; dark images are inverted (default: bright)."
)


def main(others: Sequence[str]) -> None:
    """Runs the command."""
    given = [name for name in MODES if FLAGS[name].value]
    if len(given) != 1:
        raise UsageError(f"give one of {', '.join(f'--{name}' for name in MODES)}")
    (mode,) = given
    if others and mode != "compare":
        raise UsageError(f"unexpected argument {others[0]!r}; options are written --name=value")
    for name, modes in BELONGS.items():
        if FLAGS[name].value is not None and mode not in modes:
            raise UsageError(f"--{name} does not go with --{mode}")
    if FLAGS.out:
        check_writable(FLAGS.out, "out", folder=True)
    if mode == "workdir":
        _score_run(Path(FLAGS.workdir))
    elif mode == "images":
        _score_images(Path(FLAGS.images))
    elif mode == "compare":
        _compare([Path(folder) for folder in (FLAGS.compare, *others)])
    else:
        _summarize()


def _score_run(workdir: Path) -> None:
    """Scores the newest generator of a run, or its best one."""
    run, _ = run_folder.RunFolder.started(workdir)  # says so at once if there is none
    check_writable(run.best if FLAGS.best else run.path, "workdir", folder=True)
    common.import_tensorflow()
    from gan_keras.reports import run_report, score_tables
    from gan_keras.samples import scoring  # late: imports TensorFlow

    scored, metrics, folder = scoring.score_run(
        workdir,
        best=bool(FLAGS.best),
        **common.places(),
        number=FLAGS.per_class,
        seed=FLAGS.seed,
        gan_train=bool(FLAGS.gan_train),
    )
    print(score_tables.scores(metrics), flush=True)  # minutes of work, wherever it can be written
    path = write_metrics(folder, metrics)
    report = run_report.write_run_report(workdir, metrics, scored, folder)
    print(f"scores: {path}; report: {report}")


def _score_images(path: Path) -> None:
    """Scores images from anywhere."""
    common.check_given("dataset", "out")
    data_dir, seed = Path(FLAGS.data_dir or "data"), FLAGS.seed or 0
    dataset = common.load_data(FLAGS.dataset, data_dir)
    common.import_tensorflow()
    from gan_keras.data import generated
    from gan_keras.reports import run_report, score_tables
    from gan_keras.samples import scoring  # late: imports TensorFlow

    images, labels = generated.load(path, dataset, data_dir)
    scorer = scoring.Scorer(dataset, data_dir)
    if dataset.spec.is_points:
        scored = scorer.score_points(images)
    else:
        if FLAGS.ink == "dark":
            images = 255 - images
        elif scoring.looks_inverted(images, dataset):
            print("WARNING: these images look inverted beside the data set's; try --ink=dark")
        if FLAGS.gan_train and labels is None:
            raise UsageError("--gan_train needs labels: one sub-folder per class, or `labels`")
        scored = scorer.score_images(images, labels, seed, gan_train=bool(FLAGS.gan_train))
    out = Path(FLAGS.out)
    metrics = {"images": str(path), "dataset": FLAGS.dataset, "seed": seed} | scored.metrics
    metrics |= {"environment": environment()}
    print(score_tables.scores(metrics), flush=True)
    written = write_metrics(out, metrics)
    report = run_report.write_images_report(out / run_report.REPORT, str(path), metrics, scored)
    print(f"scores: {written}; report: {report}")


def _compare(folders: list[Path]) -> None:
    """Puts runs side by side."""
    from gan_keras.reports import comparison, score_tables  # late: takes a moment

    if len(folders) < 2:
        raise UsageError("--compare needs two runs or more")
    out = Path(FLAGS.out or ".") / comparison.COMPARISON
    check_writable(out, "out")
    runs = [read_metrics(folder) for folder in folders]
    print(score_tables.comparison([str(folder) for folder in folders], runs))
    print(f"side by side: {comparison.write_comparison(out, folders, runs)}")


def _summarize() -> None:
    """Shows mean and spread of runs, and the paired difference to others."""
    from gan_keras.evaluation import seed_statistics  # late: takes a moment
    from gan_keras.reports import conditions, score_tables

    groups = [_group(name) for name in ("runs", "against") if FLAGS[name].value]
    if len(groups) == 1:
        (runs,) = groups
        sides = [list(runs.values())]
        summary = seed_statistics.summarize(*sides)
        warning = conditions.warning(*sides)
        print(score_tables.spread(summary))
        print(f"{len(runs)} runs: {', '.join(map(str, runs))}")
        each = [{"command": _command(folder), **metrics} for folder, metrics in runs.items()]
        written: dict[str, Any] = {"mean_and_sd": summary, "runs": each}
    else:
        first, second = ({run["seed"]: run for run in group.values()} for group in groups)
        seeds = sorted(first.keys() & second.keys())
        if not seeds:
            raise DataError(f"no seed is in both groups: {sorted(first)} and {sorted(second)}")
        sides = [[side[seed] for seed in seeds] for side in (first, second)]
        own, other = map(seed_statistics.summarize, sides)
        difference = seed_statistics.paired_difference(*sides)
        warning = conditions.warning([run for side in sides for run in side])
        print(score_tables.spread(own, difference, other, marked=not warning))
        marks = "" if warning else "; ! marks intervals without 0, of which one in twenty is chance"
        print(f"{len(seeds)} pairs of the same seed ({', '.join(map(str, seeds))}){marks}")
        written = {"seeds": seeds, "mean_and_sd": own, "against": other}
        written["paired_difference"] = difference
    scored_on = collections.Counter(conditions.described(run) for side in sides for run in side)
    for text, number in scored_on.items():
        print(f"{number} of {scored_on.total()} runs: {score_tables.printable(text)}")
    if warning:
        print(warning)
    written = {**written, "scored_on": scored_on}
    if FLAGS.out:
        path = Path(FLAGS.out) / "summary.json"
        write_json(path, written)
        print(f"all figures: {path}")


def _group(name: str) -> dict[Path, dict[str, Any]]:
    """Reads the metrics of the finished runs that a flag's pattern names."""
    found = {}
    for folder in sorted(map(Path, glob.glob(f"{FLAGS[name].value}/"))):
        if (folder / METRICS).is_file():
            found[folder] = read_metrics(folder)
        else:
            print(f"left out, not finished: {folder}")
    if not found:
        raise DataError(f"--{name}={FLAGS[name].value}: no finished runs match")
    _check_seeds(found)
    if differing := _differing(found):
        print(f"WARNING: --{name}: runs differ in more than the seed: {', '.join(differing)}")
    return found


def _options(folder: Path) -> RunConfig | None:
    """Returns the options that a run was trained with; None for images from elsewhere."""
    from gan_keras import configs  # late: takes a moment

    try:
        stored = run_folder.RunFolder(folder).read_config() or {}
        return configs.from_dict(stored["options"])
    except (DataError, UsageError, KeyError, TypeError):
        return None


def _command(folder: Path) -> str | None:
    """Returns the command that trained a run; None for images from elsewhere."""
    options = _options(folder)
    return options.command() if options else None


def _differing(group: Iterable[Path]) -> list[str]:
    """Lists the options besides the seed in which runs of a group differ."""
    known = [options.identity() for folder in group if (options := _options(folder))]
    names = dict.fromkeys(name for options in known for name in options if name != "seed")
    return [name for name in names if len({repr(options.get(name)) for options in known}) > 1]


def _check_seeds(group: Mapping[Path, Mapping[str, Any]]) -> None:
    """Checks that each seed occurs once: a copy, or other settings, would count as a new draw."""
    found: dict[int, Path] = {}
    for folder, metrics in group.items():
        seed = metrics.get("seed")
        if not isinstance(seed, int):
            raise DataError(f"{folder / METRICS} names no seed")
        if seed in found:
            raise DataError(f"seed {seed} is twice in a group, in {found[seed]} and {folder}")
        found[seed] = folder


if __name__ == "__main__":
    cli.run(main, positional=True)

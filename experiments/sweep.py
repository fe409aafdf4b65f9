"""Makes the runs of a study: configurations times seeds, on this machine or on a Ray cluster.

    python -m experiments.sweep --study=noise_length --dry_run
    python -m experiments.sweep --study=noise_length --workers=2
    python -m experiments.sweep --study=my/own/study.yaml --engine=ray
    python -m experiments.sweep --study=noise_length --pilot

Ctrl-C or a kill stops it at any time; the same command goes on. Results are one JSON file, by
default in `results` beside the study, from which `make results` writes RESULTS.md; where the
project is installed and the study is one of its own, in `results` of the working folder. The
exit code is 1 if runs failed.
"""

import dataclasses
import signal
from pathlib import Path

from absl import flags

from experiments import common
from gan_keras.foundation import cli
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import check_writable

FLAGS = flags.FLAGS
STUDIES = Path(__file__).parent / "studies"


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    cli.define_path("study", None, "The study: a YAML file, or the name of one of the project.")
    flags.DEFINE_enum("size", "cpu", ["cpu", "full"], "Which size of the study.")
    flags.DEFINE_enum("engine", "local", ["local", "ray"], "Engine that makes the runs.")
    flags.DEFINE_integer("workers", 0, "Runs at a time; 0: one for every two cores.", lower_bound=0)
    flags.DEFINE_integer("threads", 0, "Threads of each run; 0: the cores divided.", lower_bound=0)
    flags.DEFINE_string("ray_address", "", "Ray cluster to use; empty starts one here.")
    flags.DEFINE_float("gpus", 0.0, "GPUs that each run asks Ray for, e.g. 0.25.", lower_bound=0.0)
    cli.define_path("workdir", "", "Folder of the sweep (default: sweeps/STUDY-SIZE).")
    cli.define_path(
        "results", "", "JSON file of results (default: results/STUDY-SIZE.json by the study)."
    )
    cli.define_path("data_dir", "data", "Folder of prepared data sets.")
    flags.DEFINE_list("only", [], "Arms to run, separated by commas; all when empty.")
    flags.DEFINE_boolean("retry_failed", False, "Try runs that failed before once more.")
    flags.DEFINE_boolean(
        "pilot", False, "Run the pilot of the study, and print how many seeds decide its claims."
    )
    flags.DEFINE_boolean("dry_run", False, "Print the runs and how long they take; run nothing.")


def _names() -> list[str]:
    """Names of the project's own studies."""
    return sorted(file.stem for file in STUDIES.glob("*.yaml") if file.stem != "claims")


def main() -> None:
    """Runs the command."""
    if not FLAGS.study:
        raise UsageError(f"--study is missing: a YAML file, or one of {', '.join(_names())}")
    if FLAGS.ray_address and FLAGS.engine != "ray":
        raise UsageError("--ray_address belongs to --engine=ray")
    from gan_keras.sweeps import claims, pilots, sweep  # late: YAML and SciPy take time to start
    from gan_keras.sweeps import study as studies

    file = Path(FLAGS.study)
    if file.name in _names() and len(file.parts) == 1 and not file.exists():
        file = STUDIES / f"{file.name}.yaml"
    study = studies.load(file, FLAGS.size)
    name = f"{study.name}-{study.size}"
    folder = common.results_folder(file)
    asked = []
    if FLAGS.pilot:
        if study.pilot is None:
            raise UsageError(
                f"--pilot: {file} has none at size {study.size}; add pilot: {{seeds: [100, 101]}}"
            )
        study = dataclasses.replace(study, seeds=study.pilot.seeds)
        name, folder = f"{name}-pilot", folder / "pilots"
        registry = claims.load(file.parent / "claims.yaml")
        asked = [claim for claim in registry if claim.study == study.name]
    settings = sweep.Settings(
        workdir=Path(FLAGS.workdir or Path("sweeps") / name),
        results=Path(FLAGS.results or folder / f"{name}.json"),
        data_dir=FLAGS.data_dir,
        engine=FLAGS.engine,
        workers=FLAGS.workers,
        threads=FLAGS.threads,
        only=tuple(FLAGS.only),
        retry_failed=FLAGS.retry_failed,
        ray_address=FLAGS.ray_address,
        gpus=FLAGS.gpus,
    )
    if FLAGS.dry_run:
        print(sweep.preview(study, settings))
    else:
        check_writable(settings.workdir, "workdir", folder=True)
        check_writable(settings.results, "results")
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, signal.default_int_handler)  # stops it as Ctrl-C does
        found = sweep.run(study, settings)
        if FLAGS.pilot:
            print(pilots.text(pilots.plan(asked, found), study.seeds))
        runs = found["runs"]
        if failed := [name for name, one in runs.items() if one["status"] == "failed"]:
            raise DataError(
                f"{len(failed)} of {len(runs)} runs failed: {', '.join(failed)}; their reasons "
                "are above, and --retry_failed tries them once more"
            )


if __name__ == "__main__":
    define_flags()
    cli.run(main)

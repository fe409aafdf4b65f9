"""What TensorBoard's HParams tab shows of a sweep: a line a run, its options and its metrics."""

import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import summary_v2 as hparams
from tensorboard.summary.writer.record_writer import RecordWriter

from gan_keras.foundation.files import atomic_path


def varied(runs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Options that are not the same in all runs."""
    options = [run["options"] for run in runs.values()]
    names = dict.fromkeys(name for one in options for name in one)
    return [name for name in names if len({repr(one.get(name)) for one in options}) > 1]


def write(folder: Path, results: Mapping[str, Any]) -> None:
    """Writes the finished runs of a sweep anew.

    Args:
        folder: Gets a sub-folder a run; what it held before goes.
        results: What a results file holds.
    """
    finished = {n: run for n, run in results["runs"].items() if run["status"] == "finished"}
    shutil.rmtree(folder, ignore_errors=True)
    if not finished:
        return
    names = varied(finished)
    config = hparams.hparams_config_pb(
        hparams=[hparams.HParam(name) for name in ["arm", *names]],
        metrics=[hparams.Metric(name) for name in results["metrics"]],
    )
    _write(folder, [config])
    for name, run in finished.items():
        # an option that this experiment does not have is left out
        options = {name: run["options"][name] for name in names if name in run["options"]}
        start = hparams.hparams_pb({"arm": run["arm"], **options}, trial_id=name)
        values = [
            Summary(value=[Summary.Value(tag=metric, simple_value=value)])
            for metric, value in run["metrics"].items()
            if value is not None
        ]
        _write(folder / name, [start, *values])


def _write(folder: Path, summaries: Sequence[Summary]) -> None:
    """Writes one event file."""
    # TensorBoard's own writer of event files would import TensorFlow.
    with (
        atomic_path(folder / "events.out.tfevents.sweep") as temporary,
        temporary.open("wb") as raw,
    ):
        records = RecordWriter(raw)
        now = time.time()
        for event in (Event(file_version="brain.Event:2"), *(Event(summary=s) for s in summaries)):
            event.wall_time = now
            records.write(event.SerializeToString())
        records.flush()

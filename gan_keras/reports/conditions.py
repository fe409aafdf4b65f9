"""What scores depend on besides the generator: how many samples, of which data, by which judge."""

from collections.abc import Mapping, Sequence
from typing import Any

from gan_keras.storage.metrics import lookup


def counted(metrics: Mapping[str, Any]) -> str:
    """Says how many examples were scored."""
    kind = "points" if "points" in metrics else "samples"
    return f"{metrics.get(kind, 0):,} {kind}"


def _data(metrics: Mapping[str, Any]) -> str:
    # Files of earlier versions have no fingerprint.
    fingerprint = metrics.get("data_fingerprint")
    return f"data {fingerprint[:8]}" if isinstance(fingerprint, str) else str(_name(metrics))


def _name(metrics: Mapping[str, Any]) -> str:
    return str(metrics.get("dataset", "unknown data"))


def _judge(metrics: Mapping[str, Any]) -> str:
    name, right = (lookup(metrics, f"classifier.{key}") for key in ("judge", "real_test_accuracy"))
    words = [name] if isinstance(name, str) else []
    words += [f"reads {100 * right:.2f} % right"] if isinstance(right, int | float) else []
    return " ".join(["judge", *words]) if words else ""


# What must be the same for scores to be compared, and how it is told. Data are told by their
# content: their name only says where they were found.
CONDITIONS = {"number of samples": counted, "data": _data, "judge": _judge}


def described(metrics: Mapping[str, Any]) -> str:
    """Says under which conditions a run or a set of images was scored."""
    told = [_name(metrics), *(tell(metrics) for tell in CONDITIONS.values())]
    return ", ".join(dict.fromkeys(filter(None, told)))


def warning(runs: Sequence[Mapping[str, Any]]) -> str:
    """Says in a line why the scores of runs cannot be compared; empty if they can."""
    scored = [run for run in runs if "samples" in run or "points" in run]
    names = [name for name, tell in CONDITIONS.items() if len({*map(tell, scored)}) > 1]
    if not names:
        return ""
    return (
        f"WARNING: not the same {' and '.join(names)}: these scores cannot be compared; `python "
        "-m experiments.evaluate --workdir=RUN --per_class=N` scores a run anew"
    )

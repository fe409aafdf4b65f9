"""Scores as tables for the terminal."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gan_keras.evaluation import catalogue
from gan_keras.evaluation.catalogue import Score
from gan_keras.reports import conditions, diagnosis

WIDTH = 100
# Classes that are listed one by one; of more only the worst.
LISTED, WORST = 40, 10


def printable(text: str) -> str:
    """Returns a name from a file without what a terminal would obey."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _table(
    head: list[str], runs: Sequence[Mapping[str, Any]], cells: Callable[[Score], list[str]]
) -> str:
    """Shows the scores that the runs have, one row each, under their headings."""
    rows = [head]
    for heading, group in catalogue.present(*runs).items():
        rows += [[heading], *([f"  {score.title}", *cells(score)] for score in group)]
    columns = zip(*(row for row in rows if len(row) > 1), strict=True)
    first, *others = [max(map(len, column)) for column in columns]
    lines = []
    for name, *numbers in rows:
        right = [number.rjust(width) for number, width in zip(numbers, others, strict=False)]
        lines.append("  ".join([name.ljust(first), *right]).rstrip())
    return "\n".join(lines)


def training_line(metrics: Mapping[str, Any]) -> str:
    """Says what the run has cost."""
    spent = metrics["training"]
    return (
        f"trained {metrics['step']:,} steps in {spent['wall_seconds'] / 60:.1f} minutes "
        f"({spent['cpu_seconds'] / 60:.1f} CPU-minutes)"
    )


def scores(metrics: Mapping[str, Any]) -> str:
    """Shows all scores beside what real images and noise get, then classes, then sentences."""
    head = [conditions.counted(metrics), "samples", "real", "noise"]
    parts = [_table(head, [metrics], lambda score: score.row(metrics)), *classes(metrics)]
    if variances := axis_variances(metrics):
        parts.append(f"variance along principal axes: {variances}")
    parts += [sentence for _, sentence in diagnosis.summary(metrics)]
    return "\n".join(parts)


def axis_variances(metrics: Mapping[str, Any]) -> str:
    """Shows variances of points along the real ones' principal axes; empty if there are none."""
    ratios = metrics.get("covariance_eigenvalue_ratios") or ()
    shown = ["-" if ratio is None else f"{ratio:.2f}" for ratio in ratios]
    return ", ".join(shown) + " of real" if shown else ""


def classes(metrics: Mapping[str, Any]) -> list[str]:
    """Returns one line for each score that the single classes have."""
    found = []
    for key, title in catalogue.PER_CLASS.items():
        known = {k: v for k, v in (metrics.get(key) or {}).items() if v is not None}
        if not known:
            continue
        if len(known) > LISTED:
            title += f" (the {WORST} lowest of {len(known)})"
            known = dict(sorted(known.items(), key=lambda item: item[1])[:WORST])
        form = ".2f" if "ratio" in key else ".1%"
        text = ", ".join(f"{printable(name)} {x:{form}}" for name, x in known.items())
        found.append(textwrap.fill(f"{title}: {text}", WIDTH, subsequent_indent="  "))
    return found


def comparison(names: Sequence[str], runs: Sequence[Mapping[str, Any]]) -> str:
    """Shows named runs, each as its metrics.json, side by side; the best of a row has a star."""

    def cells(score: Score) -> list[str]:
        best = leaders(score, runs)
        return [score.shown(run) + (" *" if k in best else "  ") for k, run in enumerate(runs)]

    head = ["", *(f"[{number}]  " for number in range(1, len(runs) + 1))]
    legend = [
        f"[{number}] {printable(f'{name}: {conditions.described(run)}')}"
        for number, (name, run) in enumerate(zip(names, runs, strict=True), 1)
    ]
    return "\n".join(
        [*legend, _table(head, runs, cells), conditions.warning(runs) or "* best of the row"]
    )


def leaders(score: Score, runs: Sequence[Mapping[str, Any]]) -> set[int]:
    """Returns the numbers of the runs that look best by a score.

    There are none if all look alike, or were not scored under the same conditions.
    """
    quality = {k: q for k, run in enumerate(runs) if (q := score.quality(run)) is not None}
    shown = {k: score.shown(runs[k]) for k in quality}
    if len(set(shown.values())) < 2 or conditions.warning([runs[k] for k in quality]):
        return set()
    best = shown[max(quality, key=lambda k: quality[k])]
    return {k for k, text in shown.items() if text == best}


# What `seed_statistics` gives: by score.
Statistics = Mapping[str, Mapping[str, Any]]


def spread(
    summary: Statistics,
    difference: Statistics | None = None,
    other: Statistics | None = None,
    marked: bool = True,
) -> str:
    """Shows mean and standard deviation of several runs; with another group, the difference.

    Args:
        summary: As `seed_statistics.summarize` gives it.
        difference: As `seed_statistics.paired_difference` gives it.
        other: Of the other group, as `summary`.
        marked: Whether intervals without 0 get a mark.
    """
    means = [{key: found["mean"] for key, found in summary.items()}]
    if difference is None:
        return _table(["", "mean +- sd"], means, lambda score: [_mean(score, summary)])

    def cells(score: Score) -> list[str]:
        return [
            _mean(score, summary),
            _mean(score, other or {}),
            *_difference(score, difference, marked),
        ]

    return _table(["", "runs", "against", "difference", "95 % interval"], means, cells)


def _mean(score: Score, summary: Statistics) -> str:
    found = summary.get(score.key)
    if found is None:
        return "-"
    text = score.text(found["mean"])
    return text if found["sd"] is None else f"{text} +- {score.text(found['sd'])}"


def _difference(score: Score, difference: Statistics, marked: bool) -> list[str]:
    found = difference.get(score.key)
    if found is None:
        return ["-", "-"]
    mean = score.text(found["mean"])
    mean = mean if found["mean"] < 0 else f"+{mean}"
    if found["low"] is None:
        return [mean, "one pair"]
    clear = " !" if marked and not found["low"] <= 0 <= found["high"] else ""
    return [mean, f"{score.text(found['low'])} to {score.text(found['high'])}{clear}"]

"""Scores as text for the terminal."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from gan_keras.reports import catalogue, verdicts
from gan_keras.reports.catalogue import Score

WIDTH = 100
# Classes that are listed one by one; of more only the worst.
LISTED, WORST = 40, 10


def printable(text: str) -> str:
    """A name from a file without what a terminal would obey."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def align(rows: Sequence[Sequence[str]]) -> str:
    """Rows as columns: the first one to the left, the others to the right; short rows end early."""
    widths = [
        max((len(row[k]) for row in rows if len(row) > max(1, k)), default=0)
        for k in range(max(map(len, rows)))
    ]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if k else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def training_line(metrics: Mapping[str, Any]) -> str:
    """What the run has cost."""
    spent = metrics["training"]
    return (
        f"trained {metrics['step']:,} steps in {spent['wall_seconds'] / 60:.1f} minutes "
        f"({spent['cpu_seconds'] / 60:.1f} CPU-minutes)"
    )


def scores(metrics: Mapping[str, Any]) -> str:
    """All scores beside those of real images and of noise, classes, and what they say in words.

    Args:
        metrics: What metrics.json holds.
    """
    rows = [[_counted(metrics), "samples", "real", "noise"]]
    for heading, group in catalogue.present(metrics).items():
        rows.append([heading])
        for score in group:
            cells = (score.key, score.real, score.noise)
            numbers = [catalogue.value(metrics, key) for key in cells]
            shown = [catalogue.form(score, x) if x is not None else "" for x in numbers]
            rows.append([f"  {score.title}", *shown])
    parts = [align(rows), *classes(metrics)]
    if variances := axis_variances(metrics):
        parts.append(f"variance along principal axes: {variances}")
    parts += [sentence for _, sentence in verdicts.summary(metrics)]
    return "\n".join(parts)


def _counted(metrics: Mapping[str, Any]) -> str:
    """How many examples were scored."""
    number, kind = metrics.get("samples"), "samples"
    if number is None:
        number, kind = metrics.get("points", 0), "points"
    return f"{number:,} {kind}"


def axis_variances(metrics: Mapping[str, Any]) -> str:
    """Variances of points along the real ones' principal axes; empty if there are none."""
    ratios = metrics.get("covariance_eigenvalue_ratios") or ()
    shown = ["-" if ratio is None else f"{ratio:.2f}" for ratio in ratios]
    return ", ".join(shown) + " of real" if shown else ""


def classes(metrics: Mapping[str, Any]) -> list[str]:
    """A line on each kind of score that classes have."""
    found = []
    for title, key in (
        ("GAN-test by class", "accuracy_per_class"),
        ("diversity by class", "diversity_ratio_per_class"),
        ("classes read", "class_shares"),
    ):
        known = {k: v for k, v in (metrics.get(key) or {}).items() if v is not None}
        if not known:
            continue
        if len(known) > LISTED:
            title += f" (the {WORST} lowest of {len(known)})"
            known = dict(sorted(known.items(), key=lambda item: item[1])[:WORST])
        ratio = key.startswith("diversity")
        text = ", ".join(
            f"{printable(name)} {x:.2f}" if ratio else f"{printable(name)} {x:.1%}"
            for name, x in known.items()
        )
        found.append(textwrap.fill(f"{title}: {text}", WIDTH, subsequent_indent="  "))
    return found


def comparison(names: Sequence[str], runs: Sequence[Mapping[str, Any]]) -> str:
    """Runs side by side; the best of each row has a star.

    Args:
        names: Of the runs.
        runs: What their metrics.json hold.
    """
    rows = [["", *(f"[{number}]  " for number in range(1, len(runs) + 1))]]
    for heading, group in catalogue.present(*runs).items():
        rows.append([heading])
        for score in group:
            best = leaders(score, runs)
            cells = [
                catalogue.form(score, catalogue.value(run, score.key))
                + (" *" if k in best else "  ")
                for k, run in enumerate(runs)
            ]
            rows.append([f"  {score.title}", *cells])
    legend = [f"[{number}] {printable(name)}" for number, name in enumerate(names, 1)]
    return "\n".join([*legend, align(rows), "* best of the row"])


def leaders(score: Score, runs: Sequence[Mapping[str, Any]]) -> set[int]:
    """Numbers of the runs that are best by a score, as far as its digits show; none if all are."""
    found = [catalogue.quality(score, run) for run in runs]
    known = [k for k, x in enumerate(found) if x is not None]
    shown = [catalogue.form(score, catalogue.value(run, score.key)) for run in runs]
    if not known or len({shown[k] for k in known}) < 2:
        return set()
    best = shown[max(known, key=lambda k: found[k])]
    return {k for k in known if shown[k] == best}


def spread(
    summary: Mapping[str, Mapping[str, Any]],
    difference: Mapping[str, Mapping[str, Any]] | None = None,
    other: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """Mean and standard deviation of several runs; with another group the paired difference.

    Args:
        summary: What `evaluation.statistics.summarize` gives.
        difference: What `paired_difference` gives.
        other: Of the other group, as `summary`.
    """
    head = ["", "mean +- sd"]
    if difference is not None:
        head = ["", "runs", "against", "difference", "95 % interval"]
    rows = [head]
    for heading, group in catalogue.GROUPS.items():
        known = [score for score in group if score.key in summary and _fits(heading, summary)]
        rows += [[heading]] if known else []
        for score in known:
            cells = [_mean(score, summary)]
            if difference is not None:
                cells += [_mean(score, other or {}), *_difference(score, difference)]
            rows.append([f"  {score.title}", *cells])
    return align(rows)


def _fits(heading: str, summary: Mapping[str, Any]) -> bool:
    """Whether runs of this kind have a group, see `catalogue.present`."""
    return heading != "Points" or "points" in summary


def _mean(score: Score, summary: Mapping[str, Mapping[str, Any]]) -> str:
    found = summary.get(score.key)
    if found is None:
        return "-"
    text = catalogue.form(score, found["mean"])
    return text if found["sd"] is None else f"{text} +- {catalogue.form(score, found['sd'])}"


def _difference(score: Score, difference: Mapping[str, Mapping[str, Any]]) -> list[str]:
    found = difference.get(score.key)
    if found is None:
        return ["-", "-"]
    mean = catalogue.form(score, found["mean"])
    mean = mean if found["mean"] < 0 else f"+{mean}"
    if found["low"] is None:
        return [mean, "one pair"]
    clear = "" if found["low"] <= 0 <= found["high"] else " !"
    low, high = (catalogue.form(score, found[end]) for end in ("low", "high"))
    return [mean, f"{low} to {high}{clear}"]

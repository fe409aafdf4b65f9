"""Figures of a study: its claims' intervals, each arm's seeds, and grids beside published ones."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.figure
import numpy as np
from PIL import Image

from gan_keras.foundation.files import atomic_path
from gan_keras.sweeps import tables, verdicts
from gan_keras.sweeps.claims import Decision
from gan_keras.sweeps.study import run_name
from gan_keras.sweeps.verdicts import Finding

_MOST = 6  # panels of a figure
_COLUMNS = 3
_COLORS = {verdicts.CONFIRMED: "tab:green", verdicts.REFUTED: "tab:red"}


def write_claims(file: Path, decisions: Sequence[Decision]) -> None:
    """A panel a rule: each seed a dot, the mean with its 95 % interval, and what that is held to.

    The line is 0 of a difference or the level that is asked for; the band are differences too small
    to matter.

    Args:
        file: The PNG; not written if nothing was measured.
        decisions: On the claims of a study.
    """
    found = [
        (decision.claim.id, finding)
        for decision in decisions
        for finding in (*decision.findings, *decision.beside)
        if finding.estimate is not None
    ]
    if not found:
        return
    figure = matplotlib.figure.Figure(figsize=(9.0, 0.3 + 0.75 * len(found)), layout="constrained")
    panels = figure.subplots(len(found), 1, squeeze=False)[:, 0]
    for panel, (name, finding) in zip(panels, found, strict=True):
        _draw_finding(panel, f"{name}: {finding.rule}", finding)
    _save(figure, file)


def _draw_finding(panel, title: str, finding: Finding) -> None:
    """The interval of one rule."""
    found, rule = finding.estimate, finding.rule
    color = _COLORS.get(finding.verdict, "tab:gray")
    panel.axvline(rule.value, color="black", linewidth=1)
    if rule.margin:
        band = {"higher": (0, rule.margin), "lower": (-rule.margin, 0)}
        low, high = band.get(rule.expect, (-rule.margin, rule.margin))
        panel.axvspan(low, high, color="tab:orange", alpha=0.2, linewidth=0)
    panel.plot(finding.values, [0.0] * found.n, "o", color="black", alpha=0.4, markersize=4)
    if found.n > 1:
        reach = [[found.mean - found.low], [found.high - found.mean]]
        panel.errorbar(found.mean, 0.0, xerr=reach, fmt="|", color=color, capsize=4, linewidth=2)
    panel.set_ylim(-1, 1)
    panel.set_yticks([])
    panel.tick_params(labelsize=8)
    panel.locator_params(axis="x", nbins=6)
    for side, text, align, shade in (
        (-0.01, textwrap.fill(title, 60), "right", "black"),
        (1.01, f"{finding.verdict}\nn = {found.n}", "left", color),
    ):
        panel.annotate(
            text,
            (side, 0.5),
            xycoords="axes fraction",
            fontsize=8,
            ha=align,
            va="center",
            color=shade,
        )


def write_dots(file: Path, results: Mapping[str, Any], metrics: Sequence[str]) -> None:
    """A panel a metric, a line an arm: each seed a dot, and the mean.

    Intervals are not drawn: they are about differences that are paired by seed, see `write_claims`.

    Args:
        file: The PNG; not written if there is one run only.
        results: What a results file holds.
        metrics: Which of its metrics.
    """
    arms = [a for a in results["arms"] if any(tables.by_seed(results, a, m) for m in metrics)]
    metrics = [m for m in metrics if any(tables.by_seed(results, a, m) for a in arms)][:_MOST]
    if sum(run["status"] == "finished" for run in results["runs"].values()) < 2 or not metrics:
        return
    columns = min(_COLUMNS, len(metrics))
    rows = -(-len(metrics) // columns)
    names = 0.07 * max(len(arm) for arm in arms)
    figure = matplotlib.figure.Figure(
        figsize=(0.6 + names + 2.4 * columns, rows * (0.8 + 0.24 * len(arms))),
        layout="constrained",
    )
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for panel in panels.ravel()[len(metrics) :]:
        panel.set_axis_off()
    for panel, metric in zip(panels.ravel(), metrics, strict=False):
        for row, arm in enumerate(arms):
            values = list(tables.by_seed(results, arm, metric).values())
            panel.plot(values, [row] * len(values), "o", color="tab:gray", alpha=0.6, markersize=4)
            if values:
                panel.plot(np.mean(values), row, "|", color="tab:blue", markersize=12, mew=2)
        panel.set_title(metric, fontsize=9)
        panel.tick_params(labelsize=8)
        panel.locator_params(axis="x", nbins=4)
        panel.grid(axis="x", alpha=0.3)
    panels[0, 0].set_yticks(range(len(arms)), arms)
    panels[0, 0].set_ylim(len(arms) - 0.5, -0.5)
    _save(figure, file)


def write_grids(
    file: Path,
    results: Mapping[str, Any],
    folder: Path,
    arms: Sequence[str],
    published: Mapping[str, Sequence[int]],
) -> None:
    """Grids of several arms with each class' accuracy, beside counts that were published.

    The grid of the first seed that has one stands for the arm; the figures under it are means over
    all seeds. Columns are classes and rows are attempts, as in the LaTeX Writer.

    Args:
        file: The PNG; not written if there is no grid.
        results: What a results file holds.
        folder: Of the kept grids, `ARM-seed=N.png`.
        arms: Which arms.
        published: Right tiles of ten by class, of the arms that the original had.
    """
    drawn = [
        (arm, picture, classes)
        for arm in arms
        if (picture := _grid(results, folder, arm)) and (classes := _class_accuracies(results, arm))
    ]
    if not drawn:
        return
    columns = 3
    rows = -(-len(drawn) // columns)
    figure = matplotlib.figure.Figure(figsize=(5.6 * columns, 4.4 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels:
        panel.set_axis_off()
    for panel, (arm, picture, classes) in zip(panels, drawn, strict=False):
        pixels = np.asarray(Image.open(picture).convert("L"))
        panel.imshow(pixels, cmap="gray", vmin=0, vmax=255, aspect="equal")
        tile = pixels.shape[1] / len(classes)
        side = pixels.shape[0]
        seeds = len(tables.by_seed(results, arm, "accuracy"))
        total = f"{np.mean(list(classes.values())):.1%} right"
        panel.set_title(f"{arm}: {total} (n = {seeds})", fontsize=9)
        for column, (name, share) in enumerate(classes.items()):
            x = (column + 0.5) * tile
            panel.text(x, side + 14, name, fontsize=7, ha="center")
            panel.text(x, side + 32, f"{100 * share:.0f}", fontsize=6, ha="center")
            if arm in published:
                count = f"{10 * published[arm][column]}"
                panel.text(x, side + 50, count, fontsize=6, ha="center", color="tab:red")
        panel.set_ylim(side + 60, 0)
    figure.supxlabel(
        "% read right by class: ours (mean over seeds, classifier), and the LaTeX Writer's in red "
        "(one run, ten tiles, by eye)",
        fontsize=9,
    )
    _save(figure, file)


def _grid(results: Mapping[str, Any], folder: Path, arm: str) -> Path | None:
    """The kept grid of an arm's first seed that has one."""
    for seed in results["seeds"]:
        if (file := folder / f"{run_name(arm, seed)}.png").exists():
            return file
    return None


def _class_accuracies(results: Mapping[str, Any], arm: str) -> dict[str, float]:
    """Mean accuracy of each class over the finished seeds of an arm."""
    prefix = "accuracy_per_class."
    runs = [
        {n.removeprefix(prefix): v for n, v in run["scores"].items() if n.startswith(prefix)}
        for run in results["runs"].values()
        if run["arm"] == arm and run["status"] == "finished"
    ]
    names = list(runs[0]) if runs else []
    return {name: float(np.mean([run[name] for run in runs if name in run])) for name in names}


def _save(figure: matplotlib.figure.Figure, file: Path) -> None:
    with atomic_path(file) as temporary:
        # without the version of matplotlib in it the file depends on the data alone
        figure.savefig(temporary, dpi=110, metadata={"Software": None})

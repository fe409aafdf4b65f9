"""Figures of a study: each arm's seeds with the interval, and grids beside published ones."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.figure
import numpy as np
from PIL import Image

from data_tools.files import atomic_path
from gan_keras.sweeps import tables

_MOST = 6  # panels of a figure


def write_dots(file: Path, results: Mapping[str, Any], metrics: Sequence[str]) -> None:
    """A panel a metric, a line an arm: each seed a dot, the mean with its 95 % interval.

    Args:
        file: The PNG.
        results: What a results file holds.
        metrics: Which of its metrics.
    """
    arms = [a for a in results["arms"] if any(tables.by_seed(results, a, m) for m in metrics)]
    metrics = [m for m in metrics if any(tables.by_seed(results, a, m) for a in arms)][:_MOST]
    if not metrics:
        return
    width = 2.2 + 0.07 * max(len(arm) for arm in arms) + 2.6 * len(metrics)
    figure = matplotlib.figure.Figure(figsize=(width, 0.9 + 0.3 * len(arms)), layout="constrained")
    panels = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    for panel, metric in zip(panels, metrics, strict=True):
        for row, arm in enumerate(arms):
            values = list(tables.by_seed(results, arm, metric).values())
            if values:
                _draw(panel, row, values)
        panel.set_title(metric, fontsize=9)
        panel.tick_params(labelsize=8)
        panel.locator_params(axis="x", nbins=4)
        panel.grid(axis="x", alpha=0.3)
    panels[0].set_yticks(range(len(arms)), arms)
    panels[0].set_ylim(len(arms) - 0.5, -0.5)
    _save(figure, file)


def _draw(panel, row: int, values: list[float]) -> None:
    """One arm of one metric."""
    found = tables.estimate(values)
    panel.plot(values, [row] * len(values), "o", color="tab:gray", alpha=0.6, markersize=4)
    reach = [[found.mean - found.low], [found.high - found.mean]] if found.n > 1 else None
    panel.errorbar(found.mean, row, xerr=reach, fmt="|", color="tab:blue", capsize=3)


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
        file: The PNG.
        results: What a results file holds.
        folder: Of the kept grids, `ARM-seed=N.png`.
        arms: Which arms.
        published: Right tiles of ten by class, of the arms that the original had.
    """
    drawn = [(arm, picture) for arm in arms if (picture := _grid(results, folder, arm))]
    if not drawn:
        return
    columns = 3
    rows = -(-len(drawn) // columns)
    figure = matplotlib.figure.Figure(figsize=(5.6 * columns, 4.4 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels:
        panel.set_axis_off()
    for panel, (arm, picture) in zip(panels, drawn, strict=False):
        pixels = np.asarray(Image.open(picture).convert("L"))
        panel.imshow(pixels, cmap="gray", vmin=0, vmax=255, aspect="equal")
        classes = _class_accuracies(results, arm)
        tile = pixels.shape[1] / max(1, len(classes))
        side = pixels.shape[0]
        total = f"{np.mean(list(classes.values())):.1%} right" if classes else ""
        panel.set_title(f"{arm}: {total}", fontsize=9)
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
        if (file := folder / f"{arm}-seed={seed}.png").exists():
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
        figure.savefig(temporary, dpi=90, metadata={"Software": None})

"""The picture of a study: a dot per seed of each arm, and the means."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.figure
import numpy as np
from PIL import Image

from gan_keras.foundation.files import atomic_path
from gan_keras.sweeps import estimates

_MOST = 6  # panels
# Results are kept in git: few colors make a file a third as large, with nothing lost to the eye.
_PALETTE = 32


def write(file: Path, results: Mapping[str, Any], metrics: Sequence[str]) -> None:
    """Draws a panel per metric with a line per arm: a dot per seed, and the mean.

    Intervals are not drawn: those that matter are of differences that are paired by seed.

    Args:
        file: The PNG; not written if there is one finished run only.
        results: Content of a results file.
        metrics: Names of measures, most important first.
    """
    arms = [a for a in results["arms"] if any(estimates.by_seed(results, a, m) for m in metrics)]
    metrics = [m for m in metrics if any(estimates.by_seed(results, a, m) for a in arms)][:_MOST]
    if sum(run["status"] == "finished" for run in results["runs"].values()) < 2 or not metrics:
        return
    columns = min(3, len(metrics))
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
            values = list(estimates.by_seed(results, arm, metric).values())
            panel.plot(values, [row] * len(values), "o", color="tab:gray", alpha=0.6, markersize=4)
            if values:
                panel.plot(np.mean(values), row, "|", color="tab:blue", markersize=12, mew=2)
        panel.set_title(metric, fontsize=9)
        panel.tick_params(labelsize=8)
        panel.locator_params(axis="x", nbins=4)
        panel.grid(axis="x", alpha=0.3)
    panels[0, 0].set_yticks(range(len(arms)), arms)
    panels[0, 0].set_ylim(len(arms) - 0.5, -0.5)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=110)
    with atomic_path(file) as temporary:
        Image.open(drawn).convert("RGB").quantize(_PALETTE).save(temporary, optimize=True)

"""The pictures of RESULTS.md: all claims with their intervals, and the seeds of each study."""

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.figure
import numpy as np
from PIL import Image

from gan_keras.foundation.files import atomic_path
from gan_keras.sweeps import estimates, rules
from gan_keras.sweeps.claims import Decision

_MOST = 6  # panels
# Results are kept in git: few colors make a file a third as large, with nothing lost to the eye.
_PALETTE = 32
_METHOD = Image.Quantize.MAXCOVERAGE  # keeps colors that are rare
_COLORS = {rules.CONFIRMED: "tab:green", rules.REFUTED: "tab:red"}
_LONGEST = 72  # letters of a claim
_FAR = 30.0  # where the picture of the claims ends


def claims(file: Path, decisions: Sequence[Decision]) -> None:
    """Draws a line per claim: how far what was found is on the claim's side or against it.

    The axis is in units of half the range of the seeds, so that claims about different numbers can
    stand in one picture. Thin lines are the range of the seeds, thick ones the intervals.

    Args:
        file: The PNG; not written if nothing was measured.
        decisions: In the order of the lines.
    """
    drawn = [(one, f.rule, f.estimate) for one in decisions if (f := one.deciding) and f.estimate]
    if not drawn:
        return
    figure = matplotlib.figure.Figure(figsize=(10, 0.9 + 0.22 * len(drawn)), layout="constrained")
    panel = figure.subplots()
    for row, (decision, rule, found) in enumerate(drawn):
        color = _COLORS.get(decision.verdict, "tab:gray")
        for ends, width in (((found.least, found.most), 1), ((found.low, found.high), 4)):
            if math.isfinite(ends[0]):
                line = np.clip(rule.support(*ends) / found.unit, -_FAR, _FAR)
                panel.plot(line, [row, row], color=color, linewidth=width, alpha=0.6)
        dot = np.clip(rule.support(found.value, found.value)[0] / found.unit, -_FAR, _FAR)
        panel.plot(dot, row, "o", color=color, markersize=5)
    panel.axvline(0, color="black", linewidth=0.8)
    panel.set_xscale("symlog", linthresh=2)
    panel.tick_params(axis="x", which="both", length=0, labelbottom=False)
    panel.set_xlim(-1.2 * _FAR, 1.2 * _FAR)
    panel.set_xlabel("\N{LEFTWARDS ARROW} against the claim      for it \N{RIGHTWARDS ARROW}")
    names = [f"{one.claim.id}  {_short(one.claim.said)}" for one, _, _ in drawn]
    panel.set_yticks(range(len(drawn)), names, fontsize=8)
    panel.set_ylim(len(drawn) - 0.5, -0.5)
    for verdict in (rules.CONFIRMED, rules.REFUTED, rules.UNDECIDED):
        panel.plot([], [], "o", color=_COLORS.get(verdict, "tab:gray"), label=verdict)
    figure.legend(loc="outside upper right", ncols=3, fontsize=8, frameon=False)
    _save(figure, file)


def _short(text: str) -> str:
    text = text.rstrip(".")
    return text if len(text) <= _LONGEST else text[:_LONGEST].rsplit(" ", 1)[0] + " ..."


def seeds(
    file: Path, results: Mapping[str, Any], arms: Mapping[str, str], metrics: Mapping[str, str]
) -> None:
    """Draws a panel per metric with a line per arm: a dot per seed, and the median.

    Of events it is the share. Intervals are not drawn: those that matter are of differences that
    are paired by seed.

    Args:
        file: The PNG; not written if there is one finished run only.
        results: Content of a results file.
        arms: Names of arms with the words for them.
        metrics: Names of measures with the words for them, most important first.
    """
    shown = [a for a in arms if any(estimates.by_seed(results, a, m) for m in metrics)]
    panelled = [m for m in metrics if any(estimates.by_seed(results, a, m) for a in shown)][:_MOST]
    if sum(run["status"] == "finished" for run in results["runs"].values()) < 2 or not panelled:
        return
    columns = min(3, len(panelled))
    rows = -(-len(panelled) // columns)
    names = 0.07 * max(len(arms[arm]) for arm in shown)
    figure = matplotlib.figure.Figure(
        figsize=(0.6 + names + 2.4 * columns, rows * (0.8 + 0.24 * len(shown))),
        layout="constrained",
    )
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for panel in panels.ravel()[len(panelled) :]:
        panel.set_axis_off()
    for panel, metric in zip(panels.ravel(), panelled, strict=False):
        for row, arm in enumerate(shown):
            values = list(estimates.by_seed(results, arm, metric).values())
            panel.plot(values, [row] * len(values), "o", color="tab:gray", alpha=0.6, markersize=4)
            if values:
                panel.plot(
                    estimates.estimate(dict(enumerate(values))).value,
                    row,
                    "|",
                    color="tab:blue",
                    markersize=12,
                    mew=2,
                )
            if any(isinstance(value, bool) for value in values):
                panel.set_xlim(-0.05, 1.05)
        panel.set_title(metrics[metric], fontsize=9)
        panel.tick_params(labelsize=8)
        panel.locator_params(axis="x", nbins=4)
        panel.grid(axis="x", alpha=0.3)
    panels[0, 0].set_yticks(range(len(shown)), [arms[arm] for arm in shown])
    panels[0, 0].set_ylim(len(shown) - 0.5, -0.5)
    _save(figure, file)


def _save(figure: matplotlib.figure.Figure, file: Path) -> None:
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=110)
    with atomic_path(file) as temporary:
        Image.open(drawn).convert("RGB").quantize(_PALETTE, _METHOD).save(temporary, optimize=True)

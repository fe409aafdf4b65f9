"""Writes compare.html: runs side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gan_keras.drawing import grids
from gan_keras.evaluation import catalogue
from gan_keras.foundation.errors import DataError
from gan_keras.reports import conditions, diagnosis, score_tables
from gan_keras.reports.rendering import data_uri, write
from gan_keras.storage.run_folder import RunFolder

COMPARISON = "compare.html"


def write_comparison(
    path: Path, folders: Sequence[Path], runs: Sequence[Mapping[str, Any]]
) -> Path:
    """Writes a page with runs, each as its folder and its metrics.json, side by side."""

    def row(score: catalogue.Score) -> tuple[catalogue.Score, list[tuple[str, bool]]]:
        best = score_tables.leaders(score, runs)
        return score, [(score.shown(run), k in best) for k, run in enumerate(runs)]

    values = {
        "title": f"{len(runs)} runs side by side",
        "names": [str(folder) for folder in folders],
        "conditions": [conditions.described(run) for run in runs],
        "warning": conditions.warning(runs),
        "groups": [
            (heading, [row(score) for score in scores])
            for heading, scores in catalogue.present(*runs).items()
        ],
        "verdicts": [diagnosis.summary(run) for run in runs],
        "grids": [_newest_grid(folder) for folder in folders],
        "differences": _differences(folders),
    }
    return write(path, "compare.html.j2", values)


def _newest_grid(folder: Path) -> str | None:
    """Returns the newest picture of a run's samples; None if there is none."""
    found = grids.of_epochs(folder / "samples")
    pictures = found.get(grids.GRIDS) or found.get("scatter")
    return data_uri(pictures[-1].read_bytes()) if pictures else None


def _differences(folders: Sequence[Path]) -> list[tuple[str, list[str]]]:
    """Returns the options that are not the same in all runs, with their values."""
    stored: list[dict[str, Any]] = []
    for folder in folders:
        try:
            stored.append((RunFolder(folder).read_config() or {}).get("options", {}))
        except DataError:  # images from elsewhere have no configuration
            stored.append({})
    names = dict.fromkeys(name for options in stored for name in options)
    rows = [(name, [str(options.get(name, "")) for options in stored]) for name in names]
    return [(name, values) for name, values in rows if len(set(values)) > 1]

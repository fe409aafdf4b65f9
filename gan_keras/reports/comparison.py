"""A page with runs side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gan_keras.drawing import grids
from gan_keras.foundation.errors import DataError
from gan_keras.reports import catalogue, tables, verdicts
from gan_keras.reports.rendering import file_uri, now, write
from gan_keras.storage.run_folder import RunFolder

COMPARISON = "compare.html"


def write_comparison(
    path: Path, folders: Sequence[Path], runs: Sequence[Mapping[str, Any]]
) -> Path:
    """Writes a page with runs side by side.

    Args:
        path: The page.
        folders: Of the runs.
        runs: What their metrics.json hold.
    """
    groups = []
    for heading, scores in catalogue.present(*runs).items():
        rows = []
        for score in scores:
            best = tables.leaders(score, runs)
            cells = [
                (catalogue.form(score, catalogue.value(run, score.key)), k in best)
                for k, run in enumerate(runs)
            ]
            rows.append((score, cells))
        groups.append((heading, rows))
    values = {
        "title": f"{len(runs)} runs side by side",
        "names": [str(folder) for folder in folders],
        "groups": groups,
        "verdicts": [verdicts.summary(run) for run in runs],
        "grids": [_newest_grid(folder) for folder in folders],
        "differences": _differences(folders),
        "made": now(),
    }
    return write(path, "compare.html.j2", values)


def _newest_grid(folder: Path) -> str | None:
    """The newest picture of a run's samples."""
    found = grids.of_epochs(folder / "samples")
    pictures = found.get(grids.GRIDS) or found.get("scatter")
    return file_uri(pictures[-1].read_bytes()) if pictures else None


def _differences(folders: Sequence[Path]) -> list[tuple[str, list[str]]]:
    """Options that are not the same in all runs."""
    stored = []
    for folder in folders:
        try:
            stored.append((RunFolder(folder).read_config() or {}).get("options", {}))
        except DataError:  # images from elsewhere have no configuration
            stored.append({})
    names = dict.fromkeys(name for options in stored for name in options)
    rows = [(name, [str(options.get(name, "")) for options in stored]) for name in names]
    return [(name, values) for name, values in rows if len(set(values)) > 1]

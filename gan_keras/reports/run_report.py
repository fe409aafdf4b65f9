"""Writes report.html: scores, samples and curves on one page, with everything in it."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan_keras import configs
from gan_keras.drawing import plots
from gan_keras.evaluation import catalogue
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.reports import diagnosis, report_pictures, score_tables
from gan_keras.reports.rendering import data_uri, png_uri, write
from gan_keras.samples.scoring import Scored
from gan_keras.storage.history import History
from gan_keras.storage.metrics import lookup
from gan_keras.storage.run_folder import REPORT, RunFolder

# Headlines and points at most.
TILES, POINTS = 5, 2000


def write_run_report(
    workdir: Path, metrics: Mapping[str, Any], scored: Scored, out: Path | None = None
) -> Path:
    """Writes the report.html of a run.

    Args:
        workdir: The run folder: its configuration and histories are shown.
        metrics: What metrics.json holds.
        scored: What was scored.
        out: Folder to write to, if not the run's own.
    """
    folder = RunFolder(workdir)
    options = (folder.read_config() or {}).get("options", {})
    about = [
        ("run", str(folder.path)),
        ("seed", str(metrics["seed"])),
        ("trained", f"{metrics['epochs']} epochs, {metrics['step']:,} steps"),
    ]
    seconds = lookup(metrics, "training.wall_seconds")
    if seconds is not None:
        about.append(("training time", f"{seconds / 60:.1f} minutes"))
    values = {
        "title": f"{metrics['experiment']} ({metrics['preset']}) on {metrics['dataset']}",
        "about": [*about, *_counts(metrics)],
        "options": _options(options),
        "command": _command(options),
        "curves": _curves(folder),
        **_shown(metrics, scored),
    }
    return write((out or folder.path) / REPORT, "report.html.j2", values)


def write_images_report(path: Path, title: str, metrics: Mapping[str, Any], scored: Scored) -> Path:
    """Writes the report of images that no run of the suite made; `title` says their origin."""
    about = [("compared with", str(metrics["dataset"])), *_counts(metrics)]
    nothing = dict.fromkeys(("options", "command", "curves"), ())
    values = {"title": title, "about": about, **nothing, **_shown(metrics, scored)}
    return write(path, "report.html.j2", values)


def _shown(metrics: Mapping[str, Any], scored: Scored) -> dict[str, Any]:
    """Returns what a report shows of scores and samples."""
    data, present = scored.dataset, catalogue.present(metrics)
    bars, bar_titles, bar_count = report_pictures.class_bars(metrics)
    values = {
        "tiles": _tiles(metrics, present),
        "verdicts": diagnosis.summary(metrics),
        "groups": [
            (heading, [(score, score.row(metrics)) for score in scores])
            for heading, scores in present.items()
        ],
        "scatter": "",
        "samples": [],
        "neighbours": [],
        "reconstructions": [],
        "bars": bars,
        "bar_titles": bar_titles,
        "bar_count": bar_count,
        "confusion": report_pictures.confusion(metrics, data.class_names),
        "labelled": scored.labels is not None,
        "environment": list((metrics.get("environment") or {}).items()),
    }
    if data.spec.is_points:
        picture = plots.scatter(data.test_images[:], scored.images[:POINTS])
        return values | {"scatter": png_uri(picture)}
    samples = scored.images, scored.labels
    values["samples"] = report_pictures.sample_strips(*samples, data.class_names)
    values["neighbours"] = report_pictures.neighbour_strips(*samples, data)
    if scored.reconstructions is not None:
        values["reconstructions"] = [report_pictures.reconstruction_strip(*scored.reconstructions)]
    return values


def _tiles(
    metrics: Mapping[str, Any], present: Mapping[str, list[catalogue.Score]]
) -> list[tuple[str, str, str]]:
    """Returns the headlines: title, number, and what real images get."""
    shown = {score.key: score for scores in present.values() for score in scores}
    found = []
    for score in (shown[key] for key in catalogue.HEADLINES if key in shown):
        own, real, _ = score.row(metrics)
        found.append((score.title, own, f"real {real}" if real else ""))
    return found[:TILES]


def _counts(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Says how many examples were scored, and against how many."""
    found = [("scored", score_tables.counted(metrics))]
    if "points" in metrics:
        found.append(("variance along principal axes", score_tables.axis_variances(metrics)))
    elif counts := lookup(metrics, "distribution.counts"):
        found.append(
            (
                "distributions from",
                f"{counts['generated']:,} samples and {counts['real']:,} real "
                f"{counts['real_split']} images, class mix {counts['class_mix']}",
            )
        )
    return found


def _options(options: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Returns options, their values, and whether they differ from the preset's."""
    try:
        kind = configs.config_class(options.get("experiment", "?"))
        plain = kind.create(options.get("preset")).to_dict()
    except UsageError:  # of another version
        plain = {}
    return [
        (name, str(value), plain.get(name, value) != value)
        for name, value in options.items()
        if name != "preset"
    ]


def _command(options: Mapping[str, Any]) -> list[str]:
    """Returns the command that makes the run, word by word as a shell takes it."""
    try:
        words = configs.from_dict(options).arguments(places=True)
        return [shlex.quote(word) for word in ("python", "-m", *words)]
    except UsageError:  # of another version
        return []


def _curves(folder: RunFolder) -> list[tuple[str, str]]:
    """Returns curves of losses and scores: title and data URI."""
    found = []
    for name, panels in (("log.csv", plots.PANELS), ("scores.csv", catalogue.CURVES)):
        try:
            history = History(folder / name).columns()
        except DataError:
            continue
        if history:
            drawn = plots.curves_svg(history, panels)
            found += [(title, data_uri(svg, "svg+xml")) for title, svg in drawn.items()]
    return found

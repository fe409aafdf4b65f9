"""Writes report.html: scores, samples and curves on one page, with everything in it."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gan_keras import configs
from gan_keras.drawing import plots
from gan_keras.evaluation import catalogue
from gan_keras.foundation.errors import UsageError
from gan_keras.reports import conditions, diagnosis, report_pictures, score_tables
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
    """Writes the report.html of a run, with its configuration and curves.

    Args:
        workdir: The run folder.
        metrics: The run's metrics.json.
        scored: What they were computed from.
        out: Folder to write to, if not the run's own.
    """
    folder = RunFolder(workdir)
    options = (folder.read_config() or {}).get("options", {})
    about = [
        ("run", str(folder.path)),
        ("seed", str(metrics["seed"])),
        ("trained", _trained(metrics, options)),
    ]
    seconds = lookup(metrics, "training.wall_seconds")
    if seconds is not None:
        about.append(("training time", f"{seconds / 60:.1f} minutes"))
    title = f"{metrics['experiment']} ({metrics['preset']}) on {metrics['dataset']}"
    own = {**_configuration(options), "curves": _curves(folder)}
    return _write((out or folder.path) / REPORT, title, about, metrics, scored, **own)


def write_images_report(path: Path, title: str, metrics: Mapping[str, Any], scored: Scored) -> Path:
    """Writes the report of images that no run of the suite made; `title` says their origin."""
    about = [("compared with", str(metrics["dataset"]))]
    return _write(path, title, about, metrics, scored, options=(), command=(), curves=())


def _write(
    path: Path,
    title: str,
    about: list[tuple[str, str]],
    metrics: Mapping[str, Any],
    scored: Scored,
    **own: Sequence[Any],
) -> Path:
    """Writes a report; `own` is what only a run has."""
    data, present = scored.dataset, catalogue.present(metrics)
    values = {
        "title": title,
        "about": [*about, *_counts(metrics)],
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
        "confusion": report_pictures.confusion(metrics, data.class_names),
        "labelled": scored.labels is not None,
        "environment": list((metrics.get("environment") or {}).items()),
        **report_pictures.class_bars(metrics),
        **own,
    }
    if data.spec.is_points:
        picture = plots.scatter(data.test_images[:], scored.images[:POINTS])
        values["scatter"] = png_uri(picture)
    else:
        samples = scored.images, scored.labels
        values["samples"] = report_pictures.sample_strips(*samples, data.class_names)
        values["neighbours"] = report_pictures.neighbour_strips(*samples, data)
    if scored.reconstructions is not None:
        values["reconstructions"] = [report_pictures.reconstruction_strip(*scored.reconstructions)]
    return write(path, "report.html.j2", values)


def _tiles(
    metrics: Mapping[str, Any], present: Mapping[str, list[catalogue.Score]]
) -> list[tuple[str, str, str]]:
    """Returns the headlines: title, number, and what real images get."""
    shown = {score.key: score for scores in present.values() for score in scores}
    rows = [(shown[k].title, *shown[k].row(metrics)) for k in catalogue.HEADLINES if k in shown]
    return [(title, own, real and f"real {real}") for title, own, real, _ in rows[:TILES]]


def _trained(metrics: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """Says how far the run had come; not how far it was asked to go."""
    done, asked = metrics["epochs"], options.get("epochs", metrics["epochs"])
    of = f" of {asked}" if done < asked else ""
    return f"{done:g}{of} epochs, {metrics['step']:,} steps"


def _counts(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Says how many examples were scored, and against how many."""
    found = [("scored", conditions.counted(metrics))]
    if "points" in metrics:
        found.append(("variance along principal axes", score_tables.axis_variances(metrics)))
    elif counts := lookup(metrics, "distribution.counts"):
        form = "{generated:,} samples and {real:,} real {real_split} images, class mix {class_mix}"
        found.append(("distributions from", form.format_map(counts)))
    return found


def _configuration(options: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Returns options, whether they differ from the preset's, and the words of the command."""
    try:
        config = configs.from_dict(options)
        words = ("python", "-m", *config.arguments(places=True))
        plain = type(config).create(config.preset).to_dict()
    except UsageError:  # of another version
        words, plain = (), {}
    shown = [
        (name, str(value), plain.get(name, value) != value)
        for name, value in options.items()
        if name != "preset"
    ]
    return {"options": shown, "command": [shlex.quote(word) for word in words]}


def _curves(folder: RunFolder) -> list[tuple[str, str]]:
    """Returns curves of losses and scores: title and data URI."""
    found = []
    for name, panels in (("log.csv", plots.PANELS), ("scores.csv", catalogue.CURVES)):
        history = History(folder / name)
        if history.damage:
            print(f"WARNING: {history.damage}")
        if columns := history.columns():
            drawn = plots.curves_svg(columns, panels)
            found += [(title, data_uri(svg, "svg+xml")) for title, svg in drawn.items()]
    return found

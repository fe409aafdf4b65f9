"""Pages in HTML: one file each, with everything in it."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan_keras import configs
from gan_keras.drawing import plots
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.reports import catalogue, figures, tables, verdicts
from gan_keras.reports.rendering import data_uri, now, write
from gan_keras.samples.scoring import Scored
from gan_keras.storage.run_folder import History, RunFolder

REPORT = "report.html"
# Curves of scores.csv.
SCORE_PANELS: tuple[plots.Panel, ...] = (
    ("GAN-test", False, ("accuracy", "worst_class.accuracy", "matched_accuracy")),
    ("variety", False, ("diversity_ratio", "collapse.entropy_ratio")),
    ("Frechet distance", True, ("distribution.frechet_classifier_features", "frechet_distance")),
    ("energy distance", True, ("energy_distance",)),
    ("modes", False, ("modes", "collapse.modes")),
)
# What stands at the top of a page, of those that a run has.
HEADLINES = (
    "accuracy",
    "gan_train",
    "diversity_ratio",
    "distribution.coverage",
    "distribution.frechet_classifier_features",
    "modes",
    "stacked.modes",
    "high_quality",
    "energy_distance",
    "collapse.entropy_ratio",
)
TILES = 5


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
    stored = folder.read_config() or {}
    options = stored.get("options", {})
    title = f"{metrics['experiment']} ({metrics['preset']}) on {metrics['dataset']}"
    about = [
        ("run", str(folder.path)),
        ("seed", str(metrics["seed"])),
        ("trained", f"{metrics['epochs']} epochs, {metrics['step']:,} steps"),
        *_spent(metrics),
        *_counts(metrics),
    ]
    values = {
        "title": title,
        "about": about,
        "options": _options(options),
        "command": _command(options),
        "curves": _curves(folder),
        **_shown(metrics, scored),
    }
    return write((out or folder.path) / REPORT, "report.html.j2", values)


def write_images_report(path: Path, title: str, metrics: Mapping[str, Any], scored: Scored) -> Path:
    """Writes the report of images that no run of the suite made.

    Args:
        path: The page.
        title: Where they are from.
        metrics: What metrics.json holds.
        scored: What was scored.
    """
    values = {
        "title": title,
        "about": [("compared with", str(metrics["dataset"])), *_counts(metrics)],
        "options": [],
        "command": [],
        "curves": [],
        **_shown(metrics, scored),
    }
    return write(path, "report.html.j2", values)


def _shown(metrics: Mapping[str, Any], scored: Scored) -> dict[str, Any]:
    """What a report shows of scores and samples."""
    points = scored.dataset.spec.is_points
    bars, bar_titles, bar_count = figures.class_bars(metrics)
    values = {
        "tiles": _tiles(metrics),
        "verdicts": verdicts.summary(metrics),
        "groups": [
            (heading, [_row(score, metrics) for score in scores])
            for heading, scores in catalogue.present(metrics).items()
        ],
        "scatter": "",
        "samples": [],
        "neighbours": [],
        "reconstructions": [],
        "bars": bars,
        "bar_titles": bar_titles,
        "bar_count": bar_count,
        "confusion": figures.confusion(metrics, scored.dataset.class_names),
        "labelled": scored.labels is not None,
        "environment": list((metrics.get("environment") or {}).items()),
        "made": now(),
    }
    if points:
        picture = plots.scatter(scored.dataset.test_images, scored.images[:2000])
        return values | {"scatter": figures.png_uri(picture)}
    names = scored.dataset.class_names
    values["samples"] = figures.sample_strips(scored.images, scored.labels, names)
    values["neighbours"] = figures.neighbour_strips(scored.images, scored.labels, scored.dataset)
    if scored.reconstructions is not None:
        values["reconstructions"] = [figures.reconstruction_strip(*scored.reconstructions)]
    return values


def _row(score: catalogue.Score, metrics: Mapping[str, Any]) -> tuple[catalogue.Score, list[str]]:
    """A score with what samples, real images and noise get."""
    numbers = [catalogue.value(metrics, key) for key in (score.key, score.real, score.noise)]
    return score, ["" if x is None else catalogue.form(score, x) for x in numbers]


def _tiles(metrics: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The headlines: title, number, and what real images get."""
    shown = {s.key: s for scores in catalogue.present(metrics).values() for s in scores}
    found = []
    for key in HEADLINES:
        if key in shown and catalogue.value(metrics, key) is not None:
            _, (own, real, _) = _row(shown[key], metrics)
            found.append((shown[key].title, own, f"real {real}" if real else ""))
    return found[:TILES]


def _counts(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How many examples were scored, and against how many."""
    if "points" in metrics:
        variances = tables.axis_variances(metrics)
        found = [("scored", f"{metrics['points']:,} points")]
        return [*found, ("variance along principal axes", variances)]
    found = [("scored", f"{metrics['samples']:,} samples")]
    counts = catalogue.get(metrics, "distribution.counts")
    if counts:
        found.append(
            (
                "distributions from",
                f"{counts['generated']:,} samples and {counts['real']:,} real "
                f"{counts['real_split']} images, class mix {counts['class_mix']}",
            )
        )
    return found


def _spent(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What training has cost, if that is known."""
    seconds = catalogue.value(metrics, "training.wall_seconds")
    return [] if seconds is None else [("training time", f"{seconds / 60:.1f} minutes")]


def _options(options: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Options, their values, and whether they differ from the preset's."""
    changed = _changed(options)
    return [
        (name, str(value), name in changed) for name, value in options.items() if name != "preset"
    ]


def _changed(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that differ from their preset."""
    try:
        kind = configs.config_class(options.get("experiment", "?"))
        plain = kind.create(options.get("preset")).to_dict()
    except UsageError:  # of another version
        return {}
    return {name: value for name, value in options.items() if plain.get(name, value) != value}


def _command(options: Mapping[str, Any]) -> list[str]:
    """The command that makes the run, word by word as a shell takes it."""
    try:
        words = configs.from_dict(options).arguments(places=True)
        return [shlex.quote(word) for word in ("python", "-m", *words)]
    except UsageError:  # of another version
        return []


def _curves(folder: RunFolder) -> list[tuple[str, str]]:
    """Curves of losses and scores: title and data URI."""
    found = []
    for name, panels in (("log.csv", None), ("scores.csv", SCORE_PANELS)):
        try:
            history = History(folder / name, 2**62).columns()
        except DataError:
            continue
        if history:
            drawn = plots.curves_svg(history, panels)
            found += [(title, data_uri(svg, "svg+xml")) for title, svg in drawn.items()]
    return found

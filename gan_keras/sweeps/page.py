"""RESULTS.md: every claim, what was measured of it, and the verdict, from files that are kept."""

import collections
import dataclasses
import importlib.resources
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

from gan_keras.evaluation import catalogue
from gan_keras.sweeps import claims, measures, records, tables, verdicts
from gan_keras.sweeps import study as studies
from gan_keras.sweeps.claims import Claim, Decision
from gan_keras.sweeps.study import Study
from gan_keras.sweeps.verdicts import Finding

# A larger size outranks a smaller one in the list of verdicts.
_RANK = ("full", "cpu")


@dataclasses.dataclass(frozen=True)
class Section:
    """One study at one size, with what it decides.

    Attributes:
        study: The study as its file has it.
        results: What the results file holds.
        decisions: On the claims that the study is about.
        figures: Pictures, as paths from RESULTS.md.
    """

    study: Study
    results: dict[str, Any]
    decisions: tuple[Decision, ...]
    figures: tuple[str, ...]

    @property
    def heading(self) -> str:
        """The title with the size."""
        return f"{self.study.title} ({self.study.size})"

    @property
    def anchor(self) -> str:
        """What a link to the heading is called."""
        plain = self.heading.lower().replace(" ", "-")
        return "".join(c for c in plain if c.isalnum() or c in "-_")

    @property
    def finished(self) -> list[dict[str, Any]]:
        """The runs that are done."""
        return [run for run in self.results["runs"].values() if run["status"] == "finished"]

    @property
    def failed(self) -> dict[str, dict[str, Any]]:
        """The runs that failed, by name."""
        return {n: run for n, run in self.results["runs"].items() if run["status"] == "failed"}

    @property
    def planned(self) -> int:
        """Runs that the study has."""
        return len(self.results["arms"]) * len(self.results["seeds"])

    @property
    def spent(self) -> str:
        """Wall and CPU time of all runs, with the slowest one."""
        wall = [run["wall_seconds"] for run in self.finished]
        cpu = [run["cpu_seconds"] for run in self.finished]
        return (
            f"in sum {_duration(sum(wall))} of training, {_duration(max(wall))} at most in one "
            f"run, and {_duration(sum(cpu))} of CPU time"
        )

    def values(self, key: str) -> str:
        """The different values that the runs have of `machine` or `commit`."""
        return ", ".join(sorted({run[key] for run in self.finished if run.get(key)})) or "unknown"

    @property
    def judges(self) -> list[str]:
        """What share of real test images each judging classifier read right, where several judged.

        Each machine trains its own, and what two of them say of the same images is not quite the
        same.
        """
        key = "classifier.real_test_accuracy"
        found = []
        for name, scores in self._scores_by_set().items():
            shares = sorted({round(one[key], 6) for one in scores if key in one})
            if len(shares) > 1:
                found.append(f"{name}: {', '.join(f'{share:.2%}' for share in shares)}")
        return found

    @property
    def metrics(self) -> list[str]:
        """What the study measures and some run has."""
        wanted = [measure.name for measure in self.study.metrics]
        return [
            m for m in wanted if any(run["metrics"].get(m) is not None for run in self.finished)
        ]

    @property
    def waiting(self) -> list[str]:
        """The arms of which no run is done yet."""
        done = {run["arm"] for run in self.finished}
        return [arm for arm in self.results["arms"] if arm not in done]

    def rows(self) -> list[list[str]]:
        """The table: arm, seeds, mean +- sd of each metric; then what real images and noise get."""
        arms = [arm for arm in self.results["arms"] if arm not in self.waiting]
        return [[arm, *self._row(arm)] for arm in arms] + self._references()

    def _row(self, arm: str) -> list[str]:
        values = [list(tables.by_seed(self.results, arm, m).values()) for m in self.metrics]
        seeds = max(map(len, values), default=0)
        return [str(seeds), *(_spread(found, seeds) for found in values)]

    def _scores_by_set(self) -> dict[str, list[dict[str, float]]]:
        """What the runs scored, by data set in the order of their names."""
        found = collections.defaultdict(list)
        for run in self.finished:
            found[run["options"].get("dataset", "")].append(run["scores"])
        return dict(sorted(found.items()))

    def _references(self) -> list[list[str]]:
        """What real images and noise get, by data set."""
        found = []
        for name, scores in self._scores_by_set().items():
            for title in ("real", "noise"):
                cells = [_reference(metric, title, scores) for metric in self.metrics]
                if any(cells):
                    found.append([f"*{title}{', ' if name else ''}{name}*", "", *cells])
        return found

    def meanings(self) -> list[tuple[str, str]]:
        """Each metric of the table with what it is."""
        known = {measure.name: measure for measure in self.study.metrics}
        scores = [run["scores"] for run in self.finished]
        return [(metric, _meaning(known[metric], scores)) for metric in self.metrics]


def _spread(values: Sequence[float], seeds: int) -> str:
    """Mean +- standard deviation, and of how many seeds where not all have the metric."""
    if not values:
        return ""
    found = tables.estimate(values)
    spread = f" +- {tables.number(found.sd)}" if found.n > 1 else ""
    return tables.number(found.mean) + spread + (f" (n = {found.n})" if found.n < seeds else "")


def _reference(metric: str, title: str, scores: Sequence[dict[str, float]]) -> str:
    """What real images or noise get of a metric; empty if that is not known."""
    score = _score(metric, scores)
    key = getattr(score, title) if score else ""
    if isinstance(key, float):
        return tables.number(key)
    values = [one[key] for one in scores if key in one]
    return tables.number(sum(values) / len(values)) if values else ""


def _score(metric: str, scores: Sequence[dict[str, float]]) -> catalogue.Score | None:
    """The score that a metric is; None if it is made of several, or is not in the catalogue."""
    points = any("points" in one for one in scores)
    # Runs over points and over images without labels have different `modes`.
    return catalogue.find(metric if points else f"collapse.{metric}") or catalogue.find(metric)


def _meaning(measure: measures.Measure, scores: Sequence[dict[str, float]]) -> str:
    """What a measure is, in words."""
    score = _score(measure.name, scores)
    if measure.score and score:
        aim = f"{score.better} is better" if score.better else "as real images have it is best"
        return f"{score.title}: {score.meaning.rstrip('.')} ({aim})"
    return measures.describe(measure)


def heading_of(decision: Decision) -> str:
    """The verdict, with what stands in its way if there is none."""
    return decision.verdict + (f" ({decision.why})" if decision.why else "")


def need_of(finding: Finding) -> str:
    """Whether a need is met."""
    met = {verdicts.CONFIRMED: "met", verdicts.REFUTED: "not met"}
    return met.get(finding.verdict, "unclear whether met")


def interval(found: tables.Estimate | None) -> str:
    """Mean, 95 % interval, seeds."""
    if found is None:
        return "not measured"
    if found.n < 2:
        return f"{found.mean:+.4g} (one seed, no interval)"
    return f"{found.mean:+.4g} [{found.low:+.4g}, {found.high:+.4g}], n = {found.n}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.1f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def sections(
    registry: Sequence[Claim], study_folder: Path, folder: Path, root: Path
) -> list[Section]:
    """What the results of all studies say.

    Args:
        registry: The claims.
        study_folder: Of the study files.
        folder: Of the results files, with figures of the same name beside them.
        root: Folder of RESULTS.md.

    Raises:
        DataError: If a results file is damaged, or a study file cannot be read.
        UsageError: If a study file is wrong.
    """
    found = []
    for file in sorted(folder.glob("*.json")):
        results = records.read(file)
        if not any(run["status"] == "finished" for run in results["runs"].values()):
            continue
        about = [claim for claim in registry if claim.study == results["study"]]
        decisions = tuple(claims.decide(claim, results) for claim in about)
        first = [folder / f"{file.stem}{ending}.png" for ending in ("-claims", "")]
        pictures = [picture for picture in first if picture.exists()]
        pictures += [p for p in sorted(folder.glob(f"{file.stem}-*.png")) if p not in first]
        figures = tuple(picture.relative_to(root).as_posix() for picture in pictures)
        study = studies.load(study_folder / f"{results['study']}.yaml", results["size"])
        found.append(Section(study, results, decisions, figures))
    return found


def overview(registry: Sequence[Claim], found: Sequence[Section]) -> list[tuple[Claim, str, Any]]:
    """Each claim with its verdict and the section that gives it.

    That is the largest size that decides it, else the largest at which it was tried.

    Args:
        registry: The claims.
        found: The sections.
    """
    ranked = sorted(found, key=lambda section: _RANK.index(section.study.size))
    lines = []
    for claim in registry:
        tried = [
            (decision, section)
            for section in ranked
            for decision in section.decisions
            if decision.claim is claim and decision.verdict != claims.NOT_TRIED
        ]
        best = min(tried, key=lambda pair: not pair[0].decided, default=None)
        lines.append((claim, best[0].verdict, best[1]) if best else (claim, claims.NOT_TRIED, None))
    return lines


def render(registry_file: Path, results_folder: Path, root: Path) -> str:
    """RESULTS.md as text; the same files always give the same text.

    Args:
        registry_file: claims.yaml, with the study files beside it.
        results_folder: Of the results files and figures.
        root: Folder of RESULTS.md.

    Raises:
        DataError: If a file cannot be read.
        UsageError: If the registry or a study is wrong.
    """
    registry = claims.load(registry_file)
    found = sections(registry, registry_file.parent, results_folder, root)
    lines = overview(registry, found)
    environment = jinja2.Environment(
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined, autoescape=False,
    )  # fmt: skip
    template = importlib.resources.files("gan_keras.sweeps").joinpath("results.md.j2")
    counts = {verdict: [one[1] for one in lines].count(verdict) for verdict in _verdicts(lines)}
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        overview=lines,
        counts=counts,
        sections=found,
        interval=interval,
        heading_of=heading_of,
        need_of=need_of,
        cell=cell,
        ruled=sum(bool(claim.rules) for claim in registry),
        studies_folder=registry_file.parent.relative_to(root).as_posix(),
    )


def cell(text: str) -> str:
    """Text that cannot break a table of Markdown."""
    return " ".join(str(text).split()).replace("|", "\\|")


def _verdicts(lines: Sequence[tuple]) -> list[str]:
    return sorted({verdict for _, verdict, _ in lines})

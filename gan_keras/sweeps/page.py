"""RESULTS.md: every claim, what was measured of it, and the verdict, from files that are kept."""

import dataclasses
import importlib.resources
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

from gan_keras.sweeps import claims, records, tables
from gan_keras.sweeps.claims import Claim, Decision

# A larger size outranks a smaller one in the list of verdicts.
_RANK = ("full", "cpu")


@dataclasses.dataclass(frozen=True)
class Section:
    """One study at one size, with what it decides.

    Attributes:
        name: Of the study.
        size: Of the study.
        results: What the results file holds.
        decisions: On the claims that the study is about.
        figures: Pictures, as paths from RESULTS.md.
    """

    name: str
    size: str
    results: dict[str, Any]
    decisions: tuple[Decision, ...]
    figures: tuple[str, ...]

    @property
    def heading(self) -> str:
        """The title with the size."""
        return f"{self.results['title']} ({self.size})"

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
            f"{_duration(sum(wall))} of wall time and {_duration(sum(cpu))} of CPU time in "
            f"training, {_duration(max(wall))} at most in one run"
        )

    def values(self, key: str) -> str:
        """The different values that the runs have of `machine` or `commit`."""
        return ", ".join(sorted({run[key] for run in self.finished if run.get(key)})) or "unknown"

    def rows(self) -> list[list[str]]:
        """The table: arm, seeds, mean +- sd of each metric."""
        return [[arm, *self._row(arm)] for arm in self.results["arms"]]

    def _row(self, arm: str) -> list[str]:
        cells, most = [], 0
        for metric in self.results["metrics"]:
            values = tables.by_seed(self.results, arm, metric)
            most = max(most, len(values))
            cells.append(spread(list(values.values())) if values else "")
        return [str(most), *cells]


def spread(values: Sequence[float]) -> str:
    """Mean +- standard deviation."""
    found = tables.estimate(values)
    return tables.number(found.mean) + (f" +- {tables.number(found.sd)}" if found.n > 1 else "")


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


def sections(registry: Sequence[Claim], folder: Path, root: Path) -> list[Section]:
    """What the results of all studies say.

    Args:
        registry: The claims.
        folder: Of the results files, with figures of the same name beside them.
        root: Folder of RESULTS.md.

    Raises:
        DataError: If a results file is damaged.
    """
    found = []
    for file in sorted(folder.glob("*.json")):
        results = records.read(file)
        if not any(run["status"] == "finished" for run in results["runs"].values()):
            continue
        about = [claim for claim in registry if claim.study == results["study"]]
        decisions = tuple(claims.decide(claim, results) for claim in about)
        pictures = sorted(folder.glob(f"{file.stem}.png")) + sorted(
            folder.glob(f"{file.stem}-*.png")
        )
        figures = tuple(picture.relative_to(root).as_posix() for picture in pictures)
        found.append(Section(results["study"], results["size"], results, decisions, figures))
    return found


def overview(registry: Sequence[Claim], found: Sequence[Section]) -> list[tuple[Claim, str, Any]]:
    """Each claim with its verdict and the section that gives it, the largest size first.

    Args:
        registry: The claims.
        found: The sections.
    """
    ranked = sorted(found, key=lambda section: _RANK.index(section.size))
    lines = []
    for claim in registry:
        line = (claim, claims.NOT_TRIED, None)
        for section in ranked:
            tried = [d for d in section.decisions if d.claim is claim]
            if tried and tried[0].verdict != claims.NOT_TRIED:
                line = (claim, tried[0].verdict, section)
                break
        lines.append(line)
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
    found = sections(registry, results_folder, root)
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
        cell=cell,
        not_tried=claims.NOT_TRIED,
        studies_folder=registry_file.parent.relative_to(root).as_posix(),
    )


def cell(text: str) -> str:
    """Text that cannot break a table of Markdown."""
    return " ".join(str(text).split()).replace("|", "\\|")


def _verdicts(lines: Sequence[tuple]) -> list[str]:
    return sorted({verdict for _, verdict, _ in lines})

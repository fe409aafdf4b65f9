"""RESULTS.md: every claim with its measurements and verdict, from the results files of studies."""

import collections
import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from gan_keras.evaluation import catalogue
from gan_keras.sweeps import claims, estimates, measures, results_file, rules
from gan_keras.sweeps import study as studies
from gan_keras.sweeps.claims import Claim, Decision
from gan_keras.sweeps.estimates import number
from gan_keras.sweeps.rules import Finding, Rule
from gan_keras.sweeps.study import Study


@dataclasses.dataclass(frozen=True)
class Section:
    """One study at one size with the content of its results file and its verdicts.

    The picture beside the results file need not exist.
    """

    study: Study
    results: dict[str, Any]
    decisions: list[Decision]
    picture: Path

    @property
    def heading(self) -> str:
        """The title with the size."""
        return f"{self.study.title} ({self.study.size})"

    @property
    def anchor(self) -> str:
        """The name of the heading in links."""
        return re.sub(r"[^\w-]", "", self.heading.lower().replace(" ", "-"))

    @property
    def finished(self) -> list[dict[str, Any]]:
        """The runs that are done."""
        return [run for run in self.results["runs"].values() if run["status"] == "finished"]

    @property
    def summary(self) -> str:
        """The verdicts, as `A3, A5 confirmed; A4 undecided`."""
        named: dict[str, list[str]] = {}
        for one in self.decisions:
            named.setdefault(one.verdict, []).append(one.claim.id)
        return "; ".join(f"{', '.join(ids)} {verdict}" for verdict, ids in named.items())

    @property
    def waiting(self) -> list[str]:
        """The arms of which no run is done yet, in words."""
        return [self.arm(arm) for arm in self.results["arms"] if arm not in self._done]

    @property
    def _done(self) -> set[str]:
        return {run["arm"] for run in self.finished}

    @property
    def titles(self) -> list[str]:
        """The metrics in words."""
        return [self.metric(name) for name in self.metrics]

    @property
    def judges(self) -> list[str]:
        """Accuracy of each judging classifier on real test images, where there are several."""
        key = "classifier.real_test_accuracy"
        found = []
        for name, scores in self._scores_by_data_set().items():
            shares = sorted({round(one[key], 6) for one in scores if key in one})
            if len(shares) > 1:
                found.append(f"{name}: {', '.join(f'{share:.2%}' for share in shares)}")
        return found

    @property
    def metrics(self) -> dict[str, measures.Measure]:
        """The measures of the study that some run has, by name."""
        known = {k for run in self.finished for k, v in run["metrics"].items() if v is not None}
        return {measure.name: measure for measure in self.study.metrics if measure.name in known}

    def arm(self, name: str) -> str:
        """Returns the words for an arm."""
        return {arm.name: arm.words for arm in self.study.arms}.get(name, name)

    def metric(self, name: str) -> str:
        """Returns the words for a metric."""
        score = _score(name, [run["scores"] for run in self.finished])
        plain = re.sub(r"[_.]", " ", name.replace("_per_class.", " of "))
        return self.study.words.get(name) or (score.title if score else plain)

    def rule(self, rule: Rule) -> str:
        """Returns a rule in words."""
        text = f"{self.metric(rule.metric)}, {self._side(rule.arms)}: "
        if rule.working:
            text = f"seeds that work, {text}"
        if not rule.others:
            return f"{text}{rule.expect.replace('_', ' ')} {rule.value:g}"
        relation = {"same": "the same as", "different": "different from"}.get(
            rule.expect, f"{rule.expect} than"
        )
        margin = f" (margin {rule.margin:g})" if rule.margin else ""
        return f"{text}{relation} {self._side(rule.others)}{margin}"

    def found(self, decision: Decision) -> str:
        """Returns in words what was found about a claim: the finding that its verdict hangs on."""
        one = decision.deciding
        if one is None:
            return ""
        values = [
            f"{found.events} of {found.n}" if found.events is not None else number(found.value)
            for found in one.sides
        ]
        names = [self._side(arms) for arms in (one.rule.arms, one.rule.others) if arms]
        sides = [f"{value} ({name})" for name, value in zip(names, values, strict=True)]
        metric = self.metric(one.rule.metric)
        text = f"{metric[0].upper()}{metric[1:]}: {' against '.join(sides)}"
        if not one.rule.others:
            text += f"; said is {one.rule.expect.replace('_', ' ')} {one.rule.value:g}"
        # too few seeds show in the effect, which has no interval
        return f"{text}; {decision.why}" if decision.why not in ("", claims.TOO_FEW) else text

    def effect(self, finding: Finding | None) -> str:
        """Returns the estimate of a finding with its interval."""
        if finding is None or finding.estimate is None:
            return "not measured"
        return estimates.difference(finding.estimate, "+.3g" if finding.rule.others else ".3g")

    def _side(self, arms: Sequence[str]) -> str:
        if len(arms) > 1:
            return f"range of {self.arm(arms[0])} to {self.arm(arms[-1])}"
        return self.arm(arms[0])

    def rows(self) -> list[list[str]]:
        """Returns the table: arm, seeds, sum of each metric; then real images and noise."""
        rows = []
        for arm in [arm for arm in self.results["arms"] if arm in self._done]:
            by_metric = [estimates.by_seed(self.results, arm, metric) for metric in self.metrics]
            seeds = max(map(len, by_metric), default=0)
            cells = [_cell(found, seeds) for found in by_metric]
            rows.append([self.arm(arm), str(seeds), *cells])
        for name, scores in self._scores_by_data_set().items():
            for title in ("real", "noise"):
                cells = [_reference(metric, title, scores) for metric in self.metrics]
                if any(cells):
                    rows.append([f"*{title}{', ' if name else ''}{name}*", "", *cells])
        return rows

    def _scores_by_data_set(self) -> dict[str, list[dict[str, float]]]:
        found = collections.defaultdict(list)
        for run in self.finished:
            found[run["options"].get("dataset", "")].append(run["scores"])
        return dict(sorted(found.items()))

    def meanings(self) -> list[tuple[str, str]]:
        """Returns the metrics of the table with their meanings, but for those that say it all."""
        found = []
        for name, measure in self.metrics.items():
            score = _score(name, [run["scores"] for run in self.finished])
            if measure.kind != "score":
                meaning = measures.describe(measure)
                for key in measure.of if measure.kind != "log" else ():
                    meaning = re.sub(rf"(?<= ){re.escape(key)}(?=,| |$)", self.metric(key), meaning)
            elif score:
                better = score.better and f"{score.better} is better"
                aim = better or "the value of real images is best"
                meaning = f"{score.meaning.rstrip('.')} ({aim})"
            else:
                continue
            found.append((self.metric(name), meaning))
        return found


def _cell(values: Mapping[int, float], seeds: int) -> str:
    """Returns median and range, with the number of seeds where it is less than `seeds`."""
    missing = f", n = {len(values)}" if len(values) < seeds else ""
    return f"{estimates.estimate(values)}{missing}" if values else ""


def _reference(metric: str, title: str, scores: Sequence[Mapping[str, float]]) -> str:
    """Returns a metric of real images or of noise; empty if it is not known."""
    score = _score(metric, scores)
    key = getattr(score, title) if score else ""
    if isinstance(key, float):
        return number(key)
    values = [one[key] for one in scores if key in one]
    return number(sum(values) / len(values)) if values else ""


def _score(metric: str, scores: Sequence[Mapping[str, float]]) -> catalogue.Score | None:
    """Returns the score that a metric is; None if it is derived or not in the catalogue."""
    points = any("points" in one for one in scores)
    # Runs over points and over images without labels have different `modes`.
    return catalogue.find(metric if points else f"collapse.{metric}") or catalogue.find(metric)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.1f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def _sections(folder: Path, registry: Sequence[Claim]) -> list[Section]:
    """Returns the studies with a finished run."""
    found = []
    for file in sorted((folder / "results").glob("*.json")):
        results = results_file.read(file)
        study = studies.load(folder / f"{results['study']}.yaml", results["size"])
        decisions = claims.decide([one for one in registry if one.study == study.name], results)
        found.append(Section(study, results, decisions, file.with_suffix(".png")))
    return [section for section in found if section.finished]


def _overview(
    registry: Sequence[Claim], found: Sequence[Section]
) -> list[tuple[Claim, Decision | None, Section | None]]:
    """Returns each claim with its decision and the section that gives it.

    That is the largest size that decides it, else the largest at which it was tried.
    """
    decided = (rules.CONFIRMED, rules.REFUTED)
    lines: dict[str, tuple[Claim, Decision | None, Section | None]] = {
        claim.id: (claim, None, None) for claim in registry
    }
    for section in sorted(found, key=lambda section: studies.SIZES.index(section.study.size)):
        for decision in section.decisions:
            _, before, _ = lines[decision.claim.id]
            if decision.verdict in decided or (
                (before is None or before.verdict not in decided)
                and decision.verdict != claims.NOT_TRIED
            ):
                lines[decision.claim.id] = (decision.claim, decision, section)
    return list(lines.values())


def render(folder: Path, root: Path, draw: bool = False) -> str:
    """Returns RESULTS.md as text; the same files always give the same text.

    Args:
        folder: Folder of claims.yaml and the study files, with results files in `results`.
        root: Folder of RESULTS.md.
        draw: Whether to draw the pictures first: of all claims, and of each study beside its
            results file.

    Raises:
        DataError: If a file cannot be read, or a results file is damaged.
        UsageError: If the registry or a study is wrong.
    """
    registry = claims.load(folder / "claims.yaml")
    found = _sections(folder, registry)
    lines = _overview(registry, found)
    picture = folder / "results" / "claims.png"
    if draw:
        from gan_keras.sweeps import pictures  # late: matplotlib takes time to start

        pictures.claims(picture, [decision for _, decision, _ in lines if decision])
        for one in found:
            ruled = [rule.metric for decision in one.decisions for rule in decision.claim.rules]
            metrics = {name: one.metric(name) for name in dict.fromkeys([*ruled, *one.metrics])}
            arms = {name: one.arm(name) for name in one.results["arms"]}
            pictures.seeds(one.picture, one.results, arms, metrics)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["duration"] = _duration
    # text that cannot break a table of Markdown
    environment.filters["cell"] = lambda text: " ".join(text.split()).replace("|", "\\|")
    return environment.get_template("results.md.j2").render(
        overview=lines,
        counts=collections.Counter(
            decision.verdict if decision else claims.NOT_TRIED for _, decision, _ in lines
        ).most_common(),
        sections=found,
        not_tried=claims.NOT_TRIED,
        picture=picture,
        need={rules.CONFIRMED: "met", rules.REFUTED: "not met"},
        link=lambda path: path.relative_to(root).as_posix(),
        studies_folder=folder.relative_to(root).as_posix(),
    )

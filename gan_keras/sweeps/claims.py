"""The registry of claims: what the originals said, and which study decides by which rule."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan_keras.foundation.errors import UsageError
from gan_keras.sweeps import study as studies
from gan_keras.sweeps import verdicts
from gan_keras.sweeps.study import Study, run_name
from gan_keras.sweeps.verdicts import Finding, Rule

SYSTEMS = ("LaTeX Writer", "AE-AC-GAN", "digit GAN", "2-D image sets", "GAN blog post")
# What stands in place of a verdict. Before all its runs are made a claim has none: somebody who may
# stop when he likes what he sees finds what he likes.
NOT_TRIED, UNFINISHED = "not tried yet", "not complete yet"
_KEYS = {"by", "said", "study", "rules", "needs", "also", "note", "changed"}


@dataclasses.dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        id: Short name, unique.
        systems: The originals that make it.
        said: What they said, in our words.
        study: Name of the study file that decides; empty if there is none yet.
        rules: All must be confirmed.
        needs: Without these confirmed too the experiment says nothing, whatever the rules find: two
            arms that both fail are the same, but not as the claim means it.
        also: The same asked of other networks or settings: worth telling, no part of the verdict.
        note: How to read the verdict.
        changed: What was changed of its rules, needs or seeds after a look at results.
    """

    id: str
    systems: tuple[str, ...]
    said: str
    study: str = ""
    rules: tuple[Rule, ...] = ()
    needs: tuple[Rule, ...] = ()
    also: tuple[Rule, ...] = ()
    note: str = ""
    changed: str = ""


@dataclasses.dataclass(frozen=True)
class Decision:
    """A claim held against results.

    Attributes:
        claim: The claim.
        verdict: On the claim; `NOT_TRIED` or `UNFINISHED` where there is none.
        findings: Of each rule.
        needed: Of each need.
        beside: Of what is also asked.
        why: Why there is no verdict, in a few words; empty where there is one.
    """

    claim: Claim
    verdict: str
    findings: tuple[Finding, ...]
    needed: tuple[Finding, ...] = ()
    beside: tuple[Finding, ...] = ()
    why: str = ""

    @property
    def decided(self) -> bool:
        """Whether the claim is confirmed or refuted."""
        return self.verdict in (verdicts.CONFIRMED, verdicts.REFUTED)


def load(file: str | Path) -> tuple[Claim, ...]:
    """Reads the registry and checks it against the study files beside it.

    Args:
        file: claims.yaml.

    Raises:
        DataError: If a file cannot be read.
        UsageError: Names what is wrong and where.
    """
    file = Path(file)
    raw = studies.read_yaml(file)
    if not isinstance(raw, dict):
        raise UsageError(f"{file}: expected a mapping (id: claim)")
    known: dict[str, tuple[Study, ...]] = {}
    return tuple(_claim(str(id), entry, file, known) for id, entry in raw.items())


def _claim(id: str, entry: Any, file: Path, known: dict[str, tuple[Study, ...]]) -> Claim:
    where = f"{file}, {id}"
    if not isinstance(entry, dict) or not entry.keys() <= _KEYS:
        raise UsageError(
            f"{where}: expected by, said, and study with rules, needs and also, note, or changed"
        )
    systems = tuple(name.strip() for name in str(entry.get("by", "")).split(","))
    if unknown := [name for name in systems if name not in SYSTEMS]:
        raise UsageError(f"{where}: by={unknown[0]!r}: choose of {', '.join(SYSTEMS)}")
    if bool(entry.get("study")) != bool(entry.get("rules")):
        raise UsageError(f"{where}: study and rules belong together")
    for key in ("needs", "also"):
        if entry.get(key) and not entry.get("rules"):
            raise UsageError(f"{where}: {key} belongs to rules")
    rules, needs, also = (
        tuple(verdicts.parse(rule, where) for rule in entry.get(key) or ())
        for key in ("rules", "needs", "also")
    )
    name = str(entry.get("study", ""))
    if name:
        if name not in known:
            known[name] = _sizes(file.parent / f"{name}.yaml")
        for study in known[name]:
            _check_rules((*rules, *needs, *also), study, where)
    text = lambda key: " ".join(str(entry.get(key, "")).split())  # noqa: E731
    return Claim(
        id=id,
        systems=systems,
        said=text("said"),
        study=name,
        rules=rules,
        needs=needs,
        also=also,
        note=text("note"),
        changed=text("changed"),
    )


def _sizes(file: Path) -> tuple[Study, ...]:
    """A study at all its sizes."""
    sizes = studies.read_yaml(file).get("sizes", {})
    return tuple(studies.load(file, size) for size in sizes)


def _check_rules(rules: tuple[Rule, ...], study: Study, where: str) -> None:
    """Rules may only speak of what the study measures."""
    arms, metrics = {arm.name for arm in study.arms}, {metric.name for metric in study.metrics}
    for rule in rules:
        if unknown := [arm for arm in (*rule.arms, *rule.others) if arm not in arms]:
            raise UsageError(f"{where}: {study.name} ({study.size}) has no arm {unknown[0]!r}")
        if rule.metric not in metrics:
            raise UsageError(f"{where}: {study.name} does not measure {rule.metric!r}")


def decide(claim: Claim, results: Mapping[str, Any]) -> Decision:
    """Holds a claim against the results of its study.

    Args:
        claim: With rules.
        results: What a results file holds.
    """
    findings, needed, beside = (
        tuple(verdicts.apply(rule, results) for rule in rules)
        for rules in (claim.rules, claim.needs, claim.also)
    )
    verdict, why = _verdict(claim, findings, needed, results)
    return Decision(claim, verdict, findings, needed, beside, why)


def _verdict(
    claim: Claim,
    findings: tuple[Finding, ...],
    needed: tuple[Finding, ...],
    results: Mapping[str, Any],
) -> tuple[str, str]:
    """The verdict, and why there is none."""
    if all(finding.estimate is None for finding in findings):
        return NOT_TRIED, ""
    sides = [side for rule in (*claim.rules, *claim.needs) for side in (*rule.arms, *rule.others)]
    planned = [run_name(arm, seed) for arm in dict.fromkeys(sides) for seed in results["seeds"]]
    ended = sum(name in results["runs"] for name in planned)
    if ended < len(planned):
        return UNFINISHED, f"{ended} of {len(planned)} runs"
    unmet = [one.verdict for one in needed if one.verdict != verdicts.CONFIRMED]
    if verdicts.REFUTED in unmet:
        return verdicts.UNDECIDED, "what it needs is not there"
    if unmet:
        return verdicts.UNDECIDED, "whether the need is met is unclear"
    verdict = verdicts.combine([one.verdict for one in findings])
    return verdict, "the interval is too wide" if verdict == verdicts.UNDECIDED else ""

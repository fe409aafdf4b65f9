"""The registry of claims: what the originals said, and the study and rules that decide it."""

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gan_keras.foundation.errors import UsageError
from gan_keras.sweeps import estimates, rules
from gan_keras.sweeps import study as studies
from gan_keras.sweeps.rules import Finding, Rule
from gan_keras.sweeps.study import Study, run_name

SYSTEMS = ("LaTeX Writer", "AE-AC-GAN", "digit GAN", "2-D image sets", "GAN blog post")
# What stands in place of a verdict. A claim has none before all its runs are made: stopping as soon
# as the result pleases would bias it.
NOT_TRIED, UNFINISHED = "not tried yet", "not complete yet"
TOO_FEW = "too few seeds"
_RULES = ("rules", "needs", "also")
_TEXTS = ("said", "study", "note", "changed", "before")
_KEYS = ("by", *_TEXTS, *_RULES)
_DECIDED = (rules.CONFIRMED, rules.REFUTED)


@dataclasses.dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        systems: The originals that make it.
        said: The claim in our words.
        study: Name of the study file that decides; empty if there is none yet.
        rules: All must be confirmed.
        needs: Without these confirmed too the experiment says nothing, whatever the rules find: two
            arms that both fail are the same, but not as the claim means it.
        also: The same question for other networks or settings; no part of the verdict.
        note: How to read the verdict.
        changed: What was changed of its rules, needs or seeds after a look at results.
        before: A verdict that other statistics gave on the same runs, and which.
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
    before: str = ""


@dataclasses.dataclass(frozen=True)
class Decision:
    """The verdict on a claim, with the findings of its rules, its needs and its `also`.

    `verdict` is `NOT_TRIED` or `UNFINISHED` where there is none; `why` says why, in a few words.
    """

    claim: Claim
    verdict: str
    why: str
    findings: tuple[Finding, ...]
    needed: tuple[Finding, ...]
    beside: tuple[Finding, ...]

    @property
    def deciding(self) -> Finding | None:
        """The weakest of the findings with this verdict, or of all; None if none is measured."""
        measured = [(one, found) for one in self.findings if (found := one.estimate)]
        ranked = sorted(
            measured,
            key=lambda row: (
                row[0].verdict != self.verdict,
                row[0].rule.support(row[1].value, row[1].value)[0] / row[1].unit,
            ),
        )
        return ranked[0][0] if ranked else None


def load(file: Path) -> tuple[Claim, ...]:
    """Reads the registry, claims.yaml, and checks it against the study files beside it.

    Raises:
        DataError: If a file cannot be read.
        UsageError: Names what is wrong and where.
    """
    raw = studies.read_yaml(file)
    if not isinstance(raw, dict):
        raise UsageError(f"{file}: expected a mapping (id: claim)")
    known: dict[str, list[Study]] = {}
    return tuple(_claim(id, entry, file, known) for id, entry in raw.items())


def _claim(id: str, entry: Any, file: Path, known: dict[str, list[Study]]) -> Claim:
    where = f"{file}, {id}"
    if not isinstance(entry, dict) or not entry.keys() <= {*_KEYS}:
        raise UsageError(f"{where}: expected a mapping of {', '.join(_KEYS)}")
    systems = tuple(name.strip() for name in str(entry.get("by", "")).split(","))
    if unknown := [name for name in systems if name not in SYSTEMS]:
        raise UsageError(f"{where}: by={unknown[0]!r}: choose of {', '.join(SYSTEMS)}")
    given = {key for key in ("study", *_RULES) if entry.get(key)}
    if given and not {"study", "rules"} <= given:
        raise UsageError(f"{where}: study and rules belong together, needs and also to them")
    asked: dict[str, Any] = {
        key: tuple(rules.parse(rule, where) for rule in entry.get(key) or ()) for key in _RULES
    }
    texts = {key: " ".join(str(entry.get(key, "")).split()) for key in _TEXTS}
    claim = Claim(id, systems, **asked, **texts)
    if claim.study and claim.study not in known:
        path = file.parent / f"{claim.study}.yaml"
        sizes = studies.read_yaml(path).get("sizes", {})
        known[claim.study] = [studies.load(path, size) for size in sizes]
    used = (*claim.rules, *claim.needs, *claim.also)
    for study, rule in itertools.product(known.get(claim.study, ()), used):
        arms = {arm.name for arm in study.arms}
        if unknown := [arm for arm in (*rule.arms, *rule.others) if arm not in arms]:
            raise UsageError(f"{where}: {study.name} ({study.size}) has no arm {unknown[0]!r}")
        for metric in (rule.metric, *[rules.COLLAPSED] * rule.working):
            if metric not in {measure.name for measure in study.metrics}:
                raise UsageError(f"{where}: {study.name} does not measure {metric!r}")
    return claim


def decide(asked: Sequence[Claim], results: Mapping[str, Any]) -> list[Decision]:
    """Compares all claims of a study that have rules with the content of its results file.

    The chance that any claim is decided wrongly is `estimates.RISK` at most: claims share it by
    Holm's procedure, and the rules of a claim share its part. A claim is refuted if any of its
    rules is, and confirmed if all are.
    """
    decided: dict[str, Decision] = {}
    left = list(asked)
    while left:
        found = [_decide(claim, results, estimates.RISK / len(left)) for claim in left]
        decided |= {decision.claim.id: decision for decision in found}
        undecided = [one.claim for one in found if one.verdict not in _DECIDED]
        if len(undecided) == len(left):
            break
        left = undecided
    return [decided[claim.id] for claim in asked]


def _decide(claim: Claim, results: Mapping[str, Any], risk: float) -> Decision:
    findings = tuple(rules.apply(one, results, risk / len(claim.rules)) for one in claim.rules)
    needed, beside = (
        tuple(rules.apply(rule, results) for rule in asked) for asked in (claim.needs, claim.also)
    )
    arms = {arm for rule in (*claim.rules, *claim.needs) for arm in (*rule.arms, *rule.others)}
    planned = [run_name(arm, seed) for arm in arms for seed in results["seeds"]]
    ended = sum(name in results["runs"] for name in planned)
    met, ruled = ({one.verdict for one in found} for found in (needed, findings))
    measured = [finding.estimate for finding in findings if finding.estimate]
    few = any(math.isinf(one.low) for one in measured)
    verdict, why = rules.UNDECIDED, TOO_FEW if few else "seeds differ too much"
    if not measured:
        verdict, why = NOT_TRIED, ""
    elif ended < len(planned):
        verdict, why = UNFINISHED, f"{ended} of {len(planned)} runs"
    elif rules.REFUTED in met:
        why = "its networks do not work well enough"
    elif rules.UNDECIDED in met:
        why = why if few else "it is unclear whether its networks work well enough"
    elif rules.REFUTED in ruled:
        verdict, why = rules.REFUTED, ""
    elif rules.UNDECIDED not in ruled:
        verdict, why = rules.CONFIRMED, ""
    return Decision(claim, verdict, why, findings, needed, beside)

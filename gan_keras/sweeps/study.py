"""Study files: the configurations of a study, their seeds, and what is measured and compared.

A study is YAML. Its runs are arms times grid times seeds:

    title: Length of the noise vector
    experiment: gaussian
    preset: z1
    options: {eval_samples: 2500}     # of all arms
    arms:                             # by name; each may name its own experiment and preset
      short: {latent_dim: 1}
      long: {latent_dim: 100}
    grid: {epochs: [70, 700]}         # crossed with the arms, or alone
    seeds: [0, 1, 2, 3, 4]
    baseline: short-epochs=70         # what the others are compared with
    metrics: [energy_distance]
    words: {short: one number}        # what readers are told in place of names of arms and metrics
    sizes:                            # each may change options, arms and seeds
      cpu:
        options: {steps_per_epoch: 16}
        scaled_down: "..."
        seconds: 20
        pilot:                        # its runs are in no table and decide nothing
          seeds: [100, 101, 102]
          found: {E1: {met: 3, spread: [0.2], seeds: 14, at_effect: 8}}  # as `--pilot` prints it
      full: {}
"""

import dataclasses
import itertools
import re
from collections.abc import Collection, Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from gan_keras import configs
from gan_keras.configs.base import RunConfig
from gan_keras.foundation.errors import DataError, UsageError, one_line
from gan_keras.sweeps import measures
from gan_keras.sweeps.measures import Measure

# The larger size outranks the smaller one.
SIZES = ("cpu", "full")
_IN_BOTH = ("options", "arms", "seeds")
_KEYS = (
    "title",
    "experiment",
    "preset",
    *_IN_BOTH,
    "grid",
    "baseline",
    "metrics",
    "words",
    "sizes",
)
_SIZE_KEYS = (*_IN_BOTH, "scaled_down", "seconds", "pilot")
_PLANNED = ("met", "spread", "seeds", "at_effect")
# Options that belong to the machine, not to the study.
_MACHINE = ("workdir", "data_dir", "seed")
# A sweep reports on all its runs together, and all machines that make them must compute alike.
_DEFAULTS = {"gif": False, "report": False, "precision": "float32"}


@dataclasses.dataclass(frozen=True)
class Arm:
    """One configuration of a study (with seed 0), and its name in tables and of folders.

    `seconds` is the estimated time of one run on one core; 0 if unknown. `words` is its name for
    readers.
    """

    name: str
    config: RunConfig
    seconds: float = 0.0
    words: str = ""


@dataclasses.dataclass(frozen=True)
class Planned:
    """What a pilot found about a claim.

    Attributes:
        met: Number of pilot seeds with which all needs of the claim were met.
        spread: Spread between seeds that it was planned with, of each rule; 0 for events.
        seeds: Number of seeds that decides its margin with 80 % power; 0 if no number does.
        at_effect: The number if the effect is the one that the pilot had.
    """

    met: int
    spread: tuple[float, ...]
    seeds: int
    at_effect: int


@dataclasses.dataclass(frozen=True)
class Pilot:
    """The pilot of a study: its seeds, which no other run has, and what it found by claim."""

    seeds: tuple[int, ...]
    found: Mapping[str, Planned]


@dataclasses.dataclass(frozen=True)
class Study:
    """A study at one size.

    Attributes:
        name: Name of the file.
        size: One of `SIZES`.
        arms: The configurations.
        seeds: Seeds of each arm.
        metrics: Measures that are compared.
        baseline: Name of the arm that the others are compared with; empty for none.
        scaled_down: What this size leaves out, and why that still tests the claim.
        pilot: The runs that the number of seeds was planned with.
        words: Names of metrics for readers, by name.
    """

    name: str
    size: str
    title: str
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]
    metrics: tuple[Measure, ...]
    baseline: str = ""
    scaled_down: str = ""
    pilot: Pilot | None = None
    words: Mapping[str, str] = dataclasses.field(default_factory=dict)


def is_name(name: str) -> bool:
    """Returns whether an arm may have this name: names become names of folders and files."""
    return bool(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.=+-]{0,149}", name))


def run_name(arm: str, seed: int) -> str:
    """Returns the name of a run in results, folders and files."""
    return f"{arm}-seed={seed}"


class _Loader(yaml.SafeLoader):
    """The safe loader, with keys as texts; one that occurs twice is refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        self.flatten_mapping(node)
        names = [key.value for key, _ in node.value]
        if twice := [name for name in names if names.count(name) > 1]:
            problem = f"{twice[0]!r} occurs twice; names must differ"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        return {str(key): value for key, value in super().construct_mapping(node, deep).items()}


# YAML takes 1e-4, without a dot, for a text.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+e[-+]?\d+$"), list("-+0123456789")
)


def read_yaml(file: str | Path) -> Any:
    """Reads a YAML file: plain data only, no key twice.

    Raises:
        DataError: If it cannot be read.
        UsageError: If it is no YAML, or has a key twice.
    """
    try:
        return yaml.load(Path(file).read_text(encoding="utf-8"), _Loader)  # a SafeLoader
    except OSError as error:
        raise DataError(f"{file} cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{file} is no YAML: {one_line(error)}") from error


def load(file: str | Path, size: str) -> Study:
    """Reads a study file at one of its sizes and checks all of it, before anything runs.

    Raises:
        DataError: If the file cannot be read.
        UsageError: Names what is wrong and where.
    """
    where = str(file)
    raw = _mapping(read_yaml(file), where, _KEYS)
    sizes = _mapping(raw.get("sizes"), f"{where}, sizes")
    if size not in sizes:
        raise UsageError(f"{where} has no size {size!r}; it has {', '.join(sizes)}")
    chosen = _mapping(sizes[size], f"{where}, size {size}", _SIZE_KEYS)
    arms = _arms(raw, chosen, where)
    names = ["", *(arm.name for arm in arms)]
    if (baseline := raw.get("baseline", "")) not in names:
        raise UsageError(f"{where}: baseline {baseline!r} is no arm; arms: {', '.join(names[1:])}")
    seeds = _seeds(chosen.get("seeds", raw.get("seeds", [0, 1, 2])), where)
    pilot = _pilot(chosen.get("pilot"), seeds, f"{where}, pilot") if "pilot" in chosen else None
    return Study(
        name=Path(file).stem,
        size=size,
        title=str(raw.get("title", "")),
        arms=arms,
        seeds=seeds,
        metrics=_metrics(raw.get("metrics"), where),
        baseline=baseline,
        scaled_down=" ".join(str(chosen.get("scaled_down", "")).split()),
        pilot=pilot,
        words=_mapping(raw.get("words"), f"{where}, words"),
    )


def _mapping(value: Any, where: str, known: Collection[str] = ()) -> dict[str, Any]:
    """Checks a mapping, and its keys if some are known; one that is missing is empty."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UsageError(f"{where}: expected a mapping (name: value)")
    if unknown := [key for key in value if known and key not in known]:
        raise UsageError(f"{where}: unknown {', '.join(unknown)}; known: {', '.join(known)}")
    return value


def _metrics(value: Any, where: str) -> tuple[Measure, ...]:
    if not isinstance(value, list) or not value:
        raise UsageError(f"{where}: `metrics` must be a list with something in it")
    found: list[Measure] = []
    for entry in value:
        found.append(measures.parse(entry, [measure.name for measure in found], where))
    return tuple(found)


def _seeds(value: Any, where: str) -> tuple[int, ...]:
    whole = isinstance(value, list) and value and all(type(seed) is int for seed in value)
    if not whole or len(set(value)) < len(value):
        raise UsageError(f"{where}: seeds must be different whole numbers, e.g. [0, 1, 2]")
    return tuple(value)


def _pilot(value: Any, taken: Collection[int], where: str) -> Pilot:
    raw = _mapping(value, where, ("seeds", "found"))
    seeds = _seeds(raw.get("seeds"), where)
    if again := sorted({*seeds} & {*taken}):
        raise UsageError(
            f"{where}: seed {again[0]} is one of the study's own; runs that planned a study must "
            "not decide it too: choose others"
        )
    found = {}
    for claim, entry in _mapping(raw.get("found"), f"{where}, found").items():
        entry = _mapping(entry, f"{where}, {claim}", _PLANNED)
        try:
            met, seeds_needed, at_effect = (int(entry[n]) for n in ("met", "seeds", "at_effect"))
            found[claim] = Planned(met, tuple(map(float, entry["spread"])), seeds_needed, at_effect)
        except (KeyError, TypeError, ValueError):
            raise UsageError(
                f"{where}, {claim}: give {', '.join(_PLANNED)}, as --pilot prints them"
            ) from None
    return Pilot(seeds, found)


def _arms(raw: Mapping[str, Any], chosen: Mapping[str, Any], where: str) -> tuple[Arm, ...]:
    """Returns all arms, crossed with the grid; no two are the same run."""
    arms = _mapping(raw.get("arms"), f"{where}, arms") or {"": {}}
    own = _mapping(chosen.get("arms"), f"{where}, arms of the size")
    grid = _mapping(raw.get("grid"), f"{where}, grid")
    told = _mapping(raw.get("words"), f"{where}, words")
    if wrong := [name for name, values in grid.items() if not (values and type(values) is list)]:
        raise UsageError(f"{where}: grid: {wrong[0]} needs a list of values")
    if unknown := [name for name in own if name not in arms]:
        raise UsageError(f"{where}: the size changes unknown arms {', '.join(unknown)}")
    found: dict[RunConfig, Arm] = {}
    for name, options in arms.items():
        base = {"experiment": raw.get("experiment", ""), "preset": raw.get("preset"), **_DEFAULTS}
        for layer in (raw.get("options"), chosen.get("options"), options, own.get(name)):
            base |= _mapping(layer, f"{where}, options of arm {name!r}")
        for values in itertools.product(*grid.values()):
            point = dict(zip(grid, values, strict=True))
            labels = [name, *(f"{key}={value}" for key, value in point.items())]
            full = "-".join(filter(None, labels)) or "all"
            if not is_name(full):
                raise UsageError(f"{where}: arm {full!r}: use letters, digits and _ . = + -")
            config = _config({**base, **point}, f"{where}, arm {full}")
            if config in found:
                same = f"{found[config].name!r} and {full!r}"
                raise UsageError(f"{where}: arms {same} are the same run")
            words = ", ".join(filter(None, (str(told.get(label, label)) for label in labels)))
            seconds = _seconds(chosen.get("seconds"), name, where)
            found[config] = Arm(full, config, seconds, words or full)
    return tuple(found.values())


def _config(options: dict[str, Any], where: str) -> RunConfig:
    """Returns the configuration of an arm."""
    experiment, preset = options.pop("experiment"), options.pop("preset")
    for what, name in (("experiment", experiment), ("preset", preset or "")):
        if not isinstance(name, str):
            raise UsageError(f"{where}: {what}={name!r}: expected one name")
    if named := [name for name in _MACHINE if name in options]:
        raise UsageError(f"{where}: {', '.join(named)} is not for a study file to say")
    try:
        config = configs.config_class(experiment).create(preset, options)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
    if config.precision == "auto":
        raise UsageError(f"{where}: precision must be float32 or bfloat16 wherever runs are made")
    return config


def _seconds(value: Any, arm: str, where: str) -> float:
    """Returns the estimated seconds of one run of an arm; 0 if unknown."""
    found = value.get(arm) if isinstance(value, dict) else value
    if not isinstance(found, int | float | None):
        raise UsageError(f"{where}: seconds must be a number, or one for each arm")
    return found or 0.0

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
    sizes:                            # each may change options, arms, grid, seeds and baseline
      cpu: {options: {steps_per_epoch: 16}, scaled_down: "...", seconds: 20}
      full: {}
"""

import dataclasses
import itertools
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import yaml
import yaml.resolver

from gan_keras import configs
from gan_keras.configs.base import RunConfig
from gan_keras.foundation.errors import DataError, UsageError, one_line
from gan_keras.sweeps import measures
from gan_keras.sweeps.measures import Measure

# The larger size outranks the smaller one.
SIZES = ("cpu", "full")
_IN_BOTH = ("options", "arms", "grid", "seeds", "baseline")
_KEYS = ("title", "experiment", "preset", *_IN_BOTH, "metrics", "sizes")
_SIZE_KEYS = (*_IN_BOTH, "scaled_down", "seconds")
# Options that belong to the machine, not to the study.
_MACHINE = ("workdir", "data_dir", "seed")
# A sweep reports on all its runs together. Several machines may make them, and must not choose how
# each computes.
_DEFAULTS = {"gif": False, "report": False, "precision": "float32"}


@dataclasses.dataclass(frozen=True)
class Arm:
    """One configuration of a study.

    Attributes:
        name: Name of its folders, and in tables.
        config: The configuration, with seed 0.
        seconds: Estimated seconds of one run on one core; 0 if unknown.
    """

    name: str
    config: RunConfig
    seconds: float = 0.0


@dataclasses.dataclass(frozen=True)
class Study:
    """A study at one size.

    Attributes:
        name: Name of the file.
        size: One of `SIZES`.
        title: One line.
        arms: The configurations.
        seeds: Seeds of each arm.
        metrics: What is compared.
        baseline: Name of the arm that the others are compared with; empty for none.
        scaled_down: What this size leaves out, and why that still tests the claim.
    """

    name: str
    size: str
    title: str
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]
    metrics: tuple[Measure, ...]
    baseline: str = ""
    scaled_down: str = ""


def is_name(name: str) -> bool:
    """Returns whether an arm may have this name: names become names of folders and files."""
    return bool(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.=+-]{0,149}", name))


def run_name(arm: str, seed: int) -> str:
    """Returns the name of a run in results, folders and files."""
    return f"{arm}-seed={seed}"


class _Loader(yaml.SafeLoader):
    """The safe loader, with keys as texts; one that occurs twice is refused."""


def _mapping_without_repeats(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    loader.flatten_mapping(node)
    found = {}
    for key_node, value_node in node.value:
        key = str(loader.construct_object(key_node, deep=True))
        if key in found:
            problem = f"{key!r} occurs twice; names must differ"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
        found[key] = loader.construct_object(value_node, deep=True)
    return found


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats)


def read_yaml(file: str | Path) -> Any:
    """Reads a YAML file: plain data only, no key twice.

    Raises:
        DataError: If it cannot be read.
        UsageError: If it is no YAML, or has a key twice.
    """
    try:
        return yaml.load(Path(file).read_text(encoding="utf-8"), _Loader)  # a SafeLoader
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{file} cannot be read ({reason})") from error
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{file} is no YAML: {one_line(error)}") from error


def load(file: str | Path, size: str) -> Study:
    """Reads a study file and checks all of it, before anything runs.

    Args:
        file: The YAML file.
        size: One of its sizes.

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
    names = [arm.name for arm in arms]
    baseline = chosen.get("baseline", raw.get("baseline", ""))
    if baseline and baseline not in names:
        raise UsageError(f"{where}: baseline {baseline!r} is no arm; arms: {', '.join(names)}")
    return Study(
        name=Path(file).stem,
        size=size,
        title=str(raw.get("title", Path(file).stem)),
        arms=arms,
        seeds=_seeds(chosen.get("seeds", raw.get("seeds", [0, 1, 2])), where),
        metrics=_metrics(raw.get("metrics"), where),
        baseline=baseline,
        scaled_down=" ".join(str(chosen.get("scaled_down", "")).split()),
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
    found: dict[str, Measure] = {}
    for entry in value:
        measure = measures.parse(entry, found.keys(), where)
        found[measure.name] = measure
    return tuple(found.values())


def _seeds(value: Any, where: str) -> tuple[int, ...]:
    whole = isinstance(value, list) and value and all(type(seed) is int for seed in value)
    if not whole or len(set(value)) < len(value):
        raise UsageError(f"{where}: seeds must be different whole numbers, e.g. [0, 1, 2]")
    return tuple(value)


def _arms(raw: Mapping[str, Any], chosen: Mapping[str, Any], where: str) -> tuple[Arm, ...]:
    """Returns all arms with their configurations, checked against each other."""
    arms = _mapping(raw.get("arms"), f"{where}, arms") or {"": {}}
    own = _mapping(chosen.get("arms"), f"{where}, arms of the size")
    points = _grid_points(chosen.get("grid", raw.get("grid")), where)
    if unknown := [name for name in own if name not in arms]:
        raise UsageError(f"{where}: the size changes unknown arms {', '.join(unknown)}")
    found = []
    for name, options in arms.items():
        base = {
            "experiment": raw.get("experiment", ""),
            "preset": raw.get("preset"),
            **_DEFAULTS,
            **_mapping(raw.get("options"), f"{where}, options"),
            **_mapping(chosen.get("options"), f"{where}, options of the size"),
            **_mapping(options, f"{where}, arm {name}"),
            **_mapping(own.get(name), f"{where}, arm {name}"),
        }
        for point in points:
            labels = [name, *(f"{key}={value}" for key, value in point.items())]
            full = "-".join(filter(None, labels)) or "all"
            config = _config({**base, **point}, f"{where}, arm {full}")
            found.append(Arm(full, config, _seconds(chosen.get("seconds"), name, where)))
    _check_different(found, where)
    return tuple(found)


def _grid_points(value: Any, where: str) -> list[dict[str, Any]]:
    """Returns the cross product of a grid; one point without options if there is none."""
    grid = _mapping(value, f"{where}, grid")
    for option, values in grid.items():
        if not isinstance(values, list) or not values:
            raise UsageError(f"{where}: grid: {option} needs a list of values")
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def _config(options: dict[str, Any], where: str) -> RunConfig:
    """Returns the configuration of an arm."""
    experiment, preset = options.pop("experiment"), options.pop("preset")
    for what, name in (("experiment", experiment), ("preset", preset or "")):
        if not isinstance(name, str):
            raise UsageError(f"{where}: {what}={name!r}: expected one name")
    if named := [name for name in _MACHINE if name in options]:
        raise UsageError(f"{where}: {', '.join(named)} is not for a study file to say")
    try:
        config_class = configs.config_class(experiment)
        kinds = get_type_hints(config_class)
        # YAML takes 1e-4, without a dot, for a text
        options = {
            name: _float(value) if kinds.get(name) is float else value
            for name, value in options.items()
        }
        config = config_class.create(preset, options)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
    if config.precision == "auto":
        raise UsageError(f"{where}: precision must be float32 or bfloat16 wherever runs are made")
    return config


def _float(value: Any) -> Any:
    try:
        return float(value) if not isinstance(value, bool) else value
    except (TypeError, ValueError):
        return value  # the configuration says what is wrong with it


def _seconds(value: Any, arm: str, where: str) -> float:
    """Returns the estimated seconds of one run of an arm; 0 if unknown."""
    found = value.get(arm) if isinstance(value, dict) else value
    if not isinstance(found, int | float | None):
        raise UsageError(f"{where}: seconds must be a number, or one for each arm")
    return found or 0.0


def _check_different(arms: list[Arm], where: str) -> None:
    """Checks that arms have proper names, and that no two are the same run."""
    runs: dict[str, str] = {}
    for arm in arms:
        if not is_name(arm.name):
            raise UsageError(f"{where}: arm {arm.name!r}: use letters, digits and _ . = + -")
        same = repr(sorted(arm.config.to_dict().items()))
        if same in runs:
            raise UsageError(f"{where}: arms {runs[same]!r} and {arm.name!r} are the same run")
        runs[same] = arm.name

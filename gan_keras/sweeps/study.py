"""A study file: which configurations, how often, and what of them is compared.

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
    sizes:                            # each may change options, arms, grid and seeds
      cpu: {options: {steps_per_epoch: 16}, scaled_down: "...", seconds: 20}
      full: {}
"""

import dataclasses
import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from gan_keras import configs
from gan_keras.configs.base import RunConfig
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.sweeps import measures
from gan_keras.sweeps.measures import Measure

SIZES = ("cpu", "full")
_KEYS = {
    "title", "experiment", "preset", "options", "arms", "grid", "seeds", "baseline", "metrics",
    "sizes", "grids",
}  # fmt: skip
_SIZE_KEYS = {"options", "arms", "grid", "seeds", "scaled_down", "seconds", "baseline"}
# Where things are belongs to the machine, not to the study.
_MACHINE = ("workdir", "data_dir", "seed")
# A sweep reports on all its runs together; they may be made on several machines, which must not
# choose how each computes.
_PLAIN = {"gif": False, "report": False, "precision": "float32"}


@dataclasses.dataclass(frozen=True)
class Arm:
    """One configuration of a study.

    Attributes:
        name: Folder and table name.
        config: With seed 0.
        seconds: Estimated seconds of one run on one core; None if nobody knows.
    """

    name: str
    config: RunConfig
    seconds: float | None = None


@dataclasses.dataclass(frozen=True)
class Study:
    """A study at one size.

    Attributes:
        name: Of the file.
        size: One of `SIZES`.
        title: One line.
        arms: The configurations.
        seeds: Of each arm.
        metrics: What is compared.
        baseline: Name of the arm that the others are compared with; empty for none.
        scaled_down: What this size leaves out and why that still tests the claim.
        grids: Whether the last sample grid of each run is kept beside the results.
    """

    name: str
    size: str
    title: str
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]
    metrics: tuple[Measure, ...]
    baseline: str = ""
    scaled_down: str = ""
    grids: bool = False

    def arm(self, name: str) -> Arm:
        """The arm of that name."""
        return next(arm for arm in self.arms if arm.name == name)


def is_name(name: str) -> bool:
    """Whether an arm may be called so: names become names of folders and files."""
    return bool(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.=+-]{0,149}", name))


def run_name(arm: str, seed: int) -> str:
    """What the run of an arm with a seed is called, in results, folders and files."""
    return f"{arm}-seed={seed}"


class _Loader(yaml.SafeLoader):
    """The safe loader, which moreover refuses a key that occurs twice."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict:
    """Reads a mapping."""
    loader.flatten_mapping(node)
    found = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in found:
            line = key_node.start_mark.line + 1
            raise UsageError(f"line {line}: {key!r} occurs twice; names must differ")
        found[key] = loader.construct_object(value_node, deep=True)
    return found


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(file: str | Path) -> Any:
    """Reads a YAML file: plain data only, no key twice.

    Raises:
        DataError: If it cannot be read.
        UsageError: If it is no YAML.
    """
    try:
        return yaml.load(Path(file).read_text(encoding="utf-8"), _Loader)  # a SafeLoader
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{file} cannot be read ({reason})") from error
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{file} is no YAML: {' '.join(str(error).split())[:300]}") from error
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from None


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
    raw = read_yaml(file)
    _check_keys(raw, _KEYS, where)
    sizes = _part(raw, "sizes", dict, where)
    if size not in sizes:
        raise UsageError(f"{where} has no size {size!r}; it has {', '.join(map(str, sizes))}")
    chosen = sizes[size] or {}
    _check_keys(chosen, _SIZE_KEYS, f"{where}, size {size}")
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
        metrics=_metrics(raw, where),
        baseline=baseline,
        scaled_down=" ".join(str(chosen.get("scaled_down", "")).split()),
        grids=bool(raw.get("grids", False)),
    )


def _check_keys(value: Any, allowed: set[str], where: str) -> None:
    if not isinstance(value, dict):
        raise UsageError(f"{where}: expected a mapping (name: value)")
    if unknown := [str(key) for key in value if key not in allowed]:
        raise UsageError(
            f"{where}: unknown {', '.join(unknown)}; known: {', '.join(sorted(allowed))}"
        )


def _part(raw: Mapping[str, Any], name: str, kind: type, where: str) -> Any:
    """An entry that must be there, and be a list or mapping that is not empty."""
    value = raw.get(name)
    if not isinstance(value, kind) or not value:
        kinds = {dict: "mapping", list: "list"}
        raise UsageError(f"{where}: `{name}` must be a {kinds[kind]} with something in it")
    return value


def _metrics(raw: Mapping[str, Any], where: str) -> tuple[Measure, ...]:
    found: dict[str, Measure] = {}
    for entry in _part(raw, "metrics", list, where):
        measure = measures.parse(entry, found, where)
        if measure.name in found:
            raise UsageError(f"{where}: metric {measure.name!r} is listed twice")
        found[measure.name] = measure
    return tuple(found.values())


def _seeds(value: Any, where: str) -> tuple[int, ...]:
    if not isinstance(value, list) or not value or any(type(seed) is not int for seed in value):
        raise UsageError(f"{where}: seeds must be a list of whole numbers, e.g. [0, 1, 2]")
    if len(set(value)) < len(value):
        raise UsageError(f"{where}: seeds {value} has one twice")
    return tuple(value)


def _arms(raw: Mapping[str, Any], chosen: Mapping[str, Any], where: str) -> tuple[Arm, ...]:
    """All arms with their configurations, checked against each other."""
    arms = raw.get("arms") or {"": {}}
    own = chosen.get("arms") or {}
    grid = chosen.get("grid", raw.get("grid")) or {}
    for what, value in (("arms", arms), ("arms of the size", own), ("grid", grid)):
        if not isinstance(value, dict):
            raise UsageError(f"{where}: {what} must be a mapping (name: options)")
    if unknown := [str(name) for name in own if name not in arms]:
        raise UsageError(f"{where}: the size changes unknown arms {', '.join(unknown)}")
    found = []
    for name, options in arms.items():
        base = {
            "experiment": raw.get("experiment", ""),
            "preset": raw.get("preset"),
            **_PLAIN,
            **_options(raw.get("options"), where),
            **_options(chosen.get("options"), where),
            **_options(options, f"{where}, arm {name}"),
            **_options(own.get(name), f"{where}, arm {name}"),
        }
        for point in _points(grid, where):
            labels = [f"{key}={value}" for key, value in point.items()]
            full = "-".join([str(name), *labels] if name else labels) or "all"
            config = _config({**base, **point}, f"{where}, arm {full}")
            found.append(Arm(full, config, _seconds(chosen.get("seconds"), str(name), where)))
    _check_different(found, where)
    return tuple(found)


def _options(value: Any, where: str) -> dict[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise UsageError(f"{where}: options must be a mapping (option: value)")
    return value or {}


def _points(grid: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """The cross product of a grid."""
    for option, values in grid.items():
        if not isinstance(values, list) or not values:
            raise UsageError(f"{where}: grid: {option} needs a list of values")
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def _config(options: dict[str, Any], where: str) -> RunConfig:
    """The configuration of an arm."""
    experiment, preset = options.pop("experiment"), options.pop("preset")
    for what, name in (("experiment", experiment), ("preset", preset or "")):
        if not isinstance(name, str):
            raise UsageError(f"{where}: {what}={name!r}: expected one name")
    if odd := [name for name in options if not isinstance(name, str)]:
        raise UsageError(f"{where}: {odd[0]!r} is no option's name")
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


def _seconds(value: Any, arm: str, where: str) -> float | None:
    """Estimated seconds of one run of an arm."""
    if isinstance(value, dict):
        value = value.get(arm)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise UsageError(f"{where}: seconds must be a number, or one for each arm")
    return value


def _check_different(arms: list[Arm], where: str) -> None:
    """No two arms may share a name, or be the same run under two names."""
    names, runs = set(), {}
    for arm in arms:
        if not is_name(arm.name):
            raise UsageError(f"{where}: arm {arm.name!r}: use letters, digits and _ . = + -")
        if arm.name in names:
            raise UsageError(f"{where}: two arms are called {arm.name!r}")
        names.add(arm.name)
        same = repr(sorted(arm.config.to_dict().items(), key=str))
        if same in runs:
            raise UsageError(f"{where}: arms {runs[same]!r} and {arm.name!r} are the same run")
        runs[same] = arm.name

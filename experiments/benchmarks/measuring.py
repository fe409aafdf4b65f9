"""What the benchmarks share: files of results, the machine, commands, and the AC-GAN's options."""

import json
import os
import subprocess
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from absl import flags

from gan_keras.configs.acgan import ACGANConfig
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import write_json
from gan_keras.storage.environment import environment

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, Any]:
    """Returns versions, processor, commit, date and load, which belong beside every figure."""
    load = round(os.getloadavg()[0], 2)
    return {**environment(), "date": time.strftime("%Y-%m-%d"), "load": load}


def read(path: Path, key: str) -> dict[str, Any]:
    """Reads what earlier calls measured; an empty result if there is no file.

    Args:
        path: JSON file of a benchmark.
        key: The entry that holds its results.

    Raises:
        DataError: If it is something else.
    """
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {key: {}}
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path}: {error}; name another --out") from None
    if not isinstance(results, dict) or not isinstance(results.get(key), dict):
        raise DataError(f"{path} is no file of this benchmark; name another --out")
    return results


def keep(path: Path, key: str, name: str, value: Any, **facts: Any) -> dict[str, Any]:
    """Adds one result to a file, which another process may have changed meanwhile.

    Args:
        path: JSON file of a benchmark.
        key: The entry that holds its results.
        name: Name of the result.
        value: The result.
        **facts: Further entries of the file.

    Returns:
        The new content of the file.
    """
    results = read(path, key)
    results[key][name] = value
    results |= {**facts, "machine": machine()}
    write_json(path, results)
    return results


def check_names(flag: str, given: list[str], known: Collection[str]) -> None:
    """Refuses unknown names, and none at all.

    Raises:
        UsageError: Lists the names that are known.
    """
    if not given or not set(given) <= set(known):
        raise UsageError(f"--{flag} must be some of {','.join(known)}; got {','.join(given)!r}")


def run(*command: str) -> None:
    """Runs a command of this repository.

    Raises:
        DataError: If it fails; with the last line that it wrote.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise DataError(f"{' '.join(command[1:3])} failed: {last[0]}")


def define_acgan_flags() -> None:
    """Defines the flags of benchmarks that train an AC-GAN."""
    flags.DEFINE_string("dataset", "crohme", "Data set with classes.")
    flags.DEFINE_string("data_dir", "data", "Folder of prepared data.")
    flags.DEFINE_string("preset", "compact", "Preset of the AC-GAN.")
    flags.DEFINE_list("options", [], "Options of the AC-GAN that differ from the preset: lr=4e-4.")


def acgan_config(**options: Any) -> ACGANConfig:
    """Builds the configuration that the flags ask for.

    Args:
        **options: Options that the benchmark sets itself.

    Raises:
        UsageError: If one of --options is not NAME=VALUE, is unknown, or has a wrong value.
    """
    given = flags.FLAGS
    defaults = ACGANConfig.create(given.preset).to_dict()
    options |= {"dataset": given.dataset, "data_dir": given.data_dir}
    for option in given.options:
        name, equals, text = option.partition("=")
        if not equals:
            raise UsageError(f"--options: {option!r} is not NAME=VALUE")
        if name not in defaults:
            raise UsageError(f"--options: the experiment has no {name}")
        kind = type(defaults[name])
        try:
            options[name] = text.lower() in ("1", "true") if kind is bool else kind(text)
        except ValueError:
            raise UsageError(f"--options: {name}={text} is no {kind.__name__}") from None
    return ACGANConfig.create(given.preset, options)

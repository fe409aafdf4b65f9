"""The file of results, to which a later call adds."""

import json
from pathlib import Path
from typing import Any

from gan_keras.foundation.errors import DataError


def read(path: Path, key: str) -> dict[str, Any]:
    """Reads what earlier calls measured; an empty result if there is no file.

    Args:
        path: JSON file of a benchmark.
        key: What its results stand under.

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

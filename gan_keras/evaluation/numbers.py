"""Numbers as JSON wants them."""

from collections.abc import Iterable

import numpy as np


def number(value: float) -> float | None:
    """A float for JSON, which has no NaN."""
    return float(value) if np.isfinite(value) else None


def by_name(names: Iterable[str], values: Iterable[float]) -> dict[str, float | None]:
    """Values of classes under their names."""
    return {name: number(value) for name, value in zip(names, values, strict=True)}

"""Options of an experiment given as NAME=VALUE, for benchmarks that train one."""

from collections.abc import Sequence
from typing import Any

from gan_keras.foundation.errors import UsageError


def parse(kind: type, preset: str, texts: Sequence[str]) -> dict[str, Any]:
    """Reads options as the types of their fields.

    Args:
        kind: Class of the configuration.
        preset: Whose values show the types.
        texts: Such as `lr=4e-4`.

    Raises:
        UsageError: If one is not NAME=VALUE, is unknown, or its value is of another type.
    """
    fields, defaults = kind.option_fields(), kind.create(preset)
    given = {}
    for option in texts:
        name, equals, text = option.partition("=")
        if not equals:
            raise UsageError(f"--options: {option!r} is not NAME=VALUE")
        if name not in fields:
            raise UsageError(f"--options: the experiment has no {name}")
        wanted = type(getattr(defaults, name))
        try:
            given[name] = text.lower() in ("1", "true") if wanted is bool else wanted(text)
        except ValueError:
            raise UsageError(f"--options: {name}={text} is no {wanted.__name__}") from None
    return given

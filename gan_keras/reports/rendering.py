"""Templates into files, with everything in them."""

import base64
import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from gan_keras.foundation.files import atomic_path

_PNG = b"\x89PNG\r\n\x1a\n"


def render(template: str, values: Mapping[str, Any]) -> str:
    """Fills a template of this folder; whatever comes from outside is escaped.

    Args:
        template: File name.
        values: By name.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(values)


def write(path: Path, template: str, values: Mapping[str, Any]) -> Path:
    """Writes a page, atomically, and returns its path."""
    text = render(template, values)
    with atomic_path(path) as temporary:
        # Names of files may hold what is no text.
        temporary.write_bytes(text.encode("utf-8", "replace"))
    return path


def data_uri(content: bytes, kind: str) -> str:
    """A file as an address that needs no network."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def file_uri(content: bytes) -> str | None:
    """A PNG file as it is; None if it is none."""
    return data_uri(content, "png") if content.startswith(_PNG) else None


def now() -> str:
    """The time at which a page was made."""
    return datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")

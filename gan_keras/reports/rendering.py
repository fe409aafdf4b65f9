"""Fills page templates and turns pictures into text that a page holds."""

import base64
import datetime
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from PIL import Image

from gan_keras.foundation.files import atomic_path


def write(path: Path, template: str, values: Mapping[str, Any]) -> Path:
    """Writes a page, atomically, and returns its path.

    Args:
        path: The page.
        template: Name of a template in this folder; it also gets the time as `made`.
        values: What it shows. Whatever comes from outside is escaped.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    now = datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    text = environment.get_template(template).render(values, made=now)
    with atomic_path(path) as temporary:
        # names of files may hold bytes that are no text
        temporary.write_bytes(text.encode("utf-8", "replace"))
    return path


def data_uri(content: bytes, kind: str = "png") -> str:
    """Returns an image file as an address that needs no network."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def png_uri(picture: np.ndarray) -> str:
    """Returns a picture, uint8 `(h, w, 1)` or `(h, w, 3)`, as the address of a PNG."""
    file = io.BytesIO()
    Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture).save(file, "PNG")
    return data_uri(file.getvalue())

"""Contact sheet: a picture with some samples of each class."""

import os
from collections.abc import Sequence

import numpy as np
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont

COLUMNS = 20
MAX_ROWS = 250
# Limits for large images: the width of the samples, and the area of the sheet, in pixels.
_MAX_WIDTH = 1600
_MAX_AREA = 40_000_000
_GAP = 3
_MIN_ROW = 32  # Room for the label.
_PAPER, _GROUND, _INK = 255, 244, 0


def draw_sheet(images: np.ndarray, labels: np.ndarray, class_names: Sequence[str]) -> Image.Image:
    """Draws a contact sheet: one row per class, with its label, its count and samples.

    The samples of a class, `COLUMNS` at most, are evenly spread over its symbols.

    Args:
        images: uint8 (n, size, size), ink 255 on 0.
        labels: int (n,), indices into `class_names`.
        class_names: The labels. Only the first `MAX_ROWS` classes that have symbols are drawn
            (fewer if the images are large).

    Returns:
        The sheet, grey, dark ink on white.
    """
    size = images.shape[1]
    pitch_x, pitch_y = size + _GAP, max(size, _MIN_ROW) + _GAP
    columns = max(1, min(COLUMNS, _MAX_WIDTH // pitch_x))
    number = np.bincount(labels, minlength=len(class_names))
    most = max(1, min(MAX_ROWS, _MAX_AREA // (pitch_y * (columns * pitch_x + 300))))
    rows = np.flatnonzero(number)[:most].tolist()
    # Matplotlib's own font: it is on every machine and knows most letters and signs.
    path = os.path.join(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    label_font, count_font = ImageFont.truetype(path, 17), ImageFont.truetype(path, 11)
    titles = {c: _title(class_names[c]) for c in rows}
    counts = {c: f"{number[c]:,}" for c in rows}
    label_width = max(int(label_font.getlength(title)) for title in titles.values()) + 16
    count_width = max(int(count_font.getlength(count)) for count in counts.values()) + 12
    left = label_width + count_width
    sheet = Image.new("L", (left + columns * pitch_x + _GAP, len(rows) * pitch_y + _GAP), _PAPER)
    pen = ImageDraw.Draw(sheet)
    for row, c in enumerate(rows):
        top = _GAP + row * pitch_y
        middle = top + (pitch_y - _GAP) // 2
        pen.text((8, middle), titles[c], fill=_INK, font=label_font, anchor="lm")
        pen.text((left - 8, middle), counts[c], fill=110, font=count_font, anchor="rm")
        members = np.flatnonzero(labels == c)
        picks = np.linspace(0, len(members) - 1, min(columns, len(members))).round().astype(int)
        for column, member in enumerate(members[picks]):
            tile = _GROUND - images[member].astype(np.int32) * _GROUND // 255
            corner = (left + column * pitch_x, middle - size // 2)
            sheet.paste(Image.fromarray(tile.astype(np.uint8)), corner)
    return sheet


def _title(label: str) -> str:
    label = label if label.isprintable() else ascii(label)[1:-1]
    return label if len(label) <= 12 else label[:11] + "…"

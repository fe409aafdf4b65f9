"""Written expressions, and their InkML."""

import dataclasses
import functools
from xml.sax.saxutils import escape

import numpy as np

from data_tools.handwriting.styles import Device


@dataclasses.dataclass(frozen=True)
class Symbol:
    """One written symbol.

    Attributes:
        label: Its LaTeX label.
        strokes: Positions of its strokes in `Expression.strokes`.
    """

    label: str
    strokes: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Expression:
    """One written expression or word.

    Attributes:
        strokes: In the order of writing; each (n, 3): x, y (downward) in the device's unit, and
            the time in ms.
        symbols: The segmentation; every stroke belongs to exactly one symbol.
        truth: LaTeX of the whole.
        writer: Name of the writer.
        device: The digitizer.
    """

    strokes: list[np.ndarray]
    symbols: list[Symbol]
    truth: str
    writer: str
    device: Device


@functools.cache
def _pattern(points: int, decimals: int, timed: bool) -> str:
    """Returns a format for one stroke: one operation for all its points is ten times faster."""
    number = f"%.{decimals}f" if decimals else "%d"
    return ", ".join([f"{number} {number} %d" if timed else f"{number} {number}"] * points)


def write_inkml(expression: Expression) -> bytes:
    """Returns an expression as an InkML document, UTF-8.

    The layout is that of the CROHME collections: channels, annotations, one `trace` per stroke,
    and one `traceGroup` around a `traceGroup` per symbol with its truth and its strokes.

    Args:
        expression: Its strokes and symbols.
    """
    device = expression.device
    kind = "decimal" if device.decimals else "integer"
    channels = [("X", kind), ("Y", kind)] + [("T", "integer")] * device.timed
    lines = ['<ink xmlns="http://www.w3.org/2003/InkML">', "<traceFormat>"]
    lines += [f'<channel name="{name}" type="{kind}"/>' for name, kind in channels]
    lines.append("</traceFormat>")
    notes = {"writer": expression.writer, "device": device.name, "truth": expression.truth}
    for name, text in notes.items():
        lines.append(f'<annotation type="{name}">{escape(text)}</annotation>')
    for i, stroke in enumerate(expression.strokes):
        values = stroke if device.timed else stroke[:, :2]
        pattern = _pattern(len(stroke), device.decimals, device.timed)
        lines.append(f'<trace id="{i}">{pattern % tuple(values.ravel().tolist())}</trace>')
    lines += ['<traceGroup xml:id="g">', '<annotation type="truth">Segmentation</annotation>']
    for i, symbol in enumerate(expression.symbols):
        lines.append(f'<traceGroup xml:id="g{i}">')
        lines.append(f'<annotation type="truth">{escape(symbol.label)}</annotation>')
        lines += [f'<traceView traceDataRef="{stroke}"/>' for stroke in symbol.strokes]
        lines.append("</traceGroup>")
    lines += ["</traceGroup>", "</ink>", ""]
    return "\n".join(lines).encode()

"""Reads labelled symbols with their pen strokes from InkML, well-formed or hostile."""

import codecs
import itertools
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from data_tools.traces import (
    MAX_TAGS,
    InkmlError,
    SkippedError,
    Traces,
    shown,
)

NAMESPACE = "http://www.w3.org/2003/InkML"

# Further limits are those of traces.
MAX_FILE_BYTES = 4 * 2**20
MAX_LABEL_CHARS = 64
MAX_COORDINATE = 1e9

# Reasons for leaving a symbol out, as they appear in the report.
NO_LABEL = "no label"
LONG_LABEL = "label too long"
FAR_COORDINATES = "coordinates out of range"
JUNK = "junk"  # The label that CROHME gives to strokes that are no symbol.
NO_SYMBOL = f"no symbol (--classes={JUNK} takes it)"

# Only fixed, cheap, well-defined decoders: a name in the file must not choose any Python codec.
_ENCODINGS = {"utf-8", "utf-16", "ascii", "iso8859-1", "iso8859-15", "cp1250", "cp1252"}
_DECLARATION = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]{1,40})["']""")
# Bytes that are not UTF-8 come out of "surrogateescape" as U+DC80..U+DCFF.
_LATIN_1 = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}
# A LaTeX expression of one symbol: x, \\alpha, \\{ or \\mathbb{R}.
_ONE_SYMBOL = re.compile(r"\\[A-Za-z]+(\{\w\})?|\\?.", re.DOTALL)


@dataclass(slots=True)
class Symbol:
    """One labelled symbol.

    Attributes:
        index: Number of the symbol within its file, counted over all symbols of the file, so that
            it does not depend on which labels were asked for.
        label: The label as written in the file.
        strokes: The coordinates of each stroke, float64 arrays of shape (points, 2), in the units
            of the file, x to the right and y downward.
    """

    index: int
    label: str
    strokes: list[np.ndarray]


@dataclass(slots=True)
class Page:
    """Content of one file.

    Attributes:
        symbols: The usable symbols with a wanted label, in file order.
        unwanted: Number of symbols of each label that were not asked for.
        skipped: (label, reason) of each symbol that was asked for and cannot be used.
        recovered: The repair without which the file could not be read, or an empty string.
        part: The part of the data set that the file says it belongs to, or an empty string.
    """

    symbols: list[Symbol] = field(default_factory=list)
    unwanted: Counter[str] = field(default_factory=Counter)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    recovered: str = ""
    part: str = ""


def parse(
    data: bytes,
    wanted: Collection[str] | None = None,
    labels: Callable[[], Mapping[str, str]] | None = None,
) -> Page:
    """Reads one InkML file.

    Symbols are the trace groups that have trace views, or a label and traces; strokes are looked
    up by id; the label is the group's own annotation of type "truth" (the first, if there are
    several). An ink of a single symbol need not have such a group, or a label in it: its label is
    that of `labels`, or that of the whole ink.

    Args:
        data: The bytes of the file.
        wanted: The labels to read; None reads all but `JUNK`.
        labels: Returns labels of inks of a single symbol by their annotation "UI"; called only for
            an ink without a label of its own.

    Raises:
        InkmlError: The file as a whole is unusable.
    """
    root, recovered = _tree(data)
    if root.tag == f"{{{NAMESPACE}}}ink":
        prefix = f"{{{NAMESPACE}}}"
    elif root.tag == "ink":
        prefix = ""
    else:
        raise InkmlError(f"root element is {shown(root.tag)}, not InkML's ink")
    grouped = False
    groups: list[tuple[str, Sequence[ET.Element] | None]] = []
    tags = {prefix + name: name for name in ("trace", "traceView", "traceGroup", "annotation")}
    outermost = set(root.findall(prefix + "traceGroup"))
    for group in root.iter(prefix + "traceGroup"):
        label, views, traced, wraps = _content(group, tags)
        grouped |= traced
        if views or not (traced or wraps or group in outermost):
            groups.append((label, views))  # Others wrap the symbols, or raw ink.
    traces = Traces(root, prefix, grouped)
    page = Page(recovered=recovered)
    if not groups or (len(groups) == 1 and not groups[0][0]):
        annotations = _annotations(root, prefix)
        page.part = annotations.get("splitTagOriginal", "")
        label = _expression(annotations)
        if not _ONE_SYMBOL.fullmatch(label):
            name = annotations.get("UI", "")
            given = labels().get(name) if labels else None
            if given is None and not groups:
                ink = "a whole expression" if label else "neither symbols nor a label"
                raise InkmlError(f"no segmentation: {ink}")
            label = given or ""
        groups = [(label, groups[0][1] if groups else None)]
    found: list[_Found] = []
    for index, (label, views) in enumerate(groups):
        if wanted is not None and label and label not in wanted:
            page.unwanted[shown(label)] += 1
            continue
        try:
            if not label:
                raise SkippedError(NO_LABEL)
            if len(label) > MAX_LABEL_CHARS:
                raise SkippedError(LONG_LABEL)
            if label == JUNK and wanted is None:
                raise SkippedError(NO_SYMBOL)
            found.append((index, label, views, traces.strokes(views)))
        except SkippedError as skipped:
            page.skipped.append((shown(label), str(skipped)))
    _convert(found, page, traces)
    return page


# Number, label and views of a symbol, and its strokes as `Traces.strokes` returns them.
_Found = tuple[int, str, Sequence[ET.Element] | None, list[list]]


def _convert(found: list[_Found], page: Page, traces: Traces) -> None:
    """Turns the tokens of symbols into numbers and adds the symbols to the page.

    All symbols of a file together, as that is much faster; one by one only if one of them is bad.
    """
    try:
        values = _numbers(found)
    except (ValueError, SkippedError):
        if len(found) > 1:
            for one in found:
                _convert([one], page, traces)
            return
        ((index, label, views, _),) = found
        try:
            # What looked regular may hold values without blanks between them.
            found = [(index, label, views, traces.strokes(views, careful=True))]
            values = _numbers(found)
        except SkippedError as skipped:
            page.skipped.append((label, str(skipped)))
            return
    points = values.reshape(-1, 2)
    begin = 0
    for index, label, _, strokes in found:
        arrays = []
        for stroke in strokes:
            end = begin + len(stroke) // 2
            arrays.append(points[begin:end])
            begin = end
        page.symbols.append(Symbol(index, label, arrays))


def _numbers(found: list[_Found]) -> np.ndarray:
    strokes = itertools.chain.from_iterable(strokes for _, _, _, strokes in found)
    values = np.fromiter(map(float, itertools.chain.from_iterable(strokes)), np.float64)
    # The comparison is false for NaN too.
    if len(values) and not np.abs(values).max() <= MAX_COORDINATE:
        raise SkippedError(FAR_COORDINATES)
    return values


def _annotations(root: ET.Element, prefix: str) -> dict[str, str]:
    """Returns the annotations of the ink itself by type, the first of each."""
    found: dict[str, str] = {}
    for annotation in root.iterfind(prefix + "annotation"):
        found.setdefault(annotation.get("type") or "", (annotation.text or "").strip())
    return found


def _expression(annotations: Mapping[str, str]) -> str:
    """Returns the LaTeX of a whole ink, or an empty string."""
    # Two of MathWriting; CROHME's often stands between dollar signs.
    for kind in ("normalizedLabel", "label", "truth"):
        text = annotations.get(kind, "")
        if kind == "truth" and len(text) > 1 and text[0] == text[-1] == "$":
            text = text[1:-1].strip()
        if text:
            return text
    return ""


def _tree(data: bytes) -> tuple[ET.Element, str]:
    """Parses bytes to the root element; returns it and what had to be repaired."""
    if len(data) > MAX_FILE_BYTES:
        raise InkmlError(f"larger than {MAX_FILE_BYTES // 2**20} MiB")
    if not data.strip():
        raise InkmlError("empty file")
    data, recovered = _utf8(data)
    # Without a document type there are no entities: nothing can expand or be fetched.
    if b"<!DOCTYPE" in data:
        raise InkmlError("has a DOCTYPE, which InkML does not need and which is refused")
    if data.count(b"<") > MAX_TAGS:
        raise InkmlError(f"more than {MAX_TAGS:,} tags")
    try:
        # S314 (untrusted XML) is answered by the refusals above.
        return ET.fromstring(data, ET.XMLParser(encoding="utf-8")), recovered  # noqa: S314
    except (ET.ParseError, ValueError) as error:
        raise InkmlError(f"not well-formed XML: {error}") from None


def _utf8(data: bytes) -> tuple[bytes, str]:
    """Recodes the bytes of a file to UTF-8; returns them and what had to be repaired."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        encoding = "utf-16"
    elif data[:2] == b"<\0" and data[3:4] == b"\0":
        encoding = "utf-16-le"
    elif data[:2] == b"\0<" and data[2:3] == b"\0":
        encoding = "utf-16-be"
    elif b"\0" in data:
        raise InkmlError("holds NUL bytes")
    else:
        declared = _DECLARATION.match(data[:512])
        encoding = declared[1].decode("ascii") if declared else "utf-8"
        try:
            encoding = codecs.lookup(encoding).name
        except LookupError:
            encoding = f"{encoding} (unknown)"
        if encoding not in _ENCODINGS:
            raise InkmlError(f"is in the encoding {encoding}, which is not supported")
        if encoding == "utf-16":  # Not possible without NUL bytes or a byte order mark.
            encoding = "utf-8"
    if encoding in ("utf-8", "ascii"):
        if data.isascii():
            return data, ""
        text = data.decode("utf-8", "surrogateescape")
        repaired = text.translate(_LATIN_1)
        count = sum(map(text.count, {chr(code) for code in _LATIN_1 if chr(code) in text}))
        bytes_are = "1 byte" if count == 1 else f"{count} bytes"
        return repaired.encode("utf-8"), f"{bytes_are} not UTF-8, read as Latin-1" if count else ""
    try:
        text = data.decode(encoding)
        if "\0" in text:
            raise InkmlError("holds NUL characters")
        return text.encode("utf-8"), ""
    except UnicodeError:
        raise InkmlError(f"is not valid {encoding}") from None


def _content(
    group: ET.Element, tags: Mapping[str, str]
) -> tuple[str, list[ET.Element], bool, bool]:
    """Returns the label of a group, its views, and whether it holds traces and other groups."""
    label, views, traces, wraps = None, [], [], False
    for child in group:
        kind = tags.get(child.tag)
        if kind == "traceView":
            views.append(child)
        elif kind == "annotation":
            if label is None and child.get("type") == "truth":
                label = (child.text or "").strip()
        elif kind == "traceGroup":
            wraps = True
        elif kind == "trace":
            traces.append(child)
    # A group of traces is a symbol only if it is labelled: ink may be grouped for other reasons.
    return label or "", views + traces if label else views, bool(traces), wraps

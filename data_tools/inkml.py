"""Reads labelled symbols with their pen strokes from InkML, well-formed or hostile."""

import codecs
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import numpy as np

NAMESPACE = "http://www.w3.org/2003/InkML"

# Limits. The largest real CROHME file has 61 KB, a few thousand tags, and 1,616 points in a symbol;
# these leave room for two orders of magnitude and still bound the time and memory of one file.
MAX_FILE_BYTES = 4 * 2**20
MAX_TAGS = 100_000
MAX_FILE_POINTS = 500_000
MAX_SYMBOL_POINTS = 20_000
MAX_TRACE_CHARS = 50 * MAX_SYMBOL_POINTS
MAX_LABEL_CHARS = 64
MAX_COORDINATE = 1e9

# Reasons for leaving a symbol out, as they appear in the report.
NO_LABEL = "no label"
LONG_LABEL = "label too long"
NO_STROKES = "no strokes"
MISSING_TRACE = "refers to a trace that is not there"
AMBIGUOUS_TRACE = "refers to a trace id that several traces have"
PARTIAL_TRACE = "takes only a range of a trace (not supported)"
BAD_COORDINATES = "unreadable coordinates"
FAR_COORDINATES = "coordinates out of range"
TOO_MANY_POINTS = "too many points"

# Only fixed, cheap, well-defined decoders: a name in the file must not choose any Python codec.
_ENCODINGS = {"utf-8", "utf-16", "ascii", "iso8859-1", "iso8859-15", "cp1250", "cp1252"}
_DECLARATION = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]{1,40})["']""")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_NUMBER_BYTES = b"0123456789+-.eE"
# Bytes that are not UTF-8 come out of "surrogateescape" as U+DC80..U+DCFF.
_LATIN_1 = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}
_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"


class InkmlError(Exception):
    """A file that cannot be used at all; the message is the one-line reason."""


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
    """

    symbols: list[Symbol] = field(default_factory=list)
    unwanted: Counter[str] = field(default_factory=Counter)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    recovered: str = ""


def parse(data: bytes, wanted: Collection[str] | None = None) -> Page:
    """Reads one InkML file.

    Symbols are the trace groups that have trace views; strokes are looked up by id; the label is
    the group's own annotation of type "truth" (the first, if there are several).

    Args:
        data: The bytes of the file.
        wanted: The labels to read; None reads all.

    Raises:
        InkmlError: The file as a whole is unusable.
    """
    root, recovered = _tree(data)
    if root.tag == f"{{{NAMESPACE}}}ink":
        prefix = f"{{{NAMESPACE}}}"
    elif root.tag == "ink":
        prefix = ""
    else:
        raise InkmlError(f"root element is {_shown(root.tag)}, not InkML's ink")
    page = Page(recovered=recovered)
    traces = _Traces(root, prefix)
    found: list[tuple[int, str, list[list[str]]]] = []
    outermost = set(root.findall(prefix + "traceGroup"))
    groups = 0
    for group in root.iter(prefix + "traceGroup"):
        label, views, wraps = _content(group, prefix)
        if not views and (wraps or group in outermost):
            continue  # A wrapper around the symbols.
        index = groups
        groups += 1
        if wanted is not None and label and label not in wanted:
            page.unwanted[_shown(label)] += 1
            continue
        try:
            if not label:
                raise _SkippedError(NO_LABEL)
            if len(label) > MAX_LABEL_CHARS:
                raise _SkippedError(LONG_LABEL)
            found.append((index, label, traces.strokes(views)))
        except _SkippedError as skipped:
            page.skipped.append((_shown(label), str(skipped)))
    if not groups:
        raise InkmlError("no segmentation: there is no traceGroup with traceViews")
    _convert(found, page)
    return page


def _convert(found: list[tuple[int, str, list[list[str]]]], page: Page) -> None:
    """Turns the tokens of symbols into numbers and adds the symbols to the page.

    All symbols of a file together, as that is much faster; one by one only if one of them is bad.
    """
    tokens = [token for _, _, strokes in found for stroke in strokes for token in stroke]
    try:
        values = np.array(tokens, dtype=np.float64)
        # The comparison is false for NaN too.
        if len(values) and not np.abs(values).max() <= MAX_COORDINATE:
            raise _SkippedError(FAR_COORDINATES)
    except (ValueError, _SkippedError) as error:
        if len(found) > 1:
            for one in found:
                _convert([one], page)
        else:
            reason = str(error) if isinstance(error, _SkippedError) else BAD_COORDINATES
            page.skipped.append((found[0][1], reason))
        return
    points = values.reshape(-1, 2)
    begin = 0
    for index, label, strokes in found:
        arrays = []
        for stroke in strokes:
            end = begin + len(stroke) // 2
            arrays.append(points[begin:end])
            begin = end
        page.symbols.append(Symbol(index, label, arrays))


class _SkippedError(Exception):
    """A symbol that cannot be used; the message is the reason."""


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


def _content(group: ET.Element, prefix: str) -> tuple[str, list[ET.Element], bool]:
    """Returns the label of a trace group, its trace views, and whether it holds other groups."""
    label, views, wraps = None, [], False
    for child in group:
        if child.tag == prefix + "traceView":
            views.append(child)
        elif child.tag == prefix + "annotation":
            if label is None and child.get("type") == "truth":
                label = (child.text or "").strip()
        elif child.tag == prefix + "traceGroup":
            wraps = True
    return label or "", views, wraps


def _shown(text: str) -> str:
    """Shortens text from a file for a report."""
    return text if len(text) <= MAX_LABEL_CHARS else text[:MAX_LABEL_CHARS] + "..."


class _Traces:
    """The traces of a file, by id; each that is asked for is taken apart once."""

    def __init__(self, root: ET.Element, prefix: str) -> None:
        self._x, self._y, self._channels = _channels(root, prefix)
        self._texts: dict[str, str | None] = {}
        tag = prefix + "trace"
        for trace in root.iter(tag):
            # Each trace around others would keep a copy of all their text. The first one ends it,
            # so that no part of the file is walked through twice here.
            if len(trace) and any(inner is not trace for inner in trace.iter(tag)):
                raise InkmlError("a trace inside a trace")
            name = trace.get("id") or trace.get(_XML_ID)
            if name is not None:
                # A second trace of the same id makes the id ambiguous: None.
                text = "".join(trace.itertext()) if len(trace) else trace.text or ""
                self._texts[name] = None if name in self._texts else text
        self._read: dict[str, list[str]] = {}
        self._points = 0

    def strokes(self, views: list[ET.Element]) -> list[list[str]]:
        """Returns the strokes of trace views, each once and in order, as tokens x, y, x, y, ..."""
        names = dict.fromkeys(self._names(views))
        strokes = [stroke for name in names if len(stroke := self._stroke(name))]
        if not strokes:
            raise _SkippedError(NO_STROKES)
        points = sum(map(len, strokes)) // 2
        self._points += points
        if points > MAX_SYMBOL_POINTS or self._points > MAX_FILE_POINTS:
            raise _SkippedError(TOO_MANY_POINTS)
        return strokes

    def _names(self, views: list[ET.Element]) -> Iterator[str]:
        for view in views:
            name = view.get("traceDataRef") or ""
            if name not in self._texts:
                name = name.removeprefix("#")  # InkML proper writes a reference as a URI.
                if name not in self._texts:
                    raise _SkippedError(MISSING_TRACE)
            if view.get("from") is not None or view.get("to") is not None:
                raise _SkippedError(PARTIAL_TRACE)
            yield name

    def _stroke(self, name: str) -> list[str]:
        stroke = self._read.get(name)
        if stroke is None:
            text = self._texts[name]
            if text is None:
                raise _SkippedError(AMBIGUOUS_TRACE)
            if len(text) > MAX_TRACE_CHARS:
                raise _SkippedError(TOO_MANY_POINTS)
            stroke = self._regular(text)
            if stroke is None:
                stroke = self._irregular(text)
            self._read[name] = stroke
        return stroke

    def _regular(self, text: str) -> list[str] | None:
        """Returns the tokens of a trace written as all of CROHME's are, checked in bulk.

        That is "x y, x y, x y" or "x y t, x y t": single blanks, a comma right behind each point
        but the last. Looking at the points one by one takes three times as long.
        """
        try:
            raw = text.strip().encode("ascii")
        except UnicodeError:
            return None
        commas = raw.count(b",")
        if commas != raw.count(b", "):
            return None
        shape = raw.translate(None, _NUMBER_BYTES)
        for channels in (2, 3):
            blanks = b" " * (channels - 1)
            if max(self._x, self._y) < channels and shape == blanks + (b", " + blanks) * commas:
                tokens = text.replace(",", " ").split()
                # No token is missing: then none is empty, as the separators are where they should.
                if len(tokens) != channels * (commas + 1):
                    return None
                if channels == 2 and self._x == 0:
                    return tokens
                pairs = [""] * (2 * (commas + 1))
                pairs[::2], pairs[1::2] = tokens[self._x :: channels], tokens[self._y :: channels]
                return pairs
        return None

    def _irregular(self, text: str) -> list[str]:
        """Returns the tokens of any other trace, read point by point."""
        pairs: list[str] = []
        if not text.strip():
            return pairs
        points = text.split(",")
        if not points[-1].strip():
            points.pop()  # A comma behind the last point.
        for point in points:
            tokens = point.split()
            if len(tokens) <= max(self._x, self._y) or len(tokens) > max(self._channels, 16):
                raise _SkippedError(BAD_COORDINATES)
            pair = tokens[self._x], tokens[self._y]
            if not all(map(_NUMBER.fullmatch, pair)):
                raise _SkippedError(BAD_COORDINATES)
            pairs.extend(pair)
        return pairs


def _channels(root: ET.Element, prefix: str) -> tuple[int, int, int]:
    """Returns the places of X and Y in a point, and the number of channels."""
    trace_format = next(root.iter(prefix + "traceFormat"), None)
    if trace_format is None:
        return 0, 1, 2
    names = [channel.get("name") for channel in trace_format.iterfind(prefix + "channel")]
    for axis in ("X", "Y"):
        if names.count(axis) != 1:
            raise InkmlError(f"traceFormat has {names.count(axis)} channels {axis}, not one")
    return names.index("X"), names.index("Y"), len(names)

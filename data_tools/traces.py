"""The pen traces of an InkML file: where they are, in which format, and their points.

Read as the W3C Recommendation "Ink Markup Language (InkML)" of 20 September 2011 says, or refused
by name: a format or context that is not supported loses the file, a trace or reference the symbol.
"""

import functools
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Limits. The largest real CROHME file has 61 KB, a few thousand tags, and 1,616 points in a symbol;
# these leave room for two orders of magnitude and still bound the time and memory of one file.
MAX_TAGS = 100_000
MAX_FILE_POINTS = 500_000
MAX_SYMBOL_POINTS = 20_000
MAX_TRACE_CHARS = 50 * MAX_SYMBOL_POINTS
MAX_DEPTH = 100  # Of groups in groups, views of views, contexts based on contexts.
MAX_CHANNELS = 1000
_MAX_VALUES = 16  # In a point, even if its format has fewer channels.

# Reasons for leaving a symbol out, as they appear in the report.
NO_STROKES = "no strokes"
MISSING_TRACE = "refers to a trace that is not there"
AMBIGUOUS_TRACE = "refers to a trace id that several traces have"
BAD_RANGE = "takes a range that its trace does not have"
OTHER_CONTEXT = "views a trace in another context (not supported)"
TOO_DEEP = f"refers to itself, or through more than {MAX_DEPTH} views"
BAD_COORDINATES = "unreadable coordinates"
NO_COORDINATES = "a point without coordinates ('?')"
NO_BASE = "a difference without a value before it"
UNKNOWN_PEN = "a trace that may hold movements with the pen up"
MIXED_UNITS = "traces in units that cannot be compared"
TOO_MANY_POINTS = "too many points"

_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_DEFAULT_CONTEXT = "DefaultContext"
_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?"
# A value within a point (section 3.2.1); values need no blanks between them: 5-7 is 5 and -7.
_VALUE = re.compile(
    rf"""\s*(?P<prefix>[!'"]?)\s*(?:(?P<wild>[TF*?])|(?P<sign>[+-]?)\s*
    (?:\#(?P<hex>[\dA-Fa-f]{{1,16}})|(?P<number>{_NUMBER})))\s*""",
    re.ASCII | re.VERBOSE,
)
_NUMBER_BYTES = b"0123456789+-.eE"
# Millimetres; the last one is what Microsoft Office writes. Picas are not here: the schema has 22
# of them in a point, which nobody can mean.
_LENGTHS = {
    **{"m": 1000.0, "cm": 10.0, "mm": 1.0, "in": 25.4, "pt": 25.4 / 72},
    "himetric": 0.01,
}


class InkmlError(Exception):
    """A file that cannot be used at all; the message is the one-line reason."""


class SkippedError(Exception):
    """A symbol that cannot be used; the message is the reason."""


class Format(NamedTuple):
    """Layout of the points of a trace, as far as X and Y go.

    Attributes:
        x: Place of X in a point.
        y: Place of Y in a point.
        channels: Number of channels.
        scale: What to multiply X and Y with for x to the right and y downward, in `unit`; None if
            the values are that already.
        unit: Traces whose formats have the same unit can be compared; "" if the file does not say.
    """

    x: int = 0
    y: int = 1
    channels: int = 2
    scale: tuple[float, float] | None = None
    unit: str = ""

    def reads_as(self, other: "Format") -> bool:
        """True if the points of both formats have the same X and Y."""
        return (self.x, self.y, self.scale) == (other.x, other.y, other.scale)


DEFAULT = Format()  # Of traces without a context.

# A trace, or with it the first and the last of some of its points; 0 for no limit.
_Piece = ET.Element | tuple[ET.Element, int, int]


def shown(text: str, most: int = 64) -> str:
    """Shortens text from a file for a report."""
    return text if len(text) <= most else text[:most] + "..."


class Traces:
    """The traces of a file, by id; each that is asked for is taken apart once."""

    def __init__(self, root: ET.Element, prefix: str, grouped: bool) -> None:
        """Finds the traces.

        Args:
            root: The ink.
            prefix: The namespace in front of the names of elements.
            grouped: Are there traces in trace groups?

        Raises:
            InkmlError: A format, a context or the nesting is not supported.
        """
        self._root, self._prefix = root, prefix
        self._trace, self._group, self._view, self._context, self._channels, self._source = (
            prefix + name
            for name in ("trace", "traceGroup", "traceView", "context", "traceFormat", "inkSource")
        )
        # The traces that are ink, in order; and all traces by id, None if several have it.
        self._ink: list[ET.Element] = []
        self._by_name: dict[str, ET.Element | None] = {}
        self._formats: dict[ET.Element, Format] = {}  # Where it is not the default.
        self._contexts: dict[str, Format] = {}
        self._read: dict[_Piece, list] = {}
        self._points = self._visits = 0
        self._careful = False
        self._continued = False  # Is there a trace that goes on with another one?
        self._find_traces(grouped)
        self._units = any(format.unit for format in self._formats.values())

    def strokes(self, views: Sequence[ET.Element] | None, careful: bool = False) -> list[list]:
        """Returns the strokes of a symbol, each once and in order.

        Args:
            views: Its trace views and traces; None for all the ink.
            careful: Read point by point even what looks regular.

        Returns:
            For each stroke x, y, x, y, ... as numbers, or as text that most likely holds numbers.

        Raises:
            SkippedError: The symbol cannot be used.
        """
        if careful and not self._careful:
            self._careful = True
            self._read.clear()
        pieces = dict.fromkeys(self._ink if views is None else self._pieces(views))
        strokes = [stroke for piece in pieces if len(stroke := self._stroke(piece))]
        if not strokes:
            raise SkippedError(NO_STROKES)
        points = sum(map(len, strokes)) // 2
        self._points += points
        if points > MAX_SYMBOL_POINTS or self._points > MAX_FILE_POINTS:
            raise SkippedError(TOO_MANY_POINTS)
        if self._units:
            traces = [piece[0] if isinstance(piece, tuple) else piece for piece in pieces]
            if len({self._formats.get(trace, DEFAULT).unit for trace in traces}) > 1:
                raise SkippedError(MIXED_UNITS)
        return self._joined(pieces) if self._continued else strokes

    def _find_traces(self, grouped: bool) -> None:
        """Goes through the file in its order, as a context holds for the traces behind it."""
        current, defined = DEFAULT, False
        trace, definitions = self._trace, self._prefix + "definitions"
        formats, by_name = self._formats, self._by_name
        # Open elements: their children, the context they give to traces, and whether it is ink.
        pending: list[tuple[Iterator[ET.Element], Format | None, bool]]
        pending = [(iter(self._root), None, True)]
        while pending:
            children, given, ink = pending[-1]
            for child in children:
                tag = child.tag
                if tag == trace:
                    format, attributes = given or current, child.attrib
                    if len(attributes) > 1 or len(child):  # All traces of CROHME have but an id.
                        format = self._examined(child, format)
                    if format is not DEFAULT:
                        formats[child] = format
                    if ink:
                        self._ink.append(child)
                    name = attributes.get("id") or attributes.get(_XML_ID)
                    if name is not None:
                        by_name[name] = None if name in by_name else child
                elif tag == self._group:
                    if not grouped:
                        continue
                    if len(pending) > MAX_DEPTH:
                        raise InkmlError(f"trace groups nested more than {MAX_DEPTH} deep")
                    context = child.get("contextRef")
                    inner = given if context is None else self._referred(context)
                    pending.append((iter(child), inner, ink))
                    break
                elif len(pending) > 1:
                    continue
                elif tag == self._context:
                    current = self._format_of_context(child, current)
                # Of these two InkML has none at the top, but CROHME and MathWriting have.
                elif tag == self._channels:
                    current = self._format(child)
                elif tag == self._source:
                    current = self._format_of_source(child) or current
                elif tag == definitions:
                    defined = True
                    pending.append((iter(child), DEFAULT, False))
                    break
            else:
                pending.pop()
        if defined:
            self._refuse_unused()

    def _examined(self, trace: ET.Element, format: Format) -> Format:
        """Looks at the attributes and children of a trace, and returns the format it has."""
        # Each trace around others would keep a copy of all their text. The first one ends it, so
        # that no part of the file is walked through twice here.
        if any(inner is not trace for inner in trace.iter(self._trace)):
            raise InkmlError("a trace inside a trace")
        self._continued |= "priorRef" in trace.attrib
        context = trace.get("contextRef")
        return format if context is None else self._referred(context)

    # Formats

    def _refuse_unused(self) -> None:
        """Refuses a file that defines a format and refers to none.

        By the letter all its traces have the default format. That is not what its writer meant.
        """
        if self._formats or any("contextRef" in element.attrib for element in self._root.iter()):
            return
        for found in self._root.iter(self._channels):
            if not self._format(found).reads_as(DEFAULT):
                raise InkmlError("a traceFormat is defined that no trace refers to")

    @functools.cached_property
    def _named(self) -> dict[tuple[str, str], ET.Element | None]:
        """Elements other than traces by tag and id; None if several have them."""
        kinds = {self._group, self._view, self._context, self._channels, self._source}
        named: dict[tuple[str, str], ET.Element | None] = {}
        for element in self._root.iter():
            if element.tag in kinds:
                name = element.get(_XML_ID) or element.get("id")
                if name is not None:
                    key = element.tag, name
                    named[key] = None if key in named else element
        return named

    def _refer(self, tag: str, reference: str) -> ET.Element:
        element = self._named.get((tag, reference.removeprefix("#")))
        if element is None:
            kind = tag.removeprefix(self._prefix)
            raise InkmlError(f"not one {kind} has the id {shown(ascii(reference))}")
        return element

    def _referred(self, reference: str) -> Format:
        """Returns the format of the context that a `contextRef` names."""
        if reference not in self._contexts:
            name = reference.removeprefix("#")
            if name == _DEFAULT_CONTEXT and (self._context, name) not in self._named:
                return DEFAULT
            element = self._refer(self._context, reference)
            self._contexts[reference] = self._format_of_context(element, DEFAULT)
        return self._contexts[reference]

    def _format_of_context(self, context: ET.Element, current: Format) -> Format:
        """Returns the format of a context, its own or that of the context it is based on."""
        found = None
        for _ in range(MAX_DEPTH):
            transform = context.find(f"{self._prefix}canvasTransform")
            if transform is not None or context.get("canvasTransformRef") is not None:
                raise InkmlError("a context has a canvasTransform, which is not supported")
            found = found or self._own_format(context)
            base = context.get("contextRef")
            if base is None:
                return found or current
            if base.removeprefix("#") == _DEFAULT_CONTEXT:
                return found or DEFAULT
            context = self._refer(self._context, base)
        raise InkmlError(f"contexts based on each other in a circle, or more than {MAX_DEPTH}")

    def _own_format(self, context: ET.Element) -> Format | None:
        def part(tag: str, attribute: str) -> ET.Element | None:
            reference = context.get(attribute)
            return context.find(tag) if reference is None else self._refer(tag, reference)

        channels = part(self._channels, "traceFormatRef")
        source = part(self._source, "inkSourceRef")
        by_source = None if source is None else self._format_of_source(source)
        if channels is None:
            return by_source
        found = self._format(channels)
        if by_source and by_source.scale and not found.scale:
            raise InkmlError("a context has a traceFormat, and an inkSource with another scale")
        return found

    def _format_of_source(self, source: ET.Element) -> Format | None:
        channels = source.find(self._channels)
        properties = source.iterfind(f"{self._prefix}channelProperties/*")
        return None if channels is None else self._format(channels, properties)

    def _format(self, element: ET.Element, properties: Iterable[ET.Element] = ()) -> Format:
        """Reads a `traceFormat` (section 3.1), with the channel properties of its source."""
        channel, intermittent = self._prefix + "channel", self._prefix + "intermittentChannels"
        regular, others = [], []
        if len(element) > MAX_CHANNELS:
            raise InkmlError(f"traceFormat has more than {MAX_CHANNELS} channels")
        for child in element:
            if child.tag == channel:
                regular.append(_Channel(*map(child.get, _Channel._fields)))
            elif child.tag == intermittent:
                others.extend(inner.get("name") for inner in child.iterfind(channel))
        steps = {
            step.get("channel"): (step.get("value"), step.get("units") or "")
            for step in properties
            if step.get("name") == "resolution"
        }
        return _layout(tuple(regular), tuple(others), steps.get("X"), steps.get("Y"))

    # References

    def _pieces(self, views: Sequence[ET.Element]) -> Iterator[_Piece]:
        for view in views:
            trace = self._by_name.get(view.get("traceDataRef") or "")
            if trace is not None and len(view.attrib) == 1:
                yield trace
            else:
                yield from self._select(view, (), (), 0)

    def _select(
        self, element: ET.Element, first: Sequence[int], last: Sequence[int], depth: int
    ) -> Iterator[_Piece]:
        """Yields what a trace, group or view holds within a range (sections 3.3.1 and 3.3.2).

        Args:
            element: Of what the range is taken.
            first: Its first child, the first one's first child, and so on; counted from 1.
            last: The same for its end.
            depth: Elements that led here.
        """
        self._visits += 1
        if depth > MAX_DEPTH:
            raise SkippedError(TOO_DEEP)
        if self._visits > MAX_TAGS:
            raise SkippedError(TOO_MANY_POINTS)
        if element.tag == self._trace:
            if len(first) > 1 or len(last) > 1:
                raise SkippedError(BAD_RANGE)
            if first or last:
                yield element, (first or (0,))[0], (last or (0,))[0]
            else:
                yield element
            return
        if element.tag == self._view and (
            element.get("from") is not None or element.get("to") is not None
        ):
            if first or last:  # A range of a range.
                raise SkippedError(BAD_RANGE)
            first, last = _ordinals(element.get("from")), _ordinals(element.get("to"))
        if element.tag == self._view and element.get("contextRef") is not None:
            raise SkippedError(OTHER_CONTEXT)
        reference = element.get("traceDataRef") if element.tag == self._view else None
        if reference is not None:
            yield from self._select(self._viewed(reference), first, last, depth + 1)
            return
        parts = (self._trace, self._group, self._view)
        children = [child for child in element if child.tag in parts]
        begin, end = (first or (1,))[0], (last or (len(children),))[0]
        if not 1 <= begin <= end <= len(children):
            # A view of nothing is a reference that is lost; any other range is wrong.
            raise SkippedError(BAD_RANGE if first or last else MISSING_TRACE)
        for number, child in enumerate(children[begin - 1 : end], begin):
            inner_first = first[1:] if number == begin else ()
            inner_last = last[1:] if number == end else ()
            yield from self._select(child, inner_first, inner_last, depth + 1)

    def _viewed(self, reference: str) -> ET.Element:
        """Returns the trace, group or view that a `traceDataRef` names."""
        # InkML writes a reference as a URI, CROHME as the bare id.
        for name in (reference, reference.removeprefix("#")):
            if name in self._by_name:
                trace = self._by_name[name]
                if trace is None:
                    raise SkippedError(AMBIGUOUS_TRACE)
                return trace
        for tag in (self._group, self._view):
            element = self._named.get((tag, reference.removeprefix("#")))
            if element is None:
                continue
            # CROHME numbers its segments like its traces: a lost trace is not that segment.
            label = element.find(f"{self._prefix}annotation[@type='truth']")
            if reference.startswith("#") or label is None:
                return element
        raise SkippedError(MISSING_TRACE)

    def _joined(self, pieces: Iterable[_Piece]) -> list[list]:
        """Returns the strokes of pieces, each continuation behind what it continues."""
        strokes = {piece: self._stroke(piece) for piece in pieces}
        for trace in reversed(self._ink):
            prior = self._by_name.get((trace.get("priorRef") or "").removeprefix("#"))
            if prior is not None and prior is not trace and prior in strokes and trace in strokes:
                strokes[prior] = [*strokes[prior], *strokes.pop(trace)]
        return [stroke for stroke in strokes.values() if stroke]

    # Points

    def _stroke(self, piece: _Piece) -> list:
        stroke = self._read.get(piece)
        if stroke is None:
            stroke = self._read[piece] = self._points_of(piece)
        return stroke

    def _points_of(self, piece: _Piece) -> list:
        if isinstance(piece, tuple):
            trace, first, last = piece
            stroke = self._stroke(trace)
            first, last = first or 1, last or len(stroke) // 2
            if stroke and not 1 <= first <= last <= len(stroke) // 2:
                raise SkippedError(BAD_RANGE)
            return stroke[2 * first - 2 : 2 * last]
        pen = piece.get("type")
        if pen == "penUp":
            return []
        if pen is not None and pen != "penDown":
            raise SkippedError(UNKNOWN_PEN)
        text = "".join(piece.itertext()) if len(piece) else piece.text or ""
        if len(text) > MAX_TRACE_CHARS:
            raise SkippedError(TOO_MANY_POINTS)
        format = self._formats.get(piece, DEFAULT)
        if not self._careful and (format is DEFAULT or format.reads_as(DEFAULT)):
            stroke = _regular(text)
            if stroke is not None:
                return stroke
        return _points(text, format)


def _ordinals(text: str | None) -> tuple[int, ...]:
    """Reads the numbers of a `from` or `to`, such as "2:1:5"."""
    if text is None:
        return ()
    parts = [part.strip() for part in text.split(":")]
    if not all(part.isascii() and part.isdigit() and len(part) < 9 for part in parts):
        raise SkippedError(BAD_RANGE)
    numbers = tuple(map(int, parts))
    if 0 in numbers:
        raise SkippedError(BAD_RANGE)
    return numbers


class _Channel(NamedTuple):
    """The attributes of a channel that matter."""

    name: str | None
    units: str | None
    orientation: str | None

    def sign(self) -> int:
        """1 where X grows to the right and Y downward, else -1."""
        if self.orientation not in (None, "+ve", "-ve"):
            raise InkmlError(f"a channel has the orientation {shown(ascii(self.orientation))}")
        return -1 if self.orientation == "-ve" else 1


@functools.lru_cache(maxsize=16)  # Nearly all files of a corpus have the same.
def _layout(
    regular: tuple[_Channel, ...],
    intermittent: tuple[str | None, ...],
    x_step: tuple[str | None, str] | None,
    y_step: tuple[str | None, str] | None,
) -> Format:
    """Finds the format that channels make.

    Args:
        regular: The channels.
        intermittent: Names of those that points may lack.
        x_step: The resolution of X and its units, if it is told.
        y_step: The same for Y.

    Raises:
        InkmlError: There is not one X and one Y, or these cannot be brought to one scale.
    """
    names = [*(channel.name for channel in regular), *intermittent]
    for axis in ("X", "Y"):
        if names.count(axis) != 1:
            raise InkmlError(f"traceFormat has {names.count(axis)} channels {axis}, not one")
        if axis in intermittent:
            raise InkmlError(f"channel {axis} is intermittent: points may lack it")
    places = names.index("X"), names.index("Y")
    x, y = (regular[place] for place in places)
    if (x_step is None) != (y_step is None):
        raise InkmlError("only one of the channels X and Y has a resolution")
    if x_step is None or y_step is None:
        unit, (width, height) = _common_unit((1.0, x.units or ""), (1.0, y.units or ""))
    else:
        unit, (width, height) = _common_unit(
            (_positive(x_step[0]), x_step[1]), (_positive(y_step[0]), y_step[1])
        )
    scale = (x.sign() * width, y.sign() * height)
    found = Format(*places, len(names), None if scale == (1, 1) else scale, unit)
    return DEFAULT if found == DEFAULT else found


def _positive(text: str | None) -> float:
    number = float(text) if text and re.fullmatch(_NUMBER, text.strip(), re.ASCII) else 0.0
    if not 1e-9 < number < 1e9:
        raise InkmlError(f"a channel has the resolution {shown(ascii(text))}")
    return number


def _common_unit(x: tuple[float, str], y: tuple[float, str]) -> tuple[str, tuple[float, float]]:
    """Finds a unit for both axes, and the length of a step of each in it.

    Args:
        x: The resolution and its units, or 1 and the units of the channel.
        y: The same for Y.

    Raises:
        InkmlError: The steps cannot be compared.
    """
    if x == y and x[1] != "%":  # A percentage is one of each channel's own range.
        return f"{x[0]:g} {x[1]}" if x[1] else "", (1.0, 1.0)
    units = [unit.removeprefix("1/") for _, unit in (x, y)]
    if all(unit in _LENGTHS for unit in units):
        unit, lengths = "1 mm", [_LENGTHS[unit] for unit in units]
    elif x[1] == y[1] and x[1] not in ("", "%"):
        unit, lengths = units[0], [1.0, 1.0]
    else:
        named = " and ".join(shown(ascii(f"{step:g} {unit}".rstrip())) for step, unit in (x, y))
        raise InkmlError(f"the units of X and Y cannot be compared: {named}")
    steps = [
        length / step if given.startswith("1/") else length * step
        for length, (step, given) in zip(lengths, (x, y), strict=True)
    ]
    return unit, (steps[0], steps[1])


def _regular(text: str) -> list[str] | None:
    """Returns the tokens of a trace written as all of CROHME's are, checked in bulk.

    That is "x y, x y, x y" or "x y t, x y t": single blanks, a comma right behind each point but
    the last. Looking at the points one by one takes three times as long. The tokens may still be
    no numbers.
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
        if shape == blanks + (b", " + blanks) * commas:
            tokens = text.replace(",", " ").split()
            # No token is missing: then none is empty, as the separators are where they should.
            if len(tokens) != channels * (commas + 1):
                return None
            if channels == 2:
                return tokens
            pairs = [""] * (2 * (commas + 1))
            pairs[::2], pairs[1::2] = tokens[::channels], tokens[1::channels]
            return pairs
    return None


@dataclass(slots=True)
class _Coordinate:
    """What the values of a channel so far mean for the next one."""

    prefix: str = "!"
    value: float | None = None
    velocity: float | None = None
    acceleration: float = 0.0

    def read(self, found: re.Match[str]) -> float:
        """Returns the coordinate that a value means (section 3.2.1).

        A value is explicit (!), a difference (') or a second difference ("); without a prefix it
        is what the one before was. A * stays, or goes on at the same velocity or acceleration.
        """
        wild, prefix = found["wild"], found["prefix"]
        if wild == "?":
            raise SkippedError(NO_COORDINATES)
        if wild and (wild != "*" or prefix):
            raise SkippedError(BAD_COORDINATES)
        self.prefix = prefix or self.prefix
        if wild:
            number = {"!": self.value, "'": self.velocity, '"': self.acceleration}[self.prefix]
        elif found["hex"]:
            number = float(int(found["hex"], 16))
        else:
            number = float(found["number"])
        if found["sign"] == "-" and number is not None:
            number = -number
        if number is None:
            raise SkippedError(NO_BASE)
        if self.prefix == "!":
            self.value, self.velocity = number, None
            return number
        if self.prefix == "'":
            velocity = number
        elif self.velocity is None:
            raise SkippedError(NO_BASE)
        else:
            self.acceleration = number
            velocity = self.velocity + number
        if self.value is None:
            raise SkippedError(NO_BASE)
        self.velocity = velocity
        self.value += velocity
        return self.value


def _points(text: str, format: Format) -> list[float]:
    """Returns x, y, x, y, ... of any trace, read point by point."""
    pairs: list[float] = []
    if not text.strip():
        return pairs
    points = text.split(",")
    if not points[-1].strip():
        points.pop()  # A comma behind the last point.
    x, y = _Coordinate(), _Coordinate()
    scale = format.scale or (1.0, 1.0)
    for point in points:
        values, end = [], 0
        while end < len(point):
            found = _VALUE.match(point, end)
            if not found:
                raise SkippedError(BAD_COORDINATES)
            values.append(found)
            end = found.end()
        # Values beyond the format do no harm where blanks show what is one value.
        spaced = len(values) == len(point.split())
        most = max(format.channels, _MAX_VALUES) if spaced else format.channels
        if not max(format.x, format.y) < len(values) <= most:
            raise SkippedError(BAD_COORDINATES)
        pairs.append(x.read(values[format.x]) * scale[0])
        pairs.append(y.read(values[format.y]) * scale[1])
    return pairs

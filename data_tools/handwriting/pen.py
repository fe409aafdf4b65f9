"""Movements of the pen with which writers write a text.

Everything is done for a whole batch of texts at once in numpy: a batch of 160 expressions is some
2,000 strokes of 64 points, and one Python call per stroke would cost more than all the geometry.

From shape to ink, in the order of the code below:

1. each symbol picks an allograph, mostly its writer's favourite;
2. its control points are bent: by a field of the writer's own, by a habit per class, by chance;
3. the control points become a smooth curve, with corners as sharp as the writer makes them;
4. ends miss their mark, grow hooks, run too far or stop short; the hand trembles;
5. the symbol gets its slant, width and turn, and its place on the line;
6. the pen moves fast along straight parts and slowly round bends and at both ends, and the
   digitizer takes a sample every few milliseconds, in whole steps of its resolution.
"""

import dataclasses
import math

import numpy as np

from data_tools.handwriting.glyphs import DENSE, GlyphTable
from data_tools.handwriting.styles import BENDS, DEVICES, Styles


@dataclasses.dataclass(frozen=True)
class TextInk:
    """The strokes of one text as a digitizer reports them.

    Attributes:
        strokes: In the order of writing; each (n, 3): x, y in device units (y downward), time in
            ms.
        owners: For each stroke the position of its symbol within the text.
    """

    strokes: list[np.ndarray]
    owners: list[int]


@dataclasses.dataclass(frozen=True)
class _Symbols:
    """The symbols of a batch, one after the other; every array has one entry per symbol.

    Attributes:
        label: Index of the label.
        writer: Index of the writer.
        allograph: Index of the allograph.
        raised: True for an exponent.
        first_stroke: Index of its first stroke in the batch.
        first_of_text: Index of the first symbol of its text.
    """

    label: np.ndarray
    writer: np.ndarray
    allograph: np.ndarray
    raised: np.ndarray
    first_stroke: np.ndarray
    first_of_text: np.ndarray


@dataclasses.dataclass(frozen=True)
class _Strokes:
    """The strokes of a batch, symbol by symbol; every array has one entry per stroke.

    Attributes:
        symbol: Index of the symbol.
        template: Index of the drawn stroke in the glyph table.
        writer: Index of the writer.
    """

    symbol: np.ndarray
    template: np.ndarray
    writer: np.ndarray


def _bends(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Returns the bending fields (..., BENDS) at positions in a box from -1 to 1.

    Only curved fields: shift, scale, turn and slant are drawn separately.
    """
    return np.stack(
        [u * u, u * v, v * v, np.sin(math.pi * u), np.sin(math.pi * v), v * (v * v - 1)], axis=-1
    )


def _curves(
    rng: np.random.Generator,
    table: GlyphTable,
    style: Styles,
    symbols: _Symbols,
    strokes: _Strokes,
) -> np.ndarray:
    """Returns the drawn curve of every stroke, (strokes, DENSE, 2), in units around (0, 0)."""
    owner, template, writer = strokes.symbol, strokes.template, strokes.writer
    count, points = len(owner), table.control.shape[1]
    care = style.care[writer][:, None, None]
    half = table.half[symbols.allograph][owner][:, None, None]
    # Amounts are given for a digit; a symbol half as large gets half of them.
    scale = half / 50.0
    place = table.control[template] - table.centre[symbols.allograph][owner][:, None]

    bends = style.bends[symbols.writer, symbols.label]
    chance = 1.7 * rng.standard_normal((len(symbols.label), BENDS, 2))
    bends = bends + style.care[symbols.writer][:, None, None] * chance
    bends = (table.stiffness[symbols.label][:, None, None] * bends)[owner]
    label = symbols.label[owner]
    stiff = table.stiffness[label]
    field = _bends(place[..., 0] / half[..., 0], place[..., 1] / half[..., 0])
    # A dot is not bent out of shape but moved as a whole: weigh chance by the stroke's own size.
    extent = np.ptp(place, axis=1).max(-1)[:, None, None]
    own = np.minimum(1, extent / half)
    shift = style.offset[writer, template] + 2.0 * care[:, 0] * rng.standard_normal((count, 2))
    shift *= table.looseness[label][:, None]
    # The bars of a "=" or "+" also differ in length.
    longer = 0.04 * table.looseness[label] * care[:, 0, 0] * rng.standard_normal(count)
    middle = place.mean(1, keepdims=True)
    place = middle + (place - middle) * np.exp(longer)[:, None, None]
    jitter = style.shape[writer, template] + 1.3 * care * rng.standard_normal((count, points, 2))
    jitter *= np.sqrt(stiff)[:, None, None]
    place = place + scale * (field @ bends + shift[:, None] + own * jitter)

    # All strokes of one template share their matrices: one product per template.
    curve = np.empty((count, DENSE, 2))
    smooth = np.clip(style.smooth[writer] + 0.12 * rng.standard_normal(count), 0, 1) * 0.6
    straight = stiff * np.clip(style.straight[writer] + 0.06 * rng.standard_normal(count), 0, 0.7)
    weights = np.stack([(1 - straight) * (1 - smooth), (1 - straight) * smooth, straight], 1)
    order = np.argsort(template, kind="stable")
    bounds = np.flatnonzero(np.diff(template[order])) + 1
    for group in np.split(order, bounds):
        first = template[group[0]]
        n = table.point_count[first]
        control = place[group, :n].transpose(1, 0, 2).reshape(n, -1)
        drawn = (table.bases[first].reshape(-1, n) @ control).reshape(3, DENSE, len(group), 2)
        curve[group] = np.einsum("vksd,sv->skd", drawn, weights[group])

    _finish(rng, style, writer, curve, (scale * care)[:, 0], own[:, 0])
    return curve


def _finish(
    rng: np.random.Generator,
    style: Styles,
    writer: np.ndarray,
    curve: np.ndarray,
    scale: np.ndarray,
    own: np.ndarray,
) -> None:
    """Adds to each curve, in place, what a hand does at its ends and its trembling.

    Args:
        rng: Source of chance.
        style: The writers.
        writer: Writer of each stroke, (n,).
        curve: The strokes, (n, DENSE, 2), units.
        scale: Size of chance for each stroke, (n, 1).
        own: Share of the symbol's size that the stroke has, (n, 1).
    """
    count = len(curve)
    t = np.linspace(0, 1, DENSE)
    for end, near in ((0, 1 - t), (-1, t)):
        # Where the end lands: off the mark, run on or stopped short along its own direction.
        tangent = curve[:, end] - curve[:, 6 if end == 0 else -7]
        tangent /= np.maximum(np.hypot(*tangent.T), 1e-6)[:, None]
        reach = style.reach[writer] + 2.5 * rng.standard_normal(count)
        miss = 3.0 * rng.standard_normal((count, 2)) + tangent * reach[:, None]
        curve += (near**4)[:, None] * (scale * own * miss)[:, None]
        # Hooks: the pen lands or leaves while already moving towards or from elsewhere.
        angle = np.arctan2(tangent[:, 1], tangent[:, 0]) + rng.normal(0, 1.0, count) + 1.2
        hook = style.hook[writer] * rng.random(count) * (rng.random(count) < 0.5)
        flick = np.stack([np.cos(angle), np.sin(angle)], 1) * hook[:, None]
        curve += (np.exp(-(1 - near) * 18))[:, None] * (scale * own * flick)[:, None]
    # Slow waves of the hand, and fast ones of trembling fingers, along the path.
    step = np.diff(curve, axis=1)
    path = np.hypot(step[..., 0], step[..., 1]).sum(1)[:, None, None]
    for length, size in ((120.0, np.full(count, 1.1)), (38.0, 0.45 * style.tremble[writer] + 0.15)):
        frequency = path / length * np.exp(rng.normal(0, 0.35, (count, 1, 2)))
        phase = 2 * math.pi * rng.random((count, 1, 2))
        wave = np.sin(2 * math.pi * frequency * t[:, None] + phase)
        curve += (scale * own * size[:, None])[:, None] * wave


def _arrange(
    rng: np.random.Generator,
    table: GlyphTable,
    style: Styles,
    symbols: _Symbols,
    strokes: _Strokes,
    curve: np.ndarray,
) -> None:
    """Gives the curves, in place, slant, width, turn and their place on the line (units)."""
    owner, writer = strokes.symbol, symbols.writer
    count = len(writer)
    chance = rng.standard_normal((6, count))
    care = style.care[writer]
    width = style.width[writer] * style.class_width[writer, symbols.label]
    width = width * np.exp(0.07 * care * chance[0])
    slant = style.slant[writer] + 0.05 * care * chance[1]
    turn = style.turn[writer] + 0.04 * care * chance[2]
    size = np.exp(0.07 * care * chance[3]) * np.where(symbols.raised, 0.62, 1.0)
    cos, sin = np.cos(turn), np.sin(turn)
    # First width, then slant, then turn: the matrix of all three.
    a, b, c, d = cos * width, -cos * slant - sin, sin * width, -sin * slant + cos
    matrix = size[:, None, None] * np.stack([np.stack([a, c], -1), np.stack([b, d], -1)], 1)
    curve[:] = curve @ matrix[owner]

    first = symbols.first_stroke
    left = np.minimum.reduceat(curve[..., 0].min(1), first)
    right = np.maximum.reduceat(curve[..., 0].max(1), first)
    gap = style.spacing[writer] * np.exp(0.3 * chance[4]) * np.where(symbols.raised, 0.4, 1.0)
    advance = right - left + np.maximum(gap, 3.0)
    # The position in its line: all advances so far, less the advances of the texts before.
    total = np.cumsum(advance) - advance
    x = total - total[symbols.first_of_text] - left
    y = table.centre[symbols.allograph, 1] * size + np.where(symbols.raised, -18.0, 0.0)
    y = y + style.drift[writer] * x + 2.5 * care * chance[5]
    curve += np.stack([x, y], 1)[owner][:, None]


def _sample(
    style: Styles, writer: np.ndarray, curve: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Samples the curves as a digitizer does, at equal steps of time.

    Args:
        style: The writers.
        writer: Writer of each stroke, (n,).
        curve: The strokes, (n, DENSE, 2), units.

    Returns:
        x and y of all points of all strokes, units, and the number of points of each stroke.
    """
    step = np.diff(curve, axis=1)
    length = np.hypot(step[..., 0], step[..., 1]) + 1e-6
    cross = step[:, :-1, 0] * step[:, 1:, 1] - step[:, :-1, 1] * step[:, 1:, 0]
    dot = (step[:, :-1] * step[:, 1:]).sum(-1)
    bend = np.zeros_like(length)
    bend[:, 1:] = np.abs(np.arctan2(cross, dot)) / length[:, 1:]
    # The law of hand movement: speed falls with the third root of curvature.
    pace = np.cbrt(1 + 60 * bend)
    near_end = np.exp(-np.minimum(np.arange(DENSE - 1), np.arange(DENSE - 1)[::-1]) / 4)
    pace *= 1 + 0.9 * near_end
    time = np.zeros(curve.shape[:2])
    np.cumsum(length * pace, axis=1, out=time[:, 1:])
    # The pace is about 1.6 on average over a stroke, in this unit of time.
    count = np.rint(style.rate[writer] * time[:, -1] / 1.6).astype(int)
    count = np.clip(count, 2, 400)
    time /= time[:, -1:]

    # One interpolation for all strokes: stroke i lives on the interval 2i to 2i + 1.
    ends = np.cumsum(count)
    within = np.arange(ends[-1]) - np.repeat(ends - count, count)
    at = within / np.repeat(count - 1, count)
    at += np.repeat(2.0 * np.arange(len(count)), count)
    knots = (time + 2.0 * np.arange(len(count))[:, None]).ravel()
    x = np.interp(at, knots, curve[..., 0].ravel())
    y = np.interp(at, knots, curve[..., 1].ravel())
    return x, y, count


def write(
    rng: np.random.Generator,
    table: GlyphTable,
    style: Styles,
    texts: list[list[tuple[str, bool]]],
    writers: np.ndarray,
) -> list[TextInk]:
    """Writes texts by hand.

    Args:
        rng: Source of chance.
        table: The glyphs.
        style: The writers.
        texts: Each a list of (label, raised); none empty.
        writers: Writer of each text, (texts,).

    Returns:
        The ink of each text.
    """
    index = {label: i for i, label in enumerate(table.labels)}
    lengths = np.array([len(text) for text in texts])
    label = np.array([index[c] for text in texts for c, _ in text])
    text_start = np.cumsum(lengths) - lengths
    writer = np.repeat(writers, lengths)
    quantile = style.favourite[writer, label]
    other = rng.random(len(label)) < style.fickle[writer]
    quantile = np.where(other, rng.random(len(label)), quantile)
    variant = (quantile[:, None] >= table.choice[label]).sum(1)
    allograph = table.first_allograph[label] + variant
    per_symbol = table.stroke_count[allograph]
    first_stroke = np.cumsum(per_symbol) - per_symbol
    symbols = _Symbols(
        label=label,
        writer=writer,
        allograph=allograph,
        raised=np.array([raised for text in texts for _, raised in text]),
        first_stroke=first_stroke,
        first_of_text=np.repeat(text_start, lengths),
    )
    owner = np.repeat(np.arange(len(label)), per_symbol)
    nth = np.arange(len(owner)) - first_stroke[owner]
    strokes = _Strokes(
        symbol=owner, template=table.first_stroke[allograph][owner] + nth, writer=writer[owner]
    )
    curve = _curves(rng, table, style, symbols, strokes)
    _arrange(rng, table, style, symbols, strokes, curve)
    x, y, count = _sample(style, strokes.writer, curve)
    late = (nth > 0) & table.delayed[label][owner] & style.delays[strokes.writer]

    # Device units: each text starts somewhere on the page.
    devices = [DEVICES[d] for d in style.device[writers]]
    unit = np.array([d.height for d in devices]) * style.size[writers] / 100
    corner = unit * (30 + 250 * rng.random((2, len(texts))))
    digits = np.array([d.decimals for d in devices])
    noise = np.array([d.noise for d in devices]) * 10.0**-digits
    text_of_stroke = np.repeat(np.arange(len(texts)), lengths)[owner]
    text_of_point = np.repeat(text_of_stroke, count)
    error = noise[text_of_point] * rng.standard_normal((2, len(x)))
    top = np.full(len(texts), np.inf)
    np.minimum.at(top, text_of_point, y)
    step = 10.0 ** digits[text_of_point]
    place = np.stack(
        [
            x * unit[text_of_point] + corner[0][text_of_point],
            (y - top[text_of_point]) * unit[text_of_point] + corner[1][text_of_point],
        ]
    )
    place = np.rint((place + error) * step) / step
    # A sample every 10 ms, and a pause of a fifth to half a second between strokes.
    pause = (200 + 300 * rng.random(len(count))).astype(int)
    return _cut(place.T, count, pause, owner - text_start[text_of_stroke], text_of_stroke, late)


def _cut(
    place: np.ndarray,
    count: np.ndarray,
    pause: np.ndarray,
    position: np.ndarray,
    text: np.ndarray,
    late: np.ndarray,
) -> list[TextInk]:
    """Cuts the points of a batch into texts and strokes, in writing order, and times them.

    Args:
        place: All points, device units, (points, 2).
        count: Points of each stroke, (strokes,).
        pause: Pause before each stroke, ms.
        position: Position of each stroke's symbol in its text.
        text: Text of each stroke, ascending.
        late: True for strokes that are written after all others of their text.
    """
    ends = np.cumsum(count)
    starts = ends - count
    inks = []
    bounds = np.flatnonzero(np.diff(text)) + 1
    for group in np.split(np.arange(len(text)), bounds):
        if late[group].any():
            group = group[np.argsort(late[group], kind="stable")]
        strokes, clock = [], 0
        for i in group.tolist():
            n = int(count[i])
            clock += int(pause[i])
            points = np.empty((n, 3))
            points[:, :2] = place[starts[i] : ends[i]]
            points[:, 2] = clock + 10 * np.arange(n)
            clock += 10 * n
            strokes.append(points)
        inks.append(TextInk(strokes, position[group].tolist()))
    return inks

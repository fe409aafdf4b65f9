import random
import re

import pytest
from inkml_samples import NAMESPACE

from data_tools import traces
from data_tools.inkml import parse
from data_tools.traces import InkmlError

X, Y, T = ('<channel name="X"/>', '<channel name="Y"/>', '<channel name="T"/>')
VIEW = '<traceView traceDataRef="0"/>'


def format(*channels, more: str = "", name: str = "") -> str:
    return f'<traceFormat xml:id="{name}">{"".join(channels)}{more}</traceFormat>'


def channel(name: str, **attributes: str) -> str:
    return f'<channel name="{name}" ' + " ".join(f'{k}="{v}"' for k, v in attributes.items()) + "/>"


def source(x_step: str, y_step: str, y: str = Y) -> str:
    """A source with resolutions such as "100 1/mm"."""
    steps = "".join(
        f'<channelProperty channel="{axis}" name="resolution" value="{value}" units="{units}"/>'
        for axis, text in (("X", x_step), ("Y", y_step))
        if text
        for value, _, units in [text.partition(" ")]
    )
    inner = format(X, y)
    return (
        f'<inkSource xml:id="s">{inner}<channelProperties>{steps}</channelProperties></inkSource>'
    )


def ink(*body: str, views: str = VIEW) -> bytes:
    group = f'<traceGroup><annotation type="truth">L</annotation>{views}</traceGroup>'
    return f'<ink xmlns="{NAMESPACE}">{"".join(body)}{group}</ink>'.encode()


def trace(text: str, name: str = "0", **attributes: str) -> str:
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<trace xml:id="{name}"{more}>{text}</trace>'


def strokes(data: bytes) -> list[list[list[float]]]:
    page = parse(data)
    assert not page.skipped
    (symbol,) = page.symbols
    return [stroke.tolist() for stroke in symbol.strokes]


@pytest.mark.parametrize(
    ("channels", "text", "points"),
    [
        ((X, Y), "10 10, '0 '50, 0 40, 50 0", [[10, 10], [10, 60], [10, 100], [60, 100]]),
        # The velocities are 2 3, 3 2, 4 1; a prefix holds for its channel only, until the next.
        ((X, Y), "5 5,'2'3,\"1\"-1,1-1,!7*", [[5, 5], [7, 8], [10, 10], [14, 11], [7, 11]]),
        ((X, Y), "5 5, '2 6, 3 7, !1 8, 2 9", [[5, 5], [7, 6], [10, 7], [1, 8], [2, 9]]),
        # A star stays, or goes on: at the velocity 2, at the acceleration 1.
        ((X, Y), "5 5,* 6,7 *", [[5, 5], [5, 6], [7, 6]]),
        ((X, Y), "5 5,'2 6,* 7,\"1 8,**", [[5, 5], [7, 6], [9, 7], [12, 8], [16, 8]]),
        ((X, Y), "#1F#A,-#10 !-#2", [[31, 10], [-16, -2]]),
        ((X, Y), "5-7,.5.25,1e1-1E-1,- 3 - 4", [[5, -7], [0.5, 0.25], [10, -0.1], [-3, -4]]),
        # Written like the usual "x y t", but with two values glued in front.
        ((X, Y, T), "1 2-5, 3 4-6", [[1, 2], [3, 4]]),
        ((X, Y, T), "1-2 5, 3-4 6", [[1, -2], [3, -4]]),
        ((T, Y, X), "9 1 2,'9'1'2", [[2, 1], [4, 2]]),
    ],
)
def test_values_are_read_as_the_recommendation_says(channels, text, points):
    assert strokes(ink(format(*channels), trace(text))) == [points]


def coded(points: list[tuple[int, int]], generator: random.Random) -> str:
    """Points as text, each value coded in one of the ways that it may be."""
    texts, orders = [], ["!", "!"]
    for number, point in enumerate(points):
        values = []
        for axis, value in enumerate(point):
            before = [earlier[axis] for earlier in points[:number]]
            # A second difference comes after a difference, which comes after a value.
            ways = ["!"] + ["'"] * bool(before) + ['"'] * (orders[axis] != "!")
            order = generator.choice(ways)
            step = value - before[-1] if before else 0
            number_of = {"!": value, "'": step, '"': 0}
            if order == '"':
                number_of[order] = step - (before[-1] - before[-2])
            prefix = order if order != orders[axis] or generator.random() < 0.2 else ""
            written = number_of[order]
            spelt = (
                f"{'-' * (written < 0)}#{abs(written):X}" if generator.random() < 0.2 else written
            )
            values.append(f"{prefix}{spelt}")
            orders[axis] = order
        glued = values[1][0] in "-'\"!" and generator.random() < 0.5
        texts.append(("" if glued else " ").join(values))
    return generator.choice([",", ", ", " ,\n"]).join(texts)


def test_any_coding_of_the_same_points_is_the_same():
    generator = random.Random(1)
    for _ in range(300):
        points = [
            (generator.randint(-99, 99), generator.randint(-9, 9))
            for _ in range(generator.randint(1, 8))
        ]
        assert strokes(ink(trace(coded(points, generator)))) == [[list(point) for point in points]]


def test_intermittent_channels_stand_behind_the_others_or_are_left_out():
    state = "".join(channel(name, type="boolean") for name in ("S", "B1"))
    many = format(Y, X, more=f"<intermittentChannels>{state}</intermittentChannels>")
    assert strokes(ink(many, trace("1 2,3 4 T,5 6TF,7 8*T,9-1 ??"))) == [
        [[2, 1], [4, 3], [6, 5], [8, 7], [-1, 9]]
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("'1 '2, 3 4", traces.NO_BASE),
        ("* 2, 3 4", traces.NO_BASE),
        ('1 2, "3 4', traces.NO_BASE),
        ("1 2, '3 4, !5 6, \"7 8", traces.NO_BASE),
        ("1 2, ? 4", traces.NO_COORDINATES),
        ("1 2, T 4", traces.BAD_COORDINATES),
        ("1 2, '* 4", traces.BAD_COORDINATES),
        ("1 2, '", traces.BAD_COORDINATES),
        ("1 2, '3 '4 '5-6", traces.BAD_COORDINATES),
        ("1 2, #G 4", traces.BAD_COORDINATES),
        ("1 2, #12345678901234567 4", traces.BAD_COORDINATES),
        ("1 2, 3 #" + "F" * 16, "coordinates out of range"),
    ],
)
def test_values_that_mean_no_place(text, reason):
    assert parse(ink(trace(text))).skipped == [("L", reason)]


UP, LEFT = channel("Y", orientation="-ve"), channel("X", orientation="-ve")


@pytest.mark.parametrize(
    ("body", "points"),
    [
        (format(X, UP), [[1, -2], [4, -6]]),
        (format(UP, LEFT), [[-2, -1], [-6, -4]]),
        # One length for both axes; equal ones are left as they are.
        (format(channel("X", units="mm"), channel("Y", units="cm")), [[1, 20], [4, 60]]),
        (format(channel("X", units="pt"), channel("Y", units="pt")), [[1, 2], [4, 6]]),
        (source("100 1/cm", "200 1/cm"), [[0.1, 0.1], [0.4, 0.3]]),
        (source("0.5 mm", "2 1/mm", y=UP), [[0.5, -1], [2, -3]]),
        (source("4 1/dev", "2 1/dev"), [[0.25, 1], [1, 3]]),
        (source("7", "7"), [[1, 2], [4, 6]]),
    ],
)
def test_channels_have_an_orientation_and_a_scale(body, points):
    (found,) = strokes(ink(body, trace("1 2, 4 6")))
    assert [pytest.approx(point) for point in points] == found
    inner = f'<definitions><context xml:id="c">{body}</context></definitions>'
    (found,) = strokes(ink(inner, trace("1 2, 4 6", contextRef="#c")))
    assert [pytest.approx(point) for point in points] == found


SWAPPED = '<context xml:id="yx">' + format(Y, X) + "</context>"
DEFINED = "<definitions>" + format(Y, X, name="f") + source("1 1/mm", "1 1/mm", y=UP)
AS_IS, TURNED, FLIPPED = [[1, 2]], [[2, 1]], [[1, -2]]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        # A context holds for the traces that name it, at the top for those behind it as well.
        (f'<definitions>{SWAPPED}</definitions><t contextRef="#yx"/><t/>', [TURNED, AS_IS]),
        (f"<t/>{SWAPPED}<t/>", [AS_IS, TURNED]),
        (f"<t/>{format(Y, X)}<t/>{format(X, UP)}<t/>", [AS_IS, TURNED, FLIPPED]),
        (f'{SWAPPED}<t contextRef="#DefaultContext"/><t/>', [AS_IS, TURNED]),
        (f"{SWAPPED}<context><brush/></context><t/>", [TURNED]),
        (f'{SWAPPED}<context contextRef="#DefaultContext"/><t/>', [AS_IS]),
        (f'{DEFINED}</definitions><context traceFormatRef="#f"/><t/>', [TURNED]),
        (f'{DEFINED}</definitions><context inkSourceRef="#s"/><t/>', [FLIPPED]),
        # Based on another one.
        (
            f'{DEFINED}<context xml:id="a" inkSourceRef="#s"/><context xml:id="b" contextRef="#a">'
            '<brush/></context></definitions><t contextRef="b"/><t/>',
            [FLIPPED, AS_IS],
        ),
        # Groups give theirs to the traces in them.
        (
            f'<definitions>{SWAPPED}</definitions><traceGroup contextRef="#yx"><traceGroup><t/>'
            '<t contextRef="#DefaultContext"/></traceGroup></traceGroup><t/>',
            [TURNED, AS_IS, AS_IS],
        ),
    ],
)
def test_each_trace_is_read_in_its_own_context(body, found):
    numbers = iter(range(9))
    text = re.sub("<t([ /])", lambda m: f'<trace id="{next(numbers)}"{m[1]}', body)
    text = re.sub("(<trace [^>]*)/>", r"\1>1 2</trace>", text)
    for number, expected in enumerate(found):
        views = f'<traceView traceDataRef="{number}"/>'
        (stroke,) = strokes(ink(text, views=views))
        assert stroke == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (format(X, more=f"<intermittentChannels>{Y}</intermittentChannels>"), "Y is intermittent"),
        (format(X, channel("Y", orientation="up")), "has the orientation 'up'"),
        (format(channel("X", units="mm"), Y), "X and Y cannot be compared: '1 mm' and '1'"),
        (format(channel("X", units="mm"), channel("Y", units="dev")), "cannot be compared"),
        (format(channel("X", units="%"), channel("Y", units="%")), "cannot be compared"),
        (source("1 1/mm", "2"), "cannot be compared"),
        (source("1 1/mm", ""), "only one of the channels X and Y has a resolution"),
        *(
            (source(f"{text} 1/mm", "1 1/mm"), f"a channel has the resolution '{text}'")
            for text in ("0", "-5", "*5", "#5", "1e99")
        ),
        (format(X, Y, T * 1000), "traceFormat has more than 1000 channels"),
        ('<context xml:id="c"><canvasTransform/></context>', "canvasTransform, which is not supp"),
        ('<context contextRef="#no"/>', "not one context has the id '#no'"),
        (f'{SWAPPED}{SWAPPED}<context contextRef="#yx"/>', "not one context has the id '#yx'"),
        ('<context traceFormatRef="#c"/>', "not one traceFormat has the id '#c'"),
        ('<context xml:id="c" contextRef="#c"/>', "based on each other in a circle"),
        (f"<definitions>{SWAPPED}</definitions>", "a traceFormat is defined that no trace refers"),
        (f"<context>{format(X, Y)}{source('1 1/mm', '2 1/mm')}</context>", "with another scale"),
        ("<traceGroup>" * 101 + trace("1 2", "1") + "</traceGroup>" * 101, "more than 100 deep"),
    ],
)
def test_what_is_not_supported_loses_the_file_by_name(body, message):
    with pytest.raises(InkmlError, match=re.escape(message)) as refused:
        parse(ink(body, trace("1 2")))
    assert "\n" not in str(refused.value)


def test_movements_with_the_pen_up_are_no_ink():
    views = VIEW + '<traceView traceDataRef="1"/>'
    assert strokes(ink(trace("1 2"), trace("3 4", "1", type="penUp"), views=views)) == [[[1, 2]]]
    assert strokes(ink(trace("1 2", type="penDown"))) == [[[1, 2]]]
    for data, reason in (
        (ink(trace("1 2", type="penUp")), traces.NO_STROKES),
        (ink(trace("1 2", type="indeterminate")), traces.UNKNOWN_PEN),
    ):
        assert parse(data).skipped == [("L", reason)]


def test_a_continuation_is_one_stroke_with_what_it_continues():
    body = [
        trace("1 2, 3 4", "a", continuation="begin"),
        trace("5 6", "b", continuation="middle", priorRef="#a"),
        trace("9 9", "other"),
        trace("7 8", "c", continuation="end", priorRef="#b"),
    ]

    def of(*names: str) -> list[list[list[float]]]:
        return strokes(
            ink(*body, views="".join(f'<traceView traceDataRef="#{n}"/>' for n in names))
        )

    assert of("c", "a", "other", "b") == [[[1, 2], [3, 4], [5, 6], [7, 8]], [[9, 9]]]
    assert of("c", "a") == [[[7, 8]], [[1, 2], [3, 4]]]


GROUP = (
    '<traceGroup xml:id="g">'
    + trace("1 1, 2 2, 3 3", "a")
    + '<annotation type="note">n</annotation>'
    '<traceGroup xml:id="h">'
    + trace("4 4, 5 5", "b")
    + trace("6 6, 7 7", "c")
    + "</traceGroup>"
    + trace("8 8", "d", type="penUp")
    + "</traceGroup>"
)
A, B, C = [[1, 1], [2, 2], [3, 3]], [[4, 4], [5, 5]], [[6, 6], [7, 7]]


@pytest.mark.parametrize(
    ("views", "found"),
    [
        ('<traceView traceDataRef="#g"/>', [A, B, C]),
        ('<traceView traceDataRef="g"/>', [A, B, C]),
        ('<traceView traceDataRef="#h"/><traceView traceDataRef="#b"/>', [B, C]),
        ('<traceView traceDataRef="#a" from="2"/>', [A[1:]]),
        ('<traceView traceDataRef="#a" from="2" to="2"/>', [A[1:2]]),
        ('<traceView traceDataRef="#a" from="1" to="3"/>', [A]),
        ('<traceView traceDataRef="#g" from="2"/>', [B, C]),
        ('<traceView traceDataRef="#g" to="1"/>', [A]),
        ('<traceView traceDataRef="#g" from="1:3" to="2:1:1"/>', [A[2:], B[:1]]),
        ('<traceView traceDataRef="#g" from="2:1:2" to="2:2:1"/>', [B[1:], C[:1]]),
        (
            '<traceView><traceView traceDataRef="#a"/><traceView traceDataRef="#c"/></traceView>',
            [A, C],
        ),
        ('<traceView traceDataRef="#v"/>', [C, A[:2]]),
        (trace("9 9, 8 8", "own"), [[[9, 9], [8, 8]]]),
    ],
)
def test_views_of_groups_ranges_and_views(views, found):
    view = (
        '<traceView xml:id="v"><traceView traceDataRef="#c"/>'
        '<traceView traceDataRef="#a" to="2"/></traceView>'
    )
    assert strokes(ink(GROUP, view, views=views)) == found


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        *(
            (f'<traceView traceDataRef="#{ref}" {range}/>', traces.BAD_RANGE)
            for ref, range in (
                *(("a", f'from="{text}"') for text in ("0", "4", "-1", "1:1", "x", "", "²")),
                ("a", 'from="3" to="2"'),
                ("g", 'from="4"'),
                ("g", 'from="2:3"'),
            )
        ),
        ("<traceView/>", traces.MISSING_TRACE),
        ('<traceView traceDataRef="#me"/>', traces.TOO_DEEP),
        ('<traceView traceDataRef="#a" contextRef="#DefaultContext"/>', traces.OTHER_CONTEXT),
        # CROHME's segments have numbers of the same kind as its traces.
        ('<traceView traceDataRef="me"/>', traces.MISSING_TRACE),
    ],
)
def test_views_of_what_is_not_there(view, reason):
    data = ink(GROUP, views=view).replace(b"<traceGroup><ann", b'<traceGroup xml:id="me"><ann')
    assert parse(data).skipped == [("L", reason)]


def test_units_of_several_formats_in_one_symbol():
    units = [format(channel("X", units=u), channel("Y", units=u)) for u in ("mm", "cm", "mm")]
    body = "".join(f + trace("1 2", str(n)) for n, f in enumerate(units))
    assert strokes(ink(body, views=VIEW + '<traceView traceDataRef="2"/>')) == [[[1, 2]], [[1, 2]]]
    both = parse(ink(body, views=VIEW + '<traceView traceDataRef="1"/>'))
    assert both.skipped == [("L", traces.MIXED_UNITS)]


def test_views_that_multiply_end_soon():
    # Each views the one before ten times: 10 ** 30 traces.
    views = "".join(
        f'<traceView xml:id="v{n}">'
        + f'<traceView traceDataRef="#v{n - 1}"/>' * 10
        + "</traceView>"
        for n in range(1, 31)
    )
    body = f'<traceView xml:id="v0" traceDataRef="#0"/>{views}'
    page = parse(ink(trace("1 2"), body, views='<traceView traceDataRef="#v30"/>'))
    assert page.skipped == [("L", traces.TOO_MANY_POINTS)]

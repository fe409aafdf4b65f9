import random
import re

import pytest
from inkml_samples import page, trace
from memory import memory_below

from data_tools import inkml, traces
from data_tools.inkml import InkmlError, parse

ONE, OTHER = {"0": "1 2, 3 4"}, {"1": "1 2, 3 4"}


def strokes(data: bytes) -> list[list[list[float]]]:
    (symbol,) = parse(data).symbols
    return [stroke.tolist() for stroke in symbol.strokes]


def reasons(data: bytes) -> list[tuple[str, str]]:
    return parse(data).skipped


def coded(text: bytes, *encodings: str) -> list[bytes]:
    return [text.decode().encode(encoding) for encoding in encodings]


def test_symbols_are_groups_with_views_and_strokes_are_found_by_id():
    # Ids in an order of their own, and one trace that is in no symbol.
    data = page(
        {"7": "1 2, 3 4", "junk": "9 9, 8 8", "3": "5 6"},
        [("x", ["3", "7"]), ("\\times", ["7"])],
    )
    symbols = parse(data).symbols
    assert [(s.index, s.label) for s in symbols] == [(0, "x"), (1, "\\times")]
    assert [s.tolist() for s in symbols[0].strokes] == [[[5, 6]], [[1, 2], [3, 4]]]
    assert [s.tolist() for s in symbols[1].strokes] == [[[1, 2], [3, 4]]]


def test_unwanted_symbols_are_counted_and_do_not_change_the_numbers_of_others():
    data = page(ONE, [("a", ["0"]), ("x", ["0"]), ("a", ["nowhere"]), ("2", ["0"])])
    result = parse(data, {"x", "2"})
    assert [(s.index, s.label) for s in result.symbols] == [(1, "x"), (3, "2")]
    assert result.unwanted == {"a": 2}
    assert result.skipped == []


@pytest.mark.parametrize(
    ("channels", "text", "expected"),
    [
        (None, "1 2, 3 4", [[1, 2], [3, 4]]),
        (("X", "Y", "T"), "1 2 100, 3 4 200", [[1, 2], [3, 4]]),
        (("X", "Y", "F"), "1 2, 3 4", [[1, 2], [3, 4]]),  # The channel F is not there.
        (("T", "Y", "X"), "9 1 2, 9 3 4", [[2, 1], [4, 3]]),
        (("T", "P", "Y", "X"), "9 8 1 2, 9 8 3 4", [[2, 1], [4, 3]]),
    ],
)
def test_channels(channels, text, expected):
    assert strokes(page({"0": text}, [("x", ["0"])], channels)) == [expected]


@pytest.mark.parametrize("channels", [("X",), (), ("X", "X", "Y")])
def test_a_format_without_both_axes_is_refused(channels):
    with pytest.raises(InkmlError, match=r"channels [XY], not one"):
        parse(page(ONE, [("x", ["0"])], channels))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\n1 2, 3 4\n", [[1, 2], [3, 4]]),
        ("1\t2 ,\r\n3   4", [[1, 2], [3, 4]]),
        ("1 2, 3 4,", [[1, 2], [3, 4]]),
        ("14 -2.5, .5 1e2", [[14, -2.5], [0.5, 100]]),
        ("5 6", [[5, 6]]),
        ("1 2 3, 4 5", [[1, 2], [4, 5]]),
        ("<!-- c -->1 2, <!-- d -->3 4", [[1, 2], [3, 4]]),
        ("1 2<note/>, <b>3</b> 4", [[1, 2], [3, 4]]),
    ],
)
def test_spellings_of_a_trace(text, expected):
    assert strokes(page({"0": text}, [("x", ["0"])])) == [expected]


def test_bulk_and_single_reading_agree():
    generator = random.Random(1)
    for _ in range(200):
        width = generator.choice((2, 3))
        points = [
            tuple(round(generator.uniform(-99, 99), generator.choice((0, 2))) for _ in range(width))
            for _ in range(generator.randint(1, 9))
        ]
        plain = trace(points)
        odd = plain.replace(", ", generator.choice((",", " , ", ",\n")))
        expected = [[list(map(float, map("{:g}".format, point[:2]))) for point in points]]
        assert strokes(page({"0": plain}, [("x", ["0"])])) == expected
        assert strokes(page({"0": odd}, [("x", ["0"])])) == expected


BAD, FAR = traces.BAD_COORDINATES, inkml.FAR_COORDINATES


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 2, 3", BAD),
        ("1, 2, 3", BAD),
        ("1 2, , 3 4", BAD),
        ("one two, 3 4", BAD),
        ("1 2, 3 nan", BAD),
        ("1 2, inf 4", BAD),
        ("1 2, 3 1_0", BAD),
        ("1 2, 3 4-5", BAD),
        ("1 2, 3 .", BAD),
        ("1 2, 3 ٤", BAD),
        ("1 ,9 3 4", BAD),
        ("1 , 2 3", BAD),
        ("1 2, 3 , 4 5", BAD),
        ("1 2," + "7 " * 40, BAD),
        ("1 2, 1e999 4", FAR),
        ("1 2, -1e300 4", FAR),
        ("1 2, 1000000001 4", FAR),
        (f"1 2, {'1' * 400} 4", FAR),
    ],
)
def test_junk_coordinates_lose_the_symbol_only(text, reason):
    result = parse(page({"0": text, **OTHER}, [("x", ["0"]), ("2", ["1"])]))
    assert [s.label for s in result.symbols] == ["2"]
    assert result.skipped == [("x", reason)]


@pytest.mark.parametrize(
    ("label", "refs", "reason"),
    [
        ("x", [], traces.NO_STROKES),
        ("x", ["0", "nowhere"], traces.MISSING_TRACE),
        ("x", ["empty"], traces.NO_STROKES),
        (None, ["0"], inkml.NO_LABEL),
        (" ", ["0"], inkml.NO_LABEL),
        ("y" * 65, ["0"], inkml.LONG_LABEL),
    ],
)
def test_symbols_without_what_they_need(label, refs, reason):
    result = parse(page({**ONE, "empty": "  "}, [(label, refs), ("2", ["0"])]))
    shown = "y" * 64 + "..." if reason == inkml.LONG_LABEL else (label or "").strip()
    assert (result.skipped, [s.label for s in result.symbols]) == ([(shown, reason)], ["2"])


def test_trace_ids():
    data = page(
        {"0": "1 2", "1": "3 4", "2": "5 6"},
        [("a", ["0"]), ("b", ["0", "0"]), ("c", ["1"]), ("d", ["#2"])],
    )
    data = data.replace(b'<trace id="2">', b'<trace xml:id="2">')
    shared = {s.label: [k.tolist() for k in s.strokes] for s in parse(data).symbols}
    # Shared by two symbols, and twice in one; found as a URI and by xml:id.
    assert shared == {"a": [[[1, 2]]], "b": [[[1, 2]]], "c": [[[3, 4]]], "d": [[[5, 6]]]}
    twice = data.replace(b'<trace id="1">', b'<trace id="0">')
    assert reasons(twice) == [
        ("a", traces.AMBIGUOUS_TRACE),
        ("b", traces.AMBIGUOUS_TRACE),
        ("c", traces.MISSING_TRACE),
    ]
    without = data.replace(b'<trace id="1">', b"<trace>")
    assert reasons(without) == [("c", traces.MISSING_TRACE)]


def test_the_first_of_two_labels_counts():
    data = page(ONE, [("=", ["0"])])
    two = data.replace(b"<traceView", b'<annotation type="truth">-</annotation><traceView')
    assert [symbol.label for symbol in parse(two).symbols] == ["="]


def single(*annotations: tuple[str, str], segment: str | None = None) -> bytes:
    """An ink of two strokes with annotations of its own, and with or without a segment."""
    head = "".join(f'<annotation type="{kind}">{text}</annotation>' for kind, text in annotations)
    data = page({"0": "1 2", "1": "3 4"}, [] if segment is None else [(segment, ["1"])])
    whole = b'<annotation type="truth">$not a symbol$</annotation>'
    return data.replace(whole, head.encode())


ALL_INK, SEGMENT = [[[1, 2]], [[3, 4]]], [[[3, 4]]]
NAME = ("UI", " writer_7 ")


def names():
    return {"writer_7": "\\sin"}


@pytest.mark.parametrize(
    ("data", "label", "found"),
    [
        # MathWriting: the label is on the ink.
        (single(("label", "x"), ("sampleId", "00ff")), "x", ALL_INK),
        *(
            (single(("label", name)), name, ALL_INK)
            for name in ("\\frac", "\\{", "\\mathbb{R}", "$")
        ),
        (single(("label", "\\mathrm{x}y"), ("normalizedLabel", "x")), "x", ALL_INK),
        (single(("truth", "$ \\pi $")), "\\pi", ALL_INK),
        # CROHME's isolated symbols: the label stands elsewhere, by the name of the ink.
        (single(("truth", ""), NAME), "\\sin", ALL_INK),
        (single(("truth", ""), NAME, segment=""), "\\sin", SEGMENT),
        (single(("truth", "$x+1$"), NAME, segment=""), "\\sin", SEGMENT),
        (single(("truth", "x"), NAME, segment="y"), "y", SEGMENT),
    ],
)
def test_inks_of_a_single_symbol(data, label, found):
    (symbol,) = parse(data, labels=names).symbols
    assert (symbol.index, symbol.label) == (0, label)
    assert [stroke.tolist() for stroke in symbol.strokes] == found
    assert parse(data, {"q"}, names).unwanted == {label: 1}


def test_an_expression_without_segmentation_is_no_symbol():
    for truth in ("x+1", "\\alpha x", "\\mathbb{R}^2", "12", "$x+1$"):
        with pytest.raises(InkmlError, match="no segmentation: a whole expression"):
            parse(single(("label", truth)))
    with pytest.raises(InkmlError, match="no segmentation: neither symbols nor a label"):
        parse(single(NAME))
    assert reasons(single(NAME, segment="")) == [("", inkml.NO_LABEL)]
    assert reasons(single(("truth", "$x+1$"), segment="")) == [("", inkml.NO_LABEL)]


def test_junk_is_no_symbol_unless_it_is_asked_for():
    data = single(("truth", ""), NAME, segment="")

    def read(wanted):
        return parse(data, wanted, lambda: {"writer_7": "junk"})

    assert read(None).skipped == [("junk", inkml.NO_SYMBOL)]
    assert [symbol.label for symbol in read({"junk"}).symbols] == ["junk"]


def test_a_file_without_a_namespace():
    assert strokes(page(ONE, [("x", ["0"])], namespace=None)) == [[[1, 2], [3, 4]]]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (page(ONE, [("x", ["0"])], namespace="http://www.w3.org/2003/InkML/"), "root element is"),
        (b"<html/>", "root element is html, not InkML's ink"),
        (b" \n", "empty file"),
        (page(ONE, [("x", ["0"])])[:-20], "not well-formed XML"),
        (page(ONE, [("x", ["0"])]) + b"<ink/>", "not well-formed XML"),
        (b"\x00" * 1000, "NUL"),
        (page(ONE, [("x\0", ["0"])]), "NUL"),
        (page(ONE, [("x", ["0"])]).decode().encode("utf-16")[:-1], "not valid utf-16"),
        (page(ONE, [("&nbsp;", ["0"])]), "not well-formed XML"),
        (page(ONE, []), "no segmentation"),
        # nothing can expand or be fetched
        (page(ONE, [], head="<!DOCTYPE ink [<!ENTITY a 'ha'>]>"), "DOCTYPE"),
        (coded(page(ONE, [], head="<!DOCTYPE ink SYSTEM 'x'>"), "utf-16-be")[0], "DOCTYPE"),
        (page(ONE, [], head='<?xml version="1.0" encoding="rot13"?>'), "encoding rot"),
        (page(ONE, [], head='<?xml version="1.0" encoding="no-such"?>'), "encoding no-such"),
    ],
)
def test_hopeless_files_are_refused_with_a_reason(data, reason):
    with pytest.raises(InkmlError, match=re.escape(reason)) as refused:
        parse(data)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200


def test_encodings():
    text = page({"0": "1 2"}, [("\u00b7", ["0"])])
    (latin,) = coded(text, "latin-1")
    heads = [b'<?xml version="1.0" encoding="%s"?>' % name for name in (b"ISO-8859-1", b"cp1252")]
    good = coded(text, "utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le")
    # As in MfrDB0104.inkml: a byte of Latin-1 in what calls itself UTF-8.
    bad = [b'<?xml version="1.0" encoding="utf-8"?>' + latin, latin]
    for data in (*good, *(head + latin for head in heads), *bad):
        result = parse(data)
        assert [s.label for s in result.symbols] == ["\u00b7"]
        assert result.recovered == ("1 byte not UTF-8, read as Latin-1" if data in bad else "")
    # Good UTF-8 around a bad byte stays what it is.
    mixed = page({"0": "1 2"}, [("한", ["0"]), ("B7", ["0"])]).replace(b"B7", b"\xb7\xb8")
    result = parse(mixed)
    assert [s.label for s in result.symbols] == ["한", "\u00b7\u00b8"]
    assert result.recovered == "2 bytes not UTF-8, read as Latin-1"


def test_limits():
    deep = 40_000
    data = f'<ink xmlns="{inkml.NAMESPACE}">' + "<traceGroup>" * deep + "</traceGroup>" * deep
    assert reasons((data + "</ink>").encode()) == [("", inkml.NO_LABEL)]
    with pytest.raises(InkmlError, match="more than 100,000 tags"):
        parse(b"<a>" * 1_000_000)
    with pytest.raises(InkmlError, match="larger than 4 MiB"):
        parse(page({"0": "1 2, " * 2_000_000}, [("x", ["0"])]))
    long = ", ".join(["1 2"] * (traces.MAX_SYMBOL_POINTS + 1))
    assert reasons(page({"0": long}, [("x", ["0"])])) == [("x", traces.TOO_MANY_POINTS)]
    assert reasons(page({"0": "1" * 1_500_000}, [("x", ["0"])])) == [("x", traces.TOO_MANY_POINTS)]


def test_one_trace_in_very_many_symbols_stays_small():
    # 20,000 points in each of 5,000 symbols would be 1.6 GB of coordinates.
    data = page({"0": ", ".join(["12 345"] * traces.MAX_SYMBOL_POINTS)}, [("x", ["0"])] * 5_000)
    with memory_below(100e6):
        result = parse(data)
    assert len(result.symbols) == traces.MAX_FILE_POINTS // traces.MAX_SYMBOL_POINTS
    assert len(result.skipped) == 5_000 - len(result.symbols)


@pytest.mark.parametrize("between", ["", "<note>"])
def test_traces_inside_traces_are_refused_before_their_text_is_copied(between):
    # Each would keep the text of all that are inside it: 800 kB a thousand times.
    opening = "".join(f'<trace id="{number}">{between}' for number in range(1_000))
    closing = (between.replace("<", "</") + "</trace>") * 1_000
    nested = (opening + "1 2, " * 160_000 + "3 4" + closing).encode()
    data = page({"a": "1 2"}, [("x", ["0"])]).replace(b"<traceGroup", nested + b"<traceGroup", 1)
    with memory_below(30e6), pytest.raises(InkmlError, match="a trace inside a trace"):
        parse(data)

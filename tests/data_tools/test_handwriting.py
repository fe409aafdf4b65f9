import collections
import itertools
import random
import tracemalloc
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from data_tools import handwriting
from data_tools.handwriting import texts

NS = "{http://www.w3.org/2003/InkML}"
# Symbols of CROHME 2012 + 2013 before the cap.
CROHME = {
    **{"-": 12328, "1": 9460, "2": 9455, "+": 8877, "x": 8109, "(": 5425, ")": 5420, "=": 4800},
    **{"3": 3785, "4": 2536, "0": 2509, "5": 1257, "9": 1091, "6": 1085, "8": 1045, "7": 1025},
}


def take(alphabet, number, seed=0):
    return list(itertools.islice(handwriting.expressions(alphabet, seed), number))


@pytest.fixture(scope="module", params=list(handwriting.ALPHABETS))
def some(request):
    """400 expressions of an alphabet."""
    return request.param, take(request.param, 400)


def test_expressions_depend_on_alphabet_and_seed_alone(some):
    alphabet, expressions = some
    first = [handwriting.write_inkml(e) for e in expressions[:10]]
    assert [handwriting.write_inkml(e) for e in take(alphabet, 10)] == first
    for other, seed in ((alphabet, 1), *((name, 0) for name in handwriting.ALPHABETS)):
        (one,) = take(other, 1, seed)
        same = np.array_equal(one.strokes[0][:2], expressions[0].strokes[0][:2])
        assert same == ((other, seed) == (alphabet, 0))


def test_strokes_belong_to_one_symbol_each_and_have_a_size_and_time(some):
    for expression in some[1]:
        owned = sorted(i for symbol in expression.symbols for i in symbol.strokes)
        assert owned == list(range(len(expression.strokes)))
        for stroke in expression.strokes:
            assert stroke.shape[0] >= 2
            assert stroke.shape[1] == 3
            assert (np.isfinite(stroke) & (stroke >= 0)).all()
        time = np.concatenate([stroke[:, 2] for stroke in expression.strokes])
        assert (np.diff(time) > 0).all()
        for symbol in expression.symbols:
            points = np.concatenate([expression.strokes[i] for i in symbol.strokes])
            assert np.ptp(points[:, :2], axis=0).max() > 0


def test_symbols_are_written_from_left_to_right(some):
    for expression in some[1][:100]:
        left = [
            min(expression.strokes[i][:, 0].min() for i in symbol.strokes)
            for symbol in expression.symbols
        ]
        assert left == sorted(left)


def test_some_dots_and_crosses_are_set_after_the_word():
    owners = [symbol.strokes for e in take("letters62", 400) for symbol in e.symbols]
    late = [any(b - a > 1 for a, b in itertools.pairwise(strokes)) for strokes in owners]
    assert 10 < sum(late) < 500


def test_inkml_says_what_was_written(some):
    for expression in some[1][:80]:
        root = ET.fromstring(handwriting.write_inkml(expression))
        assert root.tag == f"{NS}ink"
        annotations = {a.get("type"): a.text for a in root.findall(f"{NS}annotation")}
        assert annotations["truth"] == expression.truth
        assert annotations["writer"] == expression.writer
        channels = [c.get("name") for c in root.iter(f"{NS}channel")]
        assert channels == ["X", "Y", "T"][: 2 + expression.device.timed]
        traces = {trace.get("id"): trace.text for trace in root.findall(f"{NS}trace")}
        groups = root.findall(f"{NS}traceGroup/{NS}traceGroup")
        labels = [group.find(f"{NS}annotation").text for group in groups]
        assert labels == [symbol.label for symbol in expression.symbols]
        used = [v.get("traceDataRef") for g in groups for v in g.findall(f"{NS}traceView")]
        assert sorted(used) == sorted(traces)
        for text, stroke in zip(traces.values(), expression.strokes, strict=True):
            points = [list(map(float, point.split())) for point in text.split(",")]
            np.testing.assert_allclose(points, stroke[:, : len(channels)], atol=1e-9)
            assert expression.device.decimals or "." not in text


def test_every_label_is_written_and_the_truth_is_its_symbols_with_balanced_brackets(some):
    alphabet, expressions = some
    labels = {symbol.label for e in expressions for symbol in e.symbols}
    assert labels == set(handwriting.ALPHABETS[alphabet])
    for e in expressions:
        plain = e.truth.strip("$").replace("^{", "").replace("}", "")
        assert plain == "".join(symbol.label for symbol in e.symbols)
        depth = [plain[:i].count("(") - plain[:i].count(")") for i in range(len(plain) + 1)]
        assert min(depth) == depth[-1] == 0


def count(text, number):
    rng = random.Random(0)
    return collections.Counter(label for _ in range(number) for label, _ in text(rng)[0])


def test_class_mix_of_math_is_crohmes():
    found = count(texts.math_text, 8000)
    for label, number in CROHME.items():
        ratio = (found[label] / found.total()) / (number / sum(CROHME.values()))
        assert 0.8 < ratio < 1.25, (label, ratio)


def test_no_letter_starves_and_the_mix_is_like_english():
    found = count(texts.word_text, 4000)
    assert set(found) == set(handwriting.ALPHABETS["letters62"])
    assert min(found.values()) / found.total() > 0.004
    assert max(found.values()) > 6 * min(found.values())
    assert found["e"] > 2 * found["z"]


def test_stream_needs_constant_memory():
    def peak(number):
        tracemalloc.start()
        stream = handwriting.expressions("math16")
        collections.deque(itertools.islice(stream, number), maxlen=1)
        value = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return value

    peak(1)
    # Batches differ a little in size; 640 expressions kept would be 10 MB on top of 20.
    assert peak(800) < 1.4 * peak(160)

"""Small InkML files and corpora for the tests of the extractor."""

import math
import random

NAMESPACE = "http://www.w3.org/2003/InkML"


def trace(points) -> str:
    """Points as CROHME writes them: "x y, x y"."""
    return ", ".join(" ".join(f"{value:g}" for value in point) for point in points)


def page(
    traces: dict[str, str],
    symbols: list[tuple[str | None, list[str]]],
    channels: tuple[str, ...] | None = ("X", "Y"),
    namespace: str | None = NAMESPACE,
    head: str = "",
) -> bytes:
    """An InkML file.

    Args:
        traces: Text of each trace by id.
        symbols: (label, ids of its traces) of each symbol.
        channels: Names of the channels; None for no traceFormat.
        namespace: Namespace of the root; None for none.
        head: Text before the root element.
    """
    lines = [head + (f'<ink xmlns="{namespace}">' if namespace else "<ink>")]
    if channels is not None:
        lines.append("<traceFormat>")
        lines.extend(f'<channel name="{name}" type="decimal"/>' for name in channels)
        lines.append("</traceFormat>")
    lines.append('<annotation type="truth">$not a symbol$</annotation>')
    lines.extend(f'<trace id="{name}">{text}</trace>' for name, text in traces.items())
    lines.append('<traceGroup xml:id="g"><annotation type="truth">Segmentation</annotation>')
    for number, (label, refs) in enumerate(symbols):
        lines.append(f'<traceGroup xml:id="{number}:">')
        if label is not None:
            lines.append(f'<annotation type="truth">{label}</annotation>')
        lines.extend(f'<traceView traceDataRef="{ref}"/>' for ref in refs)
        lines.append(f'<annotationXML href="{number}_1"/></traceGroup>')
    lines.append("</traceGroup></ink>")
    return "\n".join(lines).encode()


def random_page(generator: random.Random, labels="()+-0123456789=x", symbols: int = 6) -> bytes:
    """A file with random symbols of one or two smooth strokes."""
    traces, groups = {}, []
    for _ in range(symbols):
        refs = []
        for _ in range(generator.choice((1, 2))):
            refs.append(str(len(traces)))
            a, b, c = (generator.uniform(0.5, 3.0) for _ in range(3))
            points = ((100 * math.sin(a * t / 7 + b), 80 * math.cos(c * t / 7)) for t in range(8))
            traces[refs[-1]] = trace((round(x, 2), round(y, 2)) for x, y in points)
        groups.append((generator.choice(labels), refs))
    return page(traces, groups)


def corpus(files: int, copies: int = 5) -> dict[str, bytes]:
    """Files by name in the official layout; some of 2013 are copies of 2012 ones."""
    generator = random.Random(0)
    found = {}
    for number in range(files):
        year = ("2012", "2013")[number % 2]
        found[f"CROHME_full/CROHME{year}_data/train/f{number}.inkml"] = random_page(generator)
    for number, name in enumerate(sorted(found)[:copies]):
        # The copy has another header.
        text = found[name].replace(b"$not a symbol$", b"$a copy$")
        found[f"CROHME_full/CROHME2013_data/copies/c{number}.inkml"] = text
    return found

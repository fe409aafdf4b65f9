"""Small InkML files and corpora for the tests of the extractor."""

import json
import math
import random
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from script_runs import ROOT

NAMESPACE = "http://www.w3.org/2003/InkML"
LIMIT_SECONDS = 5.0
LIMIT_BYTES = 500 * 10**6


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


def scribble(generator: random.Random, points: int = 8) -> str:
    """A random smooth stroke."""
    a, b, c = (generator.uniform(0.5, 3.0) for _ in range(3))
    steps = [i / (points - 1) for i in range(points)]
    return trace(
        (round(100 * math.sin(a * t + b), 2), round(80 * math.cos(c * t), 2)) for t in steps
    )


def random_page(generator: random.Random, labels="()+-0123456789=x", symbols: int = 6) -> bytes:
    """A file with random symbols of one or two strokes."""
    traces, groups = {}, []
    for _ in range(symbols):
        refs = []
        for _ in range(generator.choice((1, 2))):
            refs.append(str(len(traces)))
            traces[refs[-1]] = scribble(generator)
        groups.append((generator.choice(labels), refs))
    return page(traces, groups)


def corpus(files: int, copies: int = 5) -> dict[str, bytes]:
    """Files by name in the official layout; some of 2013 are copies of 2012 ones."""
    generator = random.Random(0)
    found = {}
    for number in range(files):
        year = ("2012", "2013")[number % 2]
        found[f"CROHME_full/CROHME{year}_data/train/f{number}.inkml"] = random_page(generator)
    names = sorted(found)
    for number in range(copies):
        # The copy has another header.
        text = found[names[number]].replace(b"$not a symbol$", b"$a copy$")
        found[f"CROHME_full/CROHME2013_data/copies/c{number}.inkml"] = text
    return found


def write_folder(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def write_zip(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


# The command is started from a small process: the peak memory of a process counts what it was
# forked from, and that may be a test run with all of TensorFlow in it.
_MEASURE = """
import json, os, subprocess, sys
process = subprocess.Popen([sys.executable, "-m", *sys.argv[2:]])
_, status, usage = os.wait4(process.pid, 0)
with open(sys.argv[1], "w") as file:
    json.dump([usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024], file)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""


def run_in_limits(*command, code: int = 0) -> str:
    """Runs `python -m` with a command, which has to be quick and small.

    The time is that of the processor: on a busy machine the clock says nothing.

    Returns:
        Standard output, or what stands on standard error if the command has to fail.
    """
    with tempfile.TemporaryDirectory() as folder:
        usage = Path(folder) / "usage.json"
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE, str(usage), *map(str, command)],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done
        seconds, peak_bytes = json.loads(usage.read_text())
    assert seconds < LIMIT_SECONDS
    assert peak_bytes < LIMIT_BYTES
    return done.stderr if code else done.stdout

#!/usr/bin/env bash
# An InkML trace in which X is coded by differences and Y by values, which the format allows:
# `10 10,'5 20,5 30` (a prefix holds for its channel until another one comes).
#
# Guess: a reader follows the prefix of each channel: X 10, 15, 20 and Y 10, 20, 30.
# What happens: universal-ink-library takes X for values: 10, 5, 5. Where both channels have the
#   prefix, `10 10,'5 '10,5 10`, it adds them up as it should. Nothing is said.
# Versions: universal-ink-library 2.1.2.
# Source: W3C, Ink Markup Language (2011), section 3.2.1; uim/codec/parser/inkml.py.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet universal-ink-library==2.1.2
cat > "$folder/ink.xml" <<'XML'
<ink xmlns="http://www.w3.org/2003/InkML">
  <definitions><context xml:id="c"><inkSource xml:id="s"><traceFormat>
    <channel name="X" type="decimal" units="mm"/><channel name="Y" type="decimal" units="mm"/>
  </traceFormat></inkSource></context></definitions>
  <trace xml:id="t" contextRef="#c">TRACE</trace>
</ink>
XML
cat > "$folder/read.py" <<'PY'
import sys
from pathlib import Path

from uim.codec.parser.inkml import InkMLParser

folder = Path(sys.argv[1])
text = (folder / "ink.xml").read_text()


def points(trace):
    (folder / "trace.inkml").write_text(text.replace("TRACE", trace))
    stroke = InkMLParser().parse(str(folder / "trace.inkml")).strokes[0]
    # ends are doubled, and units are 1/96 inch
    return [[round(v * 25.4 / 96, 2) for v in axis[1:-1]] for axis in (stroke.splines_x, stroke.splines_y)]


both, mixed = points("10 10,'5 '10,5 10"), points("10 10,'5 20,5 30")
print("both by differences, X and Y:", *both)
print("X by differences, X and Y:   ", *mixed)
sys.exit(both != [[10, 15, 20], [10, 20, 30]] or mixed != [[10, 5, 5], [10, 20, 30]])
PY
"$folder/venv/bin/python" "$folder/read.py" "$folder" 2> /dev/null

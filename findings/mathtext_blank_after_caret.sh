#!/usr/bin/env bash
# A formula with a blank after ^ or _, as people and CROHME's ground truths write it: x^ 2.
#
# Guess: TeX and mathtext skip blanks in math, so $x^ 2$ is drawn as $x^2$.
# What happens: mathtext takes the blank for the exponent. The 2 follows at full size on the
#   baseline, and nothing is said. x^{ 2} is right.
# Versions: matplotlib 3.11.2.
# Source: matplotlib/_mathtext.py, `Parser`: a symbol may be a blank, and white space is left in place
#   (`leave_whitespace`) where scripts are parsed.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet matplotlib==3.11.2
"$folder/venv/bin/python" - <<'PY'
import sys

from matplotlib.mathtext import MathTextParser

parser = MathTextParser("path")
found = {}
for text in ("$x^2$", "$x^{ 2}$", "$x^ 2$"):
    found[text] = [(chr(glyph[2]), glyph[1]) for glyph in parser.parse(text, 72)[3]]
    print(f"{text:9s} glyphs and their sizes:", found[text])
right = [("x", 10.0), ("2", 7.0)]
sys.exit(
    not (
        found["$x^2$"] == found["$x^{ 2}$"] == right
        and found["$x^ 2$"] == [("x", 10.0), (" ", 7.0), ("2", 10.0)]
    )
)
PY

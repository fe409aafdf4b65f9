#!/usr/bin/env bash
# The short names of relations and of and/or in Matplotlib's mathtext.
#
# Guess: mathtext knows LaTeX's everyday aliases, \le and \ge first of all, as it knows \leq, \ne
#   and \to.
# What happens: \le, \ge, \land and \lor are unknown symbols, as are \lt and \gt of MathJax;
#   \leq, \geq, \ne, \to, \wedge and \vee are known. \ne and \to are the aliases that are there.
# Versions: matplotlib 3.11.2.
# Source: matplotlib/_mathtext_data.py, `tex2uni`, has no such keys.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet matplotlib==3.11.2
"$folder/venv/bin/python" - <<'PY'
import sys

from matplotlib.mathtext import MathTextParser

parser = MathTextParser("path")


def known(command):
    try:
        parser.parse(f"$a {command} b$", 72)
    except ValueError:
        return False
    return True


names = r"\le \ge \land \lor \lt \gt \leq \geq \ne \to \wedge \vee".split()
found = {name: known(name) for name in names}
print("unknown:", *(name for name in names if not found[name]))
print("known:  ", *(name for name in names if found[name]))
sys.exit([*found.values()] != [False] * 6 + [True] * 6)
PY

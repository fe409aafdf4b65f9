#!/usr/bin/env bash
# Reading a table of pixels (integers of 0 to 255) by np.loadtxt as integers and as floats.
#
# Guess: floats take somewhat longer, perhaps one and a half times.
# What happens: float32 and float64 take about five times as long as uint8 or int64 (three at least
#   is what this script holds). Kaggle's table of MNIST is read as uint8 and divided afterwards.
# Versions: numpy 2.4.6. Processor times, one run, best of three.
# Source: numpy/_core/src/multiarray/textreading/conversions.c: floats go through Python's
#   PyOS_string_to_double after a copy, integers through a loop of their own.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import sys
import time

import numpy as np

table = np.random.default_rng(0).integers(0, 256, (1000, 785))
lines = [",".join(map(str, row)) for row in table]
seconds = {}
for name in ("uint8", "int64", "float32", "float64"):
    runs = []
    for _ in range(3):
        begin = time.process_time()
        np.loadtxt(lines, name, delimiter=",")
        runs.append(time.process_time() - begin)
    seconds[name] = min(runs)
    print(f"{name:8s} {table.size / seconds[name] / 1e6:6.1f} million values per second")
slowest, fastest = max(seconds["uint8"], seconds["int64"]), min(seconds["float32"], seconds["float64"])
print(f"floats take {fastest / slowest:.1f} times as long")
sys.exit(fastest < 3 * slowest)
PY

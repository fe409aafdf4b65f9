"""Inputs and results of golden/make_golden.py."""

import importlib.util
import json
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def inputs():
    """Two sets of points and two of images."""
    spec = importlib.util.spec_from_file_location("make_golden", FOLDER / "make_golden.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    return make.inputs()


def result(name):
    """What the plain loops made of them."""
    return json.loads((FOLDER / "golden.json").read_text(encoding="utf-8"))[name]

"""The plan of the house in CONTRIBUTING.md and README.md is true."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = re.findall(
    r"^\| `(\S+)/` \| .* \| ?(yes|no|) ?\|$",
    (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
    flags=re.MULTILINE,
)
ROOMS = [room.replace("/", ".") for room, _ in ROWS]  # top floor first


def room_of(module):
    return next((room for room in ROOMS if f"{module}.".startswith(f"{room}.")), None)


def imports(path):
    """Modules that a file imports anywhere, also late."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_room_has_its_row():
    folders = {f"gan_keras.{path.parent.name}" for path in ROOT.glob("gan_keras/*/__init__.py")}
    assert folders | {"experiments", "data_tools"} == set(ROOMS)
    tree = (ROOT / "README.md").read_text(encoding="utf-8").split("## The code")[1].split("```")[1]
    names = re.findall(r"^ *(\w+)/", tree, flags=re.MULTILINE)
    assert {room.split(".")[-1] for room in ROOMS} <= set(names)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_from_floors_below(room):
    allowed = {None, *ROOMS[ROOMS.index(room) :]}
    for path in (ROOT / room.replace(".", "/")).rglob("*.py"):
        for module in imports(path):
            assert room_of(module) in allowed, f"{path.relative_to(ROOT)} imports {module}"


def test_rooms_that_start_at_once_import_no_tensorflow():
    rooms = [room for room, (_, needed) in zip(ROOMS, ROWS, strict=True) if needed == "no"]
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for room in rooms
        for path in (ROOT / room.replace(".", "/")).rglob("*.py")
        if path.name != "child.py"  # a run of a study, in its own process
    ]
    code = f"import sys\nfor m in {modules}: __import__(m)\nassert 'tensorflow' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

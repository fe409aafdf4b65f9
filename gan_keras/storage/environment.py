"""Versions, machine and commit, which are stored beside each number."""

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

# Entries on which the rounding of a step depends.
_ROUNDING = ("machine", "threads", "tensorflow", "keras")


def environment() -> dict[str, str]:
    """Returns versions of packages and Python, machine, threads, and the commit if known."""
    found = {name: metadata.version(name) for name in ("tensorflow", "keras", "numpy")}
    found |= {"python": platform.python_version(), "machine": machine(), "threads": threads()}
    if described := commit():
        found["commit"] = described
    return found


def commit(folder: Path = Path(__file__).parent) -> str:
    """Returns the commit of a folder, with `-dirty` if code or settings differ from it.

    Files of results may differ: a sweep writes them between its runs. The text is empty if the code
    was installed from a package, or git is missing.
    """

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=5, check=True
        )
        return done.stdout.strip()

    try:
        described = git("describe", "--always")
        code = [f":(top)*.{ending}" for ending in ("py", "yaml", "j2", "cfg", "toml")]
        changed = git("status", "--porcelain", "--untracked-files=no", "--", *code)
    except (OSError, subprocess.SubprocessError):
        return ""
    return described + "-dirty" * bool(changed)


def moved(before: Mapping[str, str]) -> str:
    """Returns in words why this process rounds otherwise than an earlier one; empty if it does not.

    Args:
        before: What `environment` gave there; older versions had fewer entries.
    """
    now = environment()
    changed = [name for name in _ROUNDING if before.get(name, now[name]) != now[name]]
    return ", ".join(f"{name} {before[name]} before, {now[name]} now" for name in changed)


def threads() -> str:
    """Returns the number of threads of a TensorFlow operation."""
    if (given := os.environ.get("TF_NUM_INTRAOP_THREADS", "0")) != "0":
        return given
    if hasattr(os, "sched_getaffinity"):  # not everywhere
        return str(len(os.sched_getaffinity(0)))
    return str(os.cpu_count())


def machine() -> str:
    """Returns one line on the processor, e.g. `2 x AMD EPYC`."""
    described = Path("/proc/cpuinfo")
    text = described.read_text(encoding="utf-8") if described.exists() else ""
    found = re.search(r"^model name\s*:(.*)", text, re.MULTILINE)
    name = found[1] if found else platform.processor() or platform.machine()
    return f"{os.cpu_count()} x {' '.join(name.split())}"

"""Versions, machine and commit: what has to be known beside a number."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

_PACKAGES = ("tensorflow", "keras", "numpy")


def environment() -> dict[str, str]:
    """Returns the versions of packages and Python, the machine, and the commit if known."""
    found = {name: metadata.version(name) for name in _PACKAGES}
    found |= {"python": platform.python_version(), "machine": machine()}
    if described := commit():
        found["commit"] = described
    return found


def commit(folder: Path = Path(__file__).parent) -> str:
    """Returns the commit that code runs at, with `-dirty` if code or settings differ from it.

    Files of results may differ: a sweep writes them between its runs.

    Args:
        folder: Folder of the code.

    Returns:
        Empty if it was installed from a package, or git is missing.
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


def machine() -> str:
    """Returns one line on the processor, e.g. `2 x AMD EPYC`."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(line.split(":", 1)[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{os.cpu_count()} x {' '.join(name.split())}"

"""End of a command that is refused something by the system, or is interrupted."""

import subprocess
import sys

import pytest
from script_runs import environment


def run(script, **options):
    script = f"import os\nfrom gan_keras.foundation import cli, files\n{script}"
    return subprocess.run(
        [sys.executable, "-c", script], env=environment(), capture_output=True, text=True, **options
    )


@pytest.mark.parametrize(
    ("action", "code", "message"),
    [
        ("open('nosuch/file')", 1, "error: nosuch/file: No such file or directory\n"),
        ("exec('raise OSError(28, \"No space left\")')", 1, "error: No space left\n"),
        ("exec('raise OSError')", 1, "error: OSError\n"),
        ("exec('raise BrokenPipeError(32, \"Broken pipe\")')", 141, ""),
        ("os.kill(os.getpid(), 2)", 130, "error: interrupted\n"),
    ],
)
def test_a_refusal_of_the_system_is_one_line(action, code, message):
    done = run(f"cli.run(lambda: {action})")
    assert (done.returncode, done.stderr) == (code, message)


def test_a_command_that_is_ended_leaves_no_temporary_files(tmp_path):
    done = run(
        "cli.exit_on_sigterm()\nwith files.atomic_path('x'): os.kill(os.getpid(), 15)", cwd=tmp_path
    )
    assert (done.returncode, done.stderr) == (143, "")
    assert not list(tmp_path.iterdir())

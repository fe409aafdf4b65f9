"""End of a command when the system refuses something."""

import subprocess
import sys

import pytest
from script_runs import environment


@pytest.mark.parametrize(
    ("action", "code", "message"),
    [
        ("open('nosuch/file')", 1, "error: nosuch/file: No such file or directory\n"),
        ("exec('raise OSError(28, \"No space left\")')", 1, "error: No space left\n"),
        ("exec('raise OSError')", 1, "error: OSError\n"),
        ("exec('raise BrokenPipeError(32, \"Broken pipe\")')", 141, ""),
    ],
)
def test_a_refusal_of_the_system_is_one_line(action, code, message):
    script = f"from gan_keras.foundation import cli; cli.run(lambda: {action})"
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(), capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (code, message)

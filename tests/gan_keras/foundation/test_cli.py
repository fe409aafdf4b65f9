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


def test_paths_are_expanded_however_they_are_given(tmp_path):
    flags = "from absl import flags\ncli.define_path('out', '', 'A file.')\n"
    flags += "cli.define_path('input', None, 'Files.', several=True)\n"
    show = "cli.run(lambda: print(flags.FLAGS.out, flags.FLAGS.input))"
    command = [sys.executable, "-c", f"from gan_keras.foundation import cli\n{flags}{show}"]
    done = subprocess.run(
        [*command, "--out=~/a", "--input=~/b", "--input", "c~"],
        env=environment() | {"HOME": "/home/u"},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "/home/u/a ['/home/u/b', 'c~']\n"


def test_a_command_that_is_ended_leaves_no_temporary_files(tmp_path):
    done = run(
        "cli.exit_on_sigterm()\nwith files.atomic_path('x'): os.kill(os.getpid(), 15)", cwd=tmp_path
    )
    assert (done.returncode, done.stderr) == (143, "")
    assert not list(tmp_path.iterdir())

"""End of a command that is refused something by the system, or is interrupted."""

import subprocess
import sys

import pytest
from script_runs import environment


def run(script, redirected="", **env):
    """Runs Python code in a shell, with standard streams redirected, in the current folder."""
    names = "import os, signal, sys\nfrom absl import flags\n"
    script = f"{names}from gan_keras.foundation import cli, files\n{script}"
    command = ["bash", "-c", f'"$0" -c "$1" {redirected}', sys.executable, script]
    return subprocess.run(command, env=environment() | env, capture_output=True, text=True)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("action", "code", "message"),
    [
        ("open('nosuch/file')", 1, "error: nosuch/file: No such file or directory\n"),
        ("exec('raise OSError(28, \"No space left\")')", 1, "error: No space left\n"),
        ("exec('raise OSError')", 1, "error: OSError\n"),
        ("signal.default_int_handler(2, None)", 130, "error: interrupted\n"),
        ("bytearray(10**18)", 1, "error: out of memory; give a smaller input\n"),
    ],
)
def test_a_refusal_of_the_system_is_one_line(action, code, message):
    done = run(f"cli.run(lambda: {action})")
    assert (done.returncode, done.stderr) == (code, message)


def test_paths_are_expanded_however_they_are_given():
    done = run(
        "cli.define_path('out', '', 'A file.')\n"
        "cli.define_path('input', None, 'Files.', several=True)\n"
        "sys.argv += ['--out=~/a', '--input=~/b', '--input', 'c~']\n"
        "cli.run(lambda: print(flags.FLAGS.out, flags.FLAGS.input))",
        HOME="/home/u",
    )
    assert done.stdout == "/home/u/a ['/home/u/b', 'c~']\n"


def test_where_memory_ends_the_command_names_its_own_flags():
    done = run(
        "flags.DEFINE_integer('width_mult', 1, '')\nflags.DEFINE_integer('batch_size', 1, '')\n"
        "class ResourceExhaustedError(Exception): pass\n"
        "cli.run(lambda: exec('raise ResourceExhaustedError'))"
    )
    line = "error: out of memory; give a smaller --batch_size or --width_mult\n"
    assert (done.returncode, done.stderr) == (1, line)


@pytest.mark.parametrize(("number", "code"), [(1, 129), (15, 143)])
def test_a_command_that_is_ended_leaves_no_temporary_files(number, code, folder):
    write = f"with files.atomic_path('x'): os.kill(os.getpid(), {number})"
    done = run(f"cli.run(lambda: exec({write!r}))")
    assert (done.returncode, done.stderr) == (code, "")
    assert not list(folder.iterdir())
    done = run(
        f"import signal\nsignal.signal({number}, signal.SIG_IGN)\ncli.run(lambda: exec({write!r}))"
    )
    assert done.returncode == 0  # as under nohup
    assert (folder / "x").exists()


# While a file is open native code writes, too: not into it.
WORK = """
def work():
    with open("done", "w") as file:
        for _ in range(3):
            print("o" * 100_000, flush=True)
            print("w", file=sys.stderr)
            with contextlib.suppress(OSError):
                os.write(1, b"native")
        file.write("done")
    return RESULT

cli.run(work)
"""
FULL = "error: cannot write all output: [Errno 28] No space left on device\n"


@pytest.mark.parametrize(
    ("redirected", "result", "code", "err"),
    [
        ("| head -c 1; exit ${PIPESTATUS[0]}", 0, 141, "www"),
        ("| head -c 1; exit ${PIPESTATUS[0]}", 5, 5, "www"),
        (">/dev/full", 0, 1, "www" + FULL),
        (">/dev/full 2>&1", 0, 1, ""),
        (">&-", 0, 0, "www"),
        ("2>&-", 0, 0, ""),
        ("<&- >&- 2>&-", 5, 5, ""),
    ],
)
def test_words_that_nobody_can_read_stop_no_work(redirected, result, code, err, folder):
    work = f"import contextlib\nRESULT = {result}{WORK}"
    done = run(work, redirected)
    assert (done.returncode, done.stderr.replace("w\n", "w")) == (code, err)
    assert (folder / "done").read_text() == "done"


def test_a_character_that_a_terminal_does_not_have_is_shown_by_its_code():
    done = run("cli.run(lambda: print(chr(945) + '=1'))", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (0, "\\u03b1=1\n")

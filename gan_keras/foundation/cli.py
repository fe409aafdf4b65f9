"""Start and end of every command of the project: flags in, one clear line on any error."""

import functools
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from absl import app, flags

from gan_keras.foundation import streams
from gan_keras.foundation.errors import DataError, UsageError, one_line

# Flags belong to the script that asks for them, so that its --help shows them.
flags.disclaim_key_flags()

# What a shell reports for a command that a signal ended: 128 + SIGINT, 128 + SIGPIPE.
_INTERRUPTED, _BROKEN_PIPE = 130, 141
# The type of TensorFlow's error where memory or a disk ends, and flags that tell what is needed.
_NO_ROOM = "ResourceExhaustedError"
_SIZES = ("batch_size", "width_mult", "per_class", "count")


class _PathParser(flags.ArgumentParser):
    """Expands `~`, which shells leave as it is behind the `=` of an option."""

    def parse(self, argument: str) -> str:
        return os.path.expanduser(argument)

    def flag_type(self) -> str:
        return "string"


def define_path(name: str, default: str | None, help: str, several: bool = False) -> None:
    """Defines a flag for a path, or for a pattern of paths; `several` makes it a list."""
    parser, serializer = _PathParser(), flags.ArgumentSerializer()
    if several:
        flags.DEFINE_multi(parser, serializer, name, default, help)
    else:
        flags.DEFINE(parser, name, default, help, serializer=serializer)


def run(main: Callable[..., int | None], positional: bool = False) -> NoReturn:
    """Runs a command's `main` after parsing the absl flags.

    `UsageError` and `DataError` become one line on standard error and their exit code, so that a
    user never sees a traceback for a wrong flag or a bad file; what else the system refuses becomes
    one with exit code 1. Ctrl-C exits with 130; SIGTERM and a closed terminal end it in order, so
    that temporary files are removed. Words that nobody can read any more stop nothing;
    a command that is done but for them exits with 141 if their reader has left, else with 1.

    Args:
        main: The command; it may return an exit code.
        positional: True if `main` takes the texts on the command line that are no options, as a
            list. Otherwise it is called without arguments, and such texts are refused.
    """

    def guarded(argv: Sequence[str]) -> NoReturn:
        try:
            sys.exit((main(list(argv[1:])) if positional else main()) or 0)
        except (UsageError, DataError) as error:
            _fail(str(error), error.exit_code)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            _fail(where + one_line(error.strerror or error), DataError.exit_code)
        except KeyboardInterrupt:
            _fail("interrupted", _INTERRUPTED)
        except Exception as error:
            # TensorFlow's own error goes by its name: commands start without TensorFlow.
            if not isinstance(error, MemoryError) and type(error).__name__ != _NO_ROOM:
                raise
            if "No space left" in str(error):  # on a disk
                _fail(one_line(error), DataError.exit_code)
            smaller = " or ".join(f"--{name}" for name in _SIZES if name in flags.FLAGS)
            _fail(f"out of memory; give a smaller {smaller or 'input'}", DataError.exit_code)

    _fill_closed_descriptors()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, lambda number, frame: sys.exit(128 + number))
    code: str | int | None = 0
    with streams.unfailing() as (out, err):
        try:
            app.run(guarded, flags_parser=functools.partial(_parse, positional=positional))
        except SystemExit as end:
            code = end.code
        for stream in (out, err):
            stream.flush()
        if out.lost and not code:
            if isinstance(out.lost, BrokenPipeError):
                code = _BROKEN_PIPE
            else:
                print(f"error: cannot write all output: {one_line(out.lost)}", file=err, flush=True)
                code = DataError.exit_code
        for stream in (out, err):
            if stream.lost:
                # Python would complain once more when it flushes.
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(code)


def _fill_closed_descriptors() -> None:
    """Keeps files that are opened from now on from being taken for a closed standard stream."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)


def _parse(argv: Sequence[str], positional: bool) -> list[str]:
    """Parses absl flags; a wrong flag is one line and exit code 2 (absl would print the usage)."""
    try:
        rest = flags.FLAGS(list(argv))
    except flags.Error as error:
        _fail(f"{one_line(error)} (see --help)", UsageError.exit_code)
    except SystemExit:
        # Help has been asked for and printed; absl calls that a failure.
        sys.exit(0)
    if len(rest) > 1 and not positional:
        _fail(
            f"unexpected argument {rest[1]!r}; options are written --name=value (see --help)",
            UsageError.exit_code,
        )
    return rest


def _fail(message: str, code: int) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(code)

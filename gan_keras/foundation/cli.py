"""How every command of the project starts and ends: flags in, one clear line on any error."""

import functools
import os
import signal
import sys
from collections.abc import Callable, Sequence

from absl import app, flags

from gan_keras.foundation.errors import DataError, UsageError

# 128 + SIGINT, what a shell reports for a command that Ctrl-C ended.
INTERRUPTED = 130
BROKEN_PIPE = 141


def _parse(argv: Sequence[str], positional: bool = False) -> list[str]:
    """Parses absl flags; a wrong flag is one line and exit code 2 (absl would print the usage)."""
    try:
        rest = flags.FLAGS(list(argv))
    except flags.Error as error:
        message = " ".join(str(error).split())
        fail(f"{message} (see --help)", UsageError.exit_code)
    except SystemExit:
        # Help has been asked for and printed; absl calls that a failure.
        sys.exit(0)
    if len(rest) > 1 and not positional:
        fail(f"unexpected argument {rest[1]!r}; options are written --name=value (see --help)", 2)
    return rest


def fail(message: str, code: int) -> None:
    """Prints one error line and exits.

    Args:
        message: What went wrong, where, and what to do.
        code: Exit code; 2 for wrong usage, 1 for unusable data.
    """
    print(f"error: {message}", file=sys.stderr)
    sys.exit(code)


def exit_on_sigterm() -> None:
    """Makes SIGTERM end the process as `sys.exit` does, so that temporary files are removed."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def run(main: Callable[..., int | None], positional: bool = False) -> None:
    """Runs a command's `main` after parsing the absl flags.

    `UsageError` and `DataError` become one line on standard error and their exit code, so that a
    user never sees a traceback for a wrong flag or a bad file; what else the system refuses becomes
    one with exit code 1. Ctrl-C exits with 130.

    Args:
        main: The command; it may return an exit code.
        positional: Whether `main` is called with what the command line has besides options, a list
            of texts. Otherwise it is called without arguments, and such texts are refused.
    """

    def guarded(argv: Sequence[str]) -> None:
        try:
            sys.exit((main(list(argv[1:])) if positional else main()) or 0)
        except (UsageError, DataError) as error:
            fail(str(error), error.exit_code)
        except BrokenPipeError:
            raise
        except OSError as error:
            what = f"{error.filename}: " if error.filename else ""
            reason = " ".join(str(error.strerror or error).split()) or type(error).__name__
            fail(what + reason, DataError.exit_code)
        except KeyboardInterrupt:
            fail("interrupted", INTERRUPTED)

    try:
        app.run(guarded, flags_parser=functools.partial(_parse, positional=positional))
    except BrokenPipeError:
        # The reader (`| head`) has left; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(BROKEN_PIPE)

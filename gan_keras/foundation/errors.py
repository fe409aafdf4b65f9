"""The two ways in which a command can be refused, and the exit code of each."""


class UsageError(Exception):
    """The command line or configuration is wrong; the command exits with code 2.

    The message is one line: what is wrong, what was given, what to do.
    """

    exit_code = 2


class DataError(Exception):
    """The input data is missing or unusable; the command exits with code 1.

    The message is one line: what is wrong, where, what to do.
    """

    exit_code = 1

"""The two ways in which a command can be refused, and how errors are put into words."""


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


def one_line(error: object) -> str:
    """Returns the message of an error in one line of at most 500 characters, or else its type.

    Args:
        error: An error of the system or of a library, or its text.
    """
    return " ".join(str(error).split())[:500] or type(error).__name__

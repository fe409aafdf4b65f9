"""Class names as the user writes them on the command line."""

from collections import Counter

from gan_keras.foundation.errors import UsageError

DEFAULT_CLASSES = tuple("()+-0123456789=x")
COMMA = "COMMA"


def class_list(text: str, flag: str) -> tuple[str, ...] | None:
    """Reads a list of labels.

    Args:
        text: Labels separated by commas; a comma as a label is written COMMA. "all" stands for
            every label there is.
        flag: Name of the option that holds them.

    Returns:
        The labels in code point order ("ASCII order"), or None for all.

    Raises:
        UsageError: A label is empty or given twice.
    """
    if text == "all":
        return None
    labels = ["," if part.strip() == COMMA else part.strip() for part in text.split(",")]
    if not all(labels):
        raise UsageError(f"--{flag}: an empty label in {text!r} (the label ',' is written {COMMA})")
    twice = [label for label, count in Counter(labels).items() if count > 1]
    if twice:
        raise UsageError(f"--{flag}: the label {twice[0]!r} is there twice in {text!r}")
    return tuple(sorted(labels))

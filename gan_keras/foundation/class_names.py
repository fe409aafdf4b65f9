"""Class names as the user writes them on the command line."""

from collections import Counter

DEFAULT_CLASSES = tuple("()+-0123456789=x")
COMMA = "COMMA"


def class_list(text: str) -> tuple[str, ...] | None:
    """Reads a list of labels.

    Args:
        text: Labels separated by commas; a comma as a label is written COMMA. "all" stands for
            every label there is.

    Returns:
        The labels in code point order ("ASCII order"), or None for all.

    Raises:
        ValueError: A label is empty or given twice.
    """
    if text == "all":
        return None
    labels = ["," if part.strip() == COMMA else part.strip() for part in text.split(",")]
    if not all(labels):
        raise ValueError(f"an empty label in {text!r} (the label ',' is written {COMMA})")
    twice = [label for label, count in Counter(labels).items() if count > 1]
    if twice:
        raise ValueError(f"the label {twice[0]!r} is there twice in {text!r}")
    return tuple(sorted(labels))

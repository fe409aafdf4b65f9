"""Labels as the user writes them, and the names of symbols as a source of reproducible chance."""

from collections import Counter
from hashlib import blake2b

DEFAULT_CLASSES = tuple("()+-0123456789=x")
COMMA = "COMMA"


def class_list(text: str) -> tuple[str, ...] | None:
    """Reads a list of labels as given on the command line.

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


def order_key(purpose: str, seed: int, source: str, index: int) -> int:
    """A reproducible random number (64 bits) for one symbol.

    Args:
        purpose: What it decides (up to 16 bytes); different purposes are independent.
        seed: The user's seed.
        source: File of the symbol within the corpus.
        index: Number of the symbol within its file.

    Returns:
        A number in [0, 2**64), uniform over symbols and seeds.
    """
    digest = blake2b(
        f"{index}/{source}".encode("utf-8", "surrogatepass"),
        digest_size=8,
        key=str(seed).encode(),
        person=purpose.encode(),
    )
    return int.from_bytes(digest.digest(), "big")

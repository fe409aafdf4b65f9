"""Words for the splits of a set in names of folders, files and arrays, and in tables."""

import functools
import re
from collections.abc import Collection, Iterable, Mapping

from gan_keras.foundation.errors import DataError

# Words for the splits of a set, as folders and tables write them in any case.
_SPLITS = {
    "train": ("train", "training", "trainval", "train_val"),
    # FER2013 calls them public and private tests
    "val": ("val", "valid", "validation", "dev", "publictest"),
    "test": ("test", "testing", "eval", "evaluation", "privatetest"),
}
_SPLIT_OF = {word: split for split, words in _SPLITS.items() for word in words}
# Words that say so only beside others.
_SHORT = {"tr": "train", "trn": "train", "te": "test", "tst": "test", "ts": "test", "va": "val"}
_SHORT |= {"holdout": "test"}


@functools.lru_cache(1024)  # tables say it of each row
def split_of(word: str) -> str:
    """Returns the split that a folder or a value of a table names: train, val or test; else ""."""
    plain = re.sub(r"[ _-]?(set|data|images|s?daten|\d+)$", "", word.strip().lower())
    return _SPLIT_OF.get(plain, "")


def splits_of(names: Collection[str]) -> dict[str, str]:
    """Returns the split of each of some folders side by side that are splits.

    They are called so (short words count if all are), or differ in such words only, as `seg_train`
    and `seg_test`, or `1_train` and `2_test`.
    """
    short = {name: split_of(name) or _SHORT.get(name.lower(), "") for name in names}
    if found := short if all(short.values()) else {n: s for n in names if (s := split_of(n))}:
        return found
    told = {name: split_words(name) for name in names}
    rests = {tuple(word for word in rest if not word.isdigit()) for _, rest in told.values()}
    splits = {name: words[0] for name, (words, _) in told.items() if len(words) == 1}
    is_clear = len(rests) == 1 and 1 < len(names) == len(splits) == len({*splits.values()})
    return splits if is_clear else {}


def split_words(name: str) -> tuple[list[str], list[str]]:
    """Returns the splits that words of a name tell, and its other words, in lower case."""
    parts = re.split(r"[ ._-]+|(?<=[a-z])(?=[A-Z])", name)  # trainA as train-a
    words = [part.lower() for part in parts if part]
    return [*filter(None, map(split_of, words))], [word for word in words if not split_of(word)]


def split_column(columns: Mapping[str, Iterable[str]], where: str, asked: str = "") -> str:
    """Finds the column of a table that tells splits: all of its values are words for them.

    Args:
        columns: Values by name.
        where: The table, for messages.
        asked: Name of the column that the user says it is.

    Returns:
        Its name; empty if there is none.

    Raises:
        DataError: If there are several, or the one asked for is none.
    """
    if asked and asked not in columns:
        raise DataError(f"{where} has no column {asked!r} (there are: {', '.join(columns)})")
    told = {name: {*values} for name, values in columns.items() if asked in ("", name)}
    found = [name for name, words in told.items() if words and all(map(split_of, words))]
    if asked and not found:
        odd = next(word for word in told[asked] if not split_of(word))
        raise DataError(f"{where}: {asked!r} has {odd!r}; it must be one of train, val, test")
    if len(found) > 1:
        raise DataError(
            f"{where}: which column tells splits: {', '.join(map(repr, found))}? "
            "`,split=COLUMN` behind the path says it"
        )
    return found[0] if found else ""

"""Words for the splits of a set in names of folders, files and arrays, and in tables."""

import re

# Words for the splits of a set, as folders and tables write them in any case.
_SPLITS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_SPLIT_OF = {word: split for split, words in _SPLITS.items() for word in words}


def split_of(word: str) -> str:
    """Returns the split that a folder or a value of a table names: train, val or test; else ""."""
    return _SPLIT_OF.get(re.sub(r"[ _-]?(set|data|images)$", "", word.strip().lower()), "")


def split_words(name: str) -> tuple[list[str], list[str]]:
    """Returns the splits that words of a name tell, and its other words, in lower case."""
    words = [word for word in re.split(r"[ ._-]+", name.lower()) if word]
    return [*filter(None, map(split_of, words))], [word for word in words if not split_of(word)]

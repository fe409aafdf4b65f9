"""Splits and classes out of the folders that pictures lie in.

Only pictures have a say. Folders of the words for splits give the splits, at whatever depth and
case they stand; a folder that has all pictures in its sub-folders is wrapping; of what is left the
first folder is the class.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from gan_keras.data.records import UNLABELLED
from gan_keras.data.splits import split_of, splits_of


@dataclasses.dataclass(frozen=True)
class Place:
    """Meaning of the place that a picture lies in.

    Attributes:
        path: Its path without wrapping and split folders.
        split: train, val or test, if there are split folders; else empty.
        label: Its class; empty if it lies outside the class folders.
    """

    path: str
    split: str
    label: str


def places(names: Sequence[str]) -> list[Place | None]:
    """Finds out what the places of pictures mean.

    Args:
        names: Their paths, "/" between folders.

    Returns:
        The place of each, None beside the split folders.
    """
    depth, splits = _split_folders({name.rpartition("/")[0] for name in names})
    parts = [_without_split(name, depth, splits) for name in names]
    by_split: dict[str, list[str]] = defaultdict(list)
    for part in parts:
        if part:
            by_split[part[0]].append(part[1])
    wrapping: dict[str, str] = {}
    classes: set[str] = set()
    for split in sorted(by_split, key=("", "train", "val", "test").index):
        wrapping[split] = _wrapping(by_split[split], classes)
        inner = (_inside(path, wrapping[split]) for path in by_split[split])
        classes |= {path.partition("/")[0] for path in inner if path and "/" in path}
    found: list[Place | None] = []
    for part in parts:
        if part is None:
            found.append(None)
            continue
        split, whole = part
        path = _inside(whole, wrapping[split])
        label = path.partition("/")[0] if path and "/" in path else ""
        found.append(Place(path or whole, split, label if classes else UNLABELLED))
    return found


def _split_folders(folders: Iterable[str]) -> tuple[int | None, dict[str, str]]:
    """Depth of the split folders, None if there are none, and the split of each of their names."""
    below: dict[tuple[str, ...], set[str]] = defaultdict(set)  # folder -> its sub-folders
    for folder in folders:
        parts = tuple(folder.split("/")) if folder else ()
        for depth in range(len(parts)):
            below[parts[:depth]].add(parts[depth])

    def has_splits(folder: tuple[str, ...]) -> bool:
        splits = set(splits_of(below[folder]).values())
        if splits != {"train"}:
            return "train" in splits
        # No second split: a class may be called train, unless it alone has sub-folders.
        inner = {split_of(name) for name in below[folder] if (*folder, name) in below}
        return len(below[folder]) > 1 and inner == {"train"}

    found = [folder for folder in below if has_splits(folder)]
    depth = min(map(len, found), default=None)
    names = [below[folder] for folder in found if len(folder) == depth]
    return depth, {name: split for each in names for name, split in splits_of(each).items()}


def _without_split(name: str, depth: int | None, splits: dict[str, str]) -> tuple[str, str] | None:
    """Split of a picture and its path without the folders that say so; None if they are others."""
    if depth is None:
        return "", name
    *folders, file = name.split("/")
    split = splits.get(folders[depth], "") if depth < len(folders) else ""
    if not split:
        return None
    end = depth + 1
    # train/train, as Kaggle has it
    while end < len(folders) and (split_of(folders[end]) or splits.get(folders[end])) == split:
        end += 1
    return split, "/".join([*folders[:depth], *folders[end:], file])


def _wrapping(paths: Collection[str], classes: Collection[str]) -> str:
    """The folders, with their "/", around all others; known classes are no wrapping."""
    prefix = ""
    while True:
        inner = [path for path in (_inside(path, prefix) for path in paths) if path]
        folders = {path.partition("/")[0] for path in inner if "/" in path}
        if len(folders) != 1 or folders <= set(classes):
            return prefix
        (folder,) = folders
        deep = [path.count("/") > 1 for path in inner if "/" in path]
        # A folder of pictures is a class; a split word only is one beside others.
        if sum(deep) <= len(deep) / 2 and not split_of(folder):
            return prefix
        prefix = f"{prefix}{folder}/"


def _inside(path: str, prefix: str) -> str:
    """A path below a folder; empty if it lies elsewhere."""
    return path.removeprefix(prefix) if path.startswith(prefix) else ""

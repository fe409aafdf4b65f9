"""Files in, arrays out: parses, selects, splits and draws, in several processes.

The result depends on the files and the options alone: batches and strips are cut by the data, not
by the number of workers.
"""

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from data_tools import corpus, inkml, raster, selection
from data_tools.corpus import Entry
from gan_keras.foundation import progress
from gan_keras.foundation.archives import printable
from gan_keras.foundation.errors import DataError, UsageError

FILES_PER_BATCH = 64
SYMBOLS_PER_BATCH = 2048
MAX_IMAGE_BYTES = 4 * 2**30

# One row per usable symbol, in order of file and place in the file.
_SYMBOL = np.dtype(
    [
        ("label", np.int32),  # index into the names of the batch, later of all classes
        ("file", np.int32),
        ("index", np.int32),  # number within the file
        ("key", np.uint64),  # random number that decides on keeping it
        ("ink", np.uint64),  # digest of the strokes
    ]
)


@dataclass(frozen=True)
class Options:
    """Everything that decides on the result.

    Attributes:
        classes: The labels to take, in order of their numbers; None for all there are.
        max_per_class: The most symbols per class; 0 for no limit.
        max_total: The most symbols altogether; None for no limit.
        seed: Draws which symbols are kept, and which are test symbols.
        split: "published", "clean" or "original".
        dedupe: Keep each ink once.
        size: Side of the images.
        style: "mnist" or "original".
    """

    classes: tuple[str, ...] | None
    max_per_class: int = 2909
    max_total: int | None = None
    seed: int = 0
    split: str = "published"
    dedupe: bool = False
    size: int = 28
    style: str = "mnist"


@dataclass
class Findings:
    """Files and symbols that were left out or repaired.

    Attributes:
        refused: Reason for each file that gave nothing.
        recovered: Repair of each file that needed one.
        skipped: Counts of (label, reason).
        unwanted: Counts of labels that were not asked for.
    """

    refused: dict[str, str] = field(default_factory=dict)
    recovered: dict[str, str] = field(default_factory=dict)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)
    unwanted: Counter[str] = field(default_factory=Counter)

    def update(self, more: "Findings") -> None:
        """Adds other findings."""
        for mine, new in zip(vars(self).values(), vars(more).values(), strict=True):
            mine.update(new)


@dataclass
class Batch:
    """The symbols of a batch of files.

    Attributes:
        names: The labels that occur.
        table: `_SYMBOL` (n,).
        ink: The scaled strokes of the n symbols.
        findings: Files and symbols left out or repaired.
        parts: "train", "val" or "test" of the files that tell, by their numbers.
    """

    names: list[str]
    table: np.ndarray
    ink: raster.Ink
    findings: Findings
    parts: dict[int, str]


def read_batch(
    first: int, entries: Sequence[Entry], classes: frozenset[str] | None, seed: int
) -> Batch:
    """Reads and parses some files, and scales their symbols.

    Args:
        first: Number of the first file.
        entries: The files.
        classes: The labels to take; None for all.
        seed: Seed of the symbols' keys.
    """
    findings = Findings()
    parts: dict[int, str] = {}
    codes: dict[str, int] = {}
    rows: list[tuple[int, int, int, int, int]] = []
    counts: list[int] = []
    strokes: list[np.ndarray] = []
    for number, entry in enumerate(entries, first):
        try:
            labels = functools.partial(corpus.labels, entry.tables) if entry.tables else None
            page = inkml.parse(corpus.read(entry, inkml.MAX_FILE_BYTES), classes, labels)
        except (corpus.ReadError, inkml.InkmlError) as error:
            findings.refused[entry.source] = str(error)
            continue
        if page.recovered:
            findings.recovered[entry.source] = page.recovered
        part = corpus.part_of([page.part]) if page.part else entry.part
        if part:
            parts[number] = part
        findings.skipped.update(page.skipped)
        findings.unwanted.update(page.unwanted)
        for symbol in page.symbols:
            code = codes.setdefault(symbol.label, len(codes))
            key = selection.order_key("keep", seed, entry.source, symbol.index)
            rows.append((code, number, symbol.index, key, 0))
            counts.append(len(symbol.strokes))
            strokes.extend(symbol.strokes)
    points, lengths = selection.without_rests(
        np.concatenate([np.zeros((0, 2)), *strokes]),
        np.array([len(stroke) for stroke in strokes], np.int64),
    )
    per_symbol = np.array(counts, np.int64)
    table: np.ndarray = np.array(rows, _SYMBOL)
    table["ink"] = selection.ink_digests(points, lengths, per_symbol)
    ink = raster.normalize(points, lengths, per_symbol)
    return Batch(list(codes), table, ink, findings, parts)


def extract(
    entries: Sequence[Entry], options: Options, pool_map: Callable
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Turns InkML files into arrays.

    Args:
        entries: The files.
        options: The symbols to take, and their looks.
        pool_map: Does the work, as `map` does.

    Returns:
        The arrays, and counts for the JSON report; both are the same for any number of workers.

        images: uint8 (n, size, size), ink 255 on 0, in order of file name and place in the file.
        labels: int32 (n,), indices into `class_names`.
        class_names: The labels of the symbols, in code point order.
        split: "train", "test" or, where the data tells so, "val", (n,).
        source: Name of each symbol's file within the corpus, (n,).

    Raises:
        DataError: There is not one usable symbol.
        UsageError: The images would not fit into memory.
    """
    batches = _read(entries, options, pool_map)
    names = options.classes or tuple(sorted({name for batch in batches for name in batch.names}))
    number = {name: i for i, name in enumerate(names)}
    findings = Findings()
    parts: dict[int, str] = {}
    for batch in batches:
        parts.update(batch.parts)
        codes = np.array([number[name] for name in batch.names], np.int32)
        batch.table["label"] = codes[batch.table["label"]]
        findings.update(batch.findings)
    table = np.concatenate([batch.table for batch in batches])
    if not len(table):
        raise DataError(_nothing(len(entries), options, findings))
    kept, dropped = selection.select(
        table["label"],
        table["key"],
        table["ink"],
        options.max_per_class,
        options.max_total,
        options.dedupe,
    )
    if kept.sum() * options.size**2 > MAX_IMAGE_BYTES:
        raise UsageError(
            f"{kept.sum():,} images of {options.size} x {options.size} pixels are more than "
            f"{MAX_IMAGE_BYTES // 2**30} GiB: take fewer (--max_per_class, --max_total) or a "
            "smaller --size"
        )
    groups = selection.linked_groups(table["file"], table["ink"])
    chosen = table[kept]
    told = np.array([parts.get(file, "") for file in chosen["file"].tolist()])
    split, how = _split(entries, options, chosen, groups[kept], told, len(names))
    # A class without a symbol is none: nothing can be learnt or drawn of it.
    used, labels = np.unique(chosen["label"], return_inverse=True)
    arrays = {
        "images": _draw(batches, kept, options, pool_map),
        "labels": labels.astype(np.int32),
        "class_names": np.array([names[label] for label in used.tolist()]),
        "split": split,
        "source": np.array([entries[file].source for file in chosen["file"].tolist()]),
    }
    files = {
        "found": len(entries),
        "read": len(entries) - len(findings.refused),
        "refused": findings.refused,
        "recovered": findings.recovered,
    }
    return arrays, {
        "symbols": {"kept": len(chosen), **_sizes(split)},
        "split": how,
        "classes": _classes(names, table, chosen, split),
        "files": files,
        "skipped": _skipped(names, table, findings, dropped),
        "duplicates": {
            "symbols": len(table),
            **_repeats("", table["ink"]),
            **_repeats("kept_", chosen["ink"]),
            "split_groups": len(np.unique(groups)),
            "largest_split_group": int(np.bincount(groups).max()),
            "inks_in_train_and_test": len(
                np.intersect1d(chosen["ink"][split == "test"], chosen["ink"][split == "train"])
            ),
        },
    }


def _read(entries: Sequence[Entry], options: Options, pool_map: Callable) -> list[Batch]:
    classes = None if options.classes is None else frozenset(options.classes)
    firsts = range(0, len(entries), FILES_PER_BATCH)
    parts = [entries[first : first + FILES_PER_BATCH] for first in firsts]
    results = pool_map(
        read_batch, firsts, parts, itertools.repeat(classes), itertools.repeat(options.seed)
    )
    batches = []
    # The bar comes after the workers have been forked, as they need none of what it imports.
    with progress.bar(len(entries), "reading", unit=" files") as bar:
        for part, batch in zip(parts, results, strict=True):
            batches.append(batch)
            bar.update(len(part))
    corpus.close_archives()
    return batches


def _split(
    entries: Sequence[Entry],
    options: Options,
    chosen: np.ndarray,
    groups: np.ndarray,
    told: np.ndarray,
    classes: int,
) -> tuple[np.ndarray, str]:
    """Divides the n kept symbols as `options.split` says.

    Args:
        entries: The files.
        options: Split and seed.
        chosen: `_SYMBOL` (n,).
        groups: For each of them the first file that it shares ink with, int (n,).
        told: Their parts as the data tells, or empty, str (n,).
        classes: Number of classes.

    Returns:
        Their parts, str (n,), and the way they were divided, one of those that `options` has.
    """
    if "test" not in told:
        told = np.where(told == "val", "test", told)
    if options.split == "published" and {"train", "test"} <= set(told.tolist()):
        rest = told == ""
        test = _clean_test(entries, options, chosen[rest], groups[rest], classes)
        split = told.astype("<U5")
        split[rest] = np.where(test, "test", "train")
        return split, "published"
    how = "original" if options.split == "original" else "clean"
    if how == "clean":
        test = _clean_test(entries, options, chosen, groups, classes)
    else:
        places = zip(chosen["file"].tolist(), chosen["index"].tolist(), strict=True)
        keys = [
            selection.order_key("original", options.seed, entries[f].source, i) for f, i in places
        ]
        test = selection.original_split(np.array(keys, np.uint64))
    return np.where(test, "test", "train"), how


def _clean_test(
    entries: Sequence[Entry], options: Options, chosen: np.ndarray, groups: np.ndarray, classes: int
) -> np.ndarray:
    """Chooses a tenth that shares no file and no ink with the rest: bool (n,)."""
    roots, place = np.unique(groups, return_inverse=True)
    keys = [
        selection.order_key("group", options.seed, entries[r].source, 0) for r in roots.tolist()
    ]
    return selection.clean_split(chosen["label"], groups, np.array(keys, np.uint64)[place], classes)


def _sizes(split: np.ndarray) -> dict[str, int]:
    """Number of symbols of each part; of a validation part only if there is one."""
    sizes = {part: int((split == part).sum()) for part in ("train", "test", "val")}
    return sizes if sizes["val"] else {part: sizes[part] for part in ("train", "test")}


def _draw(
    batches: list[Batch], kept: np.ndarray, options: Options, pool_map: Callable
) -> np.ndarray:
    """Draws the n symbols that are kept: uint8 `(n, size, size)`.

    Args:
        batches: All symbols; emptied, as their ink is no longer needed then.
        kept: bool, for each symbol of all batches, one after another.
        options: Size and style.
        pool_map: Does the work.
    """
    cuts = np.cumsum([len(batch.ink) for batch in batches])[:-1]
    chosen = raster.Ink.concatenate(
        [batch.ink.take(mine) for batch, mine in zip(batches, np.split(kept, cuts), strict=True)]
    )
    batches.clear()
    ends = np.array([*range(SYMBOLS_PER_BATCH, len(chosen), SYMBOLS_PER_BATCH), len(chosen)])
    images = np.empty((len(chosen), options.size, options.size), np.uint8)
    begin = 0
    with progress.bar(len(chosen), "drawing", unit=" symbols") as bar:
        for drawn in pool_map(
            raster.draw,
            chosen.split(ends),
            itertools.repeat(options.size),
            itertools.repeat(options.style),
        ):
            images[begin : begin + len(drawn)] = drawn
            begin += len(drawn)
            bar.update(len(drawn))
    return images


def _nothing(files: int, options: Options, findings: Findings) -> str:
    """Reason why there is not one usable symbol."""
    if len(findings.refused) == files:
        source, reason = next(iter(findings.refused.items()))
        more = f" (and {files - 1} more files)" if files > 1 else ""
        return f"no usable InkML file: {source}: {reason}{more}"
    if findings.skipped:
        (_, reason), count = findings.skipped.most_common(1)[0]
        return f"no usable symbol: {findings.skipped.total()} skipped, {count} for {reason!r}"
    there = " ".join(printable(label) for label, _ in findings.unwanted.most_common(20))
    return (
        f"no symbol of the classes {' '.join(options.classes or ())}; "
        f"the most frequent labels there are {there} (--classes=all takes every label)"
    )


def _classes(
    names: tuple[str, ...], table: np.ndarray, chosen: np.ndarray, split: np.ndarray
) -> dict[str, dict[str, int]]:
    """Counts of each class, found and kept."""
    parts = {"found": table, "kept": chosen, **{p: chosen[split == p] for p in _sizes(split)}}
    counts = [np.bincount(part["label"], minlength=len(names)).tolist() for part in parts.values()]
    return {
        name: dict(zip(parts, row, strict=True))
        for name, row in zip(names, zip(*counts, strict=True), strict=True)
    }


def _skipped(
    names: tuple[str, ...],
    table: np.ndarray,
    findings: Findings,
    dropped: dict[str, np.ndarray],
) -> dict[str, dict[str, int]]:
    """Counts of the symbols left out by reason and label."""
    skipped: dict[str, dict[str, int]] = {}
    for (label, reason), count in sorted(findings.skipped.items()):
        skipped.setdefault(reason, {})[label] = count
    for reason, out in dropped.items():
        counts = Counter(table["label"][out].tolist())
        skipped[reason] = {names[label]: count for label, count in sorted(counts.items())}
    skipped["class not asked for"] = dict(sorted(findings.unwanted.items()))
    return {reason: counts for reason, counts in skipped.items() if counts}


def _repeats(prefix: str, inks: np.ndarray) -> dict[str, int]:
    """Counts how often the digests `inks` repeat each other."""
    counts = np.unique(inks, return_counts=True)[1]
    return {
        f"{prefix}inks": len(counts),
        f"{prefix}inks_more_than_once": int((counts > 1).sum()),
        f"{prefix}repeated_symbols": int(len(inks) - len(counts)),
    }

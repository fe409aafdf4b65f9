"""Files in, arrays out: parses, selects, splits and draws, on several processes.

The result depends on the files and the options alone: batches and strips are cut by the data, not
by the number of workers.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_tools.corpus import Entry, Reader, ReadError, printable
from data_tools.parallel import Workers
from gan_keras.foundation.errors import DataError, UsageError

# numpy and everything that needs it is imported inside the functions: a worker is forked from a
# small parent, and imports while other workers already read.

FILES_PER_BATCH = 64
SYMBOLS_PER_BATCH = 2048
MAX_IMAGE_BYTES = 4 * 2**30


@dataclass(frozen=True)
class Options:
    """What decides on the result.

    Attributes:
        classes: The labels to take, in order of their numbers; None for all there are.
        max_per_class: The most symbols of a class; 0 for no limit.
        max_total: The most symbols altogether; None for no limit.
        seed: Draws which symbols are kept, and which are test symbols.
        split: "clean" or "original".
        dedupe: Keep each ink once.
        size: Side of the images.
        style: "mnist" or "original".
    """

    classes: tuple[str, ...] | None
    max_per_class: int = 2909
    max_total: int | None = None
    seed: int = 0
    split: str = "clean"
    dedupe: bool = False
    size: int = 28
    style: str = "mnist"


@dataclass
class Batch:
    """What a batch of files holds; arrays have one entry a symbol, in order.

    Attributes:
        names: The labels that occur.
        labels: Indices into `names`, int32 (n,).
        files: Numbers of the files within the batch, int32 (n,).
        indices: Numbers of the symbols within their files, int32 (n,).
        keys: Random numbers that decide on keeping a symbol, uint64 (n,).
        inks: Digests of the ink, uint64 (n, 2).
        ink: The scaled strokes, a `raster.Ink` of length n.
        refused: (file number, reason) of files that gave nothing.
        recovered: (file number, what) of files that were repaired.
        skipped: Counts of (label, reason).
        unwanted: Counts of labels that were not asked for.
    """

    names: list[str] = field(default_factory=list)
    labels: Any = None
    files: Any = None
    indices: Any = None
    keys: Any = None
    inks: Any = None
    ink: Any = None
    refused: list[tuple[int, str]] = field(default_factory=list)
    recovered: list[tuple[int, str]] = field(default_factory=list)
    skipped: Counter = field(default_factory=Counter)
    unwanted: Counter = field(default_factory=Counter)


_reader = Reader()  # One a process.


def read_batch(entries: Sequence[Entry], classes: frozenset[str] | None, seed: int) -> Batch:
    """Reads and parses some files, and scales their symbols."""
    import numpy as np

    from data_tools import inkml, raster
    from data_tools.symbols import ink_digests, without_rests
    from gan_keras.foundation.class_names import order_key

    batch = Batch()
    codes: dict[str, int] = {}
    symbols: list[tuple[int, int, int, int, int]] = []
    strokes: list[np.ndarray] = []
    for number, entry in enumerate(entries):
        try:
            page = inkml.parse(_reader.read(entry, inkml.MAX_FILE_BYTES), classes)
        except (ReadError, inkml.InkmlError) as error:
            batch.refused.append((number, str(error)))
            continue
        if page.recovered:
            batch.recovered.append((number, page.recovered))
        batch.skipped.update(page.skipped)
        batch.unwanted.update(page.unwanted)
        for symbol in page.symbols:
            code = codes.setdefault(symbol.label, len(codes))
            key = order_key("keep", seed, entry.source, symbol.index)
            symbols.append((code, number, symbol.index, key, len(symbol.strokes)))
            strokes.extend(symbol.strokes)
    labels, files, indices, keys, counts = zip(*symbols, strict=True) if symbols else ((),) * 5
    batch.names = list(codes)
    batch.labels = np.array(labels, np.int32)
    batch.files = np.array(files, np.int32)
    batch.indices = np.array(indices, np.int32)
    batch.keys = np.array(keys, np.uint64)
    points, lengths = without_rests(
        np.concatenate([np.zeros((0, 2)), *strokes]),
        np.array([len(stroke) for stroke in strokes], np.int64),
    )
    per_symbol = np.array(counts, np.int64)
    digests = b"".join(ink_digests(points, lengths, per_symbol))
    batch.inks = np.frombuffer(digests, "<u8").reshape(-1, 2)
    batch.ink = raster.normalize(points, lengths, per_symbol)
    return batch


@dataclass
class Extraction:
    """The arrays of an extraction and what is to be said about them.

    Attributes:
        images: uint8 (n, size, size), ink 255 on 0, in order of file name and place in the file.
        labels: int32 (n,), indices into `class_names`.
        class_names: The labels, in code point order.
        test: bool (n,), the test part.
        sources: For each symbol the name of its file within the corpus.
        report: Counts for the JSON report; the same for any number of workers.
    """

    images: Any
    labels: Any
    class_names: tuple[str, ...]
    test: Any
    sources: list[str]
    report: dict[str, Any]


def extract(
    entries: Sequence[Entry],
    options: Options,
    workers: Workers,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> Extraction:
    """Turns InkML files into arrays.

    Args:
        entries: The files.
        options: What to take and how to draw it.
        workers: Who does the work.
        progress: Called with "files" or "symbols", how many are done, and how many there are.

    Returns:
        The arrays and the report.

    Raises:
        DataError: There is not one usable symbol.
        UsageError: The images would not fit into memory.
    """
    batches = _read(entries, options, workers, progress)
    from data_tools import symbols as rules

    names = options.classes or tuple(sorted({name for batch in batches for name in batch.names}))
    pooled = _pool(batches, names)
    if not len(pooled.labels):
        raise DataError(_nothing(entries, options, pooled))
    catalogue = rules.Catalogue(
        labels=pooled.labels,
        files=pooled.files,
        keys=pooled.keys,
        inks=rules.number_rows(pooled.inks),
    )
    kept, dropped = rules.select(
        catalogue, options.max_per_class, options.max_total, options.dedupe
    )
    labels = catalogue.labels[kept]
    if len(labels) * options.size**2 > MAX_IMAGE_BYTES:
        raise UsageError(
            f"{len(labels):,} images of {options.size} x {options.size} pixels are more than "
            f"{MAX_IMAGE_BYTES // 2**30} GiB: take fewer (--max_per_class, --max_total) or a "
            "smaller --size"
        )
    groups = rules.linked_groups(catalogue.files, catalogue.inks)
    test = _test_split(entries, options, pooled, kept, groups)
    return Extraction(
        images=_draw(batches, kept, options, workers, progress),
        labels=labels,
        class_names=names,
        test=test,
        sources=[entries[file].source for file in catalogue.files[kept].tolist()],
        report=_report(entries, names, pooled, catalogue, kept, dropped, groups, test),
    )


def _test_split(
    entries: Sequence[Entry], options: Options, pooled: Batch, kept: Any, groups: Any
) -> Any:
    """Chooses which of the symbols that are kept are test symbols, as `options.split` says.

    Args:
        entries: The files.
        options: Split and seed.
        pooled: All symbols.
        kept: bool, for each of them.
        groups: int, for each of them the first file that it shares ink with.

    Returns:
        bool, for each symbol that is kept.
    """
    import numpy as np

    from data_tools import symbols as rules
    from gan_keras.foundation.class_names import order_key

    if options.split == "original":
        places = zip(pooled.files[kept].tolist(), pooled.indices[kept].tolist(), strict=True)
        keys = [order_key("original", options.seed, entries[f].source, i) for f, i in places]
        return rules.original_split(np.array(keys, np.uint64))
    roots = groups[kept].tolist()
    key_of = {
        root: order_key("group", options.seed, entries[root].source, 0) for root in set(roots)
    }
    group_keys = np.array([key_of[root] for root in roots], np.uint64)
    return rules.clean_split(pooled.labels[kept], groups[kept], group_keys, len(pooled.names))


def _draw(
    batches: list[Batch],
    kept: Any,
    options: Options,
    workers: Workers,
    progress: Callable[[str, int, int], None],
) -> Any:
    """Draws the n symbols that are kept: uint8 `(n, size, size)`.

    Args:
        batches: All symbols; emptied, as their ink is no longer needed then.
        kept: bool, for each symbol of all batches, one after another.
        options: Size and style.
        workers: Who draws.
        progress: As for :func:`extract`.
    """
    import numpy as np

    from data_tools.raster import Ink, draw

    cuts = np.cumsum([len(batch.ink) for batch in batches])[:-1]
    chosen = Ink.concatenate(
        [batch.ink.take(mine) for batch, mine in zip(batches, np.split(kept, cuts), strict=True)]
    )
    batches.clear()
    ends = np.array([*range(SYMBOLS_PER_BATCH, len(chosen), SYMBOLS_PER_BATCH), len(chosen)])
    images = np.empty((len(chosen), options.size, options.size), np.uint8)
    begin = 0
    tasks = ((part, options.size, options.style) for part in chosen.split(ends))
    for drawn in workers.map(draw, tasks):
        images[begin : begin + len(drawn)] = drawn
        begin += len(drawn)
        progress("symbols", begin, len(images))
    return images


def _read(
    entries: Sequence[Entry], options: Options, workers: Workers, progress: Callable
) -> list[Batch]:
    classes = None if options.classes is None else frozenset(options.classes)
    cuts = range(0, len(entries), FILES_PER_BATCH)
    tasks = ((entries[cut : cut + FILES_PER_BATCH], classes, options.seed) for cut in cuts)
    batches = []
    try:
        for batch in workers.map(read_batch, tasks):
            batches.append(batch)
            progress("files", min(len(batches) * FILES_PER_BATCH, len(entries)), len(entries))
    finally:
        _reader.close()
    return batches


def _pool(batches: list[Batch], names: tuple[str, ...]) -> Batch:
    """Joins batches but for their ink; numbers of files and labels become those of the whole."""
    import numpy as np

    number = {name: i for i, name in enumerate(names)}
    whole = Batch(names=list(names))
    for cut, batch in enumerate(batches):
        first = cut * FILES_PER_BATCH
        batch.files += first
        batch.labels = np.array([number[name] for name in batch.names], np.int32)[batch.labels]
        for name in ("refused", "recovered"):
            getattr(whole, name).extend((first + file, what) for file, what in getattr(batch, name))
        whole.skipped.update(batch.skipped)
        whole.unwanted.update(batch.unwanted)
    for name in ("labels", "files", "indices", "keys", "inks"):
        setattr(whole, name, np.concatenate([getattr(batch, name) for batch in batches]))
    return whole


def _nothing(entries: Sequence[Entry], options: Options, pooled: Batch) -> str:
    """Why there is not one usable symbol."""
    if len(pooled.refused) == len(entries):
        file, reason = pooled.refused[0]
        more = f" (and {len(entries) - 1} more files)" if len(entries) > 1 else ""
        return f"no usable InkML file: {entries[file].source}: {reason}{more}"
    if pooled.skipped:
        (_, reason), count = pooled.skipped.most_common(1)[0]
        return f"no usable symbol: {sum(pooled.skipped.values())} skipped, {count} for {reason!r}"
    there = " ".join(printable(label) for label, _ in pooled.unwanted.most_common(20))
    return (
        f"no symbol of the classes {' '.join(options.classes or ())}; "
        f"the most frequent labels there are {there} (--classes=all takes every label)"
    )


def _report(
    entries: Sequence[Entry],
    names: tuple[str, ...],
    pooled: Batch,
    catalogue: Any,
    kept: Any,
    dropped: dict[str, Any],
    groups: Any,
    test: Any,
) -> dict[str, Any]:
    """The counts of an extraction; the arguments are the variables of `extract`."""
    import numpy as np

    def by_class(labels: np.ndarray) -> dict[str, int]:
        counts = np.bincount(labels, minlength=len(names)).tolist()
        return dict(zip(names, counts, strict=True))

    def nonzero(counts: dict[str, int]) -> dict[str, int]:
        return {name: count for name, count in sorted(counts.items()) if count}

    labels = catalogue.labels
    skipped: dict[str, dict[str, int]] = {}
    for (label, reason), count in sorted(pooled.skipped.items()):
        skipped.setdefault(reason, {})[label] = count
    for reason, symbols in dropped.items():
        skipped[reason] = nonzero(by_class(labels[symbols]))
    skipped["class not asked for"] = nonzero(pooled.unwanted)
    found, kept_by, test_by = by_class(labels), by_class(labels[kept]), by_class(labels[kept][test])
    return {
        "symbols": {
            "kept": int(kept.sum()),
            "train": int(kept.sum() - test.sum()),
            "test": int(test.sum()),
        },
        "classes": {
            name: {
                "found": found[name],
                "kept": kept_by[name],
                "train": kept_by[name] - test_by[name],
                "test": test_by[name],
            }
            for name in names
        },
        "files": {
            "found": len(entries),
            "read": len(entries) - len(pooled.refused),
            "refused": {entries[file].source: reason for file, reason in pooled.refused},
            "recovered": {entries[file].source: what for file, what in pooled.recovered},
        },
        "skipped": {reason: counts for reason, counts in skipped.items() if counts},
        "duplicates": {
            "symbols": len(labels),
            **_duplicates("", catalogue.inks),
            **_duplicates("kept_", catalogue.inks[kept]),
            "split_groups": len(np.unique(groups)),
            "largest_split_group": int(np.bincount(groups).max()),
            "inks_in_train_and_test": len(
                np.intersect1d(catalogue.inks[kept][test], catalogue.inks[kept][~test])
            ),
        },
    }


def _duplicates(prefix: str, inks: Any) -> dict[str, int]:
    """How often the ink numbers `inks` (int64 (n,)) repeat each other."""
    import numpy as np

    counts = np.unique(inks, return_counts=True)[1]
    return {
        f"{prefix}inks": len(counts),
        f"{prefix}inks_more_than_once": int((counts > 1).sum()),
        f"{prefix}repeated_symbols": int(len(inks) - len(counts)),
    }

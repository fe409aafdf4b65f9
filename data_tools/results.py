"""The files that an extraction writes, and a short table for the terminal."""

import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from gan_keras.foundation.archives import printable
from gan_keras.foundation.files import atomic_path, write_json

# Of the .npz: higher levels take twice the time for 3 % less.
_LEVEL = 5


def write(out: Path, arrays: dict[str, np.ndarray], report: dict[str, Any]) -> None:
    """Writes the arrays, the report and the contact sheet, each whole or not at all.

    Args:
        out: The .npz file; the others have its name with .json and .png.
        arrays: Arrays as `extract.extract` returns them.
        report: Content of the .json file.

    Raises:
        DataError: A file cannot be written.
    """
    # Imported late: fonts and pictures are needed by no worker.
    from data_tools.contact_sheet import draw_sheet

    # Files are renamed into place in the reverse order: the arrays last.
    with atomic_path(out) as npz, atomic_path(out.with_suffix(".png")) as png:
        _write_npz(npz, arrays)
        draw_sheet(arrays["images"], arrays["labels"], arrays["class_names"].tolist()).save(png)
        write_json(out.with_suffix(".json"), report)


def _write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes arrays as a compressed .npz whose bytes depend on the arrays alone."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, array in arrays.items():
            # An entry opened by its name has the fixed time stamp of 1980.
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def summary(report: dict[str, Any], timing: dict[str, Any], out: Path) -> list[str]:
    """Returns the report in a few lines."""
    lines = [f"{'class':>8} {'found':>7} {'kept':>6} {'train':>6} {'test':>5}"]
    if len(report["classes"]) <= 40:
        for name, row in report["classes"].items():
            counts = f"{row['found']:7,} {row['kept']:6,} {row['train']:6,} {row['test']:5,}"
            lines.append(f"{printable(name):>8} {counts}")
    symbols, files, double = report["symbols"], report["files"], report["duplicates"]
    lines.append(
        f"{'all':>8} {double['symbols']:7,} {symbols['kept']:6,} {symbols['train']:6,} "
        f"{symbols['test']:5,}"
    )
    if report["split"] == "published":
        lines.append("train and test are those of the data itself (--split=published)")
    if "val" in symbols:
        lines.append(f"for validation, in neither of these: {symbols['val']:,} symbols")
    empty = [printable(name) for name, row in report["classes"].items() if not row["kept"]]
    if empty:
        lines.append(f"classes without symbols, left out: {' '.join(empty)}")
    lines.append(f"files: {files['read']:,} read, {len(files['refused']):,} refused")
    lines.extend(_by_reason("refused", files["refused"]))
    lines.extend(_by_reason("repaired", files["recovered"]))
    for year, count in report["not_read"]["files_of_other_years"].items():
        lines.append(f"  left out by --years: {count:,} files of {year}")
    for year in report["not_read"]["years_without_files"]:
        lines.append(f"  there are no files of {year}")
    if report["not_read"]["archives_inside"]:
        lines.append(f"  not opened: {report['not_read']['archives_inside']} .zip archives inside")
    for reason, counts in report["skipped"].items():
        lines.append(f"symbols skipped: {sum(counts.values()):,}: {reason}")
    lines.append(
        f"duplicates: {double['inks_more_than_once']:,} inks occur more than once "
        f"({double['repeated_symbols']:,} repeated symbols); among the kept "
        f"{double['kept_inks_more_than_once']:,} ({double['kept_repeated_symbols']:,}); "
        f"{double['inks_in_train_and_test']:,} inks are in both train and test"
    )
    lines.append(
        f"{timing['seconds']} s ({timing['cpu_seconds']} s of processor, {timing['workers']} "
        f"workers), at most {timing['peak_memory_mb']} MB, {timing['files_per_second']:,} files/s"
    )
    lines.append(f"wrote {out}, {out.with_suffix('.json').name} and {out.with_suffix('.png').name}")
    return lines


def _by_reason(what: str, files: dict[str, str], most: int = 8) -> list[str]:
    """Returns one line per reason: the number of files, and one of them."""
    examples: dict[str, str] = {}
    for name, reason in sorted(files.items()):
        examples.setdefault(reason, name)
    lines = []
    for reason, count in Counter(files.values()).most_common(most):
        number = "" if count == 1 else f"{count:,} files such as "
        lines.append(f"  {what}: {number}{examples[reason]}: {reason}")
    if len(examples) > most:
        lines.append(f"  {what}: {len(examples) - most:,} more reasons, see the .json file")
    return lines

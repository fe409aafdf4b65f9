"""What an extraction leaves behind: the files, and a short table for the terminal."""

import zipfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from data_tools.corpus import printable
from data_tools.extract import Extraction
from gan_keras.foundation.errors import DataError
from gan_keras.foundation.files import atomic_path, write_json

# Of the .npz: higher levels take twice the time for 3 % less.
_LEVEL = 5


def write(out: Path, result: Extraction, report: dict[str, Any]) -> None:
    """Writes the arrays, the report and the contact sheet, each whole or not at all.

    Args:
        out: The .npz file; the others have its name with .json and .png.
        result: The arrays.
        report: What goes into the .json file.
    """
    import numpy as np

    from data_tools.contact_sheet import draw_sheet

    arrays = {
        "images": result.images,
        "labels": result.labels,
        "class_names": np.array(result.class_names),
        "split": np.where(result.test, "test", "train"),
        "source": np.array(result.sources),
    }
    try:
        # Files are renamed into place in the reverse order: the arrays last.
        with ExitStack() as stack:
            npz = stack.enter_context(atomic_path(out))
            png = stack.enter_context(atomic_path(out.with_suffix(".png")))
            write_npz(npz, arrays)
            draw_sheet(result.images, result.labels, result.class_names).save(png)
            write_json(out.with_suffix(".json"), report)
    except OSError as error:
        raise DataError(f"cannot write {out}: {error.strerror or error}") from None


def write_timing(out: Path, timing: dict[str, Any]) -> None:
    """Writes what differs from run to run, apart from what must not."""
    write_json(out.with_suffix(".timing.json"), timing)


def write_npz(path: Path, arrays: dict[str, Any]) -> None:
    """Writes arrays as a compressed .npz whose bytes depend on the arrays alone.

    Args:
        path: The file.
        arrays: Arrays by name; no objects.
    """
    import numpy as np

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, array in arrays.items():
            # An entry opened by its name has the fixed time stamp of 1980.
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.ascontiguousarray(array), allow_pickle=False)


def summary(report: dict[str, Any], timing: dict[str, Any], out: Path) -> list[str]:
    """The report in a few lines."""
    show = printable
    lines = [f"{'class':>8} {'found':>7} {'kept':>6} {'train':>6} {'test':>5}"]
    for name, row in report["classes"].items():
        if len(report["classes"]) > 40:
            break
        lines.append(
            f"{show(name):>8} {row['found']:7,} {row['kept']:6,} {row['train']:6,} {row['test']:5,}"
        )
    symbols, files, double = report["symbols"], report["files"], report["duplicates"]
    lines.append(
        f"{'all':>8} {double['symbols']:7,} {symbols['kept']:6,} {symbols['train']:6,} "
        f"{symbols['test']:5,}"
    )
    empty = [show(name) for name, row in report["classes"].items() if not row["kept"]]
    if empty:
        lines.append(f"classes without symbols: {' '.join(empty)}")
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
    """One line a reason: how many files, and one of them."""
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

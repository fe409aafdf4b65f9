r"""Handwritten symbols out of InkML: `python -m data_tools.crohme --input=PATH --out=X.npz`.

Reads .zip archives (every *.inkml inside; nothing is unpacked to disk), folders and single files:
expressions of CROHME with their symbols marked, CROHME's isolated symbols, MathWriting's symbols.
Draws every symbol by itself, and writes three files: X.npz (images, labels, class_names, split,
source), X.json (what was read, refused, kept and skipped) and X.png (a contact sheet). They are the
same, byte for byte, for any number of workers; how long it took is in X.timing.json.
"""

import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from absl import flags

from data_tools import corpus, parallel, raster, results
from data_tools.extract import FILES_PER_BATCH, Options, extract
from gan_keras.foundation import cli
from gan_keras.foundation.archives import printable
from gan_keras.foundation.class_names import COMMA, DEFAULT_CLASSES, class_list
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import check_writable, write_json

DEFAULT_YEARS = "2012,2013"

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    cli.define_path(
        "input",
        None,
        "A .zip archive, a folder, or an .inkml file. May be given several times.",
        several=True,
    )
    cli.define_path("out", None, "The .npz file to write; .json and .png files go beside it.")
    flags.DEFINE_string(
        "years",
        DEFAULT_YEARS,
        "The years to take, or 'all', where the files lie in the year folders of the official "
        "corpus (CROHME2012_data and so on). The default is the set that the LaTeX Writer used. "
        "Files that are not in a year folder are always taken.",
    )
    flags.DEFINE_string(
        "classes",
        ",".join(DEFAULT_CLASSES),
        f"The labels to take, separated by commas (the comma itself is written {COMMA}), or 'all'. "
        "They are numbered in ASCII order. Strokes that CROHME labels 'junk' are no symbols: they "
        "are taken only if 'junk' is named.",
    )
    flags.DEFINE_integer(
        "max_per_class",
        Options.max_per_class,
        "The most symbols per class; 0 for no limit.",
        lower_bound=0,
    )
    flags.DEFINE_integer("max_total", None, "The most symbols altogether.", lower_bound=1)
    flags.DEFINE_integer(
        "seed",
        Options.seed,
        "Draws which symbols are kept under the limits, and which are test symbols.",
    )
    flags.DEFINE_enum(
        "split",
        Options.split,
        ["published", "clean", "original"],
        "Which symbols are marked as test part. published: those in test folders, where the data "
        "has such and train folders (MathWriting, CROHME from 2014 on; what is for validation is "
        "marked val, or tests if nothing else does), otherwise clean. clean: a tenth; no file, and "
        "no ink that occurs several times in the corpus, is on both sides. original: any tenth, as "
        "the LaTeX Writer had it (its test part leaks).",
    )
    flags.DEFINE_boolean("dedupe", Options.dedupe, "Keep each ink once.")
    flags.DEFINE_integer(
        "size", Options.size, "Side of the images in pixels.", lower_bound=8, upper_bound=512
    )
    flags.DEFINE_enum(
        "style",
        Options.style,
        list(raster.STYLES),
        "mnist: anti-aliased round pen, the longer side 20 of 28 pixels. original: black and "
        "white only, pen of 3 pixels, the longer side fills the image, as the LaTeX Writer had "
        "it. Ink is 255 on 0 in both.",
    )
    flags.DEFINE_integer(
        "workers", None, "Processes to use; by default all processors.", lower_bound=1
    )


def main() -> None:
    """Runs the command."""
    if not FLAGS.input or not all(FLAGS.input):
        raise UsageError("--input=PATH is missing: a .zip archive, a folder or an .inkml file")
    if not FLAGS.out:
        raise UsageError("--out=FILE.npz is missing")
    out = Path(FLAGS.out)
    fields = dataclasses.fields(Options)
    options: dict[str, Any] = {field.name: FLAGS[field.name].value for field in fields}
    options["classes"] = class_list(FLAGS.classes, "classes")
    report, timing = convert(FLAGS.input, out, Options(**options), FLAGS.years, FLAGS.workers)
    print("\n".join(results.summary(report, timing, out)))


def convert(
    inputs: Sequence[str],
    out: Path,
    options: Options,
    years: str = DEFAULT_YEARS,
    workers: int | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reads InkML and writes the arrays, the report, the contact sheet and the timing.

    Args:
        inputs: Archives, folders and files.
        out: The .npz file to write; the others go beside it.
        options: The symbols to take, and their looks.
        years: Years separated by commas, or "all".
        workers: Number of processes; None for all processors.

    Returns:
        The report (the contents of the .json file) and the timing.

    Raises:
        UsageError: An argument makes no sense.
        DataError: The inputs hold nothing usable, or the files cannot be written.
    """
    started = time.monotonic()
    if out.suffix != ".npz":
        raise UsageError(f"--out={out} must end in .npz")
    check_writable(out, "out")
    wanted_years = _years(years)
    listing = corpus.find(inputs, wanted_years)
    if not listing.entries:
        raise DataError(_no_files(listing, inputs, years))
    batches = -(-len(listing.entries) // FILES_PER_BATCH)
    # Starting a process costs more than reading a few files.
    number = min(workers or parallel.available(), max(1, batches // 2))
    with parallel.process_map(number) as pool_map:
        arrays, counts = extract(listing.entries, options, pool_map)
    counts["files"]["refused"].update(listing.refused)
    report = {
        "options": {
            "input": [printable(path) for path in inputs],
            "years": years,
            **dataclasses.asdict(options),
            "classes": list(options.classes) if options.classes else "all",
        },
        "not_read": {
            "files_of_other_years": {str(y): n for y, n in sorted(listing.other_years.items())},
            "years_without_files": (
                sorted((wanted_years or set()) - listing.years) if listing.years else []
            ),
            "archives_inside": listing.archives_inside,
        },
        **counts,
    }
    results.write(out, arrays, report)
    seconds = time.monotonic() - started
    timing = {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(parallel.cpu_seconds(), 2),
        "workers": number,
        "peak_memory_mb": round(parallel.peak_memory(children=number if number > 1 else 0) / 1e6),
        "files_per_second": round(len(listing.entries) / seconds),
    }
    # Apart from the report, as it differs from run to run.
    write_json(out.with_suffix(".timing.json"), timing)
    return report, timing


def _years(text: str) -> frozenset[int] | None:
    if text == "all":
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(len(part) == 4 and part.isascii() and part.isdigit() for part in parts):
        raise UsageError(f"--years={text} must be 'all' or years such as 2012,2013")
    return frozenset(map(int, parts))


def _no_files(listing: corpus.Listing, inputs: Sequence[str], years: str) -> str:
    where = ", ".join(map(printable, inputs))
    if listing.other_years:
        there = ",".join(map(str, sorted(listing.other_years)))
        return (
            f"--years={years} leaves none of the {listing.other_years.total():,} InkML files "
            f"in {where}: they are of {there} (give --years={there} or --years=all)"
        )
    if listing.archives_inside:
        return (
            f"no .inkml files in {where}, but {listing.archives_inside} .zip archives, which are "
            "not opened: unpack them, or give them as --input"
        )
    return f"no .inkml files in {where}"


if __name__ == "__main__":
    define_flags()
    cli.run(main)

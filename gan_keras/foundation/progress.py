"""Progress bars with the time left, on standard error, if that is a terminal."""

import shutil
from typing import Any


def bar(total: int | None, description: str, **options: Any) -> Any:
    """Opens a progress bar; it is hidden where there is no terminal.

    Args:
        total: Number of steps; None if that is not known.
        description: Words before the bar.
        **options: More options of `tqdm.tqdm`.

    Returns:
        The `tqdm.tqdm` bar.
    """
    from tqdm import tqdm

    # tqdm's own thread only watches for bars that stand still, and threads get in the way of fork.
    tqdm.monitor_interval = 0
    # Some terminals say that they have no lines and columns, and tqdm would believe them.
    size = shutil.get_terminal_size()
    return tqdm(
        total=total,
        desc=description,
        disable=None,
        leave=False,
        ncols=min(100, size.columns),
        nrows=size.lines,
        **options,
    )

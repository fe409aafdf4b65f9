"""Progress bars with the time left, on standard error, if that is a terminal."""

import shutil
from typing import Any


def bar(total: int | None, description: str, hidden: bool | None = None, **options: Any) -> Any:
    """Opens a progress bar.

    Args:
        total: How much there is to do; None if that is not known.
        description: What is going on.
        hidden: True for no bar; None for none where there is no terminal.
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
        disable=hidden,
        leave=False,
        ncols=min(100, size.columns),
        nrows=size.lines,
        **options,
    )

"""Curves of a run's history, and scatter plots."""

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gan_keras.foundation.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# matplotlib is imported late, since it takes a moment, and without pyplot: no global state, so it
# works in threads.

# Title, whether the y axis is logarithmic, columns.
Panel = tuple[str, bool, tuple[str, ...]]
# Columns by name.
History = Mapping[str, Sequence[float]]
# Panels of curves.png, columns of log.csv.
PANELS: tuple[Panel, ...] = (
    ("losses", False, ("g_loss", "d_loss", "val_g_loss", "val_d_loss")),
    ("source losses", False, ("g_source", "d_real", "d_fake")),
    ("class losses", True, ("g_class", "d_class", "val_d_class")),
    ("auto-encoder", True, ("ae_loss", "val_ae_loss")),
    (
        "accuracies and scores",
        False,
        ("class_accuracy", "val_class_accuracy", "fake_class_accuracy", "real_score", "fake_score"),
    ),
)


def write_curves(path: Path, history: History, title: str) -> None:
    """Draws the loss curves of a run.

    Args:
        path: The PNG.
        history: Columns of log.csv; `epoch` is the x axis.
        title: Shown above.
    """
    from matplotlib.figure import Figure

    panels = _present(history, PANELS)
    width, height = 5 * len(panels), 4
    figure = Figure(figsize=(width, height))
    # Margins in inches for all, since a layout made to measure takes as long as the drawing, and
    # runs of many short epochs draw often.
    figure.subplots_adjust(
        left=0.6 / width, right=1 - 0.2 / width, bottom=0.55 / height, top=1 - 0.75 / height
    )
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _draw(axes, panel, history)
    figure.suptitle(title)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100)


def curves_svg(history: History, panels: Iterable[Panel]) -> dict[str, bytes]:
    """Draws each panel of curves as a picture of its own, for pages.

    Args:
        history: Columns by name; `epoch` is the x axis.
        panels: Curves to draw, of the columns that there are.

    Returns:
        SVG files by title.
    """
    from matplotlib.figure import Figure

    found = {}
    for panel in _present(history, panels):
        figure = Figure(figsize=(5, 3.4), layout="constrained")
        _draw(figure.subplots(), panel, history)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
        found[panel[0]] = file.getvalue()
    return found


def _present(history: History, panels: Iterable[Panel]) -> list[Panel]:
    """Returns the panels of which there are columns, with these columns."""
    known = [(name, log, tuple(k for k in keys if k in history)) for name, log, keys in panels]
    return [panel for panel in known if panel[2]]


def _draw(axes: "Axes", panel: Panel, history: History) -> None:
    title, log, keys = panel
    for key in keys:
        style = "--" if key.startswith("val_") else "-"
        axes.plot(history["epoch"], history[key], style, marker=".", label=key)
    if log:
        axes.set_yscale("log")
    axes.set(title=title, xlabel="epoch")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")


def scatter(real: np.ndarray, generated: np.ndarray, title: str = "") -> np.ndarray:
    """Draws generated points (red circles) over real ones (blue crosses).

    The axes fit the real points, so that pictures of a run can be joined to an animation.

    Args:
        real: float `(n, d)` with d 2 or 3; of more dimensions the first two are drawn.
        generated: float `(m, d)`.
        title: Shown above.

    Returns:
        uint8 `(h, w, 3)`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = 3 if real.shape[-1] == 3 else 2
    figure = Figure(figsize=(5, 5), dpi=80, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot(projection="3d" if shown == 3 else None)
    axes.scatter(*real.T[:shown], marker="x", c="tab:blue", s=12, linewidths=0.6, label="real")
    axes.scatter(
        *generated.T[:shown], c="none", edgecolors="tab:red", s=12, linewidths=0.6, label="fake"
    )
    low, high = real.min(axis=0), real.max(axis=0)
    margin = 0.15 * (high - low)
    for axis, start, end in zip("xyz", low - margin, high + margin, strict=False):
        axes.set(**{f"{axis}lim": (start, end)})
    axes.set_title(title, fontsize="medium")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", loc="upper left")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()

"""Pictures of a run's history."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from data_tools.files import atomic_path

# Panels of curves.png: title, y axis logarithmic, columns of log.csv.
PANELS: tuple[tuple[str, bool, tuple[str, ...]], ...] = (
    ("losses", False, ("g_loss", "d_loss", "val_g_loss", "val_d_loss")),
    ("source losses", False, ("g_source", "d_real", "d_fake")),
    ("class losses", True, ("g_class", "d_class", "val_d_class")),
    (
        "accuracies and scores",
        False,
        ("class_accuracy", "val_class_accuracy", "fake_class_accuracy", "real_score", "fake_score"),
    ),
)


def write_curves(path: Path, history: Mapping[str, Sequence[float]], title: str) -> None:
    """Draws the loss curves of a run.

    Args:
        path: The PNG.
        history: Columns of log.csv; `epoch` is the x axis.
        title: Shown above.
    """
    from matplotlib.figure import Figure  # no pyplot: no global state, works in threads

    panels = [(name, log, [k for k in keys if k in history]) for name, log, keys in PANELS]
    panels = [panel for panel in panels if panel[2]]
    figure = Figure(figsize=(5 * len(panels), 4), layout="constrained")
    for axes, (name, log, keys) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
    ):
        for key in keys:
            style = "--" if key.startswith("val_") else "-"
            axes.plot(history["epoch"], history[key], style, marker=".", label=key)
        if log:
            axes.set_yscale("log")
        axes.set(title=name, xlabel="epoch")
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    figure.suptitle(title)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100)

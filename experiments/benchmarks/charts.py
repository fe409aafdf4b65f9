"""Table and bar chart of a benchmark."""

from pathlib import Path
from typing import Any

from experiments.benchmarks.nets import SIDES
from gan_keras.foundation.files import atomic_path

COLOURS = {"ours": "#2b6cb0", "plain_keras": "#c05621", "plain_torch": "#6b7280"}


def ratios(net: dict[str, Any]) -> dict[str, float]:
    """How many times as fast the suite is: as plain Keras, as PyTorch at its best; its rooflines.

    `roofline` is the part of a large convolution's throughput that the step reaches, `kernels` the
    part of the step's time that its own convolutions and matrix products take by themselves.

    Args:
        net: What the results have for one net.
    """
    sides = net["sides"]
    found = {}
    best = min((n for n in sides if SIDES[n].module == "ours"), key=_by(sides), default=None)
    torch = min((n for n in sides if SIDES[n].module == "plain_torch"), key=_by(sides), default="")
    if best is None:
        return found
    for name, other in (("keras", "keras"), ("torch", torch)):
        if other in sides:
            found[f"best_over_{name}"] = sides[other]["seconds"] / sides[best]["seconds"]
            if "ours" in sides:
                found[f"float32_over_{name}"] = sides[other]["seconds"] / sides["ours"]["seconds"]
    for name in ("ours", "ours_bf16"):
        limit = net["limit"].get(SIDES[name].precision)
        if name in sides and limit:
            found[f"roofline_{SIDES[name].precision}"] = sides[name]["gflops"] / limit["gflops"]
        alone = net.get("kernels", {}).get(name)
        if name in sides and alone:
            found[f"kernels_{SIDES[name].precision}"] = alone["seconds"] / sides[name]["seconds"]
    return found


def _by(sides):
    return lambda name: sides[name]["seconds"]


def table(results: dict[str, Any]) -> str:
    """A line for each net and side: milliseconds a step, images a second, ratio to plain Keras."""
    lines = []
    for net in results["nets"].values():
        lines.append(f"\n{net['title']}, {net['images_per_step']} real images a step")
        keras = net["sides"].get("keras")
        for name, side in net["sides"].items():
            milliseconds, rate = 1e3 * side["seconds"], net["images_per_step"] / side["seconds"]
            line = f"  {SIDES[name].title:28s} {milliseconds:10.1f} ms {rate:10.0f} images/s"
            if keras:
                line += f" {keras['seconds'] / side['seconds']:6.2f} x plain Keras"
            lines.append(line)
        for precision, limit in net["limit"].items():
            lines.append(
                f"  {'one large convolution, ' + precision:35s} {limit['gflops']:6.0f} GFLOP/s"
            )
        said = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios(net).items())
        lines.append(f"  {said}")
    return "\n".join(lines)


def write_chart(path: Path, results: dict[str, Any]) -> None:
    """Draws images a second, as multiples of plain Keras', a group of bars for each net."""
    from matplotlib.figure import Figure

    nets = [net for net in results["nets"].values() if "keras" in net["sides"]]
    if not nets:
        return
    names = [name for name in SIDES if any(name in net["sides"] for net in nets)]
    figure = Figure(figsize=(1.9 * len(nets) + 3.2, 4.6), layout="constrained")
    axes = figure.add_subplot()
    width = 0.85 / len(names)
    for number, name in enumerate(names):
        side = SIDES[name]
        heights = [
            net["sides"]["keras"]["seconds"] / net["sides"][name]["seconds"]
            if name in net["sides"]
            else 0.0
            for net in nets
        ]
        places = [group + (number - (len(names) - 1) / 2) * width for group in range(len(nets))]
        bars = axes.bar(
            places,
            heights,
            width,
            label=side.title,
            color=COLOURS[side.module],
            alpha=1.0 if side.precision == "float32" else 0.55,
            hatch="//" if side.compiled else None,
            edgecolor="white",
        )
        axes.bar_label(bars, [f"{h:.1f}" if h else "" for h in heights], fontsize=6, padding=1)
    axes.axhline(1.0, color="black", linewidth=0.6)
    axes.set_xticks(range(len(nets)), [net["title"] for net in nets], fontsize=8)
    axes.set_ylabel("training speed, plain Keras = 1")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130)

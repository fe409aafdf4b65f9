"""Drawings of a variant's networks, made from the networks themselves."""

import dataclasses
import functools
import math
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from gan_keras import gans
from gan_keras.configs import tools
from gan_keras.configs.base import RunConfig
from gan_keras.data import DataSpec, toys
from gan_keras.foundation.files import atomic_path
from gan_keras.hardware import devices

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Colours of the kinds of blocks: layers that weigh, and layers that resize without weights.
COLOURS = {
    "dense": "#c9b6e4",
    "conv": "#a9cfe8",
    "transposed conv": "#a8dcc0",
    "up": "#f5d491",
    "pool": "#f3b7a5",
}
_KINDS = {
    "Dense": "dense",
    "Conv2D": "conv",
    "UpsampleConv2D": "conv",
    "Conv2DTranspose": "transposed conv",
    "UpSampling2D": "up",
    "AveragePooling2D": "pool",
    "MaxPooling2D": "pool",
    "GlobalMaxPooling1D": "pool",
}
# Options that say how a variant trains, in the order of the caption; tools come after them.
_CAPTION = ("loss", "optimizer", "lr", "g_lr_mult", "beta_1", "batch_size", "epochs")
# A symbolic tensor of a network, which knows the layer that made it.
Tensor = Any
_GAP = 0.55
_ROW = 4.1
_GREY, _DARK = "#999999", "#444444"


@dataclasses.dataclass(frozen=True)
class Block:
    """One layer on the way through a network.

    Attributes:
        kind: A key of `COLOURS`.
        operation: Its text, for example `conv 5x5 /2`.
        shape: Of its output, without the batch.
    """

    kind: str
    operation: str
    shape: tuple[int, ...]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of its picture: logarithms of the channels and of the grid's side."""
        if len(self.shape) == 1:
            return 0.22, 0.35 + 0.16 * math.log2(1 + self.shape[0])
        side, channels = self.shape[0], self.shape[-1]
        return 0.25 + 0.1 * math.log2(1 + channels), 0.3 + 0.34 * math.log2(side)

    @property
    def lines(self) -> list[str]:
        """Its text, broken so that neighbours do not meet."""
        text = self.operation.replace("transposed conv", "transposed,conv")
        return text.replace(", ", ",").split(",")

    @property
    def room(self) -> float:
        """Width that it takes: its picture or its text, whichever is wider."""
        return max(self.size[0] + _GAP, 0.125 * max(map(len, self.lines)) + 0.2)


def blocks(network: keras.Model) -> list[Block]:
    """Follows the longest way through a network, from its inputs to its last output.

    Activations, normalisation and whatever only modulates are left out.

    Args:
        network: A functional model.

    Returns:
        The layers with weights, and those that resize, in order.
    """
    layers: list[keras.Layer] = []
    tensor: Tensor = network.outputs[-1]
    while sources := _sources(tensor):
        layers.append(tensor._keras_history.operation)
        tensor = max(sources, key=_rank)
    found = [_block(layer) for layer in reversed(layers)]
    return [block for block in found if block is not None]


def _sources(tensor: Tensor) -> list[Tensor]:
    """Returns the tensors that a tensor is computed from; none for an input."""
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index].input_tensors


def _rank(tensor: Tensor) -> tuple[int, int, int]:
    """Ranks the sources of a layer; the way through the network takes the highest.

    A feature map comes before the vector that scales it, and of two feature maps that are added
    the one with more layers.
    """
    rank = len(tensor.shape)
    return rank, math.prod(tensor.shape[1:-1]), _depth(tensor) if rank == 4 else 0


@functools.lru_cache(maxsize=1000)
def _depth(tensor: Tensor) -> int:
    """Counts the layers on the longest way to a tensor."""
    return 1 + max(map(_depth, _sources(tensor)), default=0)


def _block(layer: keras.Layer) -> Block | None:
    """Makes a block of a layer; None if it is not drawn."""
    inner: Any = getattr(layer, "layer", layer)  # what a wrapper such as SpectralNorm wraps
    name = type(inner).__name__
    kind = _KINDS.get(name)
    if kind is None:
        return None
    operation = {"dense": "dense", "up": "resize", "pool": "pool"}.get(kind)
    if operation is None:
        operation = f"{kind} {'x'.join(map(str, inner.kernel_size))}"
        if max(inner.strides) > 1:
            operation += f" {'x' if kind == 'transposed conv' else '/'}{inner.strides[0]}"
        if name == "UpsampleConv2D":
            operation = f"up x{inner.factor}, {operation}"
    return Block(kind, operation, tuple(layer.output.shape[1:]))


def caption(config: RunConfig) -> str:
    """Says how a variant trains, in one line: losses, optimizer, and the tools that are on."""
    shown = {name: getattr(config, name) for name in _CAPTION}
    for group in tools.GROUPS:
        for field in dataclasses.fields(group) if isinstance(config, group) else ():
            if getattr(config, field.name) != field.default:
                shown.setdefault(field.name, getattr(config, field.name))
    if decay := config.to_dict()["ema_decay"]:
        shown["ema_decay"] = decay
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in shown.items()
    )


def draw(config: RunConfig, path: Path, image_size: int | None = None, classes: int = 10) -> None:
    """Builds the networks of a configuration, for data that need not be there, and draws them.

    Args:
        config: The configuration.
        path: The PNG; it gets one row per network.
        image_size: Side of the images in pixels; None: the configuration's own, or 28.
        classes: Number of classes.

    Raises:
        UsageError: If the networks cannot be built for such images.
    """
    from matplotlib.figure import Figure  # late: it takes a second

    if config.dataset in toys.MIXTURES:
        shape = toys.MIXTURES[config.dataset].means.shape[-1:]
    else:
        side = image_size or config.image_size or 28
        shape = (side, side, 1)
    names = tuple(str(number) for number in range(classes))
    spec = DataSpec(shape, names, (1,) * classes)
    with devices.set_up("float32", config.seed, deterministic=False):
        networks = gans.build(config.replace(precision="float32"), spec).networks
    order = [name for name in ("encoder", "generator", "discriminator") if name in networks]
    rows = [_Row(name, networks[name]) for name in order]
    width = max(row.width for row in rows)
    text = textwrap.wrap(caption(config), int(width * 9.5))
    top = 0.5 * _ROW + 0.5 + 0.25 * len(text)
    bottom = -_ROW * (len(rows) - 0.6)
    figure = Figure(figsize=(0.62 * (width + 1.2), 0.62 * (top - bottom)))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-0.6, width + 0.6), ylim=(bottom, top))
    axes.axis("off")
    axes.text(-0.4, top - 0.35, f"{config.experiment}, preset {config.preset}", size=12)
    axes.text(-0.4, top - 0.5, "\n".join(text), size=7.5, va="top")
    for number, row in enumerate(rows):
        y = -_ROW * number
        row.draw(axes, y)
        if number:
            # the way from the end of the row above to the beginning of this one
            middle, end = y + 0.5 * _ROW, rows[number - 1].end
            corners = (end, end, 0.9), (y + _ROW - 0.55, middle, middle)
            axes.plot(*corners, color=_GREY, lw=0.9, ls="--")
            _arrow(axes, (0.9, middle), (0.9, y + 0.62), color=_GREY, ls="--")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110, facecolor="white")


def _arrow(
    axes: "Axes", start: tuple[float, float], end: tuple[float, float], **style: str
) -> None:
    arrow = {"arrowstyle": "->", "color": _DARK, "lw": 0.9, **style}
    axes.annotate("", end, start, arrowprops=arrow)


class _Row:
    """One network, drawn from left to right."""

    def __init__(self, name: str, network: keras.Model) -> None:
        self.name = f"{name}, {network.count_params():,} parameters"
        self.blocks = blocks(network)
        self.inputs = [_tensor_label(t) for t in network.inputs]
        self.outputs = [_tensor_label(t) for t in network.outputs]
        if name != "generator":
            self.inputs.insert(0, "real" if name == "encoder" else "real or\ngenerated")
        if name == "discriminator":
            # a growing one has an output for each of two sizes, one of which is in use
            logits = sum(tensor.shape[1:] == (1,) for tensor in network.outputs)
            self.outputs[:logits] = ["logit"]
        self.end = 2.0 + sum(block.room for block in self.blocks) + 0.8
        self.width = self.end + 0.9

    def draw(self, axes: "Axes", y: float) -> None:
        """Draws the row around height `y`."""
        from matplotlib.patches import Rectangle

        axes.text(-0.4, y + 1.42, self.name, size=9, weight="bold")
        axes.text(0.9, y, "\n".join(self.inputs), size=8, ha="center", va="center")
        x = 2.0
        _arrow(axes, (x - 0.25, y), (x + 0.05, y))
        for block in self.blocks:
            wide, high = block.size
            middle = x + block.room / 2
            corner = (middle - wide / 2, y - high / 2)
            colour = COLOURS[block.kind]
            axes.add_patch(Rectangle(corner, wide, high, fc=colour, ec=_DARK, linewidth=0.7))
            shape = "x".join(map(str, block.shape))
            axes.text(middle, y + high / 2 + 0.07, shape, size=6.5, ha="center", va="bottom")
            words = "\n".join(block.lines)
            axes.text(middle, y - high / 2 - 0.09, words, size=6.5, ha="center", va="top")
            x += block.room
        _arrow(axes, (x - 0.05, y), (x + 0.3, y))
        axes.text(x + 0.4, y, "\n".join(self.outputs), size=8, ha="left", va="center")


def _tensor_label(tensor: Tensor) -> str:
    """Names an input or output in words."""
    shape = tensor.shape[1:]
    name = tensor._keras_history.operation.name
    if len(shape) == 3:
        return f"image\n{'x'.join(map(str, shape))}"
    if name == "latent":
        return f"z ({shape[0]})"
    if not shape or name == "label":
        return "class"
    if len(shape) == 1 and name in ("class", "auxiliary"):
        return f"class ({shape[0]})"
    return f"{name.replace('_', ' ')} ({shape[0]})"

"""Drawings of a variant's networks, made from the networks themselves."""

import dataclasses
import math
import textwrap
from pathlib import Path

import keras

from gan_keras import gans
from gan_keras.configs.tools import ToolConfig
from gan_keras.data import DataSpec, toys
from gan_keras.foundation.files import atomic_path
from gan_keras.gans.base import GAN
from gan_keras.hardware import devices

# What a block is drawn as: layers that weigh, and layers that change the grid without weights.
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
_GAP = 0.55
_ROW = 4.1
# Values at which an option that turns a tool on leaves it off, in whichever variant.
_OFF = (False, 0, 1, "", "none", "hard")


@dataclasses.dataclass(frozen=True)
class Block:
    """One layer on the way through a network.

    Attributes:
        kind: A key of `COLOURS`.
        operation: What it does, e.g. `conv 5x5 /2`.
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


def blocks(network: keras.Model) -> list[Block]:
    """Follows the longest way through a network, from its inputs to its last output.

    Activations, normalisation and whatever only modulates are left out.

    Args:
        network: A functional model.

    Returns:
        The layers with weights, and those that resize, in order.
    """
    found = [_block(layer) for layer in _way(network.outputs[-1])]
    return [block for block in found if block is not None]


def _way(tensor: keras.KerasTensor) -> list[keras.Layer]:
    """The layers from an input to a tensor, by way of the largest tensors, first ones first."""
    layers = []
    while True:
        layer = tensor._keras_history.operation
        layers.append(layer)
        if isinstance(layer, keras.layers.InputLayer):
            return layers[::-1]
        node = layer._inbound_nodes[tensor._keras_history.node_index]
        tensor = max(node.input_tensors, key=_extent)
        if len(tensor.shape) == 4:  # of two feature maps that are added, the one with more layers
            alike = [t for t in node.input_tensors if _extent(t) == _extent(tensor)]
            tensor = max(alike, key=_depth)


def _extent(tensor: keras.KerasTensor) -> tuple[int, int]:
    """Rank and area: a feature map comes before the vector that scales it."""
    return len(tensor.shape), math.prod(tensor.shape[1:-1])


def _depth(tensor: keras.KerasTensor) -> int:
    """Number of layers on the longest way to a tensor."""
    depths: dict[int, int] = {}

    def visit(one: keras.KerasTensor) -> int:
        if id(one) not in depths:
            history = one._keras_history
            node = history.operation._inbound_nodes[history.node_index]
            depths[id(one)] = 1 + max(map(visit, node.input_tensors), default=0)
        return depths[id(one)]

    return visit(tensor)


def _block(layer: keras.Layer) -> Block | None:
    """A layer as a block; None if it is not drawn."""
    inner = getattr(layer, "layer", layer)  # what a wrapper such as SpectralNorm wraps
    kind = _KINDS.get(type(inner).__name__)
    if kind is None:
        return None
    shape = tuple(layer.output.shape[1:])
    if kind in ("conv", "transposed conv"):
        operation = f"{kind} {'x'.join(map(str, inner.kernel_size))}"
        if max(inner.strides) > 1:
            operation += f" {'x' if kind == 'transposed conv' else '/'}{inner.strides[0]}"
        if type(inner).__name__ == "UpsampleConv2D":
            operation = f"up x{inner.factor}, {operation}"
    else:
        operation = {"dense": "dense", "up": "resize", "pool": "pool"}[kind]
    return Block(kind, operation, shape)


def caption(config: ToolConfig) -> str:
    """How a variant trains, in one line: losses, optimizer, and the tools that are on."""
    values = config.to_dict()
    shown = {name: values[name] for name in _CAPTION if name in values}
    for name, field in ToolConfig.option_fields().items():
        if "tool" in field.metadata and values[name] not in _OFF:
            shown[name] = values[name]
    if values["ema_decay"]:
        shown["ema_decay"] = values["ema_decay"]
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in shown.items()
    )


def draw(config: ToolConfig, path: Path, image_size: int | None = None, classes: int = 10) -> None:
    """Builds the networks of a configuration, for data that need not be there, and draws them.

    Args:
        config: The configuration.
        path: The PNG.
        image_size: Side of the images in pixels; None: the configuration's own, or 28.
        classes: Number of classes.

    Raises:
        UsageError: If the networks cannot be built for such images.
    """
    if config.dataset in toys.MIXTURES:
        shape = toys.MIXTURES[config.dataset].means.shape[-1:]
    else:
        side = image_size or config.image_size or 28
        shape = (side, side, 1)
    names = tuple(str(number) for number in range(classes))
    devices.set_up("float32", config.seed, deterministic=False)
    write(path, gans.build(config, DataSpec(shape, names, (1,) * classes)), config)


def write(path: Path, gan: GAN, config: ToolConfig) -> None:
    """Draws all networks of a variant, a row each.

    Args:
        path: The PNG.
        gan: The built variant.
        config: What it was built from.
    """
    from matplotlib.figure import Figure  # late: it takes a second

    order = [name for name in ("encoder", "generator", "discriminator") if name in gan.networks]
    rows = [_Row(name, gan.networks[name]) for name in order]
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
        row.draw(axes, -_ROW * number)
        if number:
            _lead(axes, rows[number - 1].end, -_ROW * (number - 1))
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110, facecolor="white")


def _lead(axes, start: float, y: float) -> None:
    """Draws the way from the end of a row at height `y` to the beginning of the next."""
    ways = [(start, y - 0.55), (start, y - 0.5 * _ROW), (0.9, y - 0.5 * _ROW)]
    axes.plot(*zip(*ways, strict=True), color="#999999", lw=0.9, ls="--")
    style = {"arrowstyle": "->", "color": "#999999", "lw": 0.9, "ls": "--"}
    axes.annotate("", (0.9, y - _ROW + 0.62), ways[-1], arrowprops=style)


class _Row:
    """One network, drawn from left to right."""

    def __init__(self, name: str, network: keras.Model):
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
        self.steps = [self._step(block) for block in self.blocks]
        self.end = 2.0 + sum(self.steps) + 0.8
        self.width = self.end + 0.9

    @staticmethod
    def _step(block: Block) -> float:
        """Room that a block takes: its picture or its text, whichever is wider."""
        text = max(len(part) for part in _lines(block.operation))
        return max(block.size[0] + _GAP, 0.125 * text + 0.2)

    def draw(self, axes, y: float) -> None:
        """Draws the row around height `y`."""
        from matplotlib.patches import Rectangle

        axes.text(-0.4, y + 1.42, self.name, size=9, weight="bold")
        axes.text(0.9, y, "\n".join(self.inputs), size=8, ha="center", va="center")
        x = 2.0
        self._arrow(axes, x - 0.25, x + 0.05, y)
        for block, step in zip(self.blocks, self.steps, strict=True):
            wide, high = block.size
            middle = x + step / 2
            axes.add_patch(
                Rectangle(
                    (middle - wide / 2, y - high / 2),
                    wide,
                    high,
                    facecolor=COLOURS[block.kind],
                    edgecolor="#444444",
                    linewidth=0.7,
                )
            )
            shape = "x".join(map(str, block.shape))
            axes.text(middle, y + high / 2 + 0.07, shape, size=6.5, ha="center", va="bottom")
            words = "\n".join(_lines(block.operation))
            axes.text(middle, y - high / 2 - 0.09, words, size=6.5, ha="center", va="top")
            x += step
        self._arrow(axes, x - 0.05, x + 0.3, y)
        axes.text(x + 0.4, y, "\n".join(self.outputs), size=8, ha="left", va="center")

    @staticmethod
    def _arrow(axes, start: float, end: float, y: float) -> None:
        style = {"arrowstyle": "->", "color": "#444444", "lw": 0.9}
        axes.annotate("", (end, y), (start, y), arrowprops=style)


def _lines(operation: str) -> list[str]:
    """An operation's text, broken so that neighbours do not meet."""
    return operation.replace("transposed conv", "transposed,conv").replace(", ", ",").split(",")


def _tensor_label(tensor: keras.KerasTensor) -> str:
    """What goes in or comes out, in words."""
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

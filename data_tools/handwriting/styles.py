"""Writers: each has a writing style and a digitizer."""

import dataclasses

import numpy as np

from data_tools.handwriting.glyphs import GlyphTable

# Number of smooth bending fields over a symbol's box, see `pen`.
BENDS = 6


@dataclasses.dataclass(frozen=True)
class Device:
    """A digitizer.

    Attributes:
        name: Its name in InkML files.
        height: Height of a digit, in the device's length unit, for a writer of middle size.
        decimals: Digits after the point; 0 for a device that counts whole steps.
        timed: True if the device reports the time of each point (channel T, milliseconds).
        noise: Standard deviation of a position, in steps of the last digit.
        share: Relative number of its users.
    """

    name: str
    height: float
    decimals: int
    timed: bool
    noise: float
    share: float


DEVICES = (
    Device("whiteboard", height=64.0, decimals=0, timed=False, noise=0.2, share=0.35),
    Device("tablet", height=760.0, decimals=0, timed=False, noise=1.5, share=0.3),
    Device("timed tablet", height=75.0, decimals=0, timed=True, noise=0.2, share=0.2),
    Device("digital pen", height=0.45, decimals=4, timed=False, noise=12.0, share=0.15),
)


@dataclasses.dataclass(frozen=True)
class Styles:
    """The hands of several writers; every array has one entry per writer.

    Attributes:
        device: Index into `DEVICES`.
        favourite: Quantile that picks the favourite allograph of each label, (writers, labels).
        fickle: Chance to use another allograph than the favourite.
        slant: Sideways shift over height; positive leans to the right.
        turn: Rotation of each symbol, radians.
        width: Width of symbols over that of the drawn glyphs.
        class_width: The same for each label, (writers, labels).
        size: Height of the writing over the device's usual one.
        spacing: Gap between symbols, units.
        smooth: How much corners are rounded, 0 to 1.
        straight: How much curves are flattened to straight lines, 0 to 1.
        care: Factor of all chance within this writer's symbols; 1 is usual.
        tremble: Amplitude of the short waves of the pen, units.
        hook: Length of the hooks at stroke ends, units.
        reach: Mean run past (or, negative, short of) the stroke ends, units.
        bends: Bending coefficients of each label, units, (writers, labels, BENDS, 2).
        offset: Shift of each stroke of each allograph, units, (writers, strokes, 2).
        shape: Shift of each control point, units, (writers, strokes, points, 2).
        rate: Digitizer samples per unit of path.
        drift: Slope of the base line.
        delays: True if dots and crosses are set after the whole word.
    """

    device: np.ndarray
    favourite: np.ndarray
    fickle: np.ndarray
    slant: np.ndarray
    turn: np.ndarray
    width: np.ndarray
    class_width: np.ndarray
    size: np.ndarray
    spacing: np.ndarray
    smooth: np.ndarray
    straight: np.ndarray
    care: np.ndarray
    tremble: np.ndarray
    hook: np.ndarray
    reach: np.ndarray
    bends: np.ndarray
    offset: np.ndarray
    shape: np.ndarray
    rate: np.ndarray
    drift: np.ndarray
    delays: np.ndarray


def draw_styles(rng: np.random.Generator, table: GlyphTable, writers: int) -> Styles:
    """Draws the hands of new writers.

    Args:
        rng: Source of chance.
        table: The glyphs they will write.
        writers: Number of writers.
    """
    labels = len(table.labels)
    strokes, points = table.control.shape[:2]

    def normal(mean: float, deviation: float, *shape: int) -> np.ndarray:
        return mean + deviation * rng.standard_normal((writers, *shape))

    shares = np.array([device.share for device in DEVICES])
    common = normal(0, 2.0, 1, BENDS, 2)
    return Styles(
        device=np.searchsorted(np.cumsum(shares / shares.sum())[:-1], rng.random(writers)),
        favourite=rng.random((writers, labels)),
        fickle=0.3 * rng.random(writers) ** 2,
        slant=normal(0.1, 0.17),
        turn=normal(0, 0.04),
        width=np.exp(normal(0, 0.13)),
        class_width=np.exp(table.width_spread * normal(0, 1, labels)),
        size=np.exp(normal(0, 0.25)),
        spacing=16 * np.exp(normal(0, 0.5)),
        smooth=rng.beta(1.3, 2.2, writers),
        straight=np.clip(normal(-0.05, 0.15), 0, 0.5),
        care=np.exp(normal(0, 0.3)),
        tremble=0.5 * np.exp(normal(0, 0.5)),
        hook=np.maximum(normal(0, 4.0), 0),
        reach=normal(0, 2.5),
        bends=common + normal(0, 2.8, labels, BENDS, 2),
        offset=normal(0, 2.2, strokes, 2),
        shape=normal(0, 1.8, strokes, points, 2),
        rate=0.24 * np.exp(normal(0, 0.3)),
        drift=normal(0, 0.03),
        delays=rng.random(writers) < 0.3,
    )

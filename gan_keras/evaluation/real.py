"""The real side of a comparison: two halves of images that no classifier was trained on."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gan_keras.data import Dataset
from gan_keras.evaluation import collapse, distribution
from gan_keras.evaluation.reading import Reading
from gan_keras.evaluation.selection import halves, largest_count, rows_in_mix

# Images on each side at most: more change little and take long.
LIMIT = 10_000
# Of halves, draws and noise: all runs are compared with the same real images.
SEED = 20_202
# Where the real mix of classes would leave out more than this share of the images that could be
# compared, they are taken as given.
SPARED = 0.5


class RealImages:
    """Real images as reference and as a second sample.

    The test split is cut into halves. Scores are taken against the first; the second scores as
    generated images do, which gives the floor: what a perfect generator would get. Train images
    would not do, because the classifier knows them and orders them better than new ones: a
    generator of nothing but clear cases could then beat real images. A data set without test
    images gives train images instead.

    Images that were asked for by class are compared with the real mix of classes, set numbers of
    each on all sides: a generator is not to blame for how often it was asked. If nobody asked,
    the mix is the generator's own, and the halves differ in theirs by chance as two draws do.

    Args:
        dataset: Images in memory.
        read: What the classifier makes of images.
    """

    def __init__(self, dataset: Dataset, read: Callable[[np.ndarray], Reading]):
        self._dataset, self._read = dataset, read
        self._split = "test" if len(dataset.test_images) > 1 else "train"
        images, labels = (
            getattr(dataset, f"{self._split}_{part}") for part in ("images", "labels")
        )
        # a file may hold its classes one after the other
        rows = np.sort(np.random.default_rng(SEED).permutation(len(labels))[: 2 * LIMIT])
        self._images, self._labels, self._rows = images[rows], labels[rows], rows
        self._shares = collapse.class_shares(self._labels, dataset.num_classes)
        self._made: dict[tuple[int, bool], Sides] = {}
        # by whether classes are matched
        self._halves = {True: halves(self._labels, SEED), False: halves(0 * self._labels, SEED)}

    @functools.cached_property
    def _reading(self) -> Reading:
        return self._read(self._images)

    @property
    def accuracy(self) -> float:
        """Share of the images that are read as their label."""
        return float(np.mean(self._reading.classes == self._labels))

    @property
    def total_variation(self) -> float:
        """Distance of the classes that are read from those that the images have."""
        read = collapse.class_shares(self._reading.classes, self._dataset.num_classes)
        return collapse.total_variation(read, self._shares)

    def comparable(
        self, labels: np.ndarray | None, count: int, seed: int
    ) -> tuple[np.ndarray, "Sides"]:
        """Which generated images to compare, and with how many real ones.

        Args:
            labels: Classes asked for, int `(count,)`; None if nobody asked.
            count: Generated images.
            seed: Draws them.

        Returns:
            Rows, class by class if classes are matched, and the real side.
        """
        random = np.random.default_rng(seed)
        size = min(LIMIT, len(self._halves[False][1]), count)
        if labels is not None:
            possible = [
                largest_count(part, self._shares)
                for part in (labels, *(self._labels[half] for half in self._halves[True]))
            ]
            most = min(LIMIT, *possible)
            if most >= SPARED * size:
                rows = rows_in_mix(labels, self._shares, most, random)
                return rows, self._sides(most, True)
        return random.choice(count, size, replace=False), self._sides(size, False)

    def _sides(self, size: int, matched: bool) -> "Sides":
        """So many images of each half, the same ones always."""
        if (size, matched) not in self._made:
            self._made[size, matched] = self._draw(size, matched)
        return self._made[size, matched]

    def _draw(self, size: int, matched: bool) -> "Sides":
        """Takes so many images out of each half."""
        reference = self._halves[matched][0]
        rows = []
        for number, half in enumerate(self._halves[matched]):
            random = np.random.default_rng(SEED + number)
            if matched:
                rows.append(half[rows_in_mix(self._labels[half], self._shares, size, random)])
            else:
                rows.append(random.choice(half, size, replace=False))
        images = self._dataset.train_images
        return Sides(
            reference=self._reading[rows[0]],
            images=self._images[rows[1]],
            reading=self._reading[rows[1]],
            train_images=images if self._split == "test" else images[self._rows[reference]],
            class_mix="real" if matched else "as given",
            split=self._split,
            read=self._read,
        )


@dataclasses.dataclass(frozen=True, eq=False)
class Sides:
    """Real images for one comparison; what is computed from them is computed once.

    Attributes:
        reference: Reading of the images that scores are taken against.
        images: Other real images, as many, row by row of the same classes if these are matched.
        reading: Theirs.
        train_images: Train images that are not among `images`.
        class_mix: `real` if classes are matched, else `as given`.
        split: Where both sets are from, `test` or `train`.
        read: What the classifier makes of images.
    """

    reference: Reading
    images: np.ndarray
    reading: Reading
    train_images: np.ndarray
    class_mix: str
    split: str
    read: Callable[[np.ndarray], Reading]

    @functools.cached_property
    def noise(self) -> Reading:
        """Reading of as many images of nothing but noise."""
        shape = self.images.shape
        noise = np.random.default_rng(SEED).integers(0, 256, shape, dtype=np.uint8)
        return self.read(noise)

    def scores(self, reading: Reading, cheap: bool) -> dict[str, Any]:
        """What `distribution.distribution_scores` gives, with its floor and ceiling.

        Args:
            reading: Of the generated images.
            cheap: As there.

        Returns:
            The scores; `counts`: images of both sets, how classes are mixed, where the real ones
            are from, size of the features, neighbours, and the coverage expected at these counts
            between draws of one distribution; `floor` and `ceiling`: scores of `images` and noise.
        """
        generated, real = len(reading.features), len(self.reference.features)
        limits = self._full_limits if not cheap else self._cheap_limits
        return {
            **distribution.distribution_scores(self.reference.features, reading.features, cheap),
            "counts": {
                "generated": generated,
                "real": real,
                "class_mix": self.class_mix,
                "real_split": self.split,
                "features": self.reference.features.shape[1],
                "k": distribution.K,
                "expected_coverage": distribution.expected_coverage(real, generated),
            },
            **limits,
        }

    @functools.cached_property
    def _full_limits(self) -> dict[str, dict[str, float]]:
        return self._limits(cheap=False)

    @functools.cached_property
    def _cheap_limits(self) -> dict[str, dict[str, float]]:
        return self._limits(cheap=True)

    def _limits(self, cheap: bool) -> dict[str, dict[str, float]]:
        """Scores of real images and of noise."""
        real = self.reference.features
        return {
            "floor": distribution.distribution_scores(real, self.reading.features, cheap),
            "ceiling": distribution.distribution_scores(real, self.noise.features, cheap),
        }

"""The real side of a comparison: two halves of images that no classifier was trained on."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gan_keras.data import Dataset
from gan_keras.data.dataset import Examples
from gan_keras.evaluation import collapse, feature_distances
from gan_keras.evaluation.classifier import Reading
from gan_keras.evaluation.selection import halves, largest_count, rows_in_mix

# Images on each side at most: more change little and take long.
LIMIT = 10_000
# Of halves, draws and noise: all runs are compared with the same real images.
SEED = 20_202
# Where the real mix of classes would leave out more than this share of the images that could be
# compared, they are taken as given.
SPARED = 0.5


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
        read: The classifier, from images to their reading.
    """

    reference: Reading
    images: np.ndarray
    reading: Reading
    train_images: Examples
    class_mix: str
    split: str
    read: Callable[[np.ndarray], Reading]

    def scores(self, reading: Reading, cheap: bool) -> dict[str, Any]:
        """Computes `feature_distances.distribution_scores` with floor and ceiling.

        Args:
            reading: Of the generated images.
            cheap: Only the Frechet distance.

        Returns:
            The scores; `counts`: images of both sets, how classes are mixed, where the real ones
            are from, size of the features, neighbours, and the coverage expected at these counts
            between draws of one distribution; `floor` and `ceiling`: scores of `images` and noise.
        """
        generated, (real, features) = len(reading.features), self.reference.features.shape
        counts = {
            "generated": generated,
            "real": real,
            "class_mix": self.class_mix,
            "real_split": self.split,
            "features": features,
            "k": feature_distances.K,
            "expected_coverage": feature_distances.expected_coverage(real, generated),
        }
        return {**self._distances(reading, cheap), "counts": counts, **self._limits(cheap)}

    def _distances(self, reading: Reading, cheap: bool) -> dict[str, float]:
        return feature_distances.distribution_scores(
            self.reference.features, reading.features, cheap
        )

    @functools.cached_property
    def _noise(self) -> Reading:
        """Reading of as many images of pure noise."""
        random = np.random.default_rng(SEED)
        return self.read(random.integers(0, 256, self.images.shape, dtype=np.uint8))

    @functools.cached_property
    def _limits(self) -> Callable[[bool], dict[str, dict[str, float]]]:
        """Scores of other real images and of noise, from `cheap`; computed once each."""
        sides = {"floor": self.reading, "ceiling": self._noise}
        return functools.cache(
            lambda cheap: {name: self._distances(side, cheap) for name, side in sides.items()}
        )


class RealImages:
    """Real images as reference and as a second sample.

    The test split is cut into halves. Scores are taken against the first; the second scores as
    generated images do, which gives the floor: what a perfect generator would get. Train images
    would not do, because the classifier knows them and orders them better than new ones: a
    generator of nothing but clear cases could then beat real images. A data set without test
    images gives train images instead.

    Images that were asked for by class are compared with the real mix of classes, set numbers of
    each on all sides: a generator is not to blame for how often it was asked. If they were not,
    the mix is the generator's own, and the halves differ in theirs by chance as two draws do.

    Args:
        dataset: Images in memory.
        read: The classifier, from images to their reading.
    """

    def __init__(self, dataset: Dataset, read: Callable[[np.ndarray], Reading]) -> None:
        self._dataset, self._read = dataset, read
        self._split = "test" if len(dataset.test_images) > 1 else "train"
        images, labels = (
            getattr(dataset, f"{self._split}_{part}") for part in ("images", "labels")
        )
        # a file may hold its classes one after the other
        rows = np.sort(np.random.default_rng(SEED).permutation(len(labels))[: 2 * LIMIT])
        self._images, self._labels, self._rows = images[rows], labels[rows], rows
        self._shares = collapse.class_shares(self._labels, dataset.num_classes)
        # by whether classes are matched
        self._halves = {True: halves(self._labels, SEED), False: halves(0 * self._labels, SEED)}
        self._sides = functools.cache(self._draw)

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
    ) -> tuple[np.ndarray, Sides]:
        """Chooses the generated images to compare, and as many real ones.

        Args:
            labels: Classes asked for, int `(count,)`; None if classes were not asked for.
            count: Generated images.
            seed: Draws them.

        Returns:
            Rows, class by class if classes are matched, and the real side.
        """
        random = np.random.default_rng(seed)
        size = min(LIMIT, len(self._halves[False][1]), count)
        if labels is not None:
            parts = (labels, *(self._labels[half] for half in self._halves[True]))
            most = min(LIMIT, *(largest_count(part, self._shares) for part in parts))
            if most >= SPARED * size:
                rows = rows_in_mix(labels, self._shares, most, random)
                return rows, self._sides(most, True)
        return random.choice(count, size, replace=False), self._sides(size, False)

    def _draw(self, size: int, matched: bool) -> Sides:
        """Takes `size` images out of each half, always the same ones."""
        rows = []
        for number, half in enumerate(self._halves[matched]):
            random = np.random.default_rng(SEED + number)
            if matched:
                rows.append(half[rows_in_mix(self._labels[half], self._shares, size, random)])
            else:
                rows.append(random.choice(half, size, replace=False))
        train_images = self._dataset.train_images
        if self._split == "train":
            train_images = train_images[self._rows[self._halves[matched][0]]]
        return Sides(
            reference=self._reading[rows[0]],
            images=self._images[rows[1]],
            reading=self._reading[rows[1]],
            train_images=train_images,
            class_mix="real" if matched else "as given",
            split=self._split,
            read=self._read,
        )

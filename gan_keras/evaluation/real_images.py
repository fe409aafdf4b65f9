"""The real side of a comparison: two halves of images that no classifier was trained on."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
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
        images: As many other ones, row by row of the same classes if these are matched.
        reading: Theirs.
        train_images: Train images that are not among `images`.
        about: `class_mix` (`real` if classes are matched) and `real_split` (`test` or `train`).
        noise: Reading of as many images of pure noise.
        limits: Floor and ceiling by `cheap`, once they are known.
    """

    reference: Reading
    images: np.ndarray
    reading: Reading
    train_images: Examples
    about: Mapping[str, str]
    noise: Reading
    limits: dict[bool, dict[str, dict[str, float]]] = dataclasses.field(default_factory=dict)

    def scores(self, reading: Reading, cheap: bool) -> dict[str, Any]:
        """Computes `feature_distances.distribution_scores` with floor and ceiling.

        Args:
            reading: Of the generated images.
            cheap: Only the Frechet distance.

        Returns:
            The scores; `counts`: images of both sets and whatever else a reader must know; `floor`
            and `ceiling`: scores of `images` and noise.
        """
        reference, generated = self.reference.features, reading.features

        def distances(features: np.ndarray) -> dict[str, float]:
            return feature_distances.distribution_scores(reference, features, cheap)

        if cheap not in self.limits:
            sides = {"floor": self.reading, "ceiling": self.noise}
            self.limits[cheap] = {name: distances(side.features) for name, side in sides.items()}
        counts = {
            "generated": len(generated),
            "real": len(reference),
            **self.about,
            "features": reference.shape[1],
            "k": feature_distances.K,
            "expected_coverage": feature_distances.expected_coverage(
                len(reference), len(generated)
            ),
        }
        return {**distances(generated), "counts": counts, **self.limits[cheap]}


class RealImages:
    """Real images as reference and as a second sample.

    The test split is cut into halves. Scores are taken against the first; the second scores as
    generated images do, which gives the floor: what a perfect generator would get. The classifier
    orders train images better than new ones, so they serve only where there is no test split.

    Images that were asked for by class are compared in the real mix of classes, with set numbers
    of each on all sides; others in the generator's own mix.

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
    def accuracy(self) -> float | None:
        """Share of the test images that are read as their label; None if there are none."""
        if self._split == "train":
            return None
        return float(np.mean(self._reading.classes == self._labels))

    @property
    def total_variation(self) -> float:
        """Distance of the classes that are read from those that the images have."""
        read = collapse.class_shares(self._reading.classes, self._dataset.num_classes)
        return collapse.total_variation(read, self._shares)

    def comparable(
        self, labels: np.ndarray | None, count: int, seed: int
    ) -> tuple[np.ndarray, Sides]:
        """Chooses the rows of `count` generated images to compare, and as many real ones.

        Args:
            labels: Classes asked for, int `(count,)`; None if classes were not asked for.
            count: Generated images.
            seed: Draws the rows, class by class if classes are matched.
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
        images = self._images[rows[1]]
        noise = np.random.default_rng(SEED).integers(0, 256, images.shape, dtype=np.uint8)
        return Sides(
            reference=self._reading[rows[0]],
            images=images,
            reading=self._reading[rows[1]],
            train_images=train_images,
            about={"class_mix": "real" if matched else "as given", "real_split": self._split},
            noise=self._read(noise),
        )

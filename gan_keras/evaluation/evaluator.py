"""All scores of a set of images in one call."""

import functools
from pathlib import Path
from typing import Any

import numpy as np

from gan_keras.data import Dataset
from gan_keras.evaluation import (
    artefacts,
    classifier,
    collapse,
    conditional,
    gan_train,
    neighbours,
    reconstruction,
    stacked_scores,
)
from gan_keras.evaluation.classifier import Reading
from gan_keras.evaluation.real_images import RealImages
from gan_keras.storage.metrics import number

# Generated images at most whose nearest training images are searched.
COPYING_IMAGES = 1000


def judged(dataset: Dataset) -> Dataset:
    """Returns the data set whose classifier judges images like those of a data set."""
    return stacked_scores.single_digits(dataset) if stacked_scores.is_stacked(dataset) else dataset


class Evaluator:
    """Scores sets of images against one data set; hold it to score several.

    Facts about the data set (its classifier, what that makes of real images) are computed once.

    Args:
        dataset: Real images, in memory.
        cache_dir: Folder of the classifiers.
    """

    def __init__(self, dataset: Dataset, *, cache_dir: str | Path) -> None:
        self.dataset = dataset
        self.cache_dir = Path(cache_dir)
        self._stacked = stacked_scores.is_stacked(dataset)
        judge = classifier.load_or_train(judged(dataset), cache_dir, verbose=1)
        self._reader = classifier.make_reader(judge)
        self.real = RealImages(dataset, self.read)

    def read(self, images: np.ndarray) -> Reading:
        """Returns the judge's reading of images: of stacked digits, of each channel by itself."""
        return (stacked_scores if self._stacked else classifier).read(self._reader, images)

    @functools.cached_property
    def _real_diversity(self) -> np.ndarray:
        """Within-class diversity of real train images, float64 `(num_classes,)`."""
        data = self.dataset
        return collapse.within_class_diversity(
            data.train_images, data.train_labels, data.num_classes
        )

    def evaluate(
        self,
        images: np.ndarray,
        labels: np.ndarray | None,
        *,
        gan_train: bool = False,
        cheap: bool = False,
        seed: int = 0,
        sensitivity_images: np.ndarray | None = None,
        reconstructions: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None,
    ) -> dict[str, Any]:
        """Scores one set of images.

        Args:
            images: uint8 `(n, h, w, c)` as the data's, n at least 1, ink 255.
            labels: Classes asked for, int `(n,)`; None if classes were not asked for.
            gan_train: Whether to train a classifier on the images, if they have labels.
            cheap: Only what takes seconds, for use while training: classes, diversity and Frechet
                distance.
            seed: Draws the images that are compared where there are more than can be.
            sensitivity_images: uint8 `(num_classes, k, h, w, c)`: images of one class each that
                differ in their noise alone; None if that cannot be had.
            reconstructions: Inputs, outputs (uint8 as `images`) and labels of an auto-encoder.

        Returns:
            Ready for JSON: scores of the modules of this folder, beside the same of real images.
        """
        if self._stacked:
            labels = None  # 1,000 classes that no image was asked for one by one
        reading = self.read(images)
        found: dict[str, Any] = {
            "samples": len(images),
            "classifier": {
                "judge": classifier.judge_name(),
                "real_test_accuracy": self.real.accuracy,
            },
            "collapse": {},
        }
        found |= self._classes(images, labels, reading)
        rows, real = self.real.comparable(labels, len(images), seed)
        if len(rows) > 1:
            found["distribution"] = real.scores(reading[rows], cheap)
        if cheap:
            return found
        if len(rows) > 1:
            own, aim = (artefacts.artefact_scores(part) for part in (images[rows], real.images))
            found["artefacts"] = {**own, "real": aim}
            # the same real ones for all runs, row by row of the same classes
            few = np.random.default_rng(0).permutation(len(rows))[:COPYING_IMAGES]
            found["collapse"]["nearest_train_distance"] = neighbours.copying_scores(
                images[rows[few]], real.images[few[few < len(real.images)]], real.train_images
            )
        if sensitivity_images is not None:
            found["collapse"]["sensitivity"] = collapse.sensitivity_scores(
                sensitivity_images, self._real_diversity, self.dataset.class_names
            )
        if reconstructions is not None:
            found["reconstruction"] = self._reconstruction(*reconstructions)
        if gan_train and labels is not None:
            found |= self._gan_train(images, labels)
        return found

    def _classes(
        self, images: np.ndarray, labels: np.ndarray | None, reading: Reading
    ) -> dict[str, Any]:
        """Scores what the judge read, and variety."""
        data = self.dataset
        if self._stacked:
            return {"stacked": stacked_scores.stacked_scores(reading.classes, data)}
        asked = data.train_labels if labels is None else labels
        wanted = collapse.class_shares(asked, data.num_classes)
        spread = collapse.spread_scores(reading.classes, wanted, data.class_names)
        if labels is None:
            found = collapse.unlabelled_scores(
                spread, images, reading.probabilities, data.train_images
            )
        else:
            found = conditional.class_scores(
                labels, reading.classes, data.class_counts, data.class_names
            )
            own = collapse.within_class_diversity(images, labels, data.num_classes)
            found |= collapse.diversity_scores(own, self._real_diversity, data.class_names)
        spread["real_total_variation"] = self.real.total_variation
        return found | {"collapse": spread}

    def _reconstruction(
        self, inputs: np.ndarray, outputs: np.ndarray, labels: np.ndarray
    ) -> dict[str, Any]:
        """Scores an auto-encoder, and how many of its outputs are still read right."""
        found: dict[str, Any] = reconstruction.reconstruction_scores(inputs, outputs)
        if not self._stacked:
            for name, part in (("classifier_accuracy", outputs), ("input_accuracy", inputs)):
                found[name] = float(np.mean(self.read(part).classes == labels))
        return found

    def _gan_train(self, images: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
        """Computes GAN-train, and the same with real images."""
        data = self.dataset
        print("GAN-train: training a classifier on the generated images")
        own = gan_train.gan_train_accuracy(images, labels, data)
        real = gan_train.real_train_accuracy(labels, data, self.cache_dir)
        return {"gan_train": number(own), "gan_train_real": number(real)}

"""The catalogue of scores: their names, titles, meanings, forms, and which direction is better."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from gan_keras.foundation.errors import UsageError
from gan_keras.storage.metrics import lookup


@dataclasses.dataclass(frozen=True)
class Score:
    """One number of metrics.json.

    Attributes:
        key: Where it stands, groups joined by dots.
        title: Its name for people.
        meaning: One line on how to read it, with its unit if it has one.
        better: `higher`, `lower`, or empty where `real` is the aim, neither more nor less.
        form: `percent`, `number` or `count`.
        real: Key of what real images get (the floor), or the number itself where it is known.
        noise: Key of what noise gets (the ceiling).
    """

    key: str
    title: str
    meaning: str
    better: str = "higher"
    form: str = "percent"
    real: str | float = ""
    noise: str = ""

    def value(self, metrics: Mapping[str, Any]) -> float | None:
        """Returns the score in metrics; None if they lack it."""
        return _value(metrics, self.key)

    def shown(self, metrics: Mapping[str, Any]) -> str:
        """Returns the score in metrics as text."""
        return self.text(self.value(metrics))

    def row(self, metrics: Mapping[str, Any]) -> list[str]:
        """Returns what samples, real images and noise get, as text; empty where not known."""
        numbers = [_value(metrics, key) for key in (self.key, self.real, self.noise)]
        return ["" if x is None else self.text(x) for x in numbers]

    def text(self, number: float | None) -> str:
        """Formats a number as people read it; a dash for none."""
        if number is None:
            return "-"
        if self.form == "percent":
            return f"{100 * number:.2f} %"
        if self.form == "count":
            return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"
        return f"{number:.3f}" if number == 0 or abs(number) >= 0.1 else f"{number:.3g}"

    def quality(self, metrics: Mapping[str, Any]) -> float | None:
        """Returns a number that is larger the better the score is; None if metrics lack it.

        Where real images are the aim, it is the negated distance from what they get.
        """
        number, real = self.value(metrics), _value(metrics, self.real)
        if number is None:
            return None
        if self.better:
            return number if self.better == "higher" else -number
        return None if real is None else -abs(number - real)

    def is_computed(self, metrics: Mapping[str, Any]) -> bool:
        """Tells whether metrics have a place for it, and for the aim if real images are the aim.

        The number itself may be missing: reverse KL has none as long as no point is good.
        """
        needed = [self.key] if self.better else [self.key, self.real]
        return all(_has_place(metrics, key) for key in needed if isinstance(key, str))


def _value(metrics: Mapping[str, Any], key: str | float) -> float | None:
    """Returns the number under a key, or the number that is given in its place."""
    found = lookup(metrics, key) if isinstance(key, str) else key
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _has_place(metrics: Mapping[str, Any], key: str) -> bool:
    group, _, name = key.rpartition(".")
    found = lookup(metrics, group) if group else metrics
    return isinstance(found, Mapping) and name in found


def _ratio(key: str, title: str, meaning: str) -> Score:
    """Makes the row of a score in units of what real images have."""
    meaning = f"{meaning}, in units of that of real images."
    return Score(key, title, meaning, better="", form="number", real=1.0)


def _error(key: str, title: str, meaning: str, real: str | float = "") -> Score:
    """Makes the row of a number that should be small."""
    return Score(key, title, meaning, "lower", "number", real)


def _excess(key: str, title: str, meaning: str, real: str | float = "") -> Score:
    """Makes the row of a share that should be small."""
    return Score(key, title, meaning, "lower", real=real)


def _count(key: str, title: str, meaning: str, real: str = "") -> Score:
    """Makes the row of a count that should be large."""
    return Score(key, title, meaning, form="count", real=real)


def _distribution(
    name: str, title: str, meaning: str, better: str = "higher", form: str = "percent"
) -> Score:
    """Makes the row of a score that has a floor and a ceiling."""
    floor, ceiling = f"distribution.floor.{name}", f"distribution.ceiling.{name}"
    return Score(f"distribution.{name}", title, meaning, better, form, floor, ceiling)


def _artefact(name: str, title: str, meaning: str) -> Score:
    """Makes the row of a score that should equal that of real images."""
    return Score(f"artefacts.{name}", title, meaning, better="", real=f"artefacts.real.{name}")


_READ_RIGHT = "classifier.real_test_accuracy"
_COPIES = "collapse.nearest_train_distance"
# The scores by heading, in the order in which they are shown.
GROUPS: dict[str, tuple[Score, ...]] = {
    "Classes": (
        Score(
            "accuracy",
            "GAN-test",
            "Samples read as the class asked for; one perfect image per class gets 100 %.",
            real=_READ_RIGHT,
        ),
        Score("worst_class.accuracy", "worst class", "GAN-test of the class that is read worst."),
        Score(
            "matched_accuracy",
            "GAN-test, classes renamed",
            "GAN-test after the best one-to-one renaming of classes.",
            real=_READ_RIGHT,
        ),
        _excess(
            "label_switching",
            "label switching",
            "What renaming gains: above 0, classes are drawn in each other's place.",
            0.0,
        ),
        Score(
            "gan_train",
            "GAN-train",
            "Accuracy on real test images of a classifier trained on samples; low in collapse.",
            real="gan_train_real",
        ),
    ),
    "Variety": (
        _ratio("diversity_ratio", "diversity", "Distance of two samples of a class, 0 in collapse"),
        _ratio(
            "collapse.sensitivity.ratio",
            "effect of the noise",
            "Distance of two samples of a class that differ in z alone",
        ),
        _count("collapse.modes", "classes present", "Classes read in at least 1 % of the samples."),
        _excess(
            "largest_class.share",
            "largest class",
            "Samples read as the most frequent class; above 80 % is collapse.",
        ),
        Score(
            "collapse.entropy_ratio",
            "entropy of classes",
            "Evenness of the classes read: 1 is even, 0 is a single class.",
            "",
            "number",
            "collapse.wanted_entropy_ratio",
        ),
        _excess(
            "collapse.total_variation",
            "distance from the wanted classes",
            "Samples that would have to be of another class to get the mix wanted.",
            "collapse.real_total_variation",
        ),
        Score("median_confidence", "confidence", "Median probability of the class that is read."),
        _ratio(
            f"{_COPIES}.ratio",
            "distance to training images",
            "Median distance to the nearest training image, near 0 for copies",
        ),
        _excess(
            f"{_COPIES}.exact_copies",
            "exact copies",
            "Samples that equal a training image.",
            f"{_COPIES}.real_exact_copies",
        ),
    ),
    "Distribution": (
        _distribution(
            "frechet_classifier_features",
            "Frechet distance",
            "Of Gaussians that fit the classifier's features (not comparable with FID).",
            "lower",
            "number",
        ),
        _distribution(
            "kid_classifier_features",
            "kernel distance",
            "KID's estimate on the classifier's features; about 0 for equal distributions.",
            "lower",
            "number",
        ),
        _distribution("precision", "precision", "Samples that lie among real images."),
        _distribution(
            "recall", "recall", "Real images among samples; outliers can hide a missing class."
        ),
        _distribution(
            "density", "density", "Real images around a sample; may exceed 1.", "", "number"
        ),
        _distribution(
            "coverage", "coverage", "Real images near a sample; falls with any missing variant."
        ),
    ),
    "Artefacts": (
        _artefact("checkerboard_2", "checkerboard, period 2", "Power in waves of 2 pixels."),
        _artefact("checkerboard_4", "checkerboard, period 4", "Power in waves of 4 pixels."),
        _artefact("brightness", "brightness", "Mean ink."),
        _artefact("range", "range", "Largest ink of an image minus the smallest."),
        _artefact("grey_share", "grey pixels", "Neither paper nor stroke."),
    ),
    "Auto-encoder": (
        _error("reconstruction.mae", "MAE", "Mean absolute error, ink in [0, 1]."),
        _error("reconstruction.mse", "MSE", "Mean squared error, ink in [0, 1]."),
        Score("reconstruction.ssim", "SSIM", "Structural similarity; 1 is equal.", form="number"),
        _ratio("reconstruction.sharpness_ratio", "sharpness", "Gradients, below 1 if blurred"),
        Score(
            "reconstruction.high_frequency_error_share",
            "error in fine detail",
            "Share of the squared error in waves shorter than 4 pixels.",
            "",
        ),
        Score(
            "reconstruction.classifier_accuracy",
            "reconstructions read right",
            "By the classifier, of real test images.",
            real="reconstruction.input_accuracy",
        ),
    ),
    "Stacked digits": (
        _count("stacked.modes", "modes of 1,000", "Numbers read at all.", "stacked.real.modes"),
        _error("stacked.kl", "KL divergence", "From the real mix, in nats.", "stacked.real.kl"),
    ),
    "Points": (
        _error("frechet_distance", "Frechet distance", "Of Gaussians that fit both sets."),
        _error("energy_distance", "energy distance", "0 only for equal distributions."),
        _count("modes", "modes captured", "Modes with a point of high quality."),
        Score(
            "high_quality",
            "high quality",
            "Points less than 3 sigma away from a mode.",
            real="real_high_quality",
        ),
        _error("reverse_kl", "reverse KL", "Of modes from equal shares, in nats.", 0.0),
    ),
}
SCORES: dict[str, Score] = {score.key: score for group in GROUPS.values() for score in group}
# Scores of single classes in tables, with their titles, and those that are logged while training.
PER_CLASS = {
    "accuracy_per_class": "GAN-test by class",
    "diversity_ratio_per_class": "diversity by class",
    "class_shares": "classes read",
}
LOGGED_PER_CLASS = ("accuracy_per_class", "diversity_ratio_per_class", "collapse.class_shares")
# Names that a study may measure; `*` stands for a class, a number, or the rest of a group.
MEASURABLE = (
    *(key for key in SCORES if "." not in key),
    "accuracy_per_class.*",
    "class_shares.*",
    _READ_RIGHT,
    "covariance_eigenvalue_ratios.*",
    "diversity",
    "diversity_ratio_per_class.*",
    "entropy_ratio",
    "largest_class.share",
    "rare_classes.*",
    "training.cpu_seconds",
    "training.wall_seconds",
    "worst_class.accuracy",
    "artefacts.*",
    "collapse.*",
    "distribution.*",
    "reconstruction.*",
    "stacked.*",
)
# The scores at the top of a report, of those that a run has.
HEADLINES = (
    "accuracy",
    "gan_train",
    "diversity_ratio",
    "distribution.coverage",
    "distribution.frechet_classifier_features",
    "modes",
    "stacked.modes",
    "high_quality",
    "energy_distance",
    "collapse.entropy_ratio",
)
# Curves of scores over epochs: title, whether the y axis is logarithmic, scores.
CURVES = (
    ("GAN-test", False, ("accuracy", "worst_class.accuracy", "matched_accuracy")),
    ("variety", False, ("diversity_ratio", "collapse.entropy_ratio")),
    ("Frechet distance", True, ("distribution.frechet_classifier_features", "frechet_distance")),
    ("energy distance", True, ("energy_distance",)),
    ("modes", False, ("modes", "collapse.modes")),
)


def find(name: str) -> Score | None:
    """Finds a score by its key, or by the last part of a key that no other key ends with."""
    if name in SCORES:
        return SCORES[name]
    ending = [score for key, score in SCORES.items() if key.rpartition(".")[2] == name]
    return ending[0] if len(ending) == 1 else None


def pick(name: str) -> Score:
    """Returns the score that `--keep_best` names, as `find` knows it; UsageError for none."""
    found = find(name)
    if found is None:
        raise UsageError(f"--keep_best={name}: choose one of {', '.join(SCORES)}")
    return found


def present(*runs: Mapping[str, Any]) -> dict[str, list[Score]]:
    """Returns the scores that at least one run has, by heading; empty headings are left out.

    The top-level `modes` of images without labels equals `collapse.modes`; only points show it.
    """
    found = {}
    for heading, scores in GROUPS.items():
        if heading == "Points" and not any("points" in run for run in runs):
            continue
        known = [s for s in scores if any(s.value(run) is not None for run in runs)]
        if known:
            found[heading] = known
    return found

"""What every score means: the one place for titles, explanations, and which way is better."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from gan_keras.foundation.errors import UsageError


@dataclasses.dataclass(frozen=True)
class Score:
    """One number of metrics.json.

    Attributes:
        key: Where it stands, groups joined by dots.
        title: Its name for people.
        meaning: One line on how to read it.
        better: `higher`, `lower`, or empty where `real` is the aim, neither more nor less.
        form: `percent`, `number` or `count`.
        real: Key of what real images get, or the number itself where it is known.
        noise: Key of what noise gets.
    """

    key: str
    title: str
    meaning: str
    better: str = "higher"
    form: str = "percent"
    real: str | float = ""
    noise: str = ""


def _distribution(name: str, title: str, meaning: str, better: str, form: str) -> Score:
    """A score that has a floor and a ceiling."""
    floor, ceiling = f"distribution.floor.{name}", f"distribution.ceiling.{name}"
    return Score(f"distribution.{name}", title, meaning, better, form, floor, ceiling)


def _artefact(name: str, title: str, meaning: str, form: str = "percent") -> Score:
    """A score that should be as of real images."""
    return Score(f"artefacts.{name}", title, meaning, "", form, f"artefacts.real.{name}")


# Heading -> its scores, in the order in which they are shown.
GROUPS: dict[str, tuple[Score, ...]] = {
    "Classes": (
        Score(
            "accuracy",
            "GAN-test",
            "Samples that an independent classifier reads as the class asked for; one perfect "
            "image a class gets 100 %.",
            real="classifier.real_test_accuracy",
        ),
        Score("worst_class.accuracy", "worst class", "GAN-test of the class that is read worst."),
        Score(
            "matched_accuracy",
            "GAN-test, classes renamed",
            "GAN-test after the best one-to-one renaming of classes.",
            real="classifier.real_test_accuracy",
        ),
        Score(
            "label_switching",
            "label switching",
            "What renaming gains: above 0, classes are drawn in each other's place.",
            "lower",
            real=0.0,
        ),
        Score(
            "gan_train",
            "GAN-train",
            "Accuracy on real test images of a classifier that learnt from samples only: what "
            "collapse cannot game.",
            real="gan_train_real",
        ),
    ),
    "Variety": (
        Score(
            "diversity_ratio",
            "diversity",
            "Mean distance between two samples (of a class, where there are classes) in units of "
            "that of real images; 0 is collapse.",
            "",
            "number",
            1.0,
        ),
        Score(
            "collapse.sensitivity.ratio",
            "effect of the noise",
            "Mean distance between samples of one class that differ in z alone, in units of real "
            "variety.",
            "",
            "number",
            1.0,
        ),
        Score(
            "collapse.modes",
            "classes present",
            "Classes that at least 1 % of the samples are read as.",
            form="count",
        ),
        Score(
            "largest_class.share",
            "largest class",
            "Share of the samples that are read as the most frequent class; above 80 % is "
            "collapse.",
            "lower",
        ),
        Score(
            "collapse.entropy_ratio",
            "entropy of classes",
            "Evenness of the classes read: 1 is even, 0 is a single class.",
            "",
            "number",
            "collapse.wanted_entropy_ratio",
        ),
        Score(
            "collapse.total_variation",
            "distance from the wanted classes",
            "Share of samples that would have to be of another class to get the mix wanted.",
            "lower",
            real="collapse.real_total_variation",
        ),
        Score("median_confidence", "confidence", "Median probability of the class that is read."),
        Score(
            "collapse.nearest_train_distance.ratio",
            "distance to training images",
            "Median distance to the nearest training image in units of that of real test images; "
            "near 0 is copying.",
            "",
            "number",
            1.0,
        ),
        Score(
            "collapse.nearest_train_distance.exact_copies",
            "exact copies",
            "Samples that equal a training image.",
            "lower",
            real="collapse.nearest_train_distance.real_exact_copies",
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
        _distribution(
            "precision", "precision", "Samples that lie among real images.", "higher", "percent"
        ),
        _distribution(
            "recall",
            "recall",
            "Real images that lie among samples; outliers among these can hide a missing class.",
            "higher",
            "percent",
        ),
        _distribution(
            "density", "density", "Real images around a sample; may exceed 1.", "", "number"
        ),
        _distribution(
            "coverage",
            "coverage",
            "Real images with a sample nearby; falls when classes or variants are missing.",
            "higher",
            "percent",
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
        Score(
            "reconstruction.mae", "MAE", "Mean absolute error, ink in [0, 1].", "lower", "number"
        ),
        Score("reconstruction.mse", "MSE", "Mean squared error, ink in [0, 1].", "lower", "number"),
        Score("reconstruction.ssim", "SSIM", "Structural similarity; 1 is equal.", form="number"),
        Score(
            "reconstruction.sharpness_ratio",
            "sharpness",
            "Gradients in units of those of the originals; below 1 is blurred.",
            "",
            "number",
            1.0,
        ),
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
        Score(
            "stacked.modes",
            "modes of 1,000",
            "Three-digit numbers that were read at least once.",
            form="count",
            real="stacked.real.modes",
        ),
        Score(
            "stacked.kl",
            "KL divergence",
            "Of the numbers read from the real mix, in nats.",
            "lower",
            "number",
            "stacked.real.kl",
        ),
    ),
    "Points": (
        Score(
            "frechet_distance",
            "Frechet distance",
            "Of Gaussians that fit generated and held-out points.",
            "lower",
            "number",
        ),
        Score(
            "energy_distance",
            "energy distance",
            "0 only for equal distributions.",
            "lower",
            "number",
        ),
        Score("modes", "modes captured", "Modes with a point of high quality.", form="count"),
        Score(
            "high_quality",
            "high quality",
            "Points less than 3 sigma away from a mode.",
            real="real_high_quality",
        ),
        Score(
            "reverse_kl",
            "reverse KL",
            "Divergence of the modes from equal shares, in nats.",
            "lower",
            "number",
            0.0,
        ),
    ),
}
SCORES: dict[str, Score] = {score.key: score for group in GROUPS.values() for score in group}


def get(metrics: Mapping[str, Any], key: str) -> Any:
    """What stands in nested metrics under a key joined by dots; None if nothing does."""
    found: Any = metrics
    for part in key.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def value(metrics: Mapping[str, Any], key: str | float) -> float | None:
    """The number under a key, or the number that stands in its place; None if there is none."""
    found = get(metrics, key) if isinstance(key, str) else key
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def find(name: str) -> Score | None:
    """The score of a key, or of the last part of one if no other key ends so; None if none is."""
    if name in SCORES:
        return SCORES[name]
    ending = [score for key, score in SCORES.items() if key.rpartition(".")[2] == name]
    return ending[0] if len(ending) == 1 else None


def pick(name: str) -> Score:
    """The score that `--keep_best` names, as `find` knows it.

    Args:
        name: What was given.

    Raises:
        UsageError: If there is no such score.
    """
    found = find(name)
    if found is None:
        raise UsageError(f"--keep_best={name}: choose one of {', '.join(SCORES)}")
    return found


def computed(score: Score, metrics: Mapping[str, Any]) -> bool:
    """Whether metrics have a place for a score and for what real images get, if that is the aim.

    The number in it may be missing: reverse KL has none as long as no point is good.

    Args:
        score: The score.
        metrics: As the evaluation gives them.
    """
    needed = [score.key] if score.better else [score.key, score.real]
    return all(_is_there(metrics, key) for key in needed if isinstance(key, str))


def _is_there(metrics: Mapping[str, Any], key: str) -> bool:
    group, _, name = key.rpartition(".")
    found = get(metrics, group) if group else metrics
    return isinstance(found, Mapping) and name in found


def quality(score: Score, metrics: Mapping[str, Any]) -> float | None:
    """A number that is larger the better the score is; None if there is no score.

    Where real images are the aim, it is the distance from what they get, negated.
    """
    number, real = value(metrics, score.key), value(metrics, score.real)
    if number is None or (not score.better and real is None):
        return None
    if not score.better:
        return -abs(number - real)
    return number if score.better == "higher" else -number


def present(*runs: Mapping[str, Any]) -> dict[str, list[Score]]:
    """The scores that at least one run has, by heading; headings without any are left out.

    Images that were made without labels have their `modes` under `collapse` as well; the one on
    top is that of points.
    """
    found = {}
    for heading, scores in GROUPS.items():
        if heading == "Points" and not any("points" in run for run in runs):
            continue
        known = [s for s in scores if any(value(run, s.key) is not None for run in runs)]
        if known:
            found[heading] = known
    return found


def form(score: Score, number: float | None) -> str:
    """A number as people read it; a dash for none."""
    if number is None:
        return "-"
    if score.form == "percent":
        return f"{100 * number:.2f} %"
    if score.form == "count":
        return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"
    return f"{number:.3f}" if number == 0 or abs(number) >= 0.1 else f"{number:.3g}"

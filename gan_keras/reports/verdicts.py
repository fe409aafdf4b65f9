"""What scores say in words: switched classes, collapse."""

from collections.abc import Mapping
from typing import Any

from gan_keras.reports import catalogue

# A class whose samples vary less than this share of what real ones do has collapsed.
LEAST_DIVERSITY = 0.3
# One class on more than this share of all samples is a collapse.
LARGEST_SHARE = 0.8
# Less than this share of the classes or modes left is a collapse.
LEAST_MODES = 0.5
# An axis of the points with less than this share of the real variance is lost.
LEAST_VARIANCE = 0.05
# So much nearer to training images than other real images are, or so many more exact copies.
NEARER, COPIES = 0.9, 0.05
# Names of classes in one sentence at most.
NAMED = 10


def switched(metrics: Mapping[str, Any]) -> list[str]:
    """Which classes are drawn in the place of which, a sentence each; none mostly.

    Args:
        metrics: As the evaluation gives them.
    """
    drawn = dict(metrics.get("switched") or {})
    found = []
    for asked, got in drawn.items():
        if drawn.get(got) != asked:
            found.append(f"{asked!r} is drawn as {got!r}")
        elif list(drawn).index(asked) < list(drawn).index(got):
            found.append(f"{asked!r} and {got!r} have changed places")
    return found


def collapsed(metrics: Mapping[str, Any]) -> list[str]:
    """What has collapsed, by name, a clause each; none if nothing has.

    Args:
        metrics: As the evaluation gives them, the cheap ones do.
    """
    return [*_classes(metrics), *_shares(metrics), *_points(metrics)]


def _classes(metrics: Mapping[str, Any]) -> list[str]:
    """Classes whose samples are all alike; the whole set where there are no classes."""
    ratios = metrics.get("diversity_ratio_per_class")
    if ratios is None:
        ratio = metrics.get("diversity_ratio")
        flat = ratio is not None and ratio < LEAST_DIVERSITY
        return [f"all samples together have {ratio:.0%} of the real variety"] if flat else []
    low = {name: r for name, r in ratios.items() if r is not None and r < LEAST_DIVERSITY}
    found = [f"class {name!r} has {r:.0%} of the real variety" for name, r in low.items()]
    more = len(found) - NAMED
    return found if more <= 0 else [*found[:NAMED], f"so have {more} more classes"]


def _shares(metrics: Mapping[str, Any]) -> list[str]:
    """One class on most samples, or most classes gone."""
    read = catalogue.get(metrics, "collapse.class_shares")
    if not read or len(read) < 2:
        return []
    wanted = catalogue.get(metrics, "collapse.wanted_shares") or {}
    name = max(read, key=lambda key: read[key] or 0.0)
    if (read[name] or 0.0) > LARGEST_SHARE >= (wanted.get(name) or 0.0):
        return [f"{read[name]:.0%} of the samples are read as {name!r}"]
    # A class that is rare in the data itself is not lost.
    due = [key for key, share in wanted.items() if (share or 0.0) >= 0.01]
    lost = [key for key in due if (read.get(key) or 0.0) < 0.01]
    if len(lost) <= (1 - LEAST_MODES) * len(due):
        return []
    names = ", ".join(map(repr, lost[:NAMED])) + (", ..." if len(lost) > NAMED else "")
    return [f"{len(lost)} of {len(due)} classes are lost: {names}"]


def _points(metrics: Mapping[str, Any]) -> list[str]:
    """Modes or axes that the points have lost."""
    found = []
    counts = metrics.get("mode_counts")
    if counts and sum(count > 0 for count in counts) < LEAST_MODES * len(counts):
        lost = [number for number, count in enumerate(counts) if not count]
        names = ", ".join(map(str, lost[:NAMED])) + (", ..." if len(lost) > NAMED else "")
        found.append(f"{len(lost)} of {len(counts)} modes are lost: {names}")
    for axis, ratio in enumerate(metrics.get("covariance_eigenvalue_ratios") or (), 1):
        if ratio is not None and ratio < LEAST_VARIANCE:
            found.append(f"along principal axis {axis} is {ratio:.1%} of the real variance")
    return found


def summary(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Everything worth saying in words.

    Args:
        metrics: As the evaluation gives them.

    Returns:
        `bad` or `good`, and a sentence.
    """
    found = []
    if "switched" in metrics:
        pairs = switched(metrics)
        gained = metrics.get("label_switching") or 0.0
        found.append(
            ("bad", f"Switched classes: {'; '.join(pairs)} (renaming gains {gained:.1%}).")
            if pairs
            else ("good", "No classes are switched.")
        )
    flat = collapsed(metrics)
    if flat:
        found.append(("bad", f"Collapse: {'; '.join(flat)}."))
    elif "diversity_ratio" in metrics or "mode_counts" in metrics:
        found.append(("good", "No class or mode has collapsed."))
    copying = catalogue.get(metrics, "collapse.nearest_train_distance")
    return found + ([_copied(copying)] if copying else [])


def _copied(distances: Mapping[str, Any]) -> tuple[str, str]:
    """Whether samples are training images."""
    more = distances["exact_copies"] - distances["real_exact_copies"]
    nearer = distances["nearer_than_real"]
    if more <= COPIES and nearer <= NEARER:
        return "good", "Samples are no copies of training images."
    return "bad", (
        f"Copying: {distances['exact_copies']:.1%} of the samples equal a training image (real "
        f"images {distances['real_exact_copies']:.1%}); in {nearer:.0%} of pairs a sample lies "
        "nearer to its neighbour than a real image to its own."
    )

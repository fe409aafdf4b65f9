"""Sentences on what the scores say: switched classes, collapse, copied training images."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gan_keras.storage.metrics import lookup

# A class whose samples vary less than this share of what real ones do has collapsed.
LEAST_DIVERSITY = 0.3
# One class on more than this share of all samples is a collapse.
LARGEST_SHARE = 0.8
# A class with less than this share of the samples is lost.
LOST_SHARE = 0.01
# Less than this share of the classes or modes left is a collapse.
LEAST_MODES = 0.5
# An axis of the points with less than this share of the real variance is lost.
LEAST_VARIANCE = 0.05
# Samples are copies if they are nearer to training images than real ones are in more than this
# share of pairs, or if their share of exact copies exceeds that of real images by so much.
NEARER, COPIES = 0.9, 0.05
# Names of classes in one sentence at most.
NAMED = 10


def switched(metrics: Mapping[str, Any]) -> list[str]:
    """Names the classes that are drawn in the place of others, one clause each; mostly none."""
    drawn = dict(metrics.get("switched") or {})
    order = list(drawn)
    found = []
    for asked, got in drawn.items():
        if drawn.get(got) != asked:
            found.append(f"{asked!r} is drawn as {got!r}")
        elif order.index(asked) < order.index(got):
            found.append(f"{asked!r} and {got!r} have changed places")
    return found


def collapsed(metrics: Mapping[str, Any]) -> list[str]:
    """Names what has collapsed, one clause each; the cheap metrics suffice."""
    return [*_variety(metrics), *_class_shares(metrics), *_points(metrics)]


def _variety(metrics: Mapping[str, Any]) -> list[str]:
    """Finds classes whose samples are all alike; without classes, looks at the whole set."""
    ratios = metrics.get("diversity_ratio_per_class")
    if ratios is None:
        ratio = metrics.get("diversity_ratio")
        flat = ratio is not None and ratio < LEAST_DIVERSITY
        return [f"all samples together have {ratio:.0%} of the real variety"] if flat else []
    low = {name: r for name, r in ratios.items() if r is not None and r < LEAST_DIVERSITY}
    found = [f"class {name!r} has {r:.0%} of the real variety" for name, r in low.items()]
    more = len(found) - NAMED
    return found if more <= 0 else [*found[:NAMED], f"so have {more} more classes"]


def _class_shares(metrics: Mapping[str, Any]) -> list[str]:
    """Finds one class on most samples, or most classes gone."""
    read = lookup(metrics, "collapse.class_shares")
    if not read or len(read) < 2:
        return []
    wanted = lookup(metrics, "collapse.wanted_shares") or {}
    name = max(read, key=lambda key: read[key] or 0.0)
    if (read[name] or 0.0) > LARGEST_SHARE >= (wanted.get(name) or 0.0):
        return [f"{read[name]:.0%} of the samples are read as {name!r}"]
    # a class that is rare in the data itself is not lost
    due = [key for key, share in wanted.items() if (share or 0.0) >= LOST_SHARE]
    lost = [repr(key) for key in due if (read.get(key) or 0.0) < LOST_SHARE]
    return _lost(lost, len(due), "classes") if len(lost) > (1 - LEAST_MODES) * len(due) else []


def _points(metrics: Mapping[str, Any]) -> list[str]:
    """Finds modes or axes that the points have lost."""
    found = []
    counts = metrics.get("mode_counts")
    if counts and sum(count > 0 for count in counts) < LEAST_MODES * len(counts):
        lost = [str(number) for number, count in enumerate(counts) if not count]
        found += _lost(lost, len(counts), "modes")
    for axis, ratio in enumerate(metrics.get("covariance_eigenvalue_ratios") or (), 1):
        if ratio is not None and ratio < LEAST_VARIANCE:
            found.append(f"along principal axis {axis} is {ratio:.1%} of the real variance")
    return found


def _lost(names: Sequence[str], of: int, kind: str) -> list[str]:
    listed = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
    return [f"{len(names)} of {of} {kind} are lost: {listed}"]


def summary(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Returns everything worth saying in words: pairs of `bad` or `good`, and a sentence."""
    found = []
    if "switched" in metrics:
        gained = metrics.get("label_switching") or 0.0
        bad = _sentence("Switched classes", switched(metrics), f" (renaming gains {gained:.1%})")
        found.append(bad or ("good", "No classes are switched."))
    if bad := _sentence("Collapse", collapsed(metrics)):
        found.append(bad)
    elif "diversity_ratio" in metrics or "mode_counts" in metrics:
        found.append(("good", "No class or mode has collapsed."))
    distances = lookup(metrics, "collapse.nearest_train_distance")
    return found + ([_copied(distances)] if distances else [])


def _sentence(title: str, clauses: Iterable[str], more: str = "") -> tuple[str, str] | None:
    joined = "; ".join(clauses)
    return ("bad", f"{title}: {joined}{more}.") if joined else None


def _copied(distances: Mapping[str, Any]) -> tuple[str, str]:
    """Judges whether samples are training images."""
    own, real = distances["exact_copies"], distances["real_exact_copies"]
    nearer = distances["nearer_than_real"]
    if own - real <= COPIES and nearer <= NEARER:
        return "good", "Samples are no copies of training images."
    return "bad", (
        f"Copying: {own:.1%} of the samples equal a training image (real images {real:.1%}); in "
        f"{nearer:.0%} of pairs a sample lies nearer to its neighbour than a real image to its own."
    )

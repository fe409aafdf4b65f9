"""Reports in a real browser, with names of classes that want to be more than names."""

import json

import numpy as np
import pytest
import small_runs
from browser import browser, console_errors, overflowing, requested, resize
from conftest import toy_symbols

from gan_keras.configs.acgan import ACGANConfig
from gan_keras.data import Dataset
from gan_keras.drawing import grids
from gan_keras.evaluation.classifier import Reading
from gan_keras.evaluation.evaluator import Evaluator
from gan_keras.evaluation.real_images import RealImages
from gan_keras.reports import comparison, report_pictures, run_report
from gan_keras.reports.rendering import data_uri
from gan_keras.samples.scoring import Scorer
from gan_keras.storage import run_folder
from gan_keras.storage.history import History

HOSTILE = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="console.error(\'owned\')">',
    "a name that goes on and on " * 8,
    "{{ 7 * 7 }} $\\frac{1}{2}$ &amp; \u202eabc",
)


def dataset(names):
    toys = toy_symbols()
    images, labels = toys["images"][..., None], toys["labels"].astype(np.int32)
    test = toys["split"] == "test"
    return Dataset("demo", images[~test], labels[~test], images[test], labels[test], names)


class Reader:
    """Reads toy symbols by the place of their bar: a judge that needs no training."""

    def __call__(self, images):
        rows = (images[..., 0] > 0).any(axis=2).argmax(axis=1)
        classes = np.clip((rows - 3) // 6, 0, 3)
        features = images.reshape(len(images), 4, -1)[:, :, ::7].mean(axis=2) / 255.0
        return Reading(features, np.eye(4)[classes])


@pytest.fixture
def scored(monkeypatch, tmp_path):
    """Scores of the test images as if a generator had made them, two classes exchanged."""

    def init(self, dataset, *, cache_dir):
        self.dataset, self._stacked = dataset, False
        self.read = Reader()
        self.real = RealImages(dataset, self.read)

    monkeypatch.setattr(Evaluator, "__init__", init)

    def scored(names=HOSTILE, labelled=True):
        real = dataset(names)
        labels = np.array([0, 2, 1, 3], np.int32)[real.train_labels]
        scorer = Scorer(real, tmp_path)
        return scorer.score_images(real.train_images, labels if labelled else None, 0)

    return scored


def metrics_of(scored):
    facts = {"dataset": "demo", "experiment": "acgan", "preset": "compact", "seed": 0}
    return facts | {"epochs": 2, "step": 10} | scored.metrics


@pytest.fixture(scope="module")
def driver():
    with browser() as driver:
        yield driver


def opened(request, path):
    """Opens a page: no complaints, nothing that sticks out or comes from elsewhere, at any width.

    Skips what is left of a test where there is no browser.
    """
    driver = request.getfixturevalue("driver")
    driver.get(path.as_uri())
    for width in (1280, 390):
        resize(driver, width, 900)
        driver.refresh()
        assert console_errors(driver) == overflowing(driver) == requested(driver) == []
        scrolled = driver.execute_script("return document.documentElement.scrollWidth")
        assert scrolled <= width
    return driver


def test_report_is_one_sound_page_whatever_classes_are_called(scored, tmp_path, request):
    path, text = report_of(scored(), tmp_path)
    for part in ("<script", "<img src=x", "http://", "https://"):
        assert part not in text
    driver = opened(request, path)
    assert driver.title == HOSTILE[0]
    assert "{{ 7 * 7 }}" in driver.find_element("tag name", "body").text
    for section in ("samples", "scores", "classes", "confusion", "neighbours"):
        assert driver.find_elements("id", section), section
    widths = "return [...document.images].map((image) => image.naturalWidth)"
    assert min(driver.execute_script(widths)) > 0
    bad = driver.find_elements("css selector", ".verdicts .bad")
    assert "have changed places" in bad[0].text
    assert "Copying" in bad[1].text  # the samples are the training images
    names = [e.text for e in driver.find_elements("css selector", ".bars .name")]
    assert (len(names), names[0]) == (4, HOSTILE[0])


def test_report_of_a_run_shows_its_options_and_curves(scored, tmp_path, request):
    found = scored(tuple("abcd"))
    folder = run_folder.RunFolder(tmp_path / "run")
    folder.path.mkdir()
    config = ACGANConfig.create("original", {"g_lr_mult": 1.5, "data_dir": "a b"})
    folder.write_config(small_runs.stored(config))
    log, scores = History(folder.log), History(folder.scores)
    for epoch in (1, 2):
        log.append(epoch, 5 * epoch, {"g_loss": 2.0 / epoch, "d_class": 0.1})
        scores.append(epoch, 5 * epoch, {"accuracy": 0.4 * epoch})
    path = run_report.write_run_report(folder.path, metrics_of(found), found)
    assert path == folder / "report.html"
    text = path.read_text(encoding="utf-8")
    for title in ("losses", "class losses", "GAN-test"):
        assert f'alt="{title} over epochs"' in text
    assert "auto-encoder over epochs" not in text
    command = "python -m experiments.acgan --preset=original --g_lr_mult=1.5"
    words = text.split('class="mono command"')[1].split("</p>")[0]
    for word in [*command.split(), "&#39;--data_dir=a b&#39;"]:
        assert f"<span>{word}</span>" in words
    assert '<div class="changed"><dt>g_lr_mult</dt><dd>1.5</dd></div>' in text
    opened(request, path)


def report_of(found, tmp_path):
    path = run_report.write_images_report(tmp_path / "r.html", HOSTILE[0], metrics_of(found), found)
    return path, path.read_text(encoding="utf-8")


def test_report_without_labels(scored, tmp_path):
    _, text = report_of(scored(tuple("abcd"), labelled=False), tmp_path)
    assert "share of real images" in text
    assert 'id="confusion"' not in text
    assert "The samples that lie nearest to a training image" in text


def test_report_of_points(tmp_path):
    points = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    labels = np.zeros(50, np.int32)
    real = Dataset("gaussian", points, labels, points, labels, ("x",))
    _, text = report_of(Scorer(real, tmp_path).score_points(points + 1), tmp_path)
    assert "Generated points over real ones" in text
    assert "energy distance" in text
    assert "<dd>1.00, 1.00 of real</dd>" in text  # moved, not stretched
    assert 'id="classes"' not in text


def test_many_classes_do_not_flood_the_page():
    names = [f"c{k}" for k in range(100)]
    metrics = {
        "accuracy_per_class": {name: k / 100 for k, name in enumerate(names)},
        "confusion": (np.eye(100) * 9 + np.eye(100, k=1)).tolist(),
    }
    found = report_pictures.class_bars(metrics)
    assert (len(found["bars"]), found["bar_count"]) == (report_pictures.CLASSES, 100)
    assert found["bars"][0][0] == "c0"
    matrix = report_pictures.confusion(metrics, names)
    assert matrix["src"].startswith("data:image/png")
    assert matrix["worst"][0] == ("c0", "c1", "10.0%")
    images = np.zeros((200, 8, 8, 1), np.uint8)
    strips = report_pictures.sample_strips(images, np.arange(200) % 100, names)
    assert sum(strip.columns for strip in strips) == report_pictures.CLASSES
    assert max(strip.columns for strip in strips) <= report_pictures.COLUMNS


def test_comparison_is_sound_and_marks_the_best(tmp_path, request):
    folders, metrics = [], []
    for number, accuracy in enumerate((0.5, 0.9)):
        folder = tmp_path / ("<b>run" + "x" * 120 + str(number))
        folder.mkdir()
        config = ACGANConfig.create(options={"seed": number, "dataset": HOSTILE[0]})
        (folder / "config.json").write_text(json.dumps(small_runs.stored(config)))
        folders.append(folder)
        metrics.append({"samples": 4, "accuracy": accuracy, "switched": {"a": HOSTILE[1]}})
    picture = folders[0] / "samples" / "epoch_1000.png"
    grids.write_png(picture, np.zeros((1, 1, 1), np.uint8))
    path = comparison.write_comparison(tmp_path / "compare.html", folders, metrics)
    text = path.read_text(encoding="utf-8")
    assert "<b>run" not in text
    assert text.count("unknown data, 4 samples") == 2
    other = comparison.write_comparison(
        tmp_path / "other.html", folders, [metrics[0], {**metrics[1], "samples": 30}]
    ).read_text(encoding="utf-8")
    assert "WARNING: not the same number of samples" in other
    assert 'number best"' not in other
    assert f'src="{data_uri(picture.read_bytes())}"' in text
    assert "no pictures" in text
    driver = opened(request, path)
    (best,) = driver.find_elements("css selector", ".best")
    assert best.text == "90.00 %"
    rows = driver.find_elements("css selector", ".differences tbody tr")
    assert [row.text.split() for row in rows] == [["seed", "0", "1"]]

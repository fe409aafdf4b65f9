import json

import pytest
from PIL import Image
from sweep_samples import CLAIMS, STUDY, finished, results, write_claims, write_study

from gan_keras.sweeps import results_page, seed_dots

FIRST, NEARER, FARTHER = [3.0, 4.0, 5.0], [1.0, 2.0, 3.1], [9.0, 9.9, 11.0]
AT_MOST = "{{metric: energy_distance, arm: latent_dim=1, expect: at_most, value: {}}}"


def measured(second=NEARER, size="cpu", first=FIRST):
    """Results of the study's two arms, by seed."""
    rows = {"latent_dim=1": first, "latent_dim=2": second}
    runs = [finished(arm, n, energy_distance=v) for arm in rows for n, v in enumerate(rows[arm])]
    return results(runs, rows, "energy_distance", size)


@pytest.fixture
def page(tmp_path):
    """Renders the page of results that are added to those that are there."""
    write_claims(tmp_path)

    def render(found, draw=False):
        (tmp_path / "results" / f"noise-{found['size']}.json").write_text(json.dumps(found))
        return results_page.render(tmp_path, tmp_path, draw)

    return render


def test_a_claim_that_was_tried_and_one_that_was_not(page):
    text = page(measured())
    assert "2 claims: 1 confirmed; 1 not tried yet." in text
    link = "[confirmed](#two-lengths-of-noise-cpu)"
    assert rf"| X1 | GAN blog post | Longer noise \| is nearer. | {link} |" in text
    assert "| X2 | digit GAN, GAN blog post | Not tried by anyone. | not tried yet |" in text
    # differences -2, -2, -1.9
    assert "-1.967 [-2.11, -1.823], n = 3: confirmed" in text
    assert "| latent_dim=1 | 3 | 4 +- 1 |" in text
    assert "`python -m experiments.sweep --study=./noise.yaml --size=cpu`" in text
    assert "6 of 6 runs; in sum 60 s of training, 10 s at most in one run" in text
    assert "energy distance: 0 only for equal distributions (lower is better)" in text
    assert "2 x made up; commit abc1234" in text
    assert page(measured()) == text


def test_a_metric_that_not_all_seeds_have_says_how_many(page):
    found = measured()
    for seed, value in ((0, 0.5), (2, 0.7)):
        found["runs"][f"latent_dim=2-seed={seed}"]["metrics"]["d_loss"] = value
    text = page(found)
    assert "| latent_dim=1 | 3 | 4 +- 1 |  |" in text
    assert "| latent_dim=2 | 3 | 2.033 +- 1.05 | 0.6 +- 0.1414 (n = 2) |" in text


@pytest.mark.parametrize(
    ("second", "verdict"),
    [
        ([1.0, 9.0, 3.0], "not decidable at this size (the interval is too wide)"),
        ([1.0, 2.0], "not complete yet (5 of 6 runs)"),
    ],
)
def test_verdicts_follow_the_numbers(page, second, verdict):
    text = page(measured(second))
    assert f"**X1: {verdict}.**" in text
    assert f"[{verdict.split(' (')[0]}](#two-lengths-of-noise-cpu)" in text


def test_a_run_that_failed_is_told_with_its_reason(page):
    found = measured([])
    failed = {"arm": "latent_dim=2", "seed": 0, "status": "failed", "options": {}}
    found["runs"]["latent_dim=2-seed=0"] = failed | {"reason": "no | data", "log": "x.log"}
    text = page(found)
    assert "Failed: latent_dim=2-seed=0: no \\| data" in text
    assert "| not tried yet | |" in text
    assert "No runs yet: latent_dim=2." in text
    assert "| latent_dim=2 |" not in text


@pytest.mark.parametrize(
    ("key", "level", "verdict", "told"),
    [
        ("needs", 4.4, "confirmed", "met"),
        ("needs", 1.4, "not decidable at this size (what it needs is not there)", "not met"),
        (
            "needs",
            4.1,
            "not decidable at this size (whether the need is met is unclear)",
            "unclear whether met",
        ),
        ("also", 2, "confirmed", "refuted"),
    ],
)
def test_needs_may_forbid_a_verdict_and_also_does_not(tmp_path, page, key, level, verdict, told):
    rule = f"{key}:\n        - {AT_MOST.format(level)}\n      note:"
    write_claims(tmp_path, CLAIMS.replace("note:", rule))
    text = page(measured([1.9, 2.0, 2.2], first=[3.9, 4.0, 4.1]))
    assert f"**X1: {verdict}.**" in text
    word = {"needs": "needs", "also": "beside it,"}[key]
    assert f"{word} energy_distance of latent_dim=1: at most {level}: +4 [" in text
    assert f"n = 3: {told}\n" in text


def test_the_larger_size_decides(page):
    page(measured())
    text = page(measured(FARTHER, "full"))
    assert "[refuted](#two-lengths-of-noise-full)" in text
    assert "**X1: confirmed.**" in text  # still told in its own section
    # but not by less than a verdict
    text = page(measured([1.0], "full"))
    assert "[confirmed](#two-lengths-of-noise-cpu) | cpu |" in text


def test_the_picture_of_a_study(tmp_path, page):
    assert "![" not in page(measured())
    assert "![Two lengths of noise](results/noise-cpu.png)" in page(measured(), draw=True)
    file = tmp_path / "results" / "noise-cpu.png"
    before = file.read_bytes()
    assert Image.open(file).mode == "P"
    seed_dots.write(file, measured(), ["energy_distance", "nothing"])
    assert file.read_bytes() == before
    # one run has no spread to show
    seed_dots.write(tmp_path / "one.png", results([finished("a", 0, score=1.0)]), ["score"])
    assert not (tmp_path / "one.png").exists()


def test_real_images_and_noise_and_their_judges(tmp_path, page):
    study = STUDY.replace("- energy_distance", "- energy_distance\n      - distribution.coverage")
    write_study(tmp_path, study)
    found = measured()
    for number, run in enumerate(found["runs"].values()):
        run["options"]["dataset"] = "mnist"
        run["metrics"]["distribution.coverage"] = 0.5
        run["scores"]["distribution.floor.coverage"] = 0.9 + 0.01 * number
        run["scores"]["distribution.ceiling.coverage"] = 0.1
        run["scores"]["classifier.real_test_accuracy"] = 0.98
    text = page(found)
    assert "| *real, mnist* |  |  | 0.925 |" in text
    assert "| *noise, mnist* |  |  | 0.1 |" in text
    assert "Not all were judged" not in text
    run["scores"]["classifier.real_test_accuracy"] = 0.982
    assert "(right on real test images of mnist: 98.00%, 98.20%)" in page(found)

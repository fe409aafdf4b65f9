import json

import pytest
from PIL import Image
from sweep_samples import CLAIMS, STUDY, finished, results, write_claims, write_study

from gan_keras.sweeps import pictures, results_page

FIRST, NEARER = [3.0, 4.0, 5.0, 6.0, 7.0], [1.0, 2.0, 3.1, 4.0, 5.0]
FARTHER = [9.0, 9.9, 11.0, 12.0, 13.0]
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
    assert "make 2 claims" in text
    assert "1 confirmed, 1 not tried yet." in text
    found = "Energy distance: 3.1 (long noise) against 5 (short noise)"
    link = "[confirmed](#two-lengths-of-noise-cpu)"
    line = rf"| X1 | Longer noise \| is nearer. *(GAN blog post)* | {found} | -2 [-2, -1.9] | 5 |"
    assert f"{line} {link} |" in text
    assert (
        "| X2 | Not tried by anyone. *(digit GAN, GAN blog post)* |  | | | not tried yet |" in text
    )
    assert "- energy distance, long noise: lower than short noise. Found: -2 [-2, -1.9]." in text
    assert "| short noise | 5 | 5 (3 to 7) |" in text
    assert "`python -m experiments.sweep --study=./noise.yaml --size=cpu`" in text
    assert "10 of 10 runs; in sum 1.7 min of training, 10 s at most in one run" in text
    assert "- *energy distance*: 0 only for equal distributions (lower is better)" in text
    assert "2 x made up; commit abc1234" in text
    assert page(measured()) == text


def test_a_metric_that_not_all_seeds_have_says_how_many(page):
    found = measured()
    for seed, value in ((0, 0.5), (2, 0.7)):
        found["runs"][f"latent_dim=2-seed={seed}"]["metrics"]["d_loss"] = value
    text = page(found)
    assert "| short noise | 5 | 5 (3 to 7) |  |" in text
    assert "| long noise | 5 | 3.1 (1 to 5) | 0.6 (0.5 to 0.7), n = 2 |" in text


@pytest.mark.parametrize(
    ("second", "verdict", "effect"),
    [
        ([1.0, 9.0, 3.0, 4.0, 5.0], "undecided (seeds differ too much)", "-2 [-2, +5]"),
        (NEARER[:4], "not complete yet (9 of 10 runs)", "-2 (-2 to -1.9)"),
    ],
)
def test_verdicts_follow_the_numbers(page, second, verdict, effect):
    text = page(measured(second))
    word, _, why = verdict[:-1].partition(" (")
    assert f"**X1: {verdict}.**" in text
    row = next(line for line in text.splitlines() if line.startswith("| X1 |"))
    assert f"; {why} | {effect} |" in row
    assert f"[{word}](#two-lengths-of-noise-cpu)" in row


def test_too_few_seeds_show_their_range(page):
    row = next(
        line for line in page(measured(NEARER[:3], first=FIRST[:3])).splitlines() if "X1" in line
    )
    assert "(short noise) | -2 (-2 to -1.9) | 3 | [undecided]" in row


def test_a_verdict_of_earlier_statistics_is_told(tmp_path, page):
    write_claims(tmp_path, CLAIMS.replace("note:", "before: refuted\n      note:"))
    assert "[confirmed](#two-lengths-of-noise-cpu), before refuted |" in page(measured())


def test_what_the_pilot_found_is_told(tmp_path, page):
    found = "{X1: {met: 1, spread: [0.2], seeds: 12, at_effect: 7}}"
    pilot = f"pilot: {{seeds: [8, 9], found: {found}}}, seconds"
    write_study(tmp_path, STUDY.replace("seconds", pilot))
    text = page(measured())
    assert (
        "Pilot of 2 other seeds: needs met with 1; spread 0.2; 12 seeds decide the margin" in text
    )


def test_a_run_that_failed_is_told_with_its_reason(page):
    found = measured([])
    failed = {"arm": "latent_dim=2", "seed": 0, "status": "failed", "options": {}}
    found["runs"]["latent_dim=2-seed=0"] = failed | {"reason": "no | data", "log": "x.log"}
    text = page(found)
    assert "Failed: long noise, seed 0: no \\| data" in text
    assert "2 not tried yet." in text
    assert "No runs yet: long noise." in text
    assert "| long noise |" not in text


@pytest.mark.parametrize(
    ("key", "level", "verdict", "told"),
    [
        ("needs", 4.4, "confirmed", ", met"),
        ("needs", 1.4, "undecided (its networks do not work well enough)", ", not met"),
        (
            "needs",
            4.1,
            "undecided (it is unclear whether its networks work well enough)",
            ", unclear whether met",
        ),
        ("also", 2, "confirmed", ", refuted"),
    ],
)
def test_needs_may_forbid_a_verdict_and_also_does_not(tmp_path, page, key, level, verdict, told):
    rule = f"{key}:\n        - {AT_MOST.format(level)}\n      note:"
    write_claims(tmp_path, CLAIMS.replace("note:", rule))
    text = page(measured([1.8, 1.9, 2.0, 2.1, 2.2], first=[3.9, 3.95, 4.0, 4.05, 4.2]))
    assert f"**X1: {verdict}.**" in text
    word = {"needs": "Needs", "also": "Beside it,"}[key]
    asked = f"{word} energy distance, short noise: at most {level}. Found: 4 [3.9, 4.2]{told}."
    assert asked in text


def test_the_larger_size_decides(page):
    page(measured())
    text = page(measured(FARTHER, "full"))
    assert "[refuted](#two-lengths-of-noise-full)" in text
    assert "**X1: confirmed.**" in text  # still told in its own section
    # but not by less than a verdict
    text = page(measured([1.0], "full"))
    assert "[confirmed](#two-lengths-of-noise-cpu) |" in text


def test_the_pictures(tmp_path, page):
    assert "![" not in page(measured())
    text = page(measured(), draw=True)
    assert "![Two lengths of noise](results/noise-cpu.png)" in text
    assert "![A line per claim: for it or against it](results/claims.png)" in text
    assert Image.open(tmp_path / "results" / "claims.png").mode == "P"
    file = tmp_path / "results" / "noise-cpu.png"
    before = file.read_bytes()
    assert Image.open(file).mode == "P"
    arms = {"latent_dim=1": "short noise", "latent_dim=2": "long noise"}
    pictures.seeds(file, measured(), arms, {"energy_distance": "energy distance", "nothing": "-"})
    assert file.read_bytes() == before
    # one run has no spread to show
    one = results([finished("a", 0, score=1.0)])
    pictures.seeds(tmp_path / "one.png", one, {"a": "a"}, {"score": "score"})
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
    assert "| *real, mnist* |  |  | 0.945 |" in text
    assert "| *noise, mnist* |  |  | 0.1 |" in text
    assert "Not all were judged" not in text
    run["scores"]["classifier.real_test_accuracy"] = 0.982
    assert "(right on real test images of mnist: 98.00%, 98.20%)" in page(found)

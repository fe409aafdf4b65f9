import json

import pytest
from PIL import Image
from sweep_samples import CLAIMS, STUDY, finished, results, write_claims, write_study

from gan_keras.sweeps import results_page, seed_dots

NEARER = [(1, [3.0, 4.0, 5.0]), (2, [1.0, 2.0, 3.1])]


def write_results(folder, values=NEARER, size="cpu"):
    runs = [
        finished(f"latent_dim={z}", seed, energy_distance=value)
        for z, row in values
        for seed, value in enumerate(row)
    ]
    found = results(
        runs, arms=("latent_dim=1", "latent_dim=2"), metrics=["energy_distance"], baseline=""
    )
    found["size"] = size
    (folder / "results" / f"noise-{size}.json").write_text(json.dumps(found))
    return found


def render(folder, draw=False):
    return results_page.render(folder, folder, draw)


def test_a_claim_that_was_tried_and_one_that_was_not(tmp_path):
    write_claims(tmp_path)
    write_results(tmp_path)
    text = render(tmp_path)
    assert "2 claims: 1 confirmed; 1 not tried yet." in text
    link = "[confirmed](#two-lengths-of-noise-cpu)"
    assert rf"| X1 | GAN blog post | Longer noise \| is nearer. | {link} |" in text
    assert "| X2 | digit GAN, GAN blog post | Nobody has tried this. | not tried yet |" in text
    # differences -2, -2, -1.9
    assert "-1.967 [-2.11, -1.823], n = 3: confirmed" in text
    assert "| latent_dim=1 | 3 | 4 +- 1 |" in text
    assert "`python -m experiments.sweep --study=./noise.yaml --size=cpu`" in text
    assert "6 of 6 runs; in sum 60 s of training, 10 s at most in one run" in text
    assert "energy distance: 0 only for equal distributions (lower is better)" in text
    assert "2 x made up; commit abc1234" in text
    assert render(tmp_path) == text


def test_a_metric_that_not_all_seeds_have_says_how_many(tmp_path):
    write_claims(tmp_path)
    found = write_results(tmp_path)
    for seed, value in ((0, 0.5), (2, 0.7)):
        found["runs"][f"latent_dim=2-seed={seed}"]["metrics"]["d_loss"] = value
    (tmp_path / "results" / "noise-cpu.json").write_text(json.dumps(found))
    text = render(tmp_path)
    assert "| latent_dim=1 | 3 | 4 +- 1 |  |" in text
    assert "| latent_dim=2 | 3 | 2.033 +- 1.05 | 0.6 +- 0.1414 (n = 2) |" in text


def test_runs_that_were_judged_by_different_classifiers_say_so(tmp_path):
    write_claims(tmp_path)
    found = write_results(tmp_path)
    for seed, accuracy in enumerate((0.98, 0.98, 0.982)):
        run = found["runs"][f"latent_dim=2-seed={seed}"]
        run["scores"]["classifier.real_test_accuracy"] = accuracy
        run["options"]["dataset"] = "symbols"
        if seed < 2:
            (tmp_path / "results" / "noise-cpu.json").write_text(json.dumps(found))
            assert "Not all were judged" not in render(tmp_path)
    (tmp_path / "results" / "noise-cpu.json").write_text(json.dumps(found))
    assert "(right on real test images of symbols: 98.00%, 98.20%)" in render(tmp_path)


def test_verdicts_follow_the_numbers(tmp_path):
    write_claims(tmp_path)
    write_results(tmp_path, [NEARER[0], (2, [9.0, 9.9, 11.0])])
    assert "[refuted](" in render(tmp_path)
    write_results(tmp_path, [NEARER[0], (2, [1.0, 9.0, 3.0])])
    assert "[not decidable at this size](" in render(tmp_path)
    assert "**X1: not decidable at this size (the interval is too wide).**" in render(tmp_path)


def test_there_is_no_verdict_before_all_runs_are_made(tmp_path):
    write_claims(tmp_path)
    write_results(tmp_path, [NEARER[0], (2, [1.0, 2.0])])
    text = render(tmp_path)
    assert "[not complete yet](" in text
    assert "**X1: not complete yet (5 of 6 runs).**" in text
    write_results(tmp_path, [NEARER[0]])
    text = render(tmp_path)
    assert "| not tried yet | |" in text
    assert "No runs yet: latent_dim=2." in text
    assert "| latent_dim=2 |" not in text


@pytest.mark.parametrize(
    ("level", "verdict", "met"),
    [
        (4.4, "confirmed", "met"),
        (1.4, "not decidable at this size (what it needs is not there)", "not met"),
        (
            4.1,
            "not decidable at this size (whether the need is met is unclear)",
            "unclear whether met",
        ),
    ],
)
def test_arms_that_do_not_work_decide_nothing(tmp_path, level, verdict, met):
    need = f"{{metric: energy_distance, arm: latent_dim=1, expect: at_most, value: {level}}}"
    text = CLAIMS.replace("      note:", f"      needs:\n        - {need}\n      note:")
    write_claims(tmp_path, text)
    write_results(tmp_path, [(1, [3.9, 4.0, 4.1]), (2, [1.9, 2.0, 2.2])])
    text = render(tmp_path)
    assert f"**X1: {verdict}.**" in text
    assert f"needs energy_distance of latent_dim=1: at most {level}: +4 [" in text
    assert f"n = 3: {met}\n" in text


def test_what_is_asked_beside_a_claim_decides_nothing(tmp_path):
    also = "{metric: energy_distance, arm: latent_dim=1, expect: at_most, value: 2}"
    write_claims(
        tmp_path, CLAIMS.replace("      note:", f"      also:\n        - {also}\n      note:")
    )
    write_results(tmp_path, [(1, [3.9, 4.0, 4.1]), (2, [1.9, 2.0, 2.2])])
    text = render(tmp_path)
    assert "**X1: confirmed.**" in text
    assert "beside it, energy_distance of latent_dim=1: at most 2: +4 [" in text
    assert "n = 3: refuted\n" in text


def test_the_larger_size_decides(tmp_path):
    write_claims(tmp_path)
    write_results(tmp_path)
    write_results(tmp_path, [NEARER[0], (2, [9.0, 9.9, 11.0])], size="full")
    text = render(tmp_path)
    assert "[refuted](#two-lengths-of-noise-full)" in text
    assert "**X1: confirmed.**" in text  # still told in its own section
    # but not by less than a verdict
    write_results(tmp_path, [NEARER[0], (2, [1.0])], size="full")
    assert "[confirmed](#two-lengths-of-noise-cpu) | cpu |" in render(tmp_path)


def test_the_picture_of_a_study(tmp_path):
    write_claims(tmp_path)
    found = write_results(tmp_path)
    assert "![" not in render(tmp_path)
    assert "![Two lengths of noise](results/noise-cpu.png)" in render(tmp_path, draw=True)
    file = tmp_path / "results" / "noise-cpu.png"
    before = file.read_bytes()
    assert Image.open(file).mode == "P"
    seed_dots.write(file, found, ["energy_distance", "nothing"])
    assert file.read_bytes() == before
    # one run has no spread to show
    seed_dots.write(tmp_path / "one.png", results([finished("a", 0, score=1.0)]), ["score"])
    assert not (tmp_path / "one.png").exists()


def test_real_images_and_noise_stand_below_the_arms(tmp_path):
    write_claims(tmp_path, CLAIMS.replace("noise", "coverage"))
    study = STUDY.replace("- energy_distance", "- energy_distance\n      - distribution.coverage")
    write_study(tmp_path, study, name="coverage")
    found = write_results(tmp_path)
    found["study"] = "coverage"
    for number, run in enumerate(found["runs"].values()):
        run["options"]["dataset"] = "mnist"
        run["metrics"]["distribution.coverage"] = 0.5
        run["scores"] |= {
            "distribution.floor.coverage": 0.9 + 0.01 * number,
            "distribution.ceiling.coverage": 0.1,
        }
    (tmp_path / "results" / "noise-cpu.json").write_text(json.dumps(found))
    text = render(tmp_path)
    assert "| *real, mnist* |  |  | 0.925 |" in text
    assert "| *noise, mnist* |  |  | 0.1 |" in text

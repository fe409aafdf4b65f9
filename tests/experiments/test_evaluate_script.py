"""`experiments.evaluate` as a user runs it: as a process."""

import json

import numpy as np
import pytest
import small_runs
from script_runs import refusal, run, without

from gan_keras.configs.acgan import ACGANConfig

SCRIPT = "experiments.evaluate"


def write_run(folder, **metrics):
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps({"samples": 4, **metrics}))
    return str(folder)


def test_images_from_anywhere(data_dir, tmp_path):
    with np.load(data_dir / "demo" / "symbols.npz") as arrays:
        images, labels, split = (arrays[name] for name in ("images", "labels", "split"))
    train = split == "train"
    swapped = np.array([0, 2, 1, 3])[labels]
    np.savez(tmp_path / "s.npz", images=255 - images[train], labels=swapped[train])
    command = [SCRIPT, f"--images={tmp_path / 's.npz'}", "--dataset=demo", f"--out={tmp_path}/out"]
    done = run(*command, f"--data_dir={data_dir}", "--ink=dark")
    assert "'b' and 'c' have changed places" in done.stdout
    assert "GAN-test by class: a 100.0%, b 0.0%, c 0.0%, d 100.0%" in done.stdout
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["switched"] == {"b": "c", "c": "b"}
    assert metrics["collapse"]["nearest_train_distance"]["exact_copies"] == 1
    assert metrics["environment"]["keras"]
    page = (tmp_path / "out" / "report.html").read_text()
    assert "have changed places" in page
    assert "data:image/png" in page


def test_runs_side_by_side(tmp_path):
    folders = [write_run(tmp_path / f"run{k}", accuracy=0.8 + k / 20) for k in range(3)]
    out = f"--out={tmp_path / 'out'}"
    done = run(SCRIPT, "--compare", *folders, out)
    assert f"[3] {folders[2]}" in done.stdout
    assert "80.00 %" in done.stdout
    assert "90.00 % *" in done.stdout
    assert "90.00 %" in (tmp_path / "out" / "compare.html").read_text()


def test_mean_spread_and_paired_difference(tmp_path):
    for seed, (a, b) in enumerate([(0.9, 0.8), (0.8, 0.6), (1.0, 0.7)]):
        write_run(tmp_path / f"a{seed}", accuracy=a, seed=seed)
        write_run(tmp_path / f"b{seed}", accuracy=b, seed=2 - seed if seed != 1 else 1)
    (tmp_path / "a_unfinished").mkdir()
    stored = small_runs.stored(ACGANConfig.create(options={"seed": 1}))
    (tmp_path / "a1" / "config.json").write_text(json.dumps(stored))
    done = run(SCRIPT, f"--runs={tmp_path}/a*", f"--out={tmp_path}/out")
    assert "90.00 % +- 10.00 %" in done.stdout
    assert f"left out, not finished: {tmp_path}/a_unfinished" in done.stdout
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["mean_and_sd"]["accuracy"] == {
        "mean": pytest.approx(0.9), "sd": pytest.approx(0.1), "n": 3,
    }  # fmt: skip
    assert [run["accuracy"] for run in summary["runs"]] == [0.9, 0.8, 1.0]
    commands = [run["command"] for run in summary["runs"]]
    assert commands == [None, "python -m experiments.acgan --preset=compact --seed=1", None]
    # by seed, not by name: differences 0.2, 0.2, 0.2
    done = run(SCRIPT, f"--runs={tmp_path}/a?", f"--against={tmp_path}/b?")
    assert "+20.00 %  20.00 % to 20.00 % !" in done.stdout
    assert "3 pairs of the same seed (0, 1, 2)" in done.stdout
    write_run(tmp_path / "c0", accuracy=0.5, seed=0, samples=9)
    write_run(tmp_path / "c1", accuracy=0.4, seed=1, samples=9)
    write_run(tmp_path / "d3", accuracy=0.4, seed=3)
    for pattern in (f"--runs={tmp_path}/[cd]?", f"--runs={tmp_path}/a?"):
        others = [f"--against={tmp_path}/c?"] if pattern.endswith("a?") else []
        done = run(SCRIPT, pattern, *others)
        assert "2 of " in done.stdout
        assert "unknown data, 9 samples" in done.stdout
        assert "WARNING: not the same number of samples" in done.stdout
        assert "!" not in done.stdout
    write_run(tmp_path / "b3", accuracy=0.5, seed=0)
    for others in (
        [f"--runs={tmp_path}/a?", f"--against={tmp_path}/b?"],
        [f"--runs={tmp_path}/b?"],
    ):
        twice = refusal(SCRIPT, *others)
        assert f"seed 0 is twice in a group, in {tmp_path}/b2 and {tmp_path}/b3" in twice


def test_runs_of_several_settings_are_told(tmp_path):
    for seed, rate in enumerate((1e-3, 1e-3, 2e-3)):
        folder = tmp_path / f"r{seed}"
        write_run(folder, accuracy=0.5, seed=seed)
        options = {"seed": seed, "lr": rate, "eval_samples": seed}
        stored = small_runs.stored(ACGANConfig.create(options=options))
        (folder / "config.json").write_text(json.dumps(stored))
    done = run(SCRIPT, f"--runs={tmp_path}/r?")
    assert "WARNING: --runs: runs differ in more than the seed: lr\n" in done.stdout
    assert "WARNING" not in run(SCRIPT, f"--runs={tmp_path}/r[01]").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "give one of --workdir, --images, --compare, --runs"),
        (["--workdir=a", "surplus"], 2, "unexpected argument 'surplus'"),
        (["--runs=a", "--dataset=crohme"], 2, "--dataset does not go with --runs"),
        (["--images=a", "--dataset=crohme"], 2, "--out is missing"),
        (["--images=a", "--out=b"], 2, "--dataset is missing"),
        (["--compare", "/nowhere"], 2, "--compare needs two runs or more"),
        (["--runs=/nowhere*"], 1, "no finished runs match"),
        (["--workdir=a", "--per_class=1"], 2, "--per_class=1"),
        (["--workdir=/nowhere"], 1, "/nowhere is no run folder (it has no config.json)"),
        (["--images=/no.npz", "--dataset=digits", "--out=no"], 1, "there is no /no.npz"),
    ],
)
def test_mistakes_are_one_line(arguments, code, message):
    assert message in refusal(SCRIPT, *arguments, code=code)


def test_runs_are_compared_without_tensorflow(tmp_path):
    said = refusal(SCRIPT, "--compare", "/no", "/nothing", env=without("tensorflow", tmp_path))
    assert "there is no /no/metrics.json" in said

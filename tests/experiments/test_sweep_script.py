"""The sweep as a user runs it: processes that train, are killed, and go on."""

import dataclasses
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from script_runs import refusal, run, without

from experiments import common
from experiments.studies import report
from gan_keras.foundation.errors import UsageError
from gan_keras.sweeps import plan, results_file, results_page
from gan_keras.sweeps import study as studies

STUDY = """
title: Two lengths of noise
experiment: gaussian
options: {steps_per_epoch: 30, batch_size: 16, eval_samples: 50}
grid: {latent_dim: [1, 2]}
seeds: [0, 1]
baseline: latent_dim=1
metrics: [energy_distance, {name: d_loss, log: d_loss}]
sizes: {cpu: {options: {epochs: 2}}, full: {}}
"""

CLAIMS = """
X1:
  by: GAN blog post
  said: Longer noise is nearer.
  study: noise
  rules: [{metric: energy_distance, arm: latent_dim=2, than: latent_dim=1, expect: lower}]
"""


def command(tmp_path, name, *flags):
    return [
        "experiments.sweep", f"--study={tmp_path / 'noise.yaml'}",
        f"--workdir={tmp_path / name}", f"--results={tmp_path / name}.json",
        f"--data_dir={tmp_path}", "--threads=1", *flags,
    ]  # fmt: skip


def table(done):
    """The printed table, without what names folders."""
    lines = done.stdout.splitlines()
    return lines[lines.index("energy_distance") : -1]


def metrics(tmp_path, name):
    runs = json.loads((tmp_path / f"{name}.json").read_text())["runs"]
    return {one: run["metrics"] for one, run in runs.items()}


@pytest.fixture
def study(tmp_path):
    (tmp_path / "noise.yaml").write_text(STUDY)
    return tmp_path


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_sweep_killed_in_the_middle_ends_as_an_undisturbed_one(study):
    undisturbed = run(*command(study, "undisturbed", "--workers=2"))
    killed = subprocess.Popen(
        [sys.executable, "-m", *command(study, "killed", "--workers=2")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # in the middle: something is done, something under way
    until = time.monotonic() + 600
    while not (study / "killed.json").exists():
        assert killed.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    before = metrics(study, "killed")
    assert 0 < len(before) < 4
    finished = {name: (study / "killed" / "runs" / name / "metrics.json").stat() for name in before}
    going_on = run(*command(study, "killed", "--workers=2"))
    assert table(going_on) == table(undisturbed)
    assert metrics(study, "killed") == metrics(study, "undisturbed")
    for name, stat in finished.items():
        assert (study / "killed" / "runs" / name / "metrics.json").stat() == stat


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_local_and_ray_give_the_same_figures(study):
    pytest.importorskip("ray", reason="Ray is not installed (pip install 'gan_keras[sweep]')")
    local = run(*command(study, "local", "--workers=2"))
    ray = run(*command(study, "ray", "--workers=2", "--engine=ray"))
    assert len(metrics(study, "local")) == 4
    assert metrics(study, "local") == metrics(study, "ray")
    assert table(local) == table(ray)


def test_dry_run_and_mistakes(study):
    done = run(*command(study, "w", "--dry_run"), env=without("tensorflow", study))
    assert "latent_dim=2-seed=1: python -m experiments.gaussian" in done.stdout
    assert "4 of 4 runs to do; no estimate" in done.stdout
    assert not (study / "w").exists()
    for flags, code, message in (
        (["--study=/nowhere.yaml"], 1, "/nowhere.yaml cannot be read"),
        (["--only=x"], 2, "--only=x: no such arm"),
        (["--workers=-1"], 2, "--workers"),
        (["--pilot"], 2, "has none at size cpu; add pilot: {seeds: [100, 101]}"),
        (["--ray_address=here"], 2, "belongs to --engine=ray"),
    ):
        assert message in refusal(*command(study, "w", *flags), code=code)


def test_a_pilot_has_runs_of_its_own(study):
    text = STUDY.replace("cpu: {", "cpu: {pilot: {seeds: [7]}, ")
    (study / "noise.yaml").write_text(text)
    assert "claims.yaml cannot be read" in refusal(*command(study, "w", "--pilot"), code=1)
    (study / "claims.yaml").write_text(CLAIMS)
    pilot = dataclasses.replace(studies.load(study / "noise.yaml", "cpu"), seeds=(7,))
    results = results_file.Results(study / "w.json", pilot)
    for number, one in enumerate(plan.runs(pilot, study / "w", str(study), threads=1)):
        values = {"energy_distance": number, "d_loss": 0.5}
        results.add(one, {"status": "finished", "metrics": values, "wall_seconds": 1.0})
    done = run(*command(study, "w", "--pilot"), env=without("tensorflow", study))
    # one seed says nothing about the spread
    found = "X1: {met: 1, spread: [inf], seeds: 0, at_effect: 0}"
    assert f"\n  seeds: [7]\n  found:\n    {found}" in done.stdout


def test_a_sweep_with_failed_runs_exits_with_1(study):
    text = STUDY.replace("gaussian", "acgan").replace("{steps_", "{dataset: demo, steps_")
    text = text.replace("latent_dim", "lr").replace("energy_distance, ", "")
    (study / "noise.yaml").write_text(text)
    done = run(*command(study, "w", "--only=lr=1"), code=1)
    line = "error: 2 of 2 runs failed: lr=1-seed=0, lr=1-seed=1; their reasons are above"
    assert line in done.stderr
    assert "make demo-data" in done.stdout + done.stderr


def test_a_study_of_the_project_is_known_by_name(tmp_path, monkeypatch):
    done = run("experiments.sweep", "--study=noise_length", "--dry_run", cwd=tmp_path)
    assert "runs to do" in done.stdout
    named = refusal("experiments.sweep", code=2)
    assert "autoencoder, autoencoder_length" in named
    beside = report.FOLDER / "noise_length.yaml"
    assert common.results_folder(beside) == report.FOLDER / "results"
    # an installation: the project's files without a checkout around them
    monkeypatch.setattr(common, "is_installed", lambda: True)
    assert common.results_folder(beside) == Path("results")
    assert common.results_folder(tmp_path / "mine.yaml") == tmp_path / "results"
    with pytest.raises(UsageError, match="in a checkout of the project"):
        report.main()


def test_without_ray_the_message_says_what_to_install(study):
    done = run(*command(study, "w", "--engine=ray"), code=2, env=without("ray", study))
    assert "pip install 'gan_keras[sweep]'" in done.stderr


def test_results_page_is_up_to_date():
    text = results_page.render(report.FOLDER, report.ROOT)
    assert (report.ROOT / "RESULTS.md").read_text(encoding="utf-8") == text


def test_the_results_page_has_no_raw_names():
    text = (report.ROOT / "RESULTS.md").read_text(encoding="utf-8")
    told = re.sub(r"`[^`]*`|\]\([^)]*\)|commit .*", "", text)
    names = re.findall(r"\b[a-z0-9]+[_=][a-z0-9_=.]+|\b[a-z]{2,}\.[a-z]+\w*", told)
    assert {*names} <= {"fashion_mnist", "metrics.json", "log.csv"}  # a data set and files
    assert text.count("](experiments/studies/results/") <= text.count("\n## ") + 1


def test_every_study_resolves_at_every_size():
    files = [file for file in report.FOLDER.glob("*.yaml") if file.name != "claims.yaml"]
    assert len(files) >= 10
    for file in files:
        cpu, full = (studies.load(file, size) for size in studies.SIZES)
        assert cpu.scaled_down, f"{file} does not say what its cpu size leaves out"
        assert all(arm.seconds for arm in cpu.arms), f"{file} does not say how long a run takes"
        assert len(cpu.seeds) >= 3
        assert [m.name for m in cpu.metrics] == [m.name for m in full.metrics]
        # at most four hours of two cores
        assert sum(arm.seconds for arm in cpu.arms) * len(cpu.seeds) <= 4 * 2 * 3600

"""Small studies and results that the tests of sweeps make up."""

import json
import textwrap

import small_runs

from gan_keras.sweeps import plan, study

STUDY = """
    title: Two lengths of noise
    experiment: gaussian
    preset: z1
    options: {steps_per_epoch: 20, batch_size: 32, eval_samples: 100}
    grid: {latent_dim: [1, 2]}
    seeds: [0, 1]
    baseline: latent_dim=1
    metrics:
      - energy_distance
      - {name: d_loss, log: d_loss}
    words: {latent_dim=1: short noise, latent_dim=2: long noise}
    sizes:
      cpu: {options: {epochs: 2}, seconds: 5, scaled_down: It is tiny.}
      full: {options: {epochs: 70}}
"""

CLAIMS = """
    X1:
      by: GAN blog post
      said: Longer noise | is nearer.
      study: noise
      rules:
        - {metric: energy_distance, arm: latent_dim=2, than: latent_dim=1, expect: lower}
      note: Made up.
    X2:
      by: digit GAN, GAN blog post
      said: Not tried by anyone.
"""

RUNS = [f"latent_dim={z}-seed={s}" for s in (0, 1) for z in (1, 2)]


def load_study(folder, text=STUDY, name="noise"):
    return study.load(write_study(folder, text, name), "cpu")


def planned(folder):
    """The four runs of the study."""
    return plan.runs(load_study(folder), folder / "w", "data", threads=1)


def write_study(folder, text=STUDY, name="noise"):
    file = folder / f"{name}.yaml"
    file.write_text(textwrap.dedent(text))
    return file


def finished(arm, seed, **metrics):
    return {
        "arm": arm,
        "seed": seed,
        "options": {"latent_dim": len(arm)},
        "status": "finished",
        "metrics": metrics,
        "scores": dict(metrics),
        "wall_seconds": 10.0,
        "cpu_seconds": 8.0,
        "machine": "2 x made up",
        "commit": "abc1234",
    }


def results(runs, arms="ab", metric="score", size="cpu"):
    runs = list(runs)
    return {
        "study": "noise",
        "size": size,
        "arms": list(arms),
        "seeds": sorted({run["seed"] for run in runs}),
        "baseline": "a",
        "metrics": [metric],
        "runs": {f"{run['arm']}-seed={run['seed']}": run for run in runs},
    }


def two_arms(first, second):
    """Results of a metric `score` of the arms a and b, by seed."""
    rows = {"a": first, "b": second}
    return results(finished(arm, n, score=v) for arm in rows for n, v in enumerate(rows[arm]))


def write_run(folder, config, energy=0.5, log=((1, 0.7), (2, 0.6))):
    """A finished run folder, as training leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(small_runs.stored(config)))
    metrics = {
        "training": {"wall_seconds": 3.0, "cpu_seconds": 2.0},
        "energy_distance": energy,
        "covariance_eigenvalue_ratios": [0.9, 0.1],
        "environment": {"machine": "2 x made up", "commit": "abc1234"},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    rows = "".join(f"{epoch},{value}\n" for epoch, value in log)
    (folder / "log.csv").write_text("epoch,d_loss\n" + rows)


def write_claims(folder, text=CLAIMS):
    """Claims with the study that decides them."""
    write_study(folder)
    (folder / "results").mkdir(exist_ok=True)
    file = folder / "claims.yaml"
    file.write_text(textwrap.dedent(text))
    return file

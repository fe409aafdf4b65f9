"""Small studies and results that the tests of sweeps make up."""

import json
import textwrap

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
    sizes:
      cpu: {options: {epochs: 2}, seconds: 5, scaled_down: It is tiny.}
      full: {options: {epochs: 70}}
"""


def write_study(folder, text=STUDY, name="noise"):
    file = folder / f"{name}.yaml"
    file.write_text(textwrap.dedent(text))
    return file


def finished(arm, seed, **metrics):
    return {
        "arm": arm,
        "seed": seed,
        "command": "python -m experiments.gaussian",
        "options": {"latent_dim": len(arm)},
        "status": "finished",
        "metrics": metrics,
        "scores": dict(metrics),
        "wall_seconds": 10.0,
        "cpu_seconds": 8.0,
        "machine": "2 x made up",
        "commit": "abc1234",
    }


def results(runs, arms=("a", "b"), metrics=("score",), seeds=(0, 1, 2), baseline="a"):
    return {
        "study": "noise",
        "size": "cpu",
        "title": "Two lengths of noise",
        "scaled_down": "It is tiny.",
        "arms": list(arms),
        "seeds": list(seeds),
        "baseline": baseline,
        "metrics": list(metrics),
        "runs": {f"{run['arm']}-seed={run['seed']}": run for run in runs},
    }


def two_arms(first, second):
    """Results of a metric `score` of the arms a and b, by seed."""
    runs = [finished("a", seed, score=value) for seed, value in enumerate(first)]
    runs += [finished("b", seed, score=value) for seed, value in enumerate(second)]
    return results(runs)


def write_run(folder, config, energy=0.5, log=((1, 0.7), (2, 0.6))):
    """A finished run folder, as training leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"options": config.to_dict()}))
    metrics = {
        "seed": config.seed,
        "training": {"wall_seconds": 3.0, "cpu_seconds": 2.0},
        "energy_distance": energy,
        "covariance_eigenvalue_ratios": [0.9, 0.1],
        "environment": {"machine": "2 x made up", "commit": "abc1234"},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    rows = "".join(f"{epoch},{value}\n" for epoch, value in log)
    (folder / "log.csv").write_text("epoch,d_loss\n" + rows)

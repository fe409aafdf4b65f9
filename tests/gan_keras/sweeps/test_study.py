import pytest
from sweep_samples import STUDY, load_study, write_study

from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.sweeps import study


def test_arms_grid_and_sizes(tmp_path):
    file = write_study(
        tmp_path,
        """
        experiment: gaussian
        options: {batch_size: 16, lr: 1e-3}
        arms:
          plain: {}
          flipped: {label_policy: flipped, batch_size: 32}
        grid: {latent_dim: [1, 10], beta_1: [0.5, 0.9]}
        seeds: [3, 5]
        metrics: [energy_distance]
        sizes:
          cpu: {arms: {plain: {epochs: 7}}, seconds: {plain: 2, flipped: 3}, seeds: [1]}
          full: {}
        """,
    )
    cpu = study.load(file, "cpu")
    assert [arm.name for arm in cpu.arms] == [
        f"{name}-latent_dim={z}-beta_1={b}"
        for name in ("plain", "flipped")
        for z in (1, 10)
        for b in (0.5, 0.9)
    ]
    first, last = cpu.arms[0], cpu.arms[-1]
    assert (first.config.epochs, first.config.batch_size, first.seconds) == (7, 16, 2)
    assert first.config.lr == 1e-3  # YAML calls this a text
    assert (last.config.epochs, last.config.batch_size, last.seconds) == (70, 32, 3)
    assert last.config.label_policy == "flipped"
    assert cpu.seeds == (1,)
    full = study.load(file, "full")
    assert (full.seeds, full.arms[0].config.epochs) == ((3, 5), 70)


def test_an_arm_may_be_another_experiment(tmp_path):
    text = """
        arms:
          dense: {experiment: vanilla, preset: dense}
          deep: {experiment: dcgan, precision: bfloat16}
        metrics: [modes]
        sizes: {cpu: {options: {epochs: 2}}}
        """
    dense, deep = load_study(tmp_path, text).arms
    assert (dense.config.experiment, dense.config.preset) == ("vanilla", "dense")
    assert (deep.config.experiment, deep.config.epochs) == ("dcgan", 2)
    # runs on all machines compute alike
    assert (dense.config.precision, deep.config.precision) == ("float32", "bfloat16")
    assert "--precision=float32" in dense.config.arguments()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("latent_dim: [1, 2]", "latent_size: [1, 2]", "no option latent_size"),
        ("latent_dim: [1, 2]", "latent_dim: [1, 1]", "'latent_dim=1' are the same run"),
        ("latent_dim: [1, 2]", "lr: [1, 1.0]", "arms 'lr=1' and 'lr=1.0' are the same run"),
        ("latent_dim: [1, 2]", "latent_dim: 1", "needs a list of values"),
        ("grid:", "arms: {../../etc: {}}\n    grid:", "use letters, digits"),
        ("batch_size: 32", "batch_size: many", "--batch_size='many': expected int"),
        ("batch_size: 32", "workdir: /tmp", "workdir is not for a study file"),
        ("batch_size: 32", "precision: auto", "precision must be float32 or bfloat16"),
        ("preset: z1", "preset: z7", "choose one of z1"),
        ("- energy_distance", "- energy", "unknown metric 'energy'"),
        ("log: d_loss", "log: d_loss, take: at", "`value` belongs to"),
        ("log: d_loss", "log: d_loss, take: half", "choose one of last"),
        ("log: d_loss", "below: energy_distance", "needs one score and its bound"),
        ("log: d_loss", "below: {energy_distance: low}", "needs one score and its bound"),
        ("log: d_loss", "above: {energy: 1}", "unknown metric 'energy'"),
        ("seconds: 5", "pilot: {seeds: [7, 1]}", "seed 1 is one of the study's own"),
        ("seconds: 5", "pilot: {}", "seeds must be different whole numbers"),
        ("seconds: 5", "pilot: {seeds: [7], found: {X1: {met: 1}}}", "as --pilot prints them"),
        ("log: d_loss", "mean: energy_distance", "needs a list of names"),
        ("log: d_loss", "ratio: [energy_distance]", "needs a list of two names"),
        ("log: d_loss", "mean: [energy_distance], ratio: []", "give one of mean"),
        ("log: d_loss", "log: d_loss, since: 0", "expected an epoch"),
        ("log: d_loss", "log: d_loss, until: 3", "unknown until"),
        ("name: d_loss", "name: energy_distance", "defined twice"),
        ("seeds: [0, 1]", "seeds: [0, 0]", "must be different whole numbers"),
        ("baseline: latent_dim=1", "baseline: first", "baseline 'first' is no arm"),
        ("    title:", "    tilte:", "unknown tilte"),
        ("seconds: 5", "seconds: long", "seconds must be a number"),
        ("seconds: 5", "arms: {x: {}}", "unknown arms x"),
        ("cpu:", "gpu:", "has no size 'cpu'"),
        ("preset: z1", "preset: [z1, z10]", "preset=['z1', 'z10']: expected one name"),
        ("latent_dim: [1, 2]", "1: [1, 2]", "no option 1"),
        ("Two lengths of noise", "2024-02-30", "is no YAML"),
        ("seeds: [0, 1]", "seeds: [0]\n    seeds: [1]", "'seeds' occurs twice"),
        ("seeds: [0, 1]", "seeds: !!python/name:os.system", "is no YAML"),
        ("seeds: [0, 1]", "? {a: 1}\n    : 2", "is no YAML"),
    ],
)
def test_mistakes_are_one_line(tmp_path, old, new, message):
    assert old in STUDY
    file = write_study(tmp_path, STUDY.replace(old, new))
    with pytest.raises(UsageError) as error:
        study.load(file, "cpu")
    assert message in str(error.value)
    assert str(file) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        study.load(tmp_path / "none.yaml", "cpu")

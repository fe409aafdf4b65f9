import pytest
from sweep_samples import CLAIMS, two_arms, write_claims

from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.sweeps import claims, rules


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("latent_dim=2, than", "latent_dim=3, than", "has no arm 'latent_dim=3'"),
        ("metric: energy_distance", "metric: frechet_distance", "does not measure"),
        ("by: digit GAN, ", "by: no GAN, ", "by='no GAN'"),
        ("expect: lower", "expect: less", "expect=less"),
        ("note: Made up.", "notes: x", "expected a mapping of by, said"),
        ("X2:", "X1:", "'X1' occurs twice"),
        (
            "note: Made up.",
            "needs: [{metric: energy_distance, arm: no, expect: at_least, value: 1}]",
            "has no arm",
        ),
        ("said: Not", "needs: [{}]\n      said: Not", "needs and also to them"),
        ("said: Not", "also: [{}]\n      said: Not", "needs and also to them"),
    ],
)
def test_mistakes_in_the_registry(tmp_path, old, new, message):
    assert old in CLAIMS
    file = write_claims(tmp_path, CLAIMS.replace(old, new))
    with pytest.raises(UsageError, match=message):
        claims.load(file)


def test_a_study_that_is_gone(tmp_path):
    file = write_claims(tmp_path, CLAIMS.replace("study: noise", "study: noises"))
    with pytest.raises(DataError, match="cannot be read"):
        claims.load(file)


@pytest.mark.parametrize(
    ("levels", "verdict"),
    [
        ((1.0, 2.0), "confirmed"),
        ((1.0, 3.0), "not decidable at this size"),
        ((3.0, 4.0), "refuted"),
    ],
)
def test_all_rules_of_a_claim_decide(levels, verdict):
    level = {"metric": "score", "arm": "a", "expect": "at_least"}
    asked = tuple(rules.parse(level | {"value": value}, "here") for value in levels)
    claim = claims.Claim("X", (), "", "noise", asked)
    assert claims.decide(claim, two_arms([2.9, 3.0, 3.1], [])).verdict == verdict

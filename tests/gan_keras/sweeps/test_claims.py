import numpy as np
import pytest
from sweep_samples import CLAIMS, finished, results, two_arms, write_claims

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
        ((1.0, 3.0), "undecided"),
        ((3.0, 4.0), "refuted"),
    ],
)
def test_all_rules_of_a_claim_decide(levels, verdict):
    # two rules share the risk: one seed of six is on the wrong side with a chance of 1/64
    found = two_arms([2.9, 2.95, 3.0, 3.05, 3.1, 3.15], [])
    assert claims.decide([claim("X", *levels)], found)[0].verdict == verdict


def claim(id, *levels):
    level = {"metric": "score", "arm": "a", "expect": "at_least"}
    asked = tuple(rules.parse(level | {"value": value}, "here") for value in levels)
    return claims.Claim(id, (), "", "noise", asked)


def verdicts(asked, found):
    return [decision.verdict for decision in claims.decide(asked, found)]


def test_claims_of_a_study_share_the_risk():
    # Of 8 seeds, all are on one side with a chance of 1/256, and all but one with 9/256.
    found = two_arms([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], [])
    sure, likely = claim("X", 0.5), claim("Y", 1.5)
    assert verdicts([likely], found) == ["confirmed"]
    assert verdicts([likely, claim("Z", 4.5)], found) == ["undecided", "undecided"]
    # the rules of a claim share its part
    five = two_arms([1.0, 2.0, 3.0, 4.0, 5.0], [])
    assert verdicts([claim("X", 0.5)], five) == ["confirmed"]
    assert verdicts([claim("X", 0.5, 0.4)], five) == ["undecided"]
    # Holm: what is decided leaves its share to the others
    assert verdicts([likely, sure], found) == ["confirmed", "confirmed"]
    # and the two of them decide nothing that the third could use
    assert verdicts([claim("W", 2.5), likely, sure], found)[0] == "undecided"


def test_too_few_seeds_decide_nothing():
    decision = claims.decide([claim("X", 0.0)], two_arms([8.0, 8.1, 8.2, 8.3], []))[0]
    assert (decision.verdict, decision.why) == ("undecided", "too few seeds")


def test_chance_decides_no_more_of_eight_claims_than_of_one():
    rng = np.random.default_rng(0)
    wrong = 0
    asked = [
        claims.Claim(f"{n}", (), "", "noise", (rules.parse(rule | {"arm": arm}, "here"),))
        for n, arm in enumerate("abcdefgh")
        for rule in [{"metric": "score", "expect": "at_least", "value": 0.0}]
    ]
    for _ in range(200):
        runs = [
            finished(arm, seed, score=value)
            for arm in "abcdefgh"
            for seed, value in enumerate(rng.normal(size=20))
        ]
        wrong += "confirmed" in verdicts(asked, results(runs, "abcdefgh"))
    # 200 trials have a standard error of 0.015
    assert wrong / 200 < 0.05 + 2 * 0.015


def test_the_weakest_rule_stands_for_a_claim():
    found = two_arms([2.9, 3.0, 3.1], [])
    decision = claims.decide([claim("X", 1.0, 3.5, 2.0)], found)[0]
    assert decision.deciding.rule.value == 3.5
    six = two_arms([2.9, 2.95, 3.0, 3.05, 3.1, 3.15], [])
    decision = claims.decide([claim("X", 3.0, 1.0, 3.2)], six)[0]
    assert (decision.verdict, decision.deciding.rule.value) == ("refuted", 3.2)

import numpy as np
import pytest
import yaml
from sweep_samples import STUDY, load_study, two_arms

from gan_keras.sweeps import claims, estimates, pilots, rules


def rule(expect, **entry):
    other = {} if expect in ("at_least", "at_most") else {"than": "b"}
    asked = {"metric": "score", "arm": "a", "expect": expect, **other, **entry}
    return rules.parse(asked, "here")


def confirmed(draws, asked, risk=0.05):
    return rules.judge(*estimates.interval(draws, risk), asked)[0].mean()


@pytest.mark.parametrize(
    ("asked", "truth"),
    [
        (rule("higher", margin=0.1), 0.1),
        (rule("lower", margin=0.1), -0.1),
        (rule("same", margin=0.1), 0.0),
        (rule("different", margin=0.1), 0.2),
        (rule("at_least", value=0.5, margin=0.1), 0.6),
        (rule("at_most", value=0.5, margin=0.1), 0.4),
    ],
    ids=lambda value: getattr(value, "expect", ""),
)
@pytest.mark.parametrize("humps", [0.0, 0.2])
def test_planned_seeds_decide_rightly_at_the_margin(asked, truth, humps):
    """In 80 % at the margin at least, also where one seed of five of every arm collapses."""
    rng = np.random.default_rng(0)

    def outcomes(shape, effect):
        found = rng.normal(effect, 0.1, shape) - 0.8 * (rng.random(shape) < humps)
        return found + 0.8 * (rng.random(shape) < humps) * bool(asked.others)

    n = pilots.seeds_needed(outcomes(300, truth), asked, 0.05)
    # with humps a third of the outcomes says nothing
    assert 10 < n < (70 if humps else 24)
    assert confirmed(outcomes((2000, n), truth), asked) > 0.8
    if not humps:  # pilots of ten seeds, lucky and unlucky
        planned = [pilots.seeds_needed(outcomes(10, truth), asked, 0.05) for _ in range(25)]
        assert np.mean([confirmed(outcomes((400, n), truth), asked) for n in planned]) > 0.8


def test_events_are_planned_with_their_chances():
    collapsed = np.array([True] * 2 + [False] * 8)
    asked = rule("at_most", value=0.4, margin=0.2)
    n = pilots.seeds_needed(collapsed, asked, 0.05)
    rng = np.random.default_rng(1)
    assert confirmed(rng.random((4000, n)) < 0.2, asked) > 0.77
    pairs = np.array([1] * 4 + [0] * 6)
    n = pilots.seeds_needed(pairs, rule("higher", margin=0.4), 0.05)
    drawn = (rng.random((4000, n)) < 0.4).astype(int)
    assert confirmed(drawn, rule("higher", margin=0.4)) > 0.77


def test_what_no_number_of_seeds_decides():
    spread = np.linspace(-10.0, 10.0, 10)
    assert pilots.seeds_needed(spread, rule("higher", margin=0.1), 0.05) == 0


def test_the_plan_goes_into_the_study_file(tmp_path):
    found = two_arms(list(np.linspace(0.4, 1.3, 10)), list(np.linspace(0.0, 1.0, 10)))
    need = rules.parse({"metric": "score", "arm": "a", "expect": "at_least", "value": 0.5}, "here")
    asked = claims.Claim("X1", (), "", "noise", (rule("higher", margin=0.1),), (need,))
    unmeasured = claims.Claim("X2", (), "", "noise", (rule("higher", metric="other"),))
    planned = pilots.plan([asked, unmeasured], found)
    assert list(planned) == ["X1"]
    assert planned["X1"].met == 9  # all but 0.4
    assert 5 <= planned["X1"].seeds < 13  # their spread is less than half the margin
    assert planned["X1"].at_effect == 6  # the fewest of a study of two claims
    printed = pilots.text(planned, range(10, 20))
    assert "# needs met in 9 of 10" in printed
    block = yaml.safe_load(printed.partition("\n")[2])
    study = load_study(tmp_path, STUDY.replace("seconds", f"pilot: {block['pilot']}, seconds"))
    assert study.pilot.seeds == tuple(range(10, 20))
    assert study.pilot.found == planned

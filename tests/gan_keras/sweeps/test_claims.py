import pytest
from sweep_samples import CLAIMS, write_claims

from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.sweeps import claims


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("latent_dim=2, than", "latent_dim=3, than", "has no arm 'latent_dim=3'"),
        ("metric: energy_distance", "metric: frechet_distance", "does not measure"),
        ("by: digit GAN, ", "by: nobody, ", "by='nobody'"),
        ("expect: lower", "expect: less", "expect=less"),
        ("      note: Made up.", "      notes: x", "expected a mapping of by, said"),
        ("X2:", "X1:", "'X1' occurs twice"),
        (
            "      note: Made up.",
            "      needs: [{metric: energy_distance, arm: no, expect: at_least, value: 1}]",
            "has no arm",
        ),
        ("      said: Nobody", "      needs: [{}]\n      said: Nobody", "needs and also to them"),
        ("      said: Nobody", "      also: [{}]\n      said: Nobody", "needs and also to them"),
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

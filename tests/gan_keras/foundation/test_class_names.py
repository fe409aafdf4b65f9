"""Class names as given on the command line."""

import pytest

from gan_keras.foundation.class_names import class_list
from gan_keras.foundation.errors import UsageError


def test_class_list():
    assert class_list("all", "classes") is None
    assert class_list("x,1,COMMA, \\times", "classes") == (",", "1", "\\times", "x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        *((text, "--labels: an empty label in .* COMMA") for text in ("", "a,", "a,,b", ",")),
        ("a,b,a", "--labels: the label 'a' is there twice"),
    ],
)
def test_mistakes(text, message):
    with pytest.raises(UsageError, match=message):
        class_list(text, "labels")

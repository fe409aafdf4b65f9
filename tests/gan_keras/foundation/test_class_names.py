"""Class names as given on the command line."""

import pytest

from gan_keras.foundation.class_names import DEFAULT_CLASSES, class_list


def test_class_list():
    assert class_list("all") is None
    assert class_list("x,1,COMMA, \\times") == (",", "1", "\\times", "x")
    assert class_list(",".join(DEFAULT_CLASSES)) == tuple("()+-0123456789=x")
    for bad in ("", "a,", "a,,b", ","):
        with pytest.raises(ValueError, match="COMMA"):
            class_list(bad)
    with pytest.raises(ValueError, match="'a' is there twice"):
        class_list("a,b,a")

import numpy as np
import pytest

from gan_keras import data
from gan_keras.foundation.errors import DataError


def test_symbols_are_split_and_typed(data_dir, capsys):
    found = data.load("demo", data_dir)
    assert not capsys.readouterr().err
    assert found.class_names == ("a", "b", "c", "d")
    assert found.train_images.shape == (45, 28, 28, 1)
    assert found.train_images.dtype == np.uint8
    assert len(found.test_images) == 15
    assert sum(found.spec.class_counts) == 45  # test images do not count


def test_symbols_for_validation_are_left_out_with_a_line(data_dir, capsys):
    path = data_dir / "demo" / "symbols.npz"
    with np.load(path) as loaded:
        arrays = dict(loaded)
    arrays["split"] = arrays["split"].astype("<U5")
    arrays["split"][np.flatnonzero(arrays["split"] == "train")[:5]] = "val"
    np.savez(path, **arrays)
    found = data.load("demo", data_dir)
    assert (len(found.train_images), len(found.test_images)) == (40, 15)
    assert "demo: 5 images for validation are left out" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 half"])
def test_damaged_symbol_file_is_one_line(data_dir, content):
    (data_dir / "demo" / "symbols.npz").write_bytes(content)
    with pytest.raises(DataError, match="is damaged .*make demo-data") as caught:
        data.load("demo", data_dir)
    assert "\n" not in str(caught.value)

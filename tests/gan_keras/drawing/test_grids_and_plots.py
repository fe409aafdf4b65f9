import numpy as np
import pytest
from PIL import Image

from gan_keras.drawing import grids, plots


def test_tiles_are_laid_out_row_by_row():
    images = np.arange(6, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 3, 1), np.uint8)
    picture = grids.tile(images, columns=3)
    assert picture.shape == (4, 9, 1)
    assert picture[::2, ::3, 0].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_pictures_come_in_the_order_of_their_epochs(tmp_path):
    names = ["epoch_1000.png", "epoch_999.png", "epoch_000.png", "a_b_epoch_1001.png"]
    others = ["step_00000005.png", "a_b_epoch_1000.png", "myepoch_1.png"]
    for name in names + others:
        (tmp_path / name).touch()
    found = grids.of_epochs(tmp_path)
    assert {kind: [path.name for path in paths] for kind, paths in found.items()} == {
        "samples": ["epoch_000.png", "epoch_999.png", "epoch_1000.png"],
        "a_b": ["a_b_epoch_1000.png", "a_b_epoch_1001.png"],
    }
    assert grids.of_epochs(tmp_path / "none") == {}


@pytest.mark.curves
def test_curves_are_drawn_from_what_there_is(tmp_path):
    history = {"epoch": [1, 2], "g_loss": [2.0, 1.0], "val_d_loss": [float("nan"), 1.0]}
    plots.write_curves(tmp_path / "curves.png", history, "a run")
    assert Image.open(tmp_path / "curves.png").width > 300


def test_animation_joins_pictures_of_all_sizes(tmp_path):
    for number, side in enumerate((4, 8, 8)):
        picture = np.full((side, side, 1), 80 * number, np.uint8)
        grids.write_png(tmp_path / f"epoch_{number}.png", picture)
    grids.write_gifs(tmp_path)
    with Image.open(tmp_path / "samples.gif") as animation:
        assert animation.n_frames == 3
        assert animation.size == (8, 8)
        for number in range(3):
            animation.seek(number)
            assert np.unique(np.array(animation.convert("L"))).tolist() == [80 * number]

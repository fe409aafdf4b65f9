import numpy as np
import pytest
from PIL import Image

from gan_keras.drawing import grids, plots


def test_tiles_are_laid_out_row_by_row():
    images = np.arange(6, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 3, 1), np.uint8)
    picture = grids.tile(images, columns=3)
    assert picture.shape == (4, 9, 1)
    assert picture[::2, ::3, 0].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_incomplete_rows_are_refused():
    with pytest.raises(ValueError, match="Received: 5 images"):
        grids.tile(np.zeros((5, 2, 2, 1), np.uint8), columns=3)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_png_is_lossless(tmp_path, channels, mode):
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    grids.write_png(tmp_path / "a.png", picture)
    image = Image.open(tmp_path / "a.png")
    assert image.mode == mode
    np.testing.assert_array_equal(np.array(image).reshape(picture.shape), picture)


def test_class_grid_has_a_column_a_class():
    assert grids.class_grid_labels(3, 2).tolist() == [0, 1, 2, 0, 1, 2]


def test_pictures_come_in_the_order_of_their_epochs(tmp_path):
    names = ["epoch_1000.png", "epoch_999.png", "epoch_000.png", "a_b_epoch_1001.png"]
    others = ["step_00000005.png", "a_b_epoch_1000.png", "samples.gif", "myepoch_1.png"]
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
    frames = []
    for number, side in enumerate((4, 8, 8)):
        frames.append(tmp_path / f"{number}.png")
        grids.write_png(frames[-1], np.full((side, side, 1), 80 * number, np.uint8))
    grids.write_gif(tmp_path / "all.gif", frames)
    with Image.open(tmp_path / "all.gif") as animation:
        assert animation.n_frames == 3
        assert animation.size == (8, 8)
        for number in range(3):
            animation.seek(number)
            assert np.unique(np.array(animation.convert("L"))).tolist() == [80 * number]

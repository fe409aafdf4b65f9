import numpy as np
import pytest
from data_samples import numbered, streamed
from PIL import Image

from gan_keras import data
from gan_keras.data import show


@pytest.mark.parametrize("make", [numbered, streamed, lambda: data.load("ring")])
def test_sheet(tmp_path, make):
    show.write_sheet(tmp_path / "sheet.png", make(), columns=5, split="test")
    assert np.asarray(Image.open(tmp_path / "sheet.png").convert("L")).std() > 0


def test_words():
    assert show.describe(streamed()).splitlines() == [
        "toy: 10 train and 4 test images of 4 x 4 x 1, uint8 0 to 9, streamed",
        "classes: 3, of 3 to 4 train images: a 4, b 3, c 3",
    ]
    assert "100,000 train and 2,500 test points of 2, float32" in show.describe(data.load("ring"))


def test_few_images_leave_grey():
    images = np.zeros((1, 4, 4, 1), np.uint8)
    found = show._samples(images, np.zeros(1, np.int32), [0], columns=3)
    assert found[:, 0, 0, 0].tolist() == [0, 128, 128]

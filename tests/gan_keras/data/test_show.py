import numpy as np
import pytest
from data_samples import numbered, streamed
from PIL import Image

from gan_keras import data
from gan_keras.data import Dataset, show


@pytest.fixture
def draw(tmp_path):
    """Draws the sheet of a data set; returns its grey pixels."""

    def draw(dataset, **options):
        show.write_sheet(tmp_path / "sheet.png", dataset, **options)
        return np.asarray(Image.open(tmp_path / "sheet.png").convert("L"))

    return draw


@pytest.mark.parametrize("make", [numbered, streamed, lambda: data.load("ring")])
def test_sheet(draw, make):
    assert draw(make(), columns=5, split="test").std() > 0


def test_words():
    assert show.describe(streamed()).splitlines() == [
        "toy: 10 train and 4 test images of 4 x 4 x 1, uint8 0 to 9, streamed",
        "classes: 3, of 3 to 4 train images: a 4, b 3, c 3",
    ]
    assert "100,000 train and 2,500 test points of 2, float32" in show.describe(data.load("ring"))


def test_few_images_leave_grey(draw):
    images, labels = np.full((3, 40, 40, 1), 77, np.uint8), np.array([0, 0, 1], np.int32)
    sheet = draw(Dataset("d", images, labels, images, labels, "ab"))
    drawn, left = (int((sheet == shade).sum()) for shade in (77, 128))
    assert drawn / left == pytest.approx(3 / 29, rel=0.05)  # of 2 x 16 places


def test_a_sheet_has_a_largest_area(draw, monkeypatch):
    monkeypatch.setattr(show, "MAX_AREA", 100_000)
    monkeypatch.setattr(show, "MAX_WIDTH", 1_000)
    images, labels = np.full((200, 100, 200, 1), 9, np.uint8), np.arange(200, dtype=np.int32) % 50
    dataset = Dataset("d", images, labels, images, labels, tuple(map(str, range(50))))
    # one class of seven images
    assert draw(dataset, columns=1_000_000).shape == (64 + 60, 7 * 128 + 250)

import numpy as np
import pytest
from data_samples import numbered, streamed
from PIL import Image

from gan_keras import data
from gan_keras.data import Dataset, show
from gan_keras.data.lazy import LazyImages
from gan_keras.foundation.errors import DataError


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


def test_few_images_leave_grey(tmp_path):
    images, labels = np.full((3, 40, 40, 1), 77, np.uint8), np.array([0, 0, 1], np.int32)
    show.write_sheet(tmp_path / "sheet.png", Dataset("d", images, labels, images, labels, "ab"))
    sheet = np.asarray(Image.open(tmp_path / "sheet.png").convert("L"))
    drawn, left = (int((sheet == shade).sum()) for shade in (77, 128))
    assert drawn / left == pytest.approx(3 / 29, rel=0.05)  # of 2 x 16 places


class Photos:
    """Large photos that are read when asked for; counts how many are held at once."""

    shape = (3000, 4000, 3)
    most = 0

    def read(self, rows):
        self.most = max(self.most, len(rows))
        if len(rows) * 36e6 > 300e6:  # a whole class would be 36 GB
            raise MemoryError
        return np.full((len(rows), *self.shape), 200, np.uint8)


def test_large_photos_are_looked_at_a_few_at_a_time(tmp_path):
    photos = Photos()
    images = LazyImages(photos.read, photos.shape, np.arange(1000), bytes)
    labels = np.arange(1000, dtype=np.int32) % 2
    none = np.arange(0)
    dataset = Dataset("photos", images, labels, images.select(none), labels[none], ("a", "b"))
    assert "1,000 train and 0 test images of 3000 x 4000 x 3" in show.describe(dataset)
    assert photos.most == 8  # 300 MB
    photos.most = 0
    show.write_sheet(tmp_path / "sheet.png", dataset, columns=3)
    assert photos.most == 1
    width, height = Image.open(tmp_path / "sheet.png").size
    assert 3 * 128 <= width <= 3 * 128 + 250
    assert 2 * 96 <= height <= 2 * 96 + 60
    with pytest.raises(DataError, match="photos has no test examples to show"):
        show.write_sheet(tmp_path / "sheet.png", dataset, split="test")


def test_a_sheet_has_a_largest_area(tmp_path, monkeypatch):
    monkeypatch.setattr(show, "MAX_AREA", 100_000)
    monkeypatch.setattr(show, "MAX_WIDTH", 1_000)
    images = np.full((200, 100, 200, 1), 9, np.uint8)
    labels = np.arange(200, dtype=np.int32) % 50
    dataset = Dataset("d", images, labels, images, labels, tuple(map(str, range(50))))
    show.write_sheet(tmp_path / "sheet.png", dataset, columns=1_000_000)
    width, height = Image.open(tmp_path / "sheet.png").size
    assert (width, height) == (7 * 128 + 250, 64 + 60)  # one class of seven images

"""Small data sets and picture files of every kind."""

import dataclasses
import io

import numpy as np
from PIL import Image

from gan_keras.data import Dataset
from gan_keras.data.lazy import from_array


def numbered(n=10, size=4):
    """A data set whose pixels are the number of their image; labels go round three classes."""
    images = np.arange(n, dtype=np.uint8)[:, None, None, None]
    images = images * np.ones((1, size, size, 1), np.uint8)
    labels = np.arange(n, dtype=np.int32) % 3
    return Dataset("toy", images, labels, images[:4], labels[:4], ("a", "b", "c"))


def streamed(n=10):
    """`numbered`, its images read when asked for."""
    dataset = numbered(n)
    train, test = from_array(dataset.train_images), from_array(dataset.test_images)
    return dataclasses.replace(dataset, train_images=train, test_images=test)


def png(shade=100, size=(12, 12), mode="L", **options):
    """A picture of one shade, with a white spot in its middle, as a file's bytes."""
    bands = len(Image.new(mode, (1, 1)).getbands())
    colour, white = (value if bands == 1 else (value,) * bands for value in (shade, 255))
    image = Image.new(mode, size, colour)
    image.paste(white, tuple(side * part // 4 for part in (2, 3) for side in size))
    file = io.BytesIO()
    image.save(file, **{"format": "PNG", **options})
    return file.getvalue()


def class_files(number=20, classes=("cat", "dog"), size=(12, 12)):
    """One folder per class; the shade says which picture it is."""
    return {
        f"{name}/{i:03d}.png": png(100 * c + i, size)
        for c, name in enumerate(classes)
        for i in range(number)
    }


def shades(images):
    """First value of each image."""
    return images[:][:, 0, 0, 0].tolist()

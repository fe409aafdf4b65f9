"""Settings of Keras that networks depend on."""

import keras
import pytest

from gan_keras import gans
from gan_keras.configs.gaussian import GaussianConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.foundation.errors import UsageError
from gan_keras.hardware import devices

OTHER = {
    "floatx": "float16",
    "epsilon": 1e-3,
    "image_data_format": "channels_first",
    "max_epochs": 1,
    "max_steps_per_epoch": 1,
}


@pytest.fixture(autouse=True)
def put_back(monkeypatch):
    yield
    monkeypatch.undo()
    devices.set_up_keras()


@pytest.mark.parametrize("name", devices.KERAS)
def test_a_model_is_not_built_with_other_settings(name):
    getattr(keras.config, f"set_{name}")(OTHER[name])
    with pytest.raises(UsageError, match=f"Keras has {name}={OTHER[name]!r} .* works with"):
        gans.build(GaussianConfig.create("z1"), DataSpec((2,), ("a",), (9,)))


def test_a_run_sets_them_itself_and_puts_them_back():
    for name, value in OTHER.items():
        getattr(keras.config, f"set_{name}")(value)
    with devices.set_up("float32", 0, deterministic=False):
        assert {name: getattr(keras.config, name)() for name in devices.KERAS} == devices.KERAS
        assert keras.config.dtype_policy().name == "float32"
    assert {name: getattr(keras.config, name)() for name in devices.KERAS} == OTHER


def test_another_backend_is_refused(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(UsageError, match="Keras has backend='jax' .* works with 'tensorflow' only"):
        devices.set_up_keras()

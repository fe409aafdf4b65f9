import numpy as np
import pytest
from file_samples import read_damaged

from gan_keras.foundation.errors import DataError
from gan_keras.storage import checkpoints


class Variable:
    """As much of a Keras variable as checkpoints use."""

    def __init__(self, value):
        self.value = np.asarray(value)

    shape = property(lambda self: self.value.shape)

    def __array__(self, dtype=None, copy=None):
        return self.value

    def assign(self, value):
        self.value = value


def state(value=0.0):
    return {"a/000": Variable(np.full((2, 3), value, np.float32)), "b/000": Variable(np.int64(7))}


def test_round_trip(tmp_path):
    assert checkpoints.restore_latest(tmp_path, state()) is None
    checkpoints.save(tmp_path, 12, state(1.5), {"cpu_seconds": 2.5})
    found = state()
    assert checkpoints.restore_latest(tmp_path, found) == {"cpu_seconds": 2.5}
    np.testing.assert_array_equal(found["a/000"].value, 1.5)
    assert found["b/000"].value == 7


def test_only_the_last_two_are_kept(tmp_path):
    for step in (1, 2, 30, 400):
        checkpoints.save(tmp_path, step, state(step), {})
    names = [path.name for path in checkpoints.existing(tmp_path)]
    assert names == ["step_00000400.npz", "step_00000030.npz"]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(names)


def damage(path, how):
    content = bytearray(path.read_bytes())
    if how == "truncated":
        content = content[: len(content) // 2]
    elif how == "empty":
        content = b""
    elif how == "one bit":
        content[content.index(np.float32(400).tobytes()) + 3] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["truncated", "empty", "one bit"])
def test_damaged_newest_falls_back_loudly(tmp_path, how, capsys):
    checkpoints.save(tmp_path, 30, state(30), {})
    damage(checkpoints.save(tmp_path, 400, state(400), {}), how)
    found = state()
    assert checkpoints.restore_latest(tmp_path, found) == {}
    np.testing.assert_array_equal(found["a/000"].value, 30)
    (line,) = capsys.readouterr().out.splitlines()
    assert "step_00000400.npz is damaged" in line

    (tmp_path / "step_00000030.npz").unlink()
    with pytest.raises(DataError, match="all 1 checkpoints .* --overwrite"):
        checkpoints.restore_latest(tmp_path, found)


def test_no_damage_gets_past_the_door(tmp_path):
    path = checkpoints.save(tmp_path, 400, state(400), {"cpu_seconds": 2.5})
    whole = path.read_bytes()
    right, refused = checkpoints.read(path), 0
    for found in read_damaged(path, checkpoints.read):
        if found is None:
            refused += 1
        else:  # a bit that says nothing
            np.testing.assert_equal(found, right)
    assert refused > len(whole) / 2


def test_a_damaged_checkpoint_is_not_kept_for_a_sound_one(tmp_path, capsys):
    for step in (10, 20):
        checkpoints.save(tmp_path, step, state(step), {})
    damage(tmp_path / "step_00000020.npz", "truncated")
    found = state()
    checkpoints.restore_latest(tmp_path, found)
    for step in (12, 14):  # inside the epoch
        checkpoints.save(tmp_path, step, state(step), {})
    names = [path.name for path in checkpoints.existing(tmp_path)]
    assert names == ["step_00000014.npz", "step_00000012.npz"]


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.pop("b/000"),
        lambda s: s.update({"c/000": Variable(0.0)}),
        lambda s: s.update({"a/000": Variable(np.zeros((3, 2), np.float32))}),
    ],
)
def test_another_model_is_refused_and_left_alone(tmp_path, change):
    checkpoints.save(tmp_path, 1, state(1), {})
    other = state(5)
    change(other)
    before = {name: np.array(v.value) for name, v in other.items()}
    with pytest.raises(DataError, match="does not fit"):
        checkpoints.restore_latest(tmp_path, other)
    for name, variable in other.items():
        np.testing.assert_array_equal(variable.value, before[name])


def test_nan_is_never_saved(tmp_path):
    checkpoints.save(tmp_path, 1, state(1), {})
    with pytest.raises(FloatingPointError, match="a/000"):
        checkpoints.save(tmp_path, 2, state(np.nan), {})
    assert [p.name for p in tmp_path.iterdir()] == ["step_00000001.npz"]


def test_pickles_are_refused(tmp_path):
    np.savez(tmp_path / "step_00000001.npz", evil=np.array([object()], dtype=object))
    with pytest.raises(DataError, match="damaged"):
        checkpoints.read(tmp_path / "step_00000001.npz")

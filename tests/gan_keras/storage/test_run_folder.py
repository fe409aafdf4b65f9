import json

import numpy as np
import pytest
import small_runs

from gan_keras import configs
from gan_keras.configs.acgan import ACGANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import atomic_path
from gan_keras.storage import checkpoints, run_folder
from gan_keras.storage.history import History, Stopwatch


def test_history_drops_rows_after_the_checkpoint(tmp_path):
    history = History(tmp_path / "log.csv")
    for epoch in (1, 2, 3):
        history.append(epoch, 5 * epoch, {"loss": epoch / 10})
    resumed = History(tmp_path / "log.csv", last_epoch=2)
    resumed.append(3, 15, {"loss": 0.9, "new": 5})
    assert resumed.columns()["loss"] == [0.1, 0.2, 0.9]
    assert resumed.columns()["new"][2] == 5
    assert (tmp_path / "log.csv").read_text().splitlines()[0] == "epoch,step,loss,new"


def test_damage_of_a_history_costs_no_more_than_what_is_damaged(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        "epoch,step,loss,speed\n1,5,0.9,1\n2,10,0.x,2\n,15,0.5,3\n4,20,0.4\n5,25,,5,6\n"
    )
    history = History(path, 6, is_complete=True)
    assert history.damage == (
        f"{path} is damaged: 4 of its figures cannot be read, and it has no row of 2 epochs, "
        "the first of them 3"
    )
    history.append(6, 30, {"loss": 0.3, "speed": 6})
    again = History(path)
    assert again.damage == ""
    np.testing.assert_equal(again.columns()["loss"], [0.9, np.nan, 0.4, np.nan, 0.3])
    np.testing.assert_equal(again.columns()["speed"], [1, 2, np.nan, 5, 6])
    assert History(path, is_complete=True).damage.endswith(
        "no row of 1 epochs, the first of them 3"
    )
    assert (again.last("step"), again.last("speed")) == (30, 6)
    for content in (b"", b"\xff\xfe\x00", b'epoch,loss\n"' + b"x" * 200_000):
        path.write_bytes(content)
        assert History(path, 2, is_complete=True).damage.startswith(f"{path} is damaged")
    path.unlink()
    assert History(path, 2, is_complete=True).damage.endswith("2 epochs, the first of them 1")


def write_config(folder, change=None):
    """Writes the config.json of a run; `change` gets its entries and those of `options`, `data`."""
    config = ACGANConfig.create(options={"workdir": str(folder)})
    stored = json.loads(json.dumps(small_runs.stored(config)))
    if change:
        change(stored)
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(stored))
    return run_folder.RunFolder(folder)


STRANGE = (None, True, -1, 1e400, 10**400, "x", [], {}, [[]], ["x"])


def test_damaged_config_is_one_line(tmp_path):
    folder = write_config(tmp_path)
    text = folder.config.read_text()
    for cut in range(0, len(text), 50):
        folder.config.write_text(text[:cut])
        with pytest.raises(DataError, match=r"config.json is damaged \(.*; start anew with --over"):
            folder.read_config()
    folder.config.write_text("[" * 100_000)
    with pytest.raises(DataError, match=r"is damaged"):
        folder.read_config()


def test_strange_values_in_a_config_are_one_line_wherever_they_stand(tmp_path):
    whole = write_config(tmp_path).read_config()
    assert configs.from_dict(whole["options"]).seed == 0
    refused = 0
    for group in (None, "options", "data"):
        for name in whole if group is None else whole[group]:
            for strange in (*STRANGE, KeyError):

                def change(stored, place=(group, name), value=strange):
                    entries = stored if place[0] is None else stored[place[0]]
                    if value is KeyError:
                        del entries[place[1]]
                    else:
                        entries[place[1]] = value

                folder = write_config(tmp_path, change)
                try:
                    stored = folder.read_config()
                    config = configs.from_dict(stored["options"])
                    config.differences(stored["options"], config.identity())
                    DataSpec.from_dict(stored["data"])
                except (DataError, UsageError):
                    refused += 1
    assert refused > 400


def test_what_killed_processes_were_writing_is_removed_under_the_lock(tmp_path):
    folder = run_folder.RunFolder(tmp_path / "run")
    temporary = []
    for path in (folder.config, folder.samples / "epoch_001.png", folder.checkpoints / "s.npz"):
        with pytest.raises(KeyboardInterrupt), atomic_path(path) as one:
            temporary.append(one)
            raise KeyboardInterrupt
    for one in temporary:  # as SIGKILL would have left them
        one.write_bytes(b"half")
    kept = folder / ".notes.tmp.txt"
    kept.write_text("of somebody else")
    with folder.acquire(), pytest.raises(DataError, match="in use"):
        run_folder.RunFolder(folder.path).acquire()
    assert not any(one.exists() for one in temporary)
    for path in (folder.samples, folder.checkpoints):
        path.rmdir()
    kept.unlink()
    assert folder.read_config() is None  # a folder in which a run may start


def test_a_kill_while_a_run_is_removed_leaves_what_can_be_removed(tmp_path, monkeypatch):
    folder = write_config(tmp_path / "run")
    elsewhere = tmp_path / "scratch"
    elsewhere.mkdir()
    (elsewhere / "thesis.tex").write_text("years of work")
    folder.checkpoints.symlink_to(elsewhere)
    folder.samples.mkdir()
    folder.log.write_text("epoch\n")

    def kill(path):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(run_folder.shutil, "rmtree", kill)
        with pytest.raises(KeyboardInterrupt):
            folder.clear()
    folder.clear()
    assert list(folder.path.iterdir()) == [folder.config]  # which the new run replaces
    assert (elsewhere / "thesis.tex").exists()


def test_a_figure_that_was_cut_short_is_not_taken(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch,step,loss\n1,5,0.25\n2,10,0.4")  # of 0.457672
    found = History(path)
    assert found.rows[1] == {"epoch": "2", "step": "10"}
    assert "1 of its figures cannot be read" in found.damage


@pytest.mark.parametrize("left", ["metrics.json", "generator.keras", "log.csv"])
def test_a_trained_run_whose_checkpoints_are_lost_does_not_start_anew(tmp_path, left):
    folder = write_config(tmp_path)
    (folder / left).write_text("epoch,step\n1,5\n")
    if left == "log.csv":
        folder.check_checkpoints()  # killed before its first checkpoint
        (folder / left).write_text("epoch,step\n1,5\n2,10\n")
    with pytest.raises(DataError, match=r"holds a trained run, but .* no checkpoint"):
        folder.check_checkpoints()
    checkpoints.save(folder.checkpoints, 10, {}, {})
    folder.check_checkpoints()


def test_stopwatch_goes_on_over_sessions():
    first = Stopwatch({"wall_seconds": 100.0, "cpu_seconds": 50.0}).read()
    assert 100 <= first["wall_seconds"] < 105
    assert 50 <= first["cpu_seconds"] < 55


def test_images_in_memory_and_streamed_ones_are_not_called_changed(tmp_path):
    folder = run_folder.RunFolder(tmp_path)
    config = ACGANConfig.create(options={"memory_mb": 1})
    options = config.to_dict() | {"memory_mb": 700}
    stored = {"options": options, "data": {"fingerprint": "pixels", "streamed": False}}
    message = r"--memory_mb=1 streams its images and .* did not.*give --memory_mb=700 as before"
    with pytest.raises(UsageError, match=message):
        folder.check_same(stored, config, "listing", True)
    with pytest.raises(DataError, match="has changed since"):
        folder.check_same(stored, config, "other pixels", False)
    del stored["data"]["streamed"]  # a run of an earlier version
    with pytest.raises(DataError, match="has changed since"):
        folder.check_same(stored, config, "listing", True)
    folder.check_same(stored, config, "pixels", False)


def test_the_same_data_under_another_path(tmp_path):
    folder = run_folder.RunFolder(tmp_path)
    before = ACGANConfig.create(options={"dataset": "folder:pics"})
    stored = {"options": before.to_dict(), "data": {"fingerprint": "pixels", "streamed": False}}
    now = before.replace(dataset="folder:/elsewhere/pics")
    folder.check_same(stored, now, "pixels", False)
    with pytest.raises(UsageError, match=r"dataset \('folder:pics' before, 'folder:/elsewhere"):
        folder.check_same(stored, now, "others", False)
    with pytest.raises(UsageError, match="batch_size"):
        folder.check_same(stored, now.replace(batch_size=2), "pixels", False)


def test_unwritable_workdir_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot use --workdir="):
        run_folder.RunFolder(tmp_path / "file" / "run").acquire()

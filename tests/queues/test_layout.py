"""The paths of a root, and their names in the state."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.errors import Halt
from tillpost.queues.disk import LocalDisk
from tillpost.queues.layout import Layout, Room, Trade
from tillpost.queues.memory import MemoryDisk
from tillpost.queues.troubles import Missing

ROOT = Path("/srv/tillpost")


def test_folders_lie_in_the_root_under_their_names() -> None:
    layout = Layout.of(ROOT)
    assert layout.inbox == ROOT / "inbox"
    assert layout.room(Room.HELD) == ROOT / "held"
    assert layout.claimed(Trade.EXPORTS) == ROOT / "inbox" / ".claimed"
    assert layout.claimed(Trade.SALES) == ROOT / "sales" / ".claimed"
    assert layout.till_sales("5", "1") == (ROOT / "sales" / "5" / "1", ROOT / "sales" / "5" / "1" / "online")
    assert layout.till("5", "1") == ROOT / "queues" / "5" / "1"
    assert {name: str(path.relative_to(ROOT)) for name, path in layout.folders().items()} == {
        name: name
        for name in (
            *("inbox", "replies", "outbox", "queues", "sales", "backup", "state"),
            *("processed", "error", "broken", "held"),
        )
    }


def test_folder_is_placed_where_the_settings_say() -> None:
    layout = Layout.of(ROOT, {"queues": "/mnt/tills", "processed": "../archive", "state": "data/state", "held": ""})
    assert layout.queues == Path("/mnt/tills")
    assert layout.processed == Path("/srv/archive")
    assert layout.state == ROOT / "data" / "state"
    assert layout.held == ROOT / "held"


def test_relative_root_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Layout.of(Path("office")).inbox == tmp_path / "office" / "inbox"


@pytest.mark.parametrize("overrides", [{"inbox": "."}, {"held": "error"}, {"state": "inbox/state"}, {"backup": "/"}])
def test_folders_inside_each_other_are_refused(overrides: dict[str, str]) -> None:
    with pytest.raises(Halt) as halt:
        Layout.of(ROOT, overrides)
    assert halt.value.reason.code == "layout.nested"


def test_path_in_the_state_survives_moving_a_folder() -> None:
    before, after = Layout.of(ROOT), Layout.of(Path("/elsewhere"), {"processed": "/mnt/archive"})
    kept = before.relative(ROOT / "processed" / "exports" / "goods.xml")
    assert kept == "processed/exports/goods.xml"
    assert after.absolute(kept) == Path("/mnt/archive/exports/goods.xml")


@pytest.mark.parametrize("path", ["/srv/tillpost/tillpost.toml", "/srv/tillpost", "/etc/passwd", "/mnt/q/5/1"])
def test_any_path_comes_back(path: str) -> None:
    layout = Layout.of(ROOT, {"queues": "/mnt/q"})
    assert layout.absolute(layout.relative(Path(path))) == Path(path)


@given(st.binary(min_size=1, max_size=40).filter(lambda raw: not {0, ord("/")} & set(raw) and raw not in (b".", b"..")))
def test_path_of_any_name_comes_back_and_is_utf8(raw: bytes) -> None:
    layout = Layout.of(ROOT)
    path = layout.broken / os.fsdecode(raw)
    text = layout.relative(path)
    text.encode("utf-8")
    assert layout.absolute(text) == path


def test_create_makes_every_folder_with_its_mode(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path / "root", {"state": "data/deep/state"})
    layout.create(LocalDisk(), 0o700)
    layout.create(LocalDisk(), 0o700)
    for folder in (*layout.folders().values(), *map(layout.claimed, Trade)):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_created_folders_outlast_a_power_cut() -> None:
    disk = MemoryDisk()
    disk.plant(Path("/srv"), disk.stat(Path("/")).kind)  # type: ignore[union-attr]
    layout = Layout.of(ROOT)
    layout.create(disk)
    disk.crash()
    assert all(disk.stat(folder) for folder in (*layout.folders().values(), *map(layout.claimed, Trade)))


def test_share_that_is_not_mounted_is_not_made_up_for(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path / "root", {"queues": str(tmp_path / "share" / "queues")})
    with pytest.raises(Missing):
        layout.create(LocalDisk())
    assert not (tmp_path / "share").exists()

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import lmdb
import pytest
from post_office import PostOffice

Make = Callable[..., PostOffice]


@pytest.fixture
def make_office(tmp_path: Path) -> Make:
    def make(tills: dict[str, list[str]] | None = None, settings: str = "") -> PostOffice:
        return PostOffice(tmp_path / "root", tills or {"5": ["1", "2"]}, settings)

    return make


@pytest.fixture
def office(make_office: Make) -> PostOffice:
    """Shop 5 with tills 1 and 2."""
    return make_office()


@pytest.fixture
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is forced to the disk: a killed process leaves what the system was told, synced or not, and tests that
    kill hundreds of them should not wait for a disk each time."""
    monkeypatch.setattr("os.fsync", lambda _: None)
    monkeypatch.setattr("lmdb.open", partial(lmdb.open, sync=False))

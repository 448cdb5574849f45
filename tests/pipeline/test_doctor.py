"""The doctor finds what would go wrong: each finding is provoked."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from another_process import held_by_another
from post_office import PostOffice, good, goods
from sales_pages import page, receipt, shift
from tillpost.errors import Halt
from tillpost.pipeline import doctor
from tillpost.pipeline.doctor import Finding, Health

pytestmark = pytest.mark.usefixtures("unsynced")

Usage = namedtuple("Usage", "total used free")
GIB = 1 << 30


def finding(office: PostOffice, what: str) -> Finding:
    (found,) = [each for each in doctor.examine(office.root) if each.what == what]
    return found


def test_sound_root_has_nothing_bad(office: PostOffice) -> None:
    assert [each for each in doctor.examine(office.root) if each.verdict is Health.BAD] == []


def test_doctor_leaves_nothing_behind(office: PostOffice) -> None:
    before = sorted(office.root.rglob("*"))
    doctor.examine(office.root)
    assert sorted(office.root.rglob("*")) == before


def test_every_bad_finding_says_what_to_do(office: PostOffice) -> None:
    shutil.rmtree(office.root / "queues")
    bad = [each for each in doctor.examine(office.root) if each.verdict is not Health.OK]
    assert bad
    assert [each for each in bad if not each.advice] == []


def test_missing_folder_is_bad(office: PostOffice) -> None:
    shutil.rmtree(office.root / "held")
    assert finding(office, "folder held").verdict is Health.BAD


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_that_is_not_ours_to_write_is_bad(office: PostOffice) -> None:
    folder = office.root / "replies"
    folder.chmod(0o500)
    try:
        assert finding(office, "folder replies").verdict is Health.BAD
    finally:
        folder.chmod(0o750)


def test_settings_that_cannot_be_read_are_the_only_finding(office: PostOffice) -> None:
    (office.root / "tillpost.toml").write_text("nonsense = ", "utf-8")
    (found,) = doctor.examine(office.root)
    assert found.verdict is Health.BAD


def test_damaged_state_is_the_only_finding(office: PostOffice) -> None:
    (office.root / "state" / "catalogue" / "data.mdb").write_bytes(b"no longer a store" * 1000)
    (found,) = doctor.examine(office.root)
    assert found.verdict is Health.BAD


def test_damaged_sales_database_is_bad(office: PostOffice) -> None:
    assert finding(office, "sales database").verdict is Health.OK
    office.sell("sale.json", page([shift()], [receipt(1)]))
    office.collect()
    assert finding(office, "sales database").found == "opens; 1 sales files in it"
    (office.root / "state" / "books.sqlite").write_bytes(b"no longer a database" * 1000)
    assert finding(office, "sales database").verdict is Health.BAD


@pytest.mark.parametrize("folder", ["queues", "outbox"])
def test_missing_marker_is_bad(office: PostOffice, folder: str) -> None:
    (office.root / folder / f".tillpost-{folder}").unlink()
    assert finding(office, f"marker of {folder}").verdict is Health.BAD


@pytest.mark.parametrize("folder", ["queues", "outbox"])
def test_marker_of_another_installation_is_bad(office: PostOffice, folder: str) -> None:
    marker = office.root / folder / f".tillpost-{folder}"
    marker.unlink()
    marker.write_text("somebody else's\n")
    assert finding(office, f"marker of {folder}").verdict is Health.BAD


@pytest.mark.parametrize(("free", "verdict"), [(400 * GIB, Health.OK), (40 * GIB, Health.WARNING), (1, Health.WARNING)])
def test_little_space_is_a_warning(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, free: int, verdict: Health
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1000 * GIB, 1000 * GIB - free, free))
    assert {finding(office, f"space for {name}").verdict for name in ("state", "queues", "outbox")} == {verdict}


def test_disk_without_links_is_a_warning(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", no_links)
    assert finding(office, "sharing chunks").verdict is Health.WARNING


def test_copies_need_no_links(make_office) -> None:
    office = make_office(settings="[queue]\nshare = 'copies'")
    assert finding(office, "sharing chunks").found == "copies, by the settings"


def test_rooms_on_another_file_system_are_a_warning(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_device", lambda folder: 1 if folder.name == "inbox" else 2)
    assert finding(office, "inbox and processed").verdict is Health.WARNING


@pytest.mark.parametrize(("watches", "verdict"), [("65536", Health.OK), ("100", Health.WARNING), ("?", Health.WARNING)])
def test_few_watches_are_a_warning(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, tmp_path, watches: str, verdict: Health
) -> None:
    (tmp_path / "max_user_watches").write_text(watches, "ascii")
    monkeypatch.setattr(doctor, "INOTIFY", tmp_path)
    assert finding(office, "inotify").verdict is verdict


def test_clock_that_went_back_is_bad(office: PostOffice) -> None:
    office.clock.at += 500 * 365 * 86400.0
    office.send("goods.xml", goods(good("1")))
    assert finding(office, "clock").verdict is Health.BAD


def test_lock_names_its_holder(office: PostOffice) -> None:
    with held_by_another(office.root) as process:
        assert f"process {process.pid}" in finding(office, "lock").found
    assert finding(office, "lock").found == "free"


def test_lock_of_a_killed_process_is_free(office: PostOffice) -> None:
    with held_by_another(office.root) as process:
        process.kill()
    assert "process" in (office.root / "state" / "lock").read_text("utf-8")
    assert finding(office, "lock").found == "free"


def test_folder_of_the_root_that_is_a_link_is_told_with_what_to_do(office: PostOffice, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (office.root / "broken").rename(elsewhere)
    (office.root / "broken").symlink_to(elsewhere)
    found = finding(office, "folder broken")
    assert found.verdict is Health.BAD
    assert "paths.broken" in found.advice
    with pytest.raises(Halt, match="symbolic link"), office.open():
        pass
    (office.root / "broken").unlink()
    office.settings(f'[paths]\nbroken = "{elsewhere}"')
    with office.open():
        pass
    assert finding(office, "folder broken").verdict is Health.OK

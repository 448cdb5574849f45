"""`trim` and `archive` as a person or a script meets them."""

from __future__ import annotations

import os
import tarfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from post_office import PostOffice, goods
from tillpost.pipeline.ledger import Ledger
from tillpost.pipeline.trimplan import TRIMMED

pytestmark = pytest.mark.usefixtures("past")

Verb = Callable[..., Any]
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)  # a verb goes by the machine's own clock
DAY = YESTERDAY.isoformat()
ARCHIVE = f"exports-{YESTERDAY:%y-%m-%d}.tgz"
DONE, REFUSED, WRONG_USE, LATER = 0, 1, 2, 75


@pytest.fixture
def past(fed: PostOffice) -> PostOffice:
    """What was fed lies in the folders of a day that is over."""
    for room in ("processed", "error", "broken"):
        age(fed, room)
    return fed


def age(office: PostOffice, room: str) -> None:
    """As if it had come yesterday."""
    for arrival in (office.root / room / "exports").glob("*/*"):
        if arrival.parent.name != DAY:
            (past := arrival.parents[1] / DAY).mkdir(exist_ok=True)
            arrival.rename(past / arrival.name)


@pytest.fixture
def trimmed(bare: Verb, past: PostOffice) -> PostOffice:
    assert bare("trim").code == DONE
    return past


def lying(office: PostOffice) -> list[str]:
    rooms = (office.root / room for room in ("processed", "error", "broken"))
    return sorted(path.name for room in rooms for path in room.rglob("*") if path.is_file())


# --- trim


def test_trim_tells_what_went_where(bare: Verb, past: PostOffice) -> None:
    answer = bare("trim")
    assert answer.code == DONE
    assert answer.out.splitlines()[0].split() == ["Room", "Trade", "Day", "Files", "Bytes", "Archive"]
    assert f"backup/processed_archive/{ARCHIVE}" in answer.out
    assert f"backup/broken_archive/{ARCHIVE}" in answer.out
    assert lying(past) == []


def test_dry_run_shows_the_same_and_does_nothing(bare: Verb, past: PostOffice) -> None:
    before = lying(past)
    shown, asked = bare("trim --dry-run"), bare("trim --dry-run --json").json()
    assert lying(past) == before
    assert not list((past.root / "backup").rglob("*.tgz"))
    done = bare("trim --json").json()
    unknown = ("chunks", "documents", "shifts")
    assert [asked[name] for name in unknown] == [None] * 3
    assert {**asked, **{name: done[name] for name in unknown}} == done
    assert set(done) == {"archives", "deleted", "replies", *unknown, "clock", "left", "waiting"}
    assert all(row["archive"] in shown.out for row in done["archives"])


def test_trim_without_anything_to_do_says_so(bare: Verb, trimmed: PostOffice) -> None:
    answer = bare("trim")
    assert (answer.code, answer.out) == (DONE, "Nothing to archive.\n")


def test_what_stays_is_told_and_somebody_should_look(bare: Verb, past: PostOffice) -> None:
    for number in range(25):
        (past.root / "broken" / f"note {number}.txt").write_text("x")
    answer = bare("trim")
    assert answer.code == REFUSED
    assert "broken/note 0.txt: not put there by tillpost; it stays" in answer.out
    assert "… and 5 more" in answer.out
    assert len(bare("trim --json").json()["left"]) == 25


def test_what_waits_ends_with_try_again_later(bare: Verb, past: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    from tillpost.errors import Reason, Retry
    from tillpost.queues.archives import Archives

    def full(*_: object) -> None:
        raise Retry(Reason("disk.full", path="backup", detail="No space left on device"))

    monkeypatch.setattr(Archives, "add", full)
    answer = bare("trim")
    assert answer.code == LATER
    assert "a later run will do it" in answer.out
    assert f"broken/exports/{DAY}: no room left" in answer.out


def test_old_archives_are_named_when_they_are_deleted(bare: Verb, trimmed: PostOffice) -> None:
    old = trimmed.root / "backup" / "error_archive" / "sales-19-01-01.tgz"
    old.write_bytes(b"")
    shown = bare("trim --dry-run")
    assert "To be deleted: 1 archive." in shown.out
    assert old.exists()
    answer = bare("trim")
    assert "Deleted: 1 archive." in answer.out
    assert "error_archive/sales-19-01-01.tgz" in answer.out
    assert not old.exists()


def test_clock_that_went_back_is_told_with_the_way_out(bare: Verb, past: PostOffice) -> None:
    (past.root / "backup" / "error_archive" / "sales-99-01-01.tgz").write_bytes(b"")
    answer = bare("trim")
    assert answer.code == LATER
    assert "tillpost trim --trust-clock" in answer.err
    assert lying(past)
    assert bare("trim --trust-clock").code == DONE
    assert not lying(past)


def test_clock_that_may_have_leapt_is_told_and_somebody_should_look(bare: Verb, past: PostOffice) -> None:
    with past.open() as opened, opened.store.write() as txn:
        Ledger(txn).note(TRIMMED, str(time.time() - 60 * 86400))
    old = past.root / "backup" / "error_archive" / "sales-19-01-01.tgz"
    old.write_bytes(b"")
    assert bare("trim --dry-run").code == REFUSED
    for _ in range(2):
        answer = bare("trim")
        assert answer.code == REFUSED
        assert "more than 30 days ago: in case the clock was set ahead, nothing was deleted" in answer.out
    assert old.exists()
    assert bare("trim --trust-clock").code == DONE
    assert not old.exists()


# --- archives


def test_archives_are_listed_by_room_trade_and_day(bare: Verb, trimmed: PostOffice) -> None:
    every = bare("archive ls --json").json()
    assert [row["archive"] for row in every] == [
        f"broken_archive/{ARCHIVE}",
        f"processed_archive/{ARCHIVE}",
    ]
    assert set(every[0]) == {"archive", "room", "trade", "day", "bytes"}
    assert bare("archive ls --room broken --json").json() == every[:1]
    assert bare(f"archive ls --trade exports --day {DAY} --json").json() == every
    assert bare("archive ls --trade sales --json").json() == []
    assert bare(f"archive ls --day {YESTERDAY - timedelta(days=1)} --json").json() == []
    assert bare("archive ls --day yesterday").code == WRONG_USE
    assert bare("archive ls --trade sales").out == "No such archives.\n"
    assert f"processed_archive/{ARCHIVE}" in bare("archive ls").out


def test_verdict_of_a_file_that_was_trimmed_says_how_to_find_it(bare: Verb, trimmed: PostOffice) -> None:
    (gone, *_) = bare("export ls --state processed --json").json()
    (held,) = bare("export ls --state held --json").json()
    assert f"tillpost archive ls {gone['arrival']}\n" in bare(f"export show {gone['arrival']}").out
    assert "archive ls" not in bare(f"export show {held['arrival']}").out


def test_root_without_archives_says_so(bare: Verb, past: PostOffice) -> None:
    assert bare("archive ls").out == "No archives yet: tillpost trim\n"
    assert "No archive has a file like" in bare("archive ls goods.xml").out


def test_files_are_found_by_name_pattern_and_arrival(bare: Verb, trimmed: PostOffice) -> None:
    torn = bare("archive ls TORN.xml --json").json()
    assert [row["name"] for row in torn] == ["torn.xml"]
    assert torn[0]["member"] == f"broken/exports/{DAY}/{torn[0]['arrival']:010}/torn.xml"
    assert [row["name"] for row in bare("archive ls 'torn*' --json").json()] == ["torn.xml", "torn.xml.why"]
    by_number = bare(f"archive ls {torn[0]['arrival']} --json").json()
    assert [row["name"] for row in by_number] == ["torn.xml", "torn.xml.why"]
    assert {row["name"] for row in bare("archive ls '*' --json").json()} >= {"goods.xml", "half.xml", "torn.xml"}
    assert "torn.xml" in bare("archive ls torn.xml").out


def damage(office: PostOffice, room: str) -> None:
    path = office.root / "backup" / f"{room}_archive" / ARCHIVE
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-4])


def test_damaged_archive_is_told_and_the_others_are_listed(bare: Verb, trimmed: PostOffice) -> None:
    damage(trimmed, "broken")
    answer = bare("archive ls '*.xml' --json")
    assert answer.code == REFUSED
    assert {row["name"] for row in answer.json()} == {"goods.xml", "half.xml", "torn.xml"}
    assert f"broken_archive/{ARCHIVE} is damaged" in answer.err


def test_archive_shows_its_files_and_one_of_them(bare: Verb, trimmed: PostOffice) -> None:
    rows = bare(f"archive show broken_archive/{ARCHIVE} --json").json()
    assert [row["name"] for row in rows] == ["torn.xml", "torn.xml.why"]
    shown = bare(f"archive show broken_archive/{ARCHIVE}")
    assert rows[0]["member"] in shown.out
    for name in ("torn.xml", rows[0]["member"], str(rows[0]["arrival"])):
        answer = bare(f"archive show broken_archive/{ARCHIVE} {name}")
        assert len(answer.out.encode()) == rows[0]["bytes"]
    assert bare(f"archive show broken_archive/{ARCHIVE} torn.xml --json").code == WRONG_USE


def test_damaged_archive_shows_what_can_be_read_and_says_so(bare: Verb, trimmed: PostOffice) -> None:
    size = bare("archive ls torn.xml --json").json()[0]["bytes"]
    damage(trimmed, "broken")
    answer = bare(f"archive show broken_archive/{ARCHIVE} torn.xml")
    assert (answer.code, len(answer.out.encode())) == (REFUSED, size)
    assert "damaged" in answer.err


def test_file_that_damage_hides_is_not_told_as_missing(bare: Verb, trimmed: PostOffice) -> None:
    path = trimmed.root / "backup" / "broken_archive" / ARCHIVE
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:30])
    for verb in ("show", "restore"):
        answer = bare(f"archive {verb} broken_archive/{ARCHIVE} torn.xml")
        assert answer.code == REFUSED
        assert "damaged" in answer.err


def test_name_that_may_be_several_is_not_guessed(bare: Verb, trimmed: PostOffice) -> None:
    answer = bare(f"archive show {ARCHIVE}")
    assert answer.code == REFUSED
    assert f"broken_archive/{ARCHIVE}, processed_archive/{ARCHIVE}" in answer.err
    assert "there is no archive sales-26-01-01.tgz" in bare("archive show sales-26-01-01.tgz").err
    assert "has no file x.xml" in bare(f"archive show broken_archive/{ARCHIVE} x.xml").err


def test_same_name_twice_in_an_archive_is_told_apart_by_arrival(bare: Verb, past: PostOffice) -> None:
    past.drop("torn.xml", goods()[:-9])
    bare("feed")
    age(past, "broken")
    bare("trim")
    found = bare("archive ls torn.xml --json").json()
    assert len(found) == 2
    assert "may be one of several" in bare(f"archive show broken_archive/{ARCHIVE} torn.xml").err
    shown = bare(f"archive show broken_archive/{ARCHIVE} {found[1]['arrival']}")
    assert len(shown.out.encode()) == found[1]["bytes"]


def test_file_is_brought_back_and_goes_again(bare: Verb, trimmed: PostOffice) -> None:
    row = bare(f"archive restore broken_archive/{ARCHIVE} torn.xml --json").json()
    assert (trimmed.root / row["path"]).is_file()
    assert row["path"] == row["member"]
    assert lying(trimmed) == ["torn.xml"]
    assert "(archived before)" in bare("trim").out
    assert lying(trimmed) == []
    assert len(bare("archive ls --room broken --json").json()) == 1


def test_file_is_brought_anywhere(bare: Verb, trimmed: PostOffice, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path)
    answer = bare(f"archive restore broken_archive/{ARCHIVE} torn.xml --to desk")
    assert answer.code == DONE
    assert str(tmp_path / "desk" / "torn.xml") in answer.out
    assert (tmp_path / "desk" / "torn.xml").stat().st_size
    assert lying(trimmed) == []
    assert bare(f"archive restore broken_archive/{ARCHIVE} torn.xml --to nowhere").code == WRONG_USE


def test_nothing_is_brought_back_out_of_a_link(bare: Verb, trimmed: PostOffice) -> None:
    path = trimmed.root / "backup" / "error_archive" / ARCHIVE
    info = tarfile.TarInfo(f"error/exports/{DAY}/0000000001/a.xml")
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    outside = tarfile.TarInfo("../../outside.xml")
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(info)
        archive.addfile(outside)
    for name in ("a.xml", "outside.xml"):
        answer = bare(f"archive restore error_archive/{ARCHIVE} {name}")
        assert answer.code == REFUSED
        assert "is not brought back" in answer.err
    assert lying(trimmed) == []


def test_names_that_are_no_text_can_be_typed_as_they_are_shown(bare: Verb, past: PostOffice) -> None:
    strange = os.fsdecode(b"\xff\n.xml")
    past.drop(strange, goods()[:-9])
    bare("feed")
    age(past, "broken")
    bare("trim")
    (row,) = (row for row in bare("archive ls '*.xml' --json").json() if row["name"] == r"\xff\n.xml")
    back = bare(f"archive restore broken_archive/{ARCHIVE} '{row['name']}' --json").json()
    assert back["member"] == row["member"]
    assert lying(past) == [strange]

"""Old files on their way into archives: what goes, what stays, and what is deleted for its age.

A run of the default suite kills some of the steps, drawn by a fixed seed; TILLPOST_FAULTS=1 tries every one.
"""

from __future__ import annotations

import os
import random
import shutil
import tarfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from faults import FaultyDisk, Fuse, Stopped, full
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from post_office import NOON, PostOffice, good, goods
from tillpost.books import Delivery, FileState, SalesFile
from tillpost.errors import Halt, Reason, Retry
from tillpost.pipeline import held
from tillpost.pipeline.collect import open_books
from tillpost.pipeline.ledger import Export, Ledger
from tillpost.pipeline.office import Office
from tillpost.pipeline.trim import Account, Plan, plan, trim
from tillpost.pipeline.trimplan import TRIMMED
from tillpost.queues.disk import LocalDisk
from tillpost.queues.names import kept, printable

pytestmark = pytest.mark.usefixtures("unsynced")

ALL = bool(os.environ.get("TILLPOST_FAULTS"))
SAMPLE = 8  # steps of each scenario in the default suite
TEN = [good(str(code)) for code in range(1, 11)]
YESTERDAY = "26-11-21"  # once a day has passed


def run(office: PostOffice, *, trust_clock: bool = False) -> Account:
    with office.open() as opened:
        return trim(opened, trust_clock=trust_clock)


def look(office: PostOffice, *, trust_clock: bool = False) -> Plan:
    with office.open() as opened:
        return plan(opened, trust_clock=trust_clock)


def archived(office: PostOffice) -> dict[str, dict[str, bytes]]:
    """Every archive with its files."""
    top = office.root / "backup"
    return {path.relative_to(top).as_posix(): contents(path) for path in sorted(top.rglob("*.tgz"))}


def contents(path: Path) -> dict[str, bytes]:
    with tarfile.open(path, errors="surrogateescape") as archive:
        files = {member.name: archive.extractfile(member) for member in archive.getmembers()}
        return {name: file.read() for name, file in files.items() if file}


def names(office: PostOffice) -> dict[str, list[str]]:
    return {archive: sorted(Path(name).name for name in files) for archive, files in archived(office).items()}


def lying(office: PostOffice) -> dict[str, bytes]:
    """Every file in the rooms that are trimmed."""
    rooms = (office.root / room for room in ("processed", "error", "broken"))
    files = (path for room in rooms for path in room.rglob("*") if path.is_file() or path.is_symlink())
    return {path.relative_to(office.root).as_posix(): b"" if path.is_symlink() else path.read_bytes() for path in files}


def whole(office: PostOffice) -> dict[str, bytes]:
    """Everything that a run could touch."""
    return {
        path.relative_to(office.root).as_posix(): path.read_bytes()
        for path in sorted(office.root.rglob("*"))
        if path.is_file() and "state" not in path.relative_to(office.root).parts
    }


def codes(found: list[tuple[Path, Reason]]) -> dict[str, str]:
    return {path.name: reason.code for path, reason in found}


def fed(office: PostOffice) -> PostOffice:
    """One export of each end; a day later."""
    office.send("goods.xml", goods(*TEN, number=2))
    office.send("torn.xml", goods(*TEN)[:-30])
    office.send("old.xml", goods(TEN[0], number=1))
    office.send("suspicious.xml", goods(TEN[0], number=3))
    office.clock.pass_(days=1)
    return office


def arrival(office: PostOffice, name: str) -> int:
    """The number of the last export of this name."""
    with office.open() as opened, opened.store.read() as txn:
        return next(export.arrival for export in Ledger(txn).exports() if export.name == name)


def change(office: PostOffice, name: str, **values: object) -> None:
    number = arrival(office, name)
    with office.open() as opened, opened.store.write() as txn:
        Ledger(txn).save(msgspec.structs.replace(Ledger(txn).export(number), **values))


def room_of(office: PostOffice, name: str) -> Path:
    (path,) = (path for path in office.root.rglob(name) if "replies" not in path.parts)
    return path


# --- what goes, and what stays


def test_files_of_yesterday_go_into_an_archive_of_their_room_and_day(office: PostOffice) -> None:
    fed(office)
    before = lying(office)
    account = run(office)
    assert names(office) == {
        f"broken_archive/exports-{YESTERDAY}.tgz": ["torn.xml", "torn.xml.why"],
        f"error_archive/exports-{YESTERDAY}.tgz": ["old.xml", "old.xml.why"],
        f"processed_archive/exports-{YESTERDAY}.tgz": ["goods.xml"],
    }
    assert {name: data for files in archived(office).values() for name, data in files.items()} == before
    assert lying(office) == {}
    assert (account.left, account.waiting, account.leapt) == ([], [], None)
    assert sum(one.files for one in account.archived) == 5


def test_file_that_was_too_large_to_be_read_stays_and_is_told(office: PostOffice) -> None:
    for name in ("exports.xml", "sales.json"):
        path = office.root / ("inbox" if name.endswith("xml") else "sales/5/1") / name
        path.touch()
        os.truncate(path, 1 << 40)
    office.feed()
    office.collect()
    office.clock.pass_(days=1)
    assert codes(run(office).left) == {"exports.xml": "trim.too-large", "sales.json": "trim.too-large"}
    assert office.where("exports.xml") == office.where("sales.json") == ["broken"]


def test_files_of_today_stay(office: PostOffice) -> None:
    office.send("goods.xml", goods(*TEN))
    before = lying(office)
    assert run(office).archived == []
    assert lying(office) == before


def test_day_is_the_name_of_the_folder_and_no_time_of_a_file(office: PostOffice) -> None:
    """A file of today that looks years old stays; one of yesterday that looks new goes."""
    fed(office)
    office.send("today.xml", goods(*TEN, number=5))
    os.utime(room_of(office, "today.xml"), (1, 1))
    os.utime(room_of(office, "torn.xml"), (office.clock.at, office.clock.at))
    run(office)
    assert [Path(name).name for name in lying(office)] == ["today.xml"]


def test_day_is_over_at_midnight_utc(office: PostOffice) -> None:
    office.send("goods.xml", goods(*TEN))
    office.clock.pass_(seconds=14 * 3600 - 1)  # to 23:59:59
    assert run(office).archived == []
    office.clock.pass_(seconds=1)
    assert len(run(office).archived) == 1


def test_what_is_held_waits_for_a_person_however_long(office: PostOffice) -> None:
    fed(office)
    office.clock.pass_(days=20)
    run(office)
    assert office.where("suspicious.xml") == ["held"]
    number = arrival(office, "suspicious.xml")
    with office.open() as opened:
        held.refuse(opened, number)
    office.clock.pass_(days=1)
    run(office)
    assert office.where("suspicious.xml") == []
    assert "suspicious.xml" in [name for found in names(office).values() for name in found]


def test_what_is_not_put_away_yet_stays_for_a_later_run(office: PostOffice) -> None:
    fed(office)
    change(office, "goods.xml", put_away=False)
    account = run(office)
    assert list(codes(account.waiting).values()) == ["trim.unfinished"]
    assert office.where("goods.xml") == ["processed"]
    assert office.where("torn.xml") == []
    office.feed()
    assert run(office).waiting == []
    assert office.where("goods.xml") == []


def test_file_that_lies_in_another_room_than_its_verdict_stays(office: PostOffice) -> None:
    fed(office)
    wrong = office.root / "error" / room_of(office, "goods.xml").parent.relative_to(office.root / "processed")
    shutil.move(room_of(office, "goods.xml").parent, wrong)
    assert codes(run(office).left) == {wrong.name: "trim.elsewhere"}
    assert office.where("goods.xml") == ["error"]


def test_what_no_record_knows_stays_and_is_told(office: PostOffice) -> None:
    fed(office)
    day = room_of(office, "goods.xml").parents[1]
    stranger = day / "0000000777" / "stranger.xml"
    stranger.parent.mkdir()
    stranger.write_text("mine")
    (day / "notes").mkdir()
    beside = room_of(office, "goods.xml").with_name("remark.txt")
    beside.write_text("a person's")
    link = room_of(office, "torn.xml").with_name("torn.xml.why")
    link.unlink()
    link.symlink_to("/etc/passwd")
    for _ in range(2):
        account = run(office)
        assert codes(account.left) == {
            "0000000777": "trim.unknown",
            "notes": "trim.foreign",
            "remark.txt": "trim.foreign",
            "torn.xml.why": "trim.no-file",
        }
        assert sorted(Path(name).name for name in lying(office)) == ["remark.txt", "stranger.xml", "torn.xml.why"]
    assert len(archived(office)) == 3


def test_what_comes_later_for_a_day_goes_into_the_next_archive(office: PostOffice) -> None:
    fed(office)
    place = room_of(office, "torn.xml")
    change(office, "goods.xml", put_away=False)
    run(office)
    place.parent.mkdir(parents=True)
    place.write_text("another")
    change(office, "goods.xml", put_away=True)
    run(office)
    assert names(office)[f"broken_archive/exports-{YESTERDAY}-2.tgz"] == ["torn.xml"]
    assert names(office)[f"processed_archive/exports-{YESTERDAY}.tgz"] == ["goods.xml"]


def test_second_run_does_nothing(office: PostOffice) -> None:
    fed(office)
    run(office)
    before = whole(office)
    account = run(office)
    assert (account.archived, account.left, account.waiting) == ([], [], [])
    assert whole(office) == before


def test_names_that_are_no_text_go_too(office: PostOffice) -> None:
    for name in (os.fsdecode(b"\xff\xfe.xml"), "a\nb.xml", "x" * 251 + ".xml"):
        office.drop(name, goods(*TEN)[:-30])
    office.feed()
    office.clock.pass_(days=1)
    before = lying(office)
    assert len(before) == 6
    run(office)
    assert {name: data for files in archived(office).values() for name, data in files.items()} == before
    assert lying(office) == {}


def test_plan_says_what_a_run_does_and_does_nothing(office: PostOffice) -> None:
    fed(office)
    before = whole(office)
    todo = look(office)
    assert whole(office) == before
    account = run(office)
    assert [(one.spot, len(one.files), one.path) for one in todo.bundles] == [
        (one.spot, one.files, one.path) for one in account.archived
    ]


def test_what_is_restored_is_removed_again_and_not_archived_twice(office: PostOffice) -> None:
    fed(office)
    before = lying(office)
    run(office)
    archives = archived(office)
    for name, data in before.items():
        (office.root / name).parent.mkdir(parents=True, exist_ok=True)
        (office.root / name).write_bytes(data)
    account = run(office)
    assert all(one.path is None for one in account.archived)
    assert sum(one.kept for one in account.archived) == 5
    assert archived(office) == archives
    assert lying(office) == {}


def test_damaged_archive_is_told_and_its_files_are_archived_anew(office: PostOffice) -> None:
    fed(office)
    before = lying(office)
    run(office)
    path = office.root / f"backup/processed_archive/exports-{YESTERDAY}.tgz"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-20])
    for name, data in before.items():
        (office.root / name).parent.mkdir(parents=True, exist_ok=True)
        (office.root / name).write_bytes(data)
    account = run(office)
    assert codes(account.left) == {f"exports-{YESTERDAY}.tgz": "archive.damaged"}
    path.unlink()
    assert names(office)[f"processed_archive/exports-{YESTERDAY}-2.tgz"] == ["goods.xml"]
    assert lying(office) == {}


def test_state_that_cannot_be_read_trims_nothing(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    fed(office)
    before = whole(office)

    def damaged(self: Ledger) -> None:
        raise Halt(Reason("store.damaged", folder="x", detail="y"))

    with office.open() as opened:
        monkeypatch.setattr(Ledger, "exports", damaged)
        with pytest.raises(Halt):
            trim(opened)
    assert whole(office) == before


def test_room_that_is_away_stops_no_other(office: PostOffice) -> None:
    fed(office)
    with office.open() as opened:
        shutil.rmtree(office.root / "backup" / "error_archive")
        account = trim(opened)
    assert codes(account.left) == {"error_archive": "disk.missing"}
    assert office.where("old.xml") == ["error"]
    assert office.where("goods.xml") == []


def test_chunks_that_no_till_needs_go(office: PostOffice) -> None:
    fed(office)
    chunks = office.root / "state" / "chunks"
    kept = set(chunks.rglob("*.aif"))
    office.send("change.xml", goods(good("2", "7.00"), full=False))
    office.take_all()
    assert set(chunks.rglob("*.aif")) > kept
    assert run(office).chunks == 1
    assert set(chunks.rglob("*.aif")) == kept


# --- ages


def plant(office: PostOffice, *archives: str) -> None:
    for name in archives:
        path = office.root / "backup" / name
        path.write_bytes(b"any")


def backups(office: PostOffice) -> list[str]:
    return sorted(path.name for path in (office.root / "backup").rglob("*") if path.is_file())


def test_archives_past_their_days_are_deleted_by_the_date_in_their_name(office: PostOffice) -> None:
    """Today is the 21st of November; thirty days are kept."""
    run(office)
    plant(office, "processed_archive/exports-26-10-22.tgz", "error_archive/sales-26-10-21-3.tgz")
    plant(office, "broken_archive/exports-26-10-21.tgz", "broken_archive/exports-19-01-01.tgz")
    os.utime(office.root / "backup/processed_archive/exports-26-10-22.tgz", (1, 1))
    account = run(office)
    assert sorted(account.deleted) == [
        "broken_archive/exports-19-01-01.tgz",
        "broken_archive/exports-26-10-21.tgz",
        "error_archive/sales-26-10-21-3.tgz",
    ]
    assert backups(office) == ["exports-26-10-22.tgz"]


def test_how_long_archives_are_kept_is_a_setting(make_office: Callable[..., PostOffice]) -> None:
    office = make_office(settings="[trim]\nkeep_days = 3")
    run(office)
    plant(office, "processed_archive/exports-26-11-18.tgz", "processed_archive/exports-26-11-17.tgz")
    run(office)
    assert backups(office) == ["exports-26-11-18.tgz"]


def test_foreign_names_among_archives_are_left_and_told(office: PostOffice) -> None:
    run(office)
    plant(office, "processed_archive/exports-19-01-01.tgz.old", "processed_archive/2019.tgz")
    account = run(office)
    assert codes(account.left) == {"exports-19-01-01.tgz.old": "trim.no-archive", "2019.tgz": "trim.no-archive"}
    assert backups(office) == ["2019.tgz", "exports-19-01-01.tgz.old"]


def test_archive_made_in_a_run_outlives_it(office: PostOffice) -> None:
    """However old what is in it may be: a person has a day to look."""
    fed(office)
    office.clock.pass_(days=60)
    assert run(office, trust_clock=True).deleted == []
    assert len(archived(office)) == 3
    assert len(later(office, 1).deleted) == 3


def replies(office: PostOffice) -> set[str]:
    return {path.name for path in (office.root / "replies").iterdir()}


def later(office: PostOffice, days: int) -> Account:
    """A run so many days later, as if there had been one on each day."""
    office.clock.pass_(days=days)
    return run(office, trust_clock=True)


def test_replies_go_with_age_and_a_held_exports_never(office: PostOffice) -> None:
    fed(office)
    every = replies(office)
    later(office, 29)
    assert replies(office) == every
    account = later(office, 1)
    assert set(account.replies) == every - {"suspicious.xml.json"}
    assert replies(office) == {"suspicious.xml.json"}
    number = arrival(office, "suspicious.xml")
    with office.open() as opened:
        held.refuse(opened, number)
    later(office, 30)
    assert replies(office) == {"suspicious.xml.json"}
    later(office, 1)
    assert replies(office) == set()


def test_reply_under_a_name_that_came_before_is_as_young_as_its_export(office: PostOffice) -> None:
    office.send("goods.xml", goods(*TEN, number=1))
    later(office, 31)
    assert replies(office) == set()
    office.send("goods.xml", goods(*TEN, number=2))
    later(office, 2)
    assert replies(office) == {"goods.xml.json"}


def test_reply_of_an_export_that_is_not_finished_stays(office: PostOffice) -> None:
    """It may be written, and its name not yet be noted, beside an old export of the same name."""
    office.send("goods.xml", goods(*TEN, number=1))
    office.clock.pass_(days=1)
    run(office)
    office.clock.pass_(days=30, hours=1)
    office.send("goods.xml", goods(*TEN, number=2))
    change(office, "goods.xml", put_away=False, reply="")
    assert run(office, trust_clock=True).replies == []
    change(office, "goods.xml", put_away=True, reply="another.json")
    assert run(office, trust_clock=True).replies == ["goods.xml.json"]


def test_foreign_replies_stay(office: PostOffice) -> None:
    (office.root / "replies" / "mine.json").write_text("{}")
    run(office)
    later(office, 1)
    assert replies(office) == {"mine.json"}


# --- clocks


def test_clock_that_went_back_trims_nothing(office: PostOffice) -> None:
    fed(office)
    office.send("later.xml", goods(*TEN, number=7))
    before = whole(office)
    office.clock.pass_(days=-0.9)
    assert run(office).archived == []
    office.clock.pass_(days=-0.2)
    with office.open() as opened, pytest.raises(Retry) as found:
        trim(opened)
    assert found.value.reason.code == "trim.clock-back"
    assert whole(office) == before


def test_archive_of_the_future_says_that_the_clock_went_back(office: PostOffice) -> None:
    plant(office, "processed_archive/exports-26-11-23.tgz")
    with pytest.raises(Retry):
        run(office)
    assert run(office, trust_clock=True).archived == []


def test_last_run_says_that_the_clock_went_back(office: PostOffice) -> None:
    run(office)
    office.clock.pass_(days=-2)
    with pytest.raises(Retry):
        run(office)
    run(office, trust_clock=True)
    run(office)


def test_clock_that_leapt_ahead_deletes_nothing_on_that_day(office: PostOffice) -> None:
    run(office)
    fed(office)
    run(office)
    last = office.clock.at
    office.clock.pass_(days=31)
    every = replies(office)
    for _ in range(3):
        account = run(office)
        assert account.leapt == last
        assert (account.deleted, account.replies) == ([], [])
    assert replies(office) == every
    assert len(backups(office)) == 3
    office.clock.pass_(days=1)
    account = run(office)
    assert account.leapt is None
    assert len(account.deleted) == 3
    assert backups(office) == []


def test_clock_that_leapt_ahead_still_archives(office: PostOffice) -> None:
    fed(office)
    run(office)
    office.send("more.xml", goods(*TEN, number=8))
    office.clock.pass_(days=60)
    account = run(office)
    assert account.leapt is not None
    assert names(office)["processed_archive/exports-26-11-22.tgz"] == ["more.xml"]


def test_export_that_came_after_the_leap_does_not_hide_it(office: PostOffice) -> None:
    fed(office)
    run(office)
    office.clock.pass_(days=60)
    office.send("more.xml", goods(*TEN, number=8))
    assert run(office).leapt is not None
    assert len(backups(office)) == 3


def test_first_run_of_all_goes_by_what_else_is_known(office: PostOffice) -> None:
    fed(office)
    office.clock.pass_(days=40)
    assert run(office).leapt is not None
    assert replies(office)


def test_first_run_in_an_empty_root_suspects_nothing(office: PostOffice) -> None:
    assert run(office).leapt is None
    with office.open() as opened, opened.store.read() as txn:
        assert float(Ledger(txn).noted(TRIMMED)) == NOON


def test_person_may_say_that_the_clock_is_right(office: PostOffice) -> None:
    fed(office)
    run(office)
    office.clock.pass_(days=60)
    assert len(run(office, trust_clock=True).deleted) == 3


# --- sales


def sale(office: PostOffice, arrival: int, name: str, state: FileState = FileState.PROCESSED, **values: object) -> Path:
    """A sales file as its way through the rooms leaves it."""
    shown = printable(name)
    own = "" if shown == name else kept(name)
    file = SalesFile(arrival, shown, state, office.clock.at, kept=own, decided=office.clock.at, put_away=True)
    with office.open() as opened, open_books(opened) as books, books.write() as txn:
        txn.save(msgspec.structs.replace(file, **values))
    folder = office.root / state.value / "sales" / "2026-11-21" / f"{arrival:010}"
    folder.mkdir(parents=True)
    (folder / name).write_text("sales")
    return folder / name


def test_sales_files_that_are_booked_go_into_their_own_archives(office: PostOffice) -> None:
    fed(office)
    office.clock.pass_(days=-1)
    sale(office, 1, "sale_1.json")
    broken = sale(office, 2, "tôrn\n.json", FileState.BROKEN)
    broken.with_name(broken.name + ".why").write_text("torn")
    office.clock.pass_(days=1)
    account = run(office)
    assert (account.left, account.waiting) == ([], [])
    found = names(office)
    assert found[f"processed_archive/sales-{YESTERDAY}.tgz"] == ["sale_1.json"]
    assert found[f"broken_archive/sales-{YESTERDAY}.tgz"] == ["tôrn\n.json", "tôrn\n.json.why"]
    assert found[f"processed_archive/exports-{YESTERDAY}.tgz"] == ["goods.xml"]
    assert lying(office) == {}


def test_nothing_of_sales_goes_that_is_not_booked(office: PostOffice) -> None:
    sale(office, 1, "a.json")
    sale(office, 2, "b.json", put_away=False)
    sale(office, 3, "c.json", FileState.ERROR)
    stranger = office.root / "processed/sales/2026-11-21/0000000009/d.json"
    stranger.parent.mkdir()
    stranger.write_text("unknown")
    with office.open() as opened, open_books(opened) as books, books.write() as txn:
        third = txn.file(3)
        assert third is not None
        txn.save(msgspec.structs.replace(third, state=FileState.PROCESSED))
    office.clock.pass_(days=1)
    account = run(office)
    assert codes(account.waiting) == {"0000000002": "trim.unfinished"}
    assert codes(account.left) == {"0000000003": "trim.elsewhere", "0000000009": "trim.unknown"}
    assert sorted(Path(name).name for name in lying(office)) == ["b.json", "c.json", "d.json"]


def test_books_that_cannot_be_read_keep_every_sales_file(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    fed(office)
    sale(office, 1, "a.json")
    office.clock.pass_(days=1)

    def away(opened: Office) -> None:
        raise Retry(Reason("disk.away", path="books", detail="gone"))

    with monkeypatch.context() as patched:
        patched.setattr("tillpost.pipeline.collect.open_books", away)
        account = run(office)
    assert codes(account.waiting)["sales"] == "disk.away"
    assert [Path(name).name for name in lying(office)] == ["a.json"]
    run(office)
    assert lying(office) == {}


def test_root_without_books_gets_none_by_trimming(office: PostOffice) -> None:
    fed(office)
    stranger = office.root / "processed/sales/2026-11-21/0000000001/a.json"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("whose?")
    assert codes(run(office).left) == {"0000000001": "trim.unknown"}
    assert not (office.root / "state" / "books.sqlite").exists()


def test_sales_file_that_came_says_how_late_it_is(office: PostOffice) -> None:
    sale(office, 1, "a.json")
    office.clock.pass_(days=-3)
    with pytest.raises(Retry):
        run(office)


def test_documents_that_the_erp_took_go_with_age_and_no_others(office: PostOffice) -> None:
    def body(version: int) -> bytes:
        return b"<receipt/>"

    def kept_bodies() -> list[str]:
        with office.open() as opened, open_books(opened) as books, books.read() as txn:
            return [one.name for one in txn.due(10) if one.body]

    with office.open() as opened, open_books(opened) as books, books.write() as txn:
        for name in ("due", "taken", "written"):
            txn.deliver(Delivery("receipt", name, name, name.encode(), body), office.clock.at)
        ids = {one.name: one.id for one in txn.due(10)}
        txn.mark_written([ids["taken.xml"], ids["written.xml"]], office.clock.at)
        txn.mark_taken([ids["taken.xml"]], office.clock.at)
    assert later(office, 30).documents == 0
    assert later(office, 1).documents == 1
    assert later(office, 1).documents == 0
    assert kept_bodies() == ["due.xml"]


# --- full disks and kills


def three_days(office: PostOffice) -> None:
    """Something in each room on each of three days; some of it was trimmed already, and came back."""
    for number in range(3):
        office.send(f"goods{number}.xml", goods(*TEN, number=10 * number + 2))
        office.send("torn.xml", goods(*TEN)[:-30])
        office.send(f"old{number}.xml", goods(TEN[0], number=1))
        if number == 1:
            before = lying(office)
            run(office)
            for name, data in before.items():
                (office.root / name).parent.mkdir(parents=True, exist_ok=True)
                (office.root / name).write_bytes(data)
        office.clock.pass_(days=1)


@pytest.fixture
def three(office: PostOffice, tmp_path: Path) -> Callable[[str], PostOffice]:
    """The same root, as often as it is wanted."""
    three_days(office)

    def fresh(name: str) -> PostOffice:
        other = PostOffice.__new__(PostOffice)
        other.root = tmp_path / name
        shutil.copytree(office.root, other.root)
        other.clock = type(office.clock)(office.clock.at)
        other.tills = office.tills
        return other

    return fresh


def steps(count: int, seed: str) -> list[int]:
    every = range(1, count + 1)
    return list(every) if ALL else sorted(random.Random(seed).sample(every, min(SAMPLE, count)))


def kept_once(office: PostOffice, files: dict[str, bytes]) -> None:
    """Every file is in one archive, whole, and nowhere else."""
    found = [pair for held in archived(office).values() for pair in held.items()]
    assert sorted(found) == sorted(files.items())
    assert lying(office) == {}
    assert list(office.root.rglob(".tillpost-*.tmp")) == []


def nothing_lost(office: PostOffice, files: Iterable[tuple[str, bytes]]) -> None:
    somewhere = set(lying(office).items()) | {pair for held in archived(office).values() for pair in held.items()}
    assert set(files) <= somewhere


def everything(office: PostOffice) -> dict[str, bytes]:
    every = lying(office)
    for files in archived(office).values():
        every.update(files)
    return every


def test_process_may_be_killed_at_any_step(three: Callable[[str], PostOffice]) -> None:
    office = three("whole")
    files = everything(office)
    assert len(files) == 15
    fuse = Fuse()
    with office.open(fuse) as opened:
        trim(opened)
    kept_once(office, files)
    for at in steps(fuse.count, "kill"):
        cut = three(f"cut{at}")
        with cut.open(Fuse(at)) as opened, pytest.raises(Stopped):
            trim(opened)
        nothing_lost(cut, files.items())
        with cut.open(Fuse(at)) as opened, suppress(Stopped):  # and perhaps again
            trim(opened)
        nothing_lost(cut, files.items())
        run(cut)
        kept_once(cut, files)
        shutil.rmtree(cut.root)


def test_service_may_end_a_run_wherever_it_is(three: Callable[[str], PostOffice]) -> None:
    """It is asked at every arrival, every piece that is read and every file that is removed."""
    office = three("office")
    files = everything(office)
    patience = 0
    while lying(office):
        patience += 5
        left = patience

        def enough(name: str, done: int, size: int) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise Stopped

        with office.open(progress=enough) as opened, suppress(Stopped):
            trim(opened)
        nothing_lost(office, files.items())
    assert patience > 20
    run(office)
    kept_once(office, files)


def test_disk_may_be_full_at_any_step(three: Callable[[str], PostOffice]) -> None:
    """The day that does not go is told, and goes later; the others go on."""
    office = three("whole")
    files = everything(office)
    fuse = Fuse()
    with office.open(fuse) as opened:
        trim(opened)
    for at in steps(fuse.count, "full"):
        cut = three(f"full{at}")
        with cut.open(Fuse(at, full)) as opened:
            account = trim(opened)
        assert len(account.waiting) == 1, at
        nothing_lost(cut, files.items())
        assert len({tuple(name.split("/")[:3]) for name in lying(cut)}) <= 1, at
        run(cut)
        kept_once(cut, files)
        shutil.rmtree(cut.root)


def test_disk_that_is_full_for_one_room_stops_no_other(office: PostOffice) -> None:
    fed(office)

    class Full(FaultyDisk):
        def write_new(self, path: Path, pieces: object, mode: int) -> int:
            if path.parent.name == "broken_archive":
                raise full(path)
            return LocalDisk().write_new(path, pieces, mode)  # type: ignore[arg-type]

    with office.open(disk=Full(Fuse())) as opened:
        account = trim(opened)
    assert codes(account.waiting) == {"2026-11-21": "disk.full"}
    assert {Path(name).name for name in lying(office)} == {"torn.xml", "torn.xml.why"}


@settings(
    max_examples=200 if ALL else 15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    files=st.lists(st.tuples(st.integers(1, 4), st.sampled_from("ab"), st.binary(max_size=400)), max_size=5),
    cuts=st.lists(st.integers(1, 40), max_size=3),
)
def test_any_files_and_any_interruptions(
    make_office: Callable[..., PostOffice], files: list[tuple[int, str, bytes]], cuts: list[int]
) -> None:
    """Whatever comes for a day, before, between and after runs that were killed, is in its archives in the end."""
    office = make_office()
    wanted: set[tuple[str, bytes]] = set()
    try:
        with office.open() as opened, opened.store.write() as txn:
            for arrival in range(1, 5):
                done = Export.arrived(arrival, "a", "", 0, office.clock.at)
                Ledger(txn).save(msgspec.structs.replace(done, state="processed", put_away=True, decided=NOON))
        office.clock.pass_(days=1)
        for at, (arrival, name, data) in enumerate([*files, (1, "a", b"last")]):
            path = office.root / f"processed/exports/2026-11-21/{arrival:010}" / ("a.why" if name == "b" else "a")
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_bytes(data)
                wanted.add((path.relative_to(office.root).as_posix(), data))
            if at < len(cuts):
                with office.open(Fuse(cuts[at])) as opened, suppress(Stopped):
                    trim(opened)
            nothing_lost(office, wanted)
        run(office)
        found = [pair for held in archived(office).values() for pair in held.items()]
        assert sorted(found) == sorted(wanted)
        assert lying(office) == {}
    finally:
        shutil.rmtree(office.root)

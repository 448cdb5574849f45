"""The ERP's documents between the books and the outbox: what is due, written and taken, whatever the outbox does."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from faults import FaultyBooks, Fuse, Stopped
from post_office import PostOffice
from sales_pages import page, receipt, shift
from tillpost.books import Books, Sent, Transaction
from tillpost.errors import Reason, Retry
from tillpost.pipeline import outgoing
from tillpost.pipeline.collect import Collect, open_books
from tillpost.pipeline.office import Office
from tillpost.pipeline.outgoing import Outgoing, Outgone
from tillpost.queues.disk import Entry, LocalDisk

RECEIPT = "receipt_5_1_12_2026-11-20_1_1.xml"
OPENING = "shiftOpen_5_1_12_2026-11-20.xml"
SHIFT = "shift_5_1_12_2026-11-20.xml"
THREE = [RECEIPT, OPENING, SHIFT]
DAY = page([shift()], [receipt(1)])

Act = Callable[[Path], None]


class Hooked(LocalDisk):
    """A disk on which something else happens at the same time: `acts` are run before what they are named after."""

    def __init__(self) -> None:
        super().__init__()
        self.acts: dict[str, Act] = {}

    def entries(self, folder: Path) -> list[Entry]:
        self._act("entries", folder)
        return super().entries(folder)

    def rename(self, source: Path, target: Path, *, replace: bool = False) -> None:
        self._act("rename", target)
        super().rename(source, target, replace=replace)

    def write_new(self, path: Path, pieces: Iterable[bytes], mode: int) -> int:
        self._act("write_new", path)
        return super().write_new(path, pieces, mode)

    def _act(self, name: str, path: Path) -> None:
        if path.parts[-2:-1] == ("outbox",) or path.name == "outbox":
            self.acts.get(name, _nothing)(path)


def _nothing(_: Path) -> None:
    pass


@contextmanager
def at_work(office: PostOffice, disk: LocalDisk | None = None) -> Iterator[tuple[Office, Books]]:
    with office.open(**({"disk": disk} if disk else {})) as opened, open_books(opened) as books:
        yield opened, books


def states(office: PostOffice) -> dict[str, int]:
    with at_work(office) as (_, books), books.read() as txn:
        return dict(Counter(one.state.value for one in txn.deliveries(99)))


def write_out(office: PostOffice) -> Outgone:
    with at_work(office) as (opened, books):
        return Outgoing(opened, books).round()


def hidden(office: PostOffice) -> list[str]:
    return [path.name for path in (office.root / "outbox").glob(".*.part")]


def in_the_way(office: PostOffice, name: str) -> Path:
    path = office.root / "outbox" / name
    path.write_text("somebody's", "utf-8")
    return path


# --- from due to taken


def test_documents_are_due_then_written_then_taken(office: PostOffice) -> None:
    [marker] = (office.root / "outbox").iterdir()
    away = marker.rename(office.root / "away")  # without it nothing is written
    office.sell("sale.json", DAY)
    office.collect()
    assert states(office) == {"due": 3}
    away.rename(marker)
    assert write_out(office).written == 3
    assert states(office) == {"written": 3}
    office.erp_takes()
    assert write_out(office).taken == 3
    assert states(office) == {"taken": 3}


def test_what_the_erp_left_is_not_taken(office: PostOffice) -> None:
    office.sell("sale.json", DAY)
    office.collect()
    (office.root / "outbox" / OPENING).unlink()
    assert write_out(office).taken == 1
    assert states(office) == {"taken": 1, "written": 2}
    assert office.outbox() == [RECEIPT, SHIFT]


def test_many_documents_come_batch_by_batch(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "BATCH", 2)
    office.sell("sale.json", page([shift(gain=262.5)], [receipt(number) for number in range(1, 6)]))
    assert office.collect().outgone.written == 7
    assert len(office.outbox()) == 7


def test_same_process_notes_what_is_taken_between_its_rounds(office: PostOffice) -> None:
    office.sell("sale.json", DAY)
    with at_work(office) as (opened, books):
        collect = Collect(opened, books)
        assert collect.round(once=True).outgone.written == 3
        office.erp_takes()
        done = collect.round(once=True).outgone
        assert (done.taken, done.written) == (3, 0)
        assert collect.round(once=True).outgone.taken == 0


# --- a name that is taken already


def test_name_that_stands_for_another_file_is_told_each_time_and_stops_no_other(office: PostOffice) -> None:
    foreign = in_the_way(office, OPENING)
    office.sell("sale.json", DAY)
    with at_work(office) as (opened, books):
        collect = Collect(opened, books)
        first = collect.round(once=True).outgone
        assert [(reason.code, OPENING in reason.text()) for reason in first.troubles] == [("durable.clash", True)]
        assert office.outbox() == THREE
        assert foreign.read_text("utf-8") == "somebody's"
        again = collect.round(once=True).outgone
        assert (again.taken, [reason.code for reason in again.troubles]) == (0, ["durable.clash"])
        foreign.unlink()
        assert collect.round(once=True).outgone.troubles == []
        assert foreign.read_bytes().startswith(b"<?xml")
    assert states(office) == {"written": 3}


def test_folder_in_the_place_of_a_document_is_told(office: PostOffice) -> None:
    (office.root / "outbox" / OPENING).mkdir()
    office.sell("sale.json", DAY)
    done = office.collect().outgone
    assert len(done.troubles) == 1
    assert [name for name in office.outbox() if (office.root / "outbox" / name).is_file()] == [RECEIPT, SHIFT]


# --- an outbox that comes and goes


def test_share_that_goes_away_while_it_is_looked_into_was_not_emptied_by_the_erp(office: PostOffice) -> None:
    office.sell("sale.json", DAY)
    office.collect()
    outbox, elsewhere = office.root / "outbox", office.root / "elsewhere"
    disk = Hooked()

    def go_away(_: Path) -> None:
        disk.acts.clear()
        outbox.rename(elsewhere)
        outbox.mkdir()

    disk.acts["entries"] = go_away
    with at_work(office, disk) as (opened, books):
        assert Outgoing(opened, books).round().taken == 0
    assert not disk.acts
    outbox.rmdir()
    elsewhere.rename(outbox)
    assert states(office) == {"written": 3}
    assert office.outbox() == THREE


def test_outbox_that_is_gone_puts_documents_off_and_loses_none(office: PostOffice) -> None:
    elsewhere = (office.root / "outbox").rename(office.root / "elsewhere")
    office.sell("sale.json", DAY)
    with at_work(office) as (opened, books):
        (office.root / "outbox").rmdir()  # opening the root made one
        done = Collect(opened, books).round(once=True)
    assert [file.state.value for file in done.files] == ["processed"]
    assert done.outgone.troubles
    assert states(office) == {"due": 3}
    (office.root / "outbox").rmdir()
    elsewhere.rename(office.root / "outbox")
    office.collect()
    assert office.outbox() == THREE


def test_document_whose_revealing_was_refused_comes_with_the_next_round(office: PostOffice) -> None:
    office.sell("sale.json", DAY)
    disk = Hooked()

    def refuse(path: Path) -> None:
        if path.name == OPENING:
            disk.acts.clear()
            raise Retry(Reason("disk.full", path=path, detail=os.strerror(errno.ENOSPC)))

    disk.acts["rename"] = refuse
    with at_work(office, disk) as (opened, books):
        collect = Collect(opened, books)
        collect.round(once=True)
        assert not disk.acts
        collect.round(once=True)
        assert office.outbox() == THREE
        assert collect.round(once=True).outgone == Outgone()
    assert states(office) == {"written": 3}


def test_what_a_full_outbox_still_took_is_shown_to_the_erp_so_that_it_can_make_room(office: PostOffice) -> None:
    office.sell("sale.json", DAY)
    disk = Hooked()
    full = Reason("disk.full", path=office.root / "outbox", detail=os.strerror(errno.ENOSPC))

    def refuse(path: Path) -> None:
        if len(office.outbox()) + len(hidden(office)) == 1:
            raise Retry(full)

    disk.acts["write_new"] = refuse
    with at_work(office, disk) as (opened, books):
        collect = Collect(opened, books)
        outgone = collect.round(once=True).outgone
        assert (outgone.written, outgone.troubles) == (1, [full])
        assert len(office.outbox()) == 1
        assert hidden(office) == []
        assert collect.round(once=True).outgone == Outgone(troubles=[full])
        for name in office.outbox():
            (office.root / "outbox" / name).unlink()
        disk.acts.clear()
        assert collect.round(once=True).outgone == Outgone(written=2, taken=1)
    assert states(office) == {"written": 2, "taken": 1}


def test_document_that_made_way_late_is_counted_when_the_erp_can_see_it(office: PostOffice) -> None:
    path = in_the_way(office, RECEIPT)
    office.sell("sale.json", DAY)
    with at_work(office) as (opened, books):
        collect = Collect(opened, books)
        assert collect.round(once=True).outgone.written == 2
        path.unlink()
        assert collect.round(once=True).outgone.written == 1


def test_what_a_torn_process_staged_is_written_anew(office: PostOffice) -> None:
    (office.root / "outbox" / f".{RECEIPT}.part").write_bytes(b"<rec")
    office.sell("sale.json", DAY)
    office.collect()
    assert office.outbox() == THREE
    assert b"</receipt>" in (office.root / "outbox" / RECEIPT).read_bytes()
    assert [path.name for path in (office.root / "outbox").glob(".*.part")] == []


def test_staged_file_of_no_document_of_ours_is_removed(office: PostOffice) -> None:
    (office.root / "outbox" / ".nothing.xml.part").write_bytes(b"<rec")
    office.sell("sale.json", DAY)
    office.collect()
    assert [path.name for path in (office.root / "outbox").glob(".*.part")] == []


# --- an ERP that flags what it took


@pytest.fixture
def flagging(office: PostOffice) -> PostOffice:
    office.settings("[outbox]\ntaken_by = 'flag'")
    office.sell("sale.json", DAY)
    office.collect()
    return office


def flag(office: PostOffice, *names: str, suffix: str = ".taken") -> None:
    for name in names:
        (office.root / "outbox" / f"{name}{suffix}").touch()


def test_what_the_erp_flagged_is_taken_and_removed_with_its_flag(flagging: PostOffice) -> None:
    assert write_out(flagging) == Outgone()
    assert flagging.outbox() == THREE
    flag(flagging, RECEIPT, SHIFT)
    assert write_out(flagging) == Outgone(taken=2)
    assert flagging.outbox() == [OPENING]
    assert states(flagging) == {"taken": 2, "written": 1}


def test_suffix_of_the_flag_is_a_setting(office: PostOffice) -> None:
    office.settings("[outbox]\ntaken_by = 'flag'\nflag_suffix = '.ok'")
    office.sell("sale.json", DAY)
    office.collect()
    flag(office, RECEIPT)
    flag(office, OPENING, suffix=".ok")
    assert write_out(office).taken == 1
    assert office.outbox() == [RECEIPT, f"{RECEIPT}.taken", SHIFT]


def test_document_that_the_erp_flags_and_deletes_is_taken(flagging: PostOffice) -> None:
    flag(flagging, *THREE)
    for name in THREE:
        (flagging.root / "outbox" / name).unlink()
    assert write_out(flagging) == Outgone(taken=3)
    assert flagging.outbox() == []


def test_document_that_goes_without_its_flag_is_told_and_comes_again(flagging: PostOffice) -> None:
    before = (flagging.root / "outbox" / RECEIPT).read_bytes()
    (flagging.root / "outbox" / RECEIPT).unlink()
    with at_work(flagging) as (opened, books):
        going = Outgoing(opened, books)
        done = going.round()
        assert (done.taken, done.written) == (0, 1)
        assert [(reason.code, reason.parts["name"]) for reason in done.troubles] == [("outgoing.unflagged", RECEIPT)]
        assert (flagging.root / "outbox" / RECEIPT).read_bytes() == before
        (flagging.root / "outbox" / RECEIPT).unlink()
        assert going.round().written == 1
    assert states(flagging) == {"written": 3}


def test_flag_of_no_document_of_ours_stays(flagging: PostOffice) -> None:
    flag(flagging, "somebody.xml")
    assert write_out(flagging) == Outgone()
    assert "somebody.xml.taken" in flagging.outbox()


def test_flagged_document_is_taken_once_wherever_the_removing_is_cut_short(flagging: PostOffice) -> None:
    """Between the two removals lies the commit; each step before and after it may be the last."""
    for at in range(1, 30):
        flagging.sell(f"{at}.json", page([], [receipt(1, shift=at)]))
        flagging.collect()
        names = flagging.outbox()
        flag(flagging, *names)
        fuse = Fuse(at)
        with flagging.open(fuse) as opened, open_books(opened) as books, suppress(Stopped):
            Outgoing(opened, FaultyBooks(books, fuse)).round()  # type: ignore[arg-type]
        assert write_out(flagging).troubles == []
        assert flagging.outbox() == []
        assert set(states(flagging)) == {"taken"}
        if not fuse.went_off:
            break
    assert at > 4


# --- how often the books are asked


def test_books_are_asked_again_only_when_the_outbox_looks_otherwise(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    ask = Transaction.written

    def counted(txn: Transaction) -> list[Sent]:
        asked.append(1)
        return ask(txn)

    monkeypatch.setattr(Transaction, "written", counted)
    office.sell("sale.json", DAY)
    with at_work(office) as (opened, books):
        going = Outgoing(opened, books)
        Collect(opened, books).round(once=True)
        going.round()
        asked.clear()
        assert [going.round() for _ in range(3)] == [Outgone()] * 3
        assert not asked
        (office.root / "outbox" / RECEIPT).unlink()
        assert going.round().taken == 1
        assert asked


def test_what_another_process_wrote_and_the_erp_took_at_once_is_noted(office: PostOffice) -> None:
    with at_work(office) as (opened, books):
        going = Outgoing(opened, books)
        going.round()  # sees an outbox without a document
        office.sell("sale.json", DAY)
        Collect(opened, books).round(once=True)
        office.erp_takes()
        assert going.round().taken == 3

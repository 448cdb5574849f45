"""A machine as its settings say it is: its lines, that one process has it, and what can be read beside it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from tillpost.devices.journal.entries import Command, Verdict
from tillpost.devices.lines.simlink import SimClock, SimLink
from tillpost.devices.machine.building import as_written, book_of, machine_of
from tillpost.devices.machine.glory import GloryMachine
from tillpost.devices.machine.nouns import Phase
from tillpost.devices.machine.settings import CashSettings, load
from tillpost.devices.nouns import Pieces, Standing
from tillpost.devices.promises import Link
from tillpost.errors import Halt, Retry

ETC = Path(str(files("tillpost.etc")))


class Nobody:
    """`SimulatedDevice` that never answers."""

    def hear(self, data: bytes, now: float) -> bytes:
        return b""

    def line_held(self, seconds: float, now: float) -> None: ...


@pytest.fixture
def clock() -> SimClock:
    return SimClock()


def settings(folder: Path, name: str = "cash-composite.toml", **changes: tuple[str, str]) -> CashSettings:
    text = (ETC / name).read_text("utf-8")
    for old, new in changes.values():
        text = text.replace(old, new)
    (folder / "cash.toml").write_text(text, "utf-8")
    (folder / "sales").mkdir(exist_ok=True)
    return load(folder / "cash.toml")


class Lines:
    """Makes lines with nobody at their other ends, and notes which."""

    def __init__(self, clock: SimClock) -> None:
        self.made: list[tuple[str, int, int]] = []
        self._clock = clock

    def __call__(self, port: str, baud: int, stop_bits: int) -> Link:
        self.made.append((port, baud, stop_bits))
        return SimLink(self._clock, Nobody())


def test_a_machine_of_single_devices_has_a_line_for_notes_and_one_for_coins(tmp_path: Path, clock: SimClock) -> None:
    lines = Lines(clock)
    with machine_of(settings(tmp_path), clock, line=lines) as machine:
        assert list(machine.status.standings) == ["notes", "coins", "ten", "one"]
        assert [unit.id for unit in machine.status.units] == ["ten", "one", "mixer", "box"]
    assert sorted(lines.made) == [("/dev/ttyUSB0", 9600, 1), ("/dev/ttyUSB1", 9600, 1)]


def test_ssp_is_spoken_with_two_stop_bits_and_a_key_where_one_is_set(tmp_path: Path, clock: SimClock) -> None:
    lines = Lines(clock)
    changes = {"protocol": ('protocol = "ccnet"', 'protocol = "ssp"\nkey = "0123456701234567"')}
    with machine_of(settings(tmp_path, **changes), clock, line=lines) as machine:
        assert machine.status.phase is Phase.STARTING
    assert ("/dev/ttyUSB0", 9600, 2) in lines.made


def test_a_glory_is_spoken_to_over_the_network(tmp_path: Path, clock: SimClock) -> None:
    away = {
        "host": ('"192.168.0.25"', '"127.0.0.1"\nport = 1'),
        "address": ("192.168.0.10", "127.0.0.1"),
        "listen": ("listen = 55561", "listen = 0"),
    }
    with machine_of(settings(tmp_path, "cash-glory.toml", **away), clock) as machine:
        machine.poll()
        assert isinstance(machine, GloryMachine)
        assert machine.status.standings == {"machine": Standing.OFFLINE}


def test_devices_that_are_away_are_offline_and_cash_is_blocked(tmp_path: Path, clock: SimClock) -> None:
    with machine_of(settings(tmp_path), clock, line=Lines(clock)) as machine:
        while clock.monotonic() < 20:
            machine.poll()
        assert set(machine.status.standings.values()) == {Standing.OFFLINE}
        assert "blocking.offline" in {block.staff.code for block in machine.status.blocks}


def test_one_process_has_the_machine_until_it_lets_it_go(tmp_path: Path, clock: SimClock) -> None:
    known = settings(tmp_path)
    with book_of(known, clock), pytest.raises(Retry) as taken, book_of(known, clock):
        pass
    assert taken.value.reason.code == "journal.taken"
    with machine_of(known, clock, line=Lines(clock)):
        pass
    with book_of(known, clock) as book:
        assert not book.account.open


def test_a_name_that_no_document_may_bear_is_refused(tmp_path: Path, clock: SimClock) -> None:
    known = settings(tmp_path, machine=('machine = "cash1"', 'machine = "cash 1"'))
    with pytest.raises(Halt) as refused, book_of(known, clock):
        pass
    assert refused.value.reason.code == "documents.name"


def test_what_is_written_can_be_read_beside_the_process_that_writes(tmp_path: Path, clock: SimClock) -> None:
    known = settings(tmp_path)
    path = Path(known.journal)
    assert as_written(known, clock).entries == []
    assert not path.exists()
    with book_of(known, clock) as book:
        tens = (Pieces(1000, 7),)
        filled = book.begin(Command.FILL, unit="ten", pieces=tens)
        book.conclude(filled.n, Verdict.COMMITTED, taken=tens)
        opened = book.begin(Command.DEPOSIT, amount=3700)
        with path.open("ab") as file:
            file.write(b'{"entry":"cred')  # being written
        before = path.read_bytes()
        written = as_written(known, clock)
        assert (written.account.active, written.status.wanted) == (opened.n, 3700)
        assert {unit.id: unit.count for unit in written.status.units} == {"ten": 7, "one": 0, "mixer": 0, "box": 0}
        assert path.read_bytes() == before


def test_a_journal_that_may_not_be_read_is_said_so(tmp_path: Path, clock: SimClock) -> None:
    known = settings(tmp_path)
    Path(known.journal).mkdir()
    with pytest.raises(Halt) as refused:
        as_written(known, clock)
    assert refused.value.reason.code == "journal.denied"

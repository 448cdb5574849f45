"""A line says whether it is whole, and a journal where it is torn and where it is damaged."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.devices.journal.entries import (
    Carried,
    Command,
    Credit,
    Entry,
    Intent,
    Outcome,
    Place,
    Resolution,
    Torn,
    Unsure,
    Verdict,
    entries_in,
    head_of,
    spelt,
)
from tillpost.devices.nouns import Form, Pieces
from tillpost.errors import Halt
from tillpost.model import digest

AT = "2026-11-21T09:14:03.250Z"
INTENT = Intent(1, AT, Command.DISPENSE, "hopper", "10", 30, (Pieces(10, 3),), 7, ("s", 1, 2), 0, "sale 12")
CREDIT = Credit(2, AT, ("21KC12345678", 3, 41), 50000, Form.COIN, "path 1", "coins", 0, 1)
OUTCOME = Outcome(3, AT, 1, Verdict.UNKNOWN, paid=(Pieces(10, 1),), unpaid=(Pieces(10, 2),), code="jam")
RESOLUTION = Resolution(4, AT, 1, Verdict.RETURNED, "Анна", "counted the hopper")
PLACE = Place(5, AT, "coins", ("serial", 2, 300))
TORN = Torn(6, AT, 17, '{"entry":"int')
CARRIED = Carried(7, AT, (INTENT,), (Unsure(INTENT, OUTCOME),), 1, Verdict.RESET, keys=((("s", 1, 2), 50000),))
ALL: list[Entry] = [INTENT, CREDIT, OUTCOME, RESOLUTION, PLACE, TORN]
DATA = b"".join(map(spelt, ALL))
LINES = DATA.splitlines(keepends=True)


@pytest.mark.parametrize("entry", [*ALL, CARRIED], ids=lambda entry: type(entry).__name__)
def test_entry_comes_back_from_its_line(entry: Entry) -> None:
    line = spelt(entry)
    assert line.count(b"\n") == 1
    if isinstance(entry, Carried) or entry.n == 1:
        assert entries_in(line) == ([entry], len(line))


def test_line_is_json_that_a_person_can_read() -> None:
    told = json.loads(spelt(CREDIT))
    assert told.pop("sum").isalnum()
    assert told == {
        "entry": "credit",
        "n": 2,
        "at": AT,
        "key": ["21KC12345678", 3, 41],
        "denomination": 50000,
        "form": "coin",
        "unit": "path 1",
        "device": "coins",
        "within": 1,
    }


def test_journal_comes_back_from_its_lines() -> None:
    assert entries_in(DATA) == (ALL, len(DATA))
    assert entries_in(b"") == ([], 0)
    assert entries_in(spelt(CARRIED)) == ([CARRIED], len(spelt(CARRIED)))


def test_journal_cut_at_any_byte_is_its_first_whole_entries() -> None:
    for cut in range(len(DATA) + 1):
        entries, good = entries_in(DATA[:cut])
        whole = DATA[: cut + 1].count(b"\n")  # a line is whole without its newline, too
        assert entries == ALL[:whole]
        assert good == min(sum(map(len, LINES[:whole])), cut)


@given(st.binary(max_size=60), st.integers(0, len(ALL)))
def test_anything_behind_the_last_entry_is_torn(tail: bytes, count: int) -> None:
    whole = b"".join(LINES[:count])
    assert entries_in(whole + tail) == (ALL[:count], len(whole))


@given(st.data())
def test_last_line_changed_anyhow_is_torn_and_no_other_entry(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(LINES[-1]) - 2))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != LINES[-1][at]))
    whole = b"".join(LINES[:-1])
    changed = whole + LINES[-1][:at] + bytes([other]) + LINES[-1][at + 1 :]
    assert entries_in(changed) == (ALL[:-1], len(whole))


@given(st.data())
def test_line_changed_before_others_is_damage(data: st.DataObject) -> None:
    first = b"".join(LINES[:-1])
    at = data.draw(st.integers(0, len(first) - 2))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != first[at]))
    with pytest.raises(Halt, match="damaged at line"):
        entries_in(first[:at] + bytes([other]) + first[at + 1 :] + LINES[-1])


@pytest.mark.parametrize("gone", [0, 1, 2, 3, 4])
def test_line_that_is_not_there_is_damage(gone: int) -> None:
    with pytest.raises(Halt, match="damaged at line"):
        entries_in(b"".join(LINES[:gone] + LINES[gone + 1 :]))


def test_lines_in_another_order_are_damage() -> None:
    with pytest.raises(Halt, match="damaged at line"):
        entries_in(LINES[0] + LINES[2] + LINES[1])


def test_entry_of_an_unknown_kind_is_damage_though_it_is_whole() -> None:
    body = spelt(INTENT).replace(b'"entry":"intent"', b'"entry":"secret"')
    with pytest.raises(Halt, match="damaged at line 1"):
        entries_in(_with_right_sum(body))


def _with_right_sum(line: bytes) -> bytes:
    body = line[: line.index(b',"sum"')] + b"}"
    return body[:-1] + b',"sum":"' + digest(body)[:8].hex().encode() + b'"}\n'


def test_head_of_torn_bytes_is_short_and_printable() -> None:
    assert head_of(b'{"entry"\0\xff\n') == '{"entry"\\x00\\ufffd\\n'
    assert len(head_of(b"\0" * 5000)) <= 120

"""The tables of CCNET are whole, and each answer is understood as they say."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest
from tillpost.devices.ccnet import simulated as simccnet
from tillpost.devices.ccnet import states as ccnetstates
from tillpost.devices.ccnet.states import MOVES, STATES, UNDER_WAY, Phase, Seen, State, Tell
from tillpost.devices.ccnet.validator import Validator
from tillpost.devices.nouns import Credited, Escrowed, GivenBack, Happening, Lost, Standing, Stood

IDENTIFICATION = b"SM-RU1353".ljust(15) + b"21KC12345678" + bytes(7)


def table(*rows: bytes) -> bytes:
    return b"".join(rows).ljust(120, b"\0")


def known(*, last: Credited | None = None, decimals: int = 2) -> Validator:
    one = Validator(last=last, decimals=decimals)
    one.learn(IDENTIFICATION, table(b"\x05RUS\x02", b"\x01RUS\x03"))
    return one


def see(one: Validator, *bodies: str) -> list[Happening]:
    told: list[Happening] = []
    for body in bodies:
        one.sight(bytes.fromhex(body))
        told += one.see(bytes.fromhex(body), 0.0)
    return [happening for happening in told if not isinstance(happening, Stood)]


def test_every_phase_has_a_move_for_everything_that_can_be_seen() -> None:
    assert set(MOVES) == set(Phase)
    assert all(set(row) == set(Seen) for row in MOVES.values())
    assert {seen for seen, _, _ in STATES.values()} == set(Seen)
    assert set(STATES) == set(State) - {State.ILLEGAL_COMMAND}


def test_a_note_under_way_has_exactly_one_end() -> None:
    ends = {Tell.CREDITED, Tell.GIVEN_BACK, Tell.RESTARTED, Tell.LOST}
    for phase in UNDER_WAY:
        for then, tells in MOVES[phase].values():
            assert len(ends & set(tells)) == (then not in UNDER_WAY)


def test_every_credit_is_seen_as_stacked_and_nothing_else_is() -> None:
    for row in MOVES.values():
        assert {seen for seen, (_, tells) in row.items() if Tell.CREDITED in tells} <= {Seen.STACKED}
    assert [state for state, (seen, _, _) in STATES.items() if seen is Seen.STACKED] == [0x81]


def test_every_code_has_its_text() -> None:
    page = files("tillpost").joinpath("etc", "texts", "devices-ccnet.toml").read_text("utf-8")
    codes = {code for _, _, code in STATES.values() if code} | {ccnetstates.REJECTED, ccnetstates.UNKNOWN[2]}
    codes |= {*ccnetstates.REJECTIONS.values(), *ccnetstates.FAILURES.values()}
    assert codes <= set(tomllib.loads(page))


def test_moves_of_the_simulated_device_lead_somewhere() -> None:
    reached = set(simccnet.MOVES.values())
    left = {state for state, _ in simccnet.MOVES}
    assert reached <= left
    assert set(simccnet.LASTS) == {state for state, cause in simccnet.MOVES if cause is simccnet.Cause.TIME}


@pytest.mark.parametrize(
    ("row", "decimals", "denomination"),
    [
        (b"\x05RUS\x02", 2, 50_000),
        (b"\x01RUS\x03", 2, 100_000),
        (b"\x05EUR\x00", 2, 500),
        (b"\x32USD\x82", 2, 50),  # the top bit of the exponent is its sign
        (b"\x01JPN\x03", 0, 1_000),
    ],
)
def test_denominations_are_minor_units(row: bytes, decimals: int, denomination: int) -> None:
    one = Validator(decimals=decimals)
    one.learn(IDENTIFICATION, table(bytes(5), row))
    assert one.kinds == {1: denomination}


def test_a_table_of_nonsense_is_a_device_that_knows_nothing() -> None:
    one = Validator()
    one.learn(bytes(34), b"\xff" * 120)
    assert (one.kinds, one.identity and one.identity.serial) == ({}, "00" * 7)


def test_the_mask_counts_types_from_the_lowest_bit_and_takes_all_of_one_denomination() -> None:
    one = Validator()
    one.learn(IDENTIFICATION, table(b"\x05RUS\x02", b"\x01RUS\x03", b"\x05RUS\x02").ljust(120, b"\0"))
    one.want([50_000])
    see(one, "19")
    assert one.next(0.0) == (0x34, bytes.fromhex("000005000005"))


def test_one_credit_however_often_it_is_shown() -> None:
    one = known()
    see(one, "14", "15", "8000")
    one.accept()
    assert see(one, "17", "8100", "8100", "1b05", "8100", "14") == [Credited(50_000, ("21KC12345678", 1, 1))]
    assert see(one, "8100", "14", "8100") == []


def test_a_host_that_starts_at_a_stacked_note_shows_the_key_of_the_last_one() -> None:
    last = Credited(50_000, ("21KC12345678", 1, 7))
    assert see(known(last=last), "8100", "8100") == [last]
    one = known(last=last)
    assert see(one, "17", "8100") == [last]
    assert see(one, "14", "8000") == [Escrowed(50_000, ("21KC12345678", 1, 8))]


def test_a_number_is_taken_by_a_note_that_is_stacked_only() -> None:
    one = known()
    assert see(one, "14", "8000", "18", "8200", "8200", "14", "8001") == [
        Escrowed(50_000, ("21KC12345678", 1, 1)),
        GivenBack(50_000),
        Escrowed(100_000, ("21KC12345678", 1, 1)),
    ]


def test_a_note_that_was_to_be_stacked_and_is_gone_stops_the_device() -> None:
    one = known()
    one.want([50_000])
    see(one, "14", "8000")
    one.accept()
    assert see(one, "17", "14") == [Lost(1, "ccnet.outcome-unseen")]
    assert one.next(0.0) == (0x34, bytes(6))


def test_an_unasked_note_must_be_shown_twice() -> None:
    one = known()
    assert see(one, "14", "15", "17", "8100") == []
    assert see(one, "8100", "14") == [Credited(50_000, ("21KC12345678", 1, 1))]
    assert see(one, "15", "8100", "14") == [Lost(1, "ccnet.outcome-unseen")]


def test_nothing_is_acknowledged_before_its_owner_has_it() -> None:
    one = known()
    assert one.sight(b"\x80\x00")
    one.see(b"\x80\x00", 0.0)
    one.give_back()
    assert not one.sight(b"\x82\x00")
    one.see(b"\x82\x00", 0.0)
    assert one.sight(b"\x82\x00")


def test_every_state_stands_for_something() -> None:
    one = known()
    for state in range(0x10, 0x100):
        see(one, f"{state:02x}")
        assert one.standing in Standing

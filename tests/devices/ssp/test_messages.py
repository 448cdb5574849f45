"""What SSP's answers and events say, by the published ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ssp_frames import BODIES
from tillpost.devices.nouns import Pieces
from tillpost.devices.ssp.events import UNKNOWN, Amount, Code, Event, amounts, events
from tillpost.devices.ssp.messages import TRY, inhibits, levels, payout_by_denomination, serial, setup

SMART = bytes.fromhex(
    "F0 06 30343539 555344 000001 07 01 02 05 0A 14 32 64 02020202020202 000064 06"
    + "555344" * 7
    + "01000000 02000000 05000000 0A000000 14000000 32000000 64000000"
)


def test_a_validator_tells_its_channels() -> None:
    told = setup(BODIES["setup of a validator"])
    assert (told.unit, told.firmware, told.currency, told.version) == ("validator", "0100", "GBP", 5)
    assert told.values == {1: 500, 2: 1_000, 3: 2_000}


def test_since_version_6_each_channel_has_its_value_in_four_bytes() -> None:
    told = setup(SMART)
    assert (told.unit, told.currency, told.version) == ("SMART Payout", "USD", 6)
    assert tuple(told.values.values()) == (100, 200, 500, 1_000, 2_000, 5_000, 10_000)
    assert setup(SMART, decimals=0).values[7] == 100


@given(st.binary(max_size=40))
def test_a_setup_of_nonsense_is_an_error_or_some_channels(body: bytes) -> None:
    try:
        assert all(value > 0 for value in setup(body).values.values())
    except ValueError:
        assert len(body) < 17 + 2 * 255


def test_a_serial_number_is_read_high_byte_first() -> None:
    assert serial(BODIES["serial 1873452"]) == "1873452"
    with pytest.raises(ValueError, match="SERIAL"):
        serial(BODIES["ok"])


def test_inhibits_count_channels_from_the_lowest_bit() -> None:
    assert inhibits([1, 2, 3]) == BODIES["inhibits: channels 1 to 3"][1:]
    assert inhibits(range(1, 17)) == BODIES["inhibits: 16 channels"][1:]


def test_levels_are_by_denomination_and_of_one_currency() -> None:
    body = bytes.fromhex("F003" + "640014000000455552" + "410032000000455552" + "0C0064000000474250")
    assert levels(body, "EUR") == {20: 100, 50: 65}
    with pytest.raises(ValueError, match="LEVELS"):
        levels(body[:-1], "EUR")


def test_a_payout_by_denomination_is_spelt_as_published() -> None:
    assert payout_by_denomination([Pieces(100, 4), Pieces(10, 5)], "EUR") == bytes.fromhex(
        "02" + "040064000000455552" + "05000A000000455552" + "58"
    )
    assert payout_by_denomination([Pieces(100, 4)], "EUR", TRY)[-1] == 0x19


# --- events


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("slave reset, disabled", [Event(Code.RESET), Event(Code.DISABLED)]),
        ("credit 1, stacked", [Event(Code.CREDIT, b"\x01"), Event(Code.STACKED)]),
        ("stacking, credit 1", [Event(Code.STACKING), Event(Code.CREDIT, b"\x01")]),
        ("reading", [Event(Code.READ, b"\x00")]),
        ("in escrow, channel 3", [Event(Code.READ, b"\x03")]),
        ("fraud attempt, channel 2", [Event(Code.FRAUD, b"\x02")]),
        ("cleared from front", [Event(Code.CLEARED_FROM_FRONT, b"\x00")]),
        ("cleared to cashbox, channel 2", [Event(Code.CLEARED_TO_CASHBOX, b"\x02")]),
        ("all channels inhibited", [Event(Code.ALL_INHIBITED)]),
        ("ok", []),
    ],
)
def test_every_known_answer_to_a_poll_is_split_into_its_events(name: str, found: list[Event]) -> None:
    assert events(BODIES[name], 6) == found


@pytest.mark.parametrize(
    ("body", "version", "told"),
    [
        ("F0DA01000000", 5, (Amount(1),)),
        ("F0D202F401000045555205000000474250", 6, (Amount(500, 0, "EUR"), Amount(5, 0, "GBP"))),
        ("F0DC0100000005000000", 5, (Amount(1, 5),)),
        ("F0DC020100000005000000555344 0200000007000000554148", 6, (Amount(1, 5, "USD"), Amount(2, 7, "UAH"))),
    ],
)
def test_what_a_payout_tells_depends_on_the_version(body: str, version: int, told: tuple[Amount, ...]) -> None:
    data = bytes.fromhex(body)
    (event,) = events(data, version)
    assert amounts(event, version) == told
    assert [one.code for one in events(data + b"\xe8", version)] == [event.code, Code.DISABLED]


@pytest.mark.parametrize(
    ("body", "version", "codes"),
    [
        ("F0B100E8", 6, [0xB1, 0xE8]),
        ("F0B101F401000045555201E8", 7, [0xB1, 0xE8]),
        ("F0CEE8", 7, [0xCE, 0xE8]),
        ("F0CEF4010000455552E8", 8, [0xCE, 0xE8]),
        ("F0C9F4010000455552E8", 6, [0xC9, 0xE8]),
        ("F0E877EE01", 6, [0xE8, UNKNOWN]),
        ("F0EE", 6, [UNKNOWN]),
        ("F5", 6, []),
    ],
)
def test_events_of_other_lengths_and_what_nobody_knows(body: str, version: int, codes: list[int]) -> None:
    assert [event.code for event in events(bytes.fromhex(body), version)] == codes


@given(st.binary(max_size=60), st.integers(4, 8))
def test_no_byte_is_told_twice_or_left_out(rest: bytes, version: int) -> None:
    found = events(b"\xf0" + rest, version)
    assert b"".join(bytes([one.code] * (one.code != UNKNOWN)) + one.data for one in found) == rest
    assert UNKNOWN not in [one.code for one in found[:-1]]
    assert all(len(amounts(one, version)) < 256 for one in found)

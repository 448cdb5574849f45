"""The tables of SSP are whole, and what is seen is understood as they say."""

from __future__ import annotations

import tomllib
from importlib.resources import files

from tillpost.devices.nouns import Credited, Escrowed, GivenBack, Happening, Left, Lost, Rejected, Restarted, Stood
from tillpost.devices.ssp import paystates, simulated, states
from tillpost.devices.ssp.events import AT_REST, Code
from tillpost.devices.ssp.frames import Command
from tillpost.devices.ssp.messages import Setup
from tillpost.devices.ssp.states import MEANINGS, MOVES, UNDER_WAY, Phase, Seen, Tell
from tillpost.devices.ssp.validator import LOOKS_FOR_NOTES, UNSEEN, Validator

SERIAL = "1873452"


def known(*, last: Credited | None = None) -> Validator:
    one = Validator(last=last)
    one.learn(SERIAL, Setup("validator", "0459", "RUB", 6, {1: 5_000, 2: 50_000}))
    one.done(Command.REJECT, b"", b"\xf5", 0.0)  # nothing was left in escrow
    return one


def see(one: Validator, *answers: str, at: float = 0.0) -> list[Happening]:
    """Answers to polls; what is left of them without F0."""
    told: list[Happening] = []
    for answer in answers:
        told += one.see(bytes.fromhex("F0" + answer), at)
    return [happening for happening in told if not isinstance(happening, Stood)]


def said(one: Validator, at: float = 0.0) -> list[Command]:
    """What is to be said before the next poll, and is obeyed."""
    commands = []
    while (follows := one.next(at)) is not None:
        commands.append(follows[0])
        one.done(*follows, b"\xf0\x06" if follows[0] is Command.LAST_REJECT else b"\xf0", at)
    return commands


def test_every_phase_has_a_move_for_everything_that_can_be_seen() -> None:
    assert set(MOVES) == set(Phase)
    assert all(set(row) == set(Seen) for row in MOVES.values())
    assert {seen for seen, _, _ in MEANINGS.values()} | {Seen.ESCROW, Seen.GONE} == set(Seen)
    assert set(MEANINGS) == {*Code, AT_REST.code}


def test_a_note_under_way_has_exactly_one_end() -> None:
    """A restart is told once the device has looked for notes."""
    ends = {Tell.CREDITED, Tell.GIVEN_BACK, Tell.LOST}
    for phase in UNDER_WAY:
        for then, tells in MOVES[phase].values():
            ended = then not in UNDER_WAY and then is not Phase.RESTARTED
            assert len(ends & set(tells)) == ended


def test_every_credit_is_seen_as_credit_and_nothing_else_is() -> None:
    for row in MOVES.values():
        assert {seen for seen, (_, tells) in row.items() if Tell.CREDITED in tells} <= {Seen.CREDIT}
    assert [code for code, (seen, _, _) in MEANINGS.items() if seen is Seen.CREDIT] == [0xEE]


def test_every_code_has_its_text() -> None:
    codes = {code for _, _, code in MEANINGS.values()} | {code for _, code in paystates.PAY_STANDINGS.values()}
    codes |= {*states.REJECTIONS.values(), states.REJECTED, states.UNKNOWN[2], paystates.REFUSED}
    codes |= {*paystates.REFUSALS.values(), *paystates.NOT_ENABLED.values()}
    codes |= {code for _, code in paystates.ENDS.values()}
    page = files("tillpost").joinpath("etc", "texts", "ssp.toml").read_text("utf-8")
    assert codes - {""} <= set(tomllib.loads(page))


def test_moves_of_the_simulated_device_lead_somewhere() -> None:
    reached = set(simulated.MOVES.values())
    assert reached <= {state for state, _ in simulated.MOVES}
    assert set(simulated.LASTS) == {state for state, cause in simulated.MOVES if cause is simulated.Cause.TIME}


def test_one_credit_however_often_it_is_shown() -> None:
    one = known()
    see(one, "", "EF00", "EF02")
    one.accept()
    assert see(one, "CC", "CCEE02", "EE02", "EE02EB") == [Credited(50_000, (SERIAL, 1, 1))]
    assert one.unwritten
    one.acknowledge(Credited(50_000, (SERIAL, 1, 1)))
    assert said(one)[0] is Command.EVENT_ACK
    assert see(one, "", "EE02") == []


def test_a_host_that_starts_at_a_credit_shows_the_key_of_the_last_note() -> None:
    last = Credited(50_000, (SERIAL, 1, 7))
    assert see(known(last=last), "EE02", "EE02") == [last]
    one = known(last=last)
    assert see(one, "", "CC", "EE02") == [last]
    one.acknowledge(last)
    said(one)
    assert see(one, "", "EF02") == [Escrowed(50_000, (SERIAL, 1, 8))]


def test_an_unasked_credit_behind_rest_and_reading_is_a_new_note() -> None:
    last = Credited(50_000, (SERIAL, 1, 7))
    assert see(known(last=last), "", "EF00", "CC", "EE01") == [Credited(5_000, (SERIAL, 1, 8))]


def test_a_number_is_taken_by_a_note_that_is_stacked_only() -> None:
    one = known()
    assert see(one, "EF02", "ED", "EC", "EF01") == [
        Escrowed(50_000, (SERIAL, 1, 1)),
        GivenBack(50_000),
        Escrowed(5_000, (SERIAL, 1, 1)),
    ]


def test_a_note_that_was_to_be_stacked_and_is_gone_stops_the_device() -> None:
    one = known()
    one.want([50_000])
    see(one, "EF02")
    one.accept()
    assert see(one, "", at=UNSEEN - 1) == []
    assert see(one, "", at=UNSEEN) == [Lost(1, "ssp.outcome-unseen")]
    assert Command.DISABLE in said(one)


def test_an_accepted_note_is_held_once_more_before_the_poll_that_stacks_it() -> None:
    one = known()
    see(one, "EF02")
    assert one.holds
    one.accept()
    assert one.holds
    assert said(one) == [Command.HOLD]
    assert not one.holds


def test_a_device_that_does_not_hold_the_note_any_more_is_not_polled_for_it() -> None:
    one = known()
    see(one, "EF02")
    one.accept()
    follows = one.next(0.0)
    assert follows == (Command.HOLD, b"")
    one.done(*follows, b"\xf5", 0.0)
    assert one.phase is Phase.UNWANTED
    assert see(one, "EC") == [GivenBack(50_000)]


def test_a_restart_is_told_when_the_device_has_looked_for_notes() -> None:
    one = known()
    see(one, "EF02")
    assert see(one, "F1E8", "E8B6", at=1.0) == []
    assert see(one, "E8B6", at=9.0) == []
    assert see(one, "E8", at=9.5) == [Restarted(Left.NOTHING)]
    assert see(one, "F1E8", at=20.0) == []
    assert see(one, "E8E202", "E8E202", at=21.0) == [Restarted(Left.STACKER)]
    assert see(one, "F1E100", at=30.0) == [Restarted(Left.PATH)]
    assert see(one, "E8", at=30.0 + 2 * LOOKS_FOR_NOTES) == []


def test_why_a_note_has_gone_back_is_asked_and_a_held_one_was_given_back() -> None:
    inhibited, unknown = Rejected("ssp.rejected-inhibited"), Rejected("ssp.rejected")
    for reason, told in ((0x06, inhibited), (0x13, GivenBack(0)), (0x77, unknown)):
        one = known()
        see(one, "EF00", "ED", "EC")
        assert one.next(0.0) == (Command.LAST_REJECT, b"")
        assert one.done(Command.LAST_REJECT, b"", bytes([0xF0, reason]), 0.0) == [told]


def test_a_note_of_a_channel_without_a_value_goes_back() -> None:
    one = known()
    assert see(one, "EF09") == []
    assert said(one) == [Command.REJECT]
    assert see(one, "EE09") == [Lost(1, "ssp.unknown-note")]

"""The tables of a BrueBox controller: complete, and safe where nothing is known."""

from __future__ import annotations

import pytest
from tillpost.devices.glory.states import (
    ALSO_ALLOWED,
    ANYWHERE,
    MOVES_CASH,
    RESULTS,
    STATES,
    UNKNOWN_RESULT,
    UNKNOWN_STATE,
    Command,
    State,
    Verdict,
    allowed,
)
from tillpost.devices.nouns import Standing
from tillpost.errors import LANGUAGES, Reason

HANGS = [State.WAITING_REJECT_REMOVAL, State.ERROR, State.COUNTED_SUSPECT_NOTE, State.WAITING_RECOVERY]


def test_every_state_stands_somewhere_and_has_a_sentence() -> None:
    assert set(STATES) == set(State)
    for _, code in [*STATES.values(), UNKNOWN_STATE]:
        assert all(Reason(code).text(language) for language in LANGUAGES)


def test_every_result_but_success_has_a_sentence() -> None:
    for verdict, code in [*RESULTS.values(), UNKNOWN_RESULT]:
        assert bool(code) == (verdict is not Verdict.DONE)
        assert not code or all(Reason(code).text(language) for language in LANGUAGES)


@pytest.mark.parametrize("state", HANGS)
def test_where_the_controller_would_hang_a_deposit_is_neither_ended_nor_cancelled(state: State) -> None:
    assert not allowed(state) & {Command.END_CASHIN, Command.CASHIN_CANCEL}


@pytest.mark.parametrize("state", [None, 28, 57, 99, -1])
def test_nothing_moves_in_a_state_that_is_not_known(state: int | None) -> None:
    assert allowed(state) == ANYWHERE
    assert not ANYWHERE & {*MOVES_CASH, Command.START_CASHIN, Command.RESET, Command.UNLOCK_UNIT}


def test_cash_moves_only_out_of_rest_or_of_a_deposit() -> None:
    moving = {state for state in State if allowed(state) & MOVES_CASH}
    assert moving == {State.IDLE, State.WAITING_INSERTION, State.COUNTING, State.WAITING_DEPOSIT_END}


def test_cash_is_asked_for_while_more_of_it_is_counted() -> None:
    assert Command.CHANGE in allowed(State.COUNTING)


def test_an_error_can_be_reset_and_its_doors_opened() -> None:
    for state in (State.ERROR, State.WAITING_RECOVERY):
        assert {Command.RESET, Command.UNLOCK_UNIT, Command.INVENTORY} <= allowed(state)


def test_every_command_is_allowed_somewhere() -> None:
    assert set().union(ANYWHERE, *ALSO_ALLOWED.values()) == set(Command)


def test_only_two_states_take_cash() -> None:
    accepting = {state for state, (standing, _) in STATES.items() if standing is Standing.ACCEPTING}
    assert accepting == {State.WAITING_INSERTION, State.COUNTING}


def test_a_status_is_asked_under_a_name_of_its_own() -> None:
    assert Command.STATUS.action == "GetStatus"
    assert {command.action for command in Command if command is not Command.STATUS} == {
        f"{command.value}Operation" for command in Command if command is not Command.STATUS
    }


@pytest.mark.parametrize("result", [2, 12, 13, 96, 99, 100])
def test_where_cash_may_have_moved_nobody_claims_to_know(result: int) -> None:
    assert RESULTS[result][0] is Verdict.UNKNOWN

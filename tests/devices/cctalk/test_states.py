"""The tables of states: whole, and without a state that nobody comes to or leaves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import pytest
from tillpost.devices.cctalk.states import (
    COIN_MOVES,
    COIN_STANDINGS,
    HOPPER_MOVES,
    HOPPER_STANDINGS,
    CoinCause,
    CoinState,
    HopperCause,
    HopperState,
)
from tillpost.devices.nouns import Standing

TABLES = [
    (CoinState, CoinCause, COIN_MOVES, COIN_STANDINGS),
    (HopperState, HopperCause, HOPPER_MOVES, HOPPER_STANDINGS),
]


@pytest.mark.parametrize(("states", "causes", "moves", "standings"), TABLES, ids=["coins", "hopper"])
def test_every_state_can_be_reached_and_left_and_has_its_standing_and_sentence(
    states: type[CoinState] | type[HopperState],
    causes: type[StrEnum],
    moves: Mapping[tuple[StrEnum, StrEnum], StrEnum],
    standings: Mapping[StrEnum, Standing],
) -> None:
    assert set(standings) == set(states)
    assert {state for state, _ in moves} == set(states)
    assert set(moves.values()) == set(states)
    assert {cause for _, cause in moves} == set(causes)
    assert all(state.sentence for state in states)


@pytest.mark.parametrize(("states", "causes", "moves", "standings"), TABLES, ids=["coins", "hopper"])
def test_silence_is_offline_from_everywhere(
    states: type[CoinState] | type[HopperState],
    causes: type[StrEnum],
    moves: Mapping[tuple[StrEnum, StrEnum], StrEnum],
    standings: Mapping[StrEnum, Standing],
) -> None:
    silence = next(cause for cause in causes if cause.name == "SILENCE")
    assert {standings[moves[state, silence]] for state in states} == {Standing.OFFLINE}

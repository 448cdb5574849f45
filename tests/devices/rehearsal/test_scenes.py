"""Each kind of device on the stage: every word can be said at any time, and the truth is shown."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.devices.ccnet.simulated import ROUBLES
from tillpost.devices.cctalk.messages import coin
from tillpost.devices.glory.messages import answer, request
from tillpost.devices.glory.states import RESULTS, Command
from tillpost.devices.glory.states import State as GloryState
from tillpost.devices.lines.simlink import SimClock
from tillpost.devices.nouns import Misuse
from tillpost.devices.rehearsal.ccnet import UNUSED, CcnetScene, bill
from tillpost.devices.rehearsal.cctalk import CctalkScene, coin_id
from tillpost.devices.rehearsal.currencies import CURRENCIES
from tillpost.devices.rehearsal.glory import GloryScene
from tillpost.devices.rehearsal.script import Outcome, order
from tillpost.devices.rehearsal.ssp import SspScene
from tillpost.devices.rehearsal.stage import Scene

KINDS = {
    "ccnet": CcnetScene,
    "cctalk": CctalkScene,
    "ssp": SspScene,
    "glory": GloryScene,
}
SAID = {
    "ccnet": "note 500|refuse 68|jam|jam cassette|fail 50|show pause|clear|free|cassette out|cassette in|cut|power"
    "|power forgetful",
    "cctalk": "coin 10|coin 1 x 7|error 14|jam|jam hopper 1|clear|fill 10 x 5|empty 10|cut|power",
    "ssp": "note 500|refuse 0c|jam|show unsafe-jam|clear|free|cassette out|cassette in|cut|power|power forgetful",
    "glory": "note 500|coin 10 x 3|reject|take|jam|error 1281|clear|state 3|result Change 10|cassette out|cassette in"
    "|cassette back|fill 50 x 3|empty 50|cut|power",
}


def say(scene: Scene, line: str) -> Outcome:
    said = order(line, scene.words)
    assert said
    outcome = scene.words[said.name].action(scene, *said.values)
    assert isinstance(outcome, Outcome)
    return outcome


@pytest.mark.parametrize("kind", KINDS)
def test_these_tests_say_every_word(kind: str) -> None:
    scene = KINDS[kind](SimClock())
    names = {said.name for line in SAID[kind].split("|") if (said := order(line, scene.words))}
    assert names == set(scene.words)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_any_words_in_any_order_are_done_or_refused_with_a_reason(kind: str, data: st.DataObject) -> None:
    clock = SimClock()
    scene = KINDS[kind](clock)
    lines = data.draw(st.lists(st.tuples(st.sampled_from(SAID[kind].split("|")), st.floats(0, 5)), max_size=12))
    rows = set(scene.truth())
    for line, pause in lines:
        with suppress(Misuse):
            say(scene, line)
        clock.sleep(pause)
        assert scene.state in scene.states
        assert set(scene.truth()) == rows


@pytest.mark.parametrize(
    ("kind", "line"), [("ccnet", "note 7"), ("ssp", "note 7"), ("cctalk", "coin 3"), ("cctalk", "fill 5")]
)
def test_what_the_device_does_not_know_is_told_with_what_it_knows(kind: str, line: str) -> None:
    with pytest.raises(Misuse) as caught:
        say(KINDS[kind](SimClock()), line)
    assert caught.value.reason.code == "rehearsal.no-denomination"
    assert "10" in str(caught.value.reason.parts["known"])


# --- notes and coins as the devices tell them


def test_the_table_of_roubles_is_that_of_the_simulated_validator() -> None:
    assert (*UNUSED, *(bill(note) for note in CURRENCIES["RUB"].notes)) == ROUBLES


@pytest.mark.parametrize("currency", CURRENCIES)
def test_each_coin_and_note_can_be_told_by_its_protocol(currency: str) -> None:
    known = CURRENCIES[currency]
    told = [coin(coin_id(known.prefix, one).encode()) for one in known.coins]
    assert [(one.country, one.value) for one in told if one] == [(known.prefix, one) for one in known.coins]
    assert [value * 10**exponent * 100 for value, exponent in map(bill, known.notes)] == list(known.notes)
    assert set(known.hoppers) <= set(known.coins)


# --- coins


def test_coins_fall_one_after_another() -> None:
    clock = SimClock()
    scene = CctalkScene(clock)
    assert say(scene, "coin 10 x 3") is Outcome.NOT_TAKEN
    assert (scene.truth()["fell through"], scene.busy) == ("1 x 10", True)
    clock.sleep(0.6)
    assert scene.state == "closed"
    assert (scene.truth()["fell through"], scene.busy) == ("3 x 10", False)


# --- a BrueBox


@pytest.fixture
def box() -> GloryScene:
    scene = GloryScene(SimClock())
    say(scene, "state 1")
    return scene


def asked(scene: GloryScene, command: Command, fields: Iterable[tuple[str, str]] = ()) -> int | None:
    question = scene.machine.ask(request(command, {"Id": "1", "SeqNo": "1", **dict(fields)}))
    assert question
    assert question.answer
    return answer(question.answer, command, id="1", sequence="1").result


@pytest.mark.parametrize("state", [*GloryState, 77])
def test_each_state_can_be_had_by_its_number(box: GloryScene, state: int) -> None:
    say(box, f"state {int(state)}")
    assert box.machine.state == state
    assert box.state == (GloryState(state).name.lower().replace("_", "-") if state != 77 else "77")


@pytest.mark.parametrize("command", Command)
def test_each_command_can_be_answered_with_each_result_once(box: GloryScene, command: Command) -> None:
    for result in (*RESULTS, 55):
        say(box, f"result {command.value.lower()} {result}")
        assert asked(box, command) == result
        assert asked(box, Command.OPEN) == 0


def test_a_command_that_there_is_not_is_told_with_those_that_there_are(box: GloryScene) -> None:
    with pytest.raises(Misuse) as caught:
        say(box, "result Sing 1")
    assert caught.value.reason.code == "rehearsal.no-command"


def test_a_cassette_comes_out_of_an_open_door_alone(box: GloryScene) -> None:
    say(box, "fill 1000 x 3")
    with pytest.raises(Misuse) as caught:
        say(box, "cassette out")
    assert caught.value.reason.code == "rehearsal.locked"
    say(box, "state 18")
    say(box, "cassette out")
    assert (box.truth()["cassette"], box.truth()["come out so far"]) == ("out", "3 x 1000")
    say(box, "cassette back")
    assert box.truth()["cassette"] == "3 x 1000"


def test_what_is_rejected_has_to_be_taken_before_the_sale_goes_on(box: GloryScene) -> None:
    assert say(box, "reject") is Outcome.NOT_TAKEN
    say(box, "state 3")
    assert say(box, "reject") is Outcome.TAKEN
    assert (box.state, say(box, "note 50")) == ("waiting-reject-removal", Outcome.NOT_TAKEN)
    say(box, "take")
    assert (box.state, say(box, "note 50")) == ("waiting-insertion", Outcome.TAKEN)


def test_an_error_that_staff_puts_right_keeps_what_was_put_in(box: GloryScene) -> None:
    say(box, "state 3")
    say(box, "note 1000")
    say(box, "state 30")
    say(box, "clear")
    assert (box.state, box.truth()["escrow"], box.truth()["cassette"]) == ("waiting-inventory", "nothing", "1 x 1000")


def test_the_cash_of_a_box_is_where_it_was_put(box: GloryScene) -> None:
    say(box, "empty 10")
    say(box, "fill 10 x 205")
    truth = box.truth()
    assert (truth["hopper 10"], truth["mixer"]) == ("200 x 10", "5 x 10")
    assert (truth["put in so far"], truth["come out so far"]) == ("205 x 10", "40 x 10")

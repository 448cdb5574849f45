"""Every row of the table of what a crash can leave: the move it names, and what the queue then does."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import pytest
from tillpost.queues import judging
from tillpost.queues.chunks import Chunk
from tillpost.queues.disk import Entry, FileKind
from tillpost.queues.judging import TABLE, Move, Standing, judge
from tillpost.queues.till import Outstanding, TillState
from tillpost.queues.tillfolder import Pair, Sight

FILE = Entry("pos", FileKind.FILE, 1, 1, 1, 1, 1)

OUTCOMES = {  # of number 2 in `bring_about`: what stands of it afterwards, how far it is acked, and the halt
    (Standing.ACKED, False, False): ("", 2, ""),
    (Standing.ACKED, True, False): ("", 2, ""),
    (Standing.ACKED, False, True): ("", 2, ""),
    (Standing.ACKED, True, True): ("data flag", 2, "queue.returned"),
    (Standing.OFFERED, True, False): ("data flag", 1, ""),
    (Standing.OFFERED, True, True): ("data flag", 1, ""),
    (Standing.OFFERED, False, False): ("", 2, ""),
    (Standing.OFFERED, False, True): ("flag", 1, ""),
    (Standing.FLAGGED, True, True): ("data flag", 1, ""),
    (Standing.FLAGGED, False, False): ("", 2, ""),
    (Standing.FLAGGED, False, True): ("flag", 1, ""),
    (Standing.FLAGGED, True, False): ("data", 1, ""),
    (Standing.FREE, False, False): ("", 1, ""),
    (Standing.FREE, True, False): ("", 1, ""),
    (Standing.FREE, True, True): ("data flag", 1, "queue.ahead"),
    (Standing.FREE, False, True): ("flag", 1, "queue.ahead"),
}


def bring_about(office, standing: Standing, data: bool, flag: bool) -> None:
    """A till that has taken number 1, with number 2 in one row of the table."""
    office.hand_over(b"one")
    office.take(1)
    office.recover()
    chunk = office.chunks.put(b"two", 1)
    if standing is not Standing.FREE:
        office.offer(b"two")
        if standing is not Standing.OFFERED:
            office.state = office.queue.flag(office.state, office.now)
        if standing is Standing.ACKED:
            office.take(2)
            office.recover()
    set_file(office, office.data(2), data, lambda: office.disk.link(office.chunks.path(chunk.digest), office.data(2)))
    set_file(office, office.flag(2), flag, lambda: office.disk.write_new(office.flag(2), [], 0o440))


def set_file(office, path, wanted: bool, make: Callable[[], object]) -> None:
    if wanted and office.disk.stat(path) is None:
        make()
    elif not wanted:
        office.disk.unlink(path)


def test_every_row_has_an_outcome() -> None:
    assert set(OUTCOMES) == set(TABLE) == {(s, d, f) for s in Standing for d in (False, True) for f in (False, True)}


@pytest.mark.parametrize("row", OUTCOMES, ids=lambda row: f"{row[0]}-data:{row[1]:d}-flag:{row[2]:d}")
def test_row_of_the_table(office, row: tuple[Standing, bool, bool]) -> None:
    left, acked, halted = OUTCOMES[row]
    bring_about(office, *row)
    office.start()
    state = office.recover()
    standing = [name for name, path in (("data", office.data(2)), ("flag", office.flag(2))) if office.disk.stat(path)]
    assert (" ".join(standing), state.acked, state.halted) == (left, acked, halted)
    assert office.recover() == state


@pytest.mark.parametrize("row", OUTCOMES, ids=lambda row: f"{row[0]}-data:{row[1]:d}-flag:{row[2]:d}")
def test_row_of_the_table_leaves_the_till_usable_or_halted(office, row: tuple[Standing, bool, bool]) -> None:
    bring_about(office, *row)
    office.start()
    if office.recover().halted:
        return
    office.hand_over(b"three")
    numbers = [number for number in range(1, office.state.next_number) if office.disk.stat(office.flag(number))]
    for number in numbers:
        office.disk.unlink(office.data(number))
        office.disk.unlink(office.flag(number))
    state = office.recover()
    assert (state.acked, state.outstanding, state.halted) == (state.next_number - 1, (), "")
    assert office.names() == []


def test_documented_table_is_the_one_in_force() -> None:
    rows = re.findall(
        r"^    (acked|offered|flagged|free|) +(yes|-) +(yes|-) +(\S.*)$", judging.__doc__ or "", re.MULTILINE
    )
    documented = {}
    standing = ""
    for name, data, flag, _ in rows:
        standing = name or standing
        documented[Standing(standing), data == "yes", flag == "yes"] = True
    assert set(documented) == set(TABLE)


# --- several numbers at once --------------------------------------------------------------------------------


def outstanding(number: int, flagged: bool = True) -> Outstanding:
    return Outstanding(number, "digest", 1, 1, number, 0.0, flagged=flagged)


def sight(**pairs: str) -> Sight:
    """`n1="df"`: of number 1 data and flag stand; `n2="d"`: the data alone."""
    return Sight(
        {
            int(name[1:]): Pair(FILE if "d" in what else None, FILE if "f" in what else None)
            for name, what in pairs.items()
        }
    )


def till(*waiting: Outstanding, first_number: int = 1) -> TillState:
    return TillState(
        "5", "1", 1, first_number=first_number, next_number=len(waiting) + 1, acked=0, outstanding=waiting
    )


def test_half_taken_is_taken_once_a_higher_number_is_wholly_gone() -> None:
    verdict = judge(till(outstanding(1), outstanding(2), outstanding(3)), sight(n1="d", n3="df"))
    assert [one.number for one in verdict.taken] == [1, 2]
    assert verdict.swept == (1,)
    assert verdict.skipped == ()


def test_half_taken_below_half_taken_waits() -> None:
    verdict = judge(till(outstanding(1), outstanding(2)), sight(n1="d", n2="f"))
    assert verdict.taken == ()
    assert verdict.skipped == ()


def test_whole_number_below_a_gone_one_is_a_hole() -> None:
    verdict = judge(till(outstanding(1), outstanding(2), outstanding(3)), sight(n1="df", n3="df"))
    assert (verdict.taken, verdict.skipped, verdict.gone) == ((), (1,), 2)


def test_hole_below_the_first_number_of_the_epoch_means_nothing() -> None:
    waiting = (outstanding(1), outstanding(2), outstanding(3))
    assert judge(till(*waiting, first_number=3), sight(n1="df", n3="df")).skipped == ()
    assert judge(till(*waiting, first_number=2), sight(n1="df", n3="df")).skipped == (1,)


def test_half_taken_below_the_first_number_of_the_epoch_is_taken() -> None:
    waiting = (outstanding(1), outstanding(2), outstanding(3))
    verdict = judge(till(*waiting, first_number=2), sight(n1="d", n2="d", n3="df"))
    assert [one.number for one in verdict.taken] == [1]


def test_unflagged_number_below_a_touched_one_had_its_flag() -> None:
    waiting = (outstanding(1, flagged=False), outstanding(2, flagged=False), outstanding(3, flagged=False))
    verdict = judge(till(*waiting), sight(n1="d", n2="f", n3="d"))
    assert [(one.number, one.flagged) for one in verdict.left] == [(1, True), (2, True), (3, False)]


def test_verdict_does_not_change_what_it_was_asked_about() -> None:
    state = till(outstanding(1, flagged=False))
    before = msgspec.json.encode(state)
    judge(state, sight(n1="df"))
    assert msgspec.json.encode(state) == before


def test_every_move_is_in_the_table() -> None:
    assert set(TABLE.values()) == set(Move)


def test_chunk_and_state_survive_their_own_json() -> None:
    state = till(outstanding(1), outstanding(2, flagged=False))
    assert msgspec.json.decode(msgspec.json.encode(state), type=TillState) == state
    chunk = Chunk("ab" * 32, 3, 1)
    assert msgspec.json.decode(msgspec.json.encode(chunk), type=Chunk) == chunk

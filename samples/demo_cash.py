"""A day at a cash machine, in simulated time: run by `make demo-cash`, readable from top to bottom.

The machine, its journal and its documents are the real ones; a note validator, a coin acceptor, three hoppers, people
and the power are simulated. At the end the documents, the journal and what really lies in the machine are compared, by
denomination: whatever happened, they have to say the same, or the demo ends with 1.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable

from tillpost.devices.nouns import Pieces
from tillpost.devices.rehearsal import retelling
from tillpost.devices.rehearsal.compositeplay import WORDS, CompositePlay
from tillpost.devices.rehearsal.currencies import pieces, spelt
from tillpost.devices.rehearsal.script import orders
from tillpost.devices.rehearsal.world import HOPPERS, NOTES, World, roubles

FILL = {"ten": 110, "five": 30, "one": 40}
BOLD, GREY, PLAIN = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")
COLUMNS = ("piece", "put in", "- given", "- taken out", "= must be", "journal", "there")

# When and what; then each step as scenarios have it, and what it means.
DAY = """
09:02 A sale of 237, paid with a coin and a note.
    sale 237 | The till begins a deposit.
    coin 10 | The customer throws in a ten,
    note 500 | and puts in a 500 note.
    wait fixed | Enough is in: the machine takes no more, and counts what may still be on its way.
    end change | The till ends the deposit with change.
    wait idle | The hoppers pay out.

10:20 A sale of 900, and the customer has only 52.
    sale 900 | The till begins a deposit.
    note 50 | The customer puts in a 50 note,
    coin 2 | and two roubles in a coin that has no hopper: it falls into the mixer.
    wait 3s | The customer looks for more,
    end repay | and gives up. The till ends the deposit: all is given back.
    wait idle | A note cannot come back out of the cassette, so coins of the same amount do.

11:30 Staff puts coins in, for change.
    deposit | A deposit without a sale.
    coin 10 x 5 | Five tens at once,
    coin 10 x 5 | and five more.
    end keep | That is all: it is kept.
    wait idle | Its document is written.

13:05 The power goes while a note is being stacked.
    sale 150 | A sale of 150 is begun,
    note 100 | and a 100 note is put in.
    wait swallowed | The note has just dropped into the cassette, and the validator has not said so yet.
    power cut | All power goes.
    wait 5m | It is dark.
    power back | The power is back: the journal is compared with what the devices tell.
    note 50 | The note was credited, once. Nothing more is taken until the till says so:
    resume | The till goes on with the same sale,
    note 50 | and the customer pays the rest.
    wait fixed | Enough is in.
    end change | The till ends the deposit: nothing is left to give.
    wait idle | The document tells of one sale, and of both notes.

16:40 A hopper jams in the middle of the change.
    sale 48 | A sale of 48 is begun,
    note 100 | and a 100 note is put in.
    wait fixed | Enough is in.
    end change | The till ends the deposit with change: five tens, two ones.
    wait paying | The hoppers turn,
    wait 300ms | the first coins fall,
    jam ten | and a coin is stuck in that of the tens.
    wait idle | What it has given is counted; the rest comes from the others.
    clear ten | Staff frees the coin,
    recover | and says so: the hopper begins anew.
    wait 1s | It counts again.

19:30 The cassette goes to the main till.
    cassette exchange | Staff asks for the cassette: its door is unlocked.
    cassette out | It is taken out, and its document made.
    cassette in | Another one is put in.
    sale 50 | Nobody knows yet that it is empty, so cash is blocked.
    cassette empty | Anna says that it is empty.
"""


class Demo:
    def __init__(self) -> None:
        self.play = CompositePlay(World(roubles(), fill=FILL))
        self.opened, self.began = 0.0, 0.0  # the time of day, and the world's, when the scene began

    def scene(self, at: str, text: str) -> None:
        hours, minutes = at.split(":")
        self.opened, self.began = int(hours) * 3600.0 + int(minutes) * 60, self.play.world.clock.monotonic()
        print(f"\n{BOLD}{at}  {text}{PLAIN}", flush=True)

    def act(self, step: str, text: str) -> None:
        """One step, in words for people, and what the machine tells of it."""
        passed = int(self.opened + self.play.world.clock.monotonic() - self.began)
        print(f"    {passed // 3600:02}:{passed // 60 % 60:02}:{passed % 60:02}  {text}")
        heard = len(self.play.told) + 1
        for found in orders(step, WORDS):
            self.play.act(found)
        for line in self.play.told[heard:]:
            print(f"              {GREY}{line.strip()}{PLAIN}")

    def levels(self) -> None:
        self.act("wait 5s", "What the units hold:")
        for line in retelling.standing(self.play.world.machine.status, {}):
            print(f"                  {line}")


def main() -> int:
    demo = Demo()
    demo.scene("08:45", "Staff has filled the hoppers, and the machine has settled its journal with its devices.")
    demo.levels()
    for line in filter(None, map(str.strip, DAY.splitlines())):
        step, _, text = line.partition(" | ")
        if text:
            demo.act(step, text)
        else:
            demo.scene(*line.split(" ", 1))
    evening(demo)
    return account(demo.play)


def evening(demo: Demo) -> None:
    demo.scene("21:50", "The evening's count.")
    demo.act("withdraw mixer", "The mixer is emptied, by hand and as a whole.")
    for unit, hopper in demo.play.world.hoppers.items():
        demo.act(f"count {unit} {hopper.stock}", f"Anna counts the hopper {unit}: {hopper.stock} coins.")
    while demo.play.world.book.account.unknown:
        demo.act("resolve nothing", "The acceptor was without power during a sale. No coin came in, says Anna.")
    demo.levels()


def account(play: CompositePlay) -> int:
    """The day's table; 0 where it adds up."""
    world = play.world
    papers = list(world.papers.published.values())
    put_in = summed(some for paper in papers for some in (paper.deposited, paper.taken))
    given = summed(paper.given for paper in papers)
    removed = summed(paper.removed for paper in papers)
    journal, there = Counter(world.journal.account.change_of_stock), opened(world)
    must_be = Counter(put_in)
    must_be.subtract(given + removed)
    print(f"\n{BOLD}The day in {len(papers)} documents:{PLAIN}")
    for paper in papers:
        print(f"    {retelling.document(paper)}")
    print(f"\n{BOLD}By the documents, by the journal, and by opening the machine:{PLAIN}")
    sums = (put_in, given, removed, must_be, journal, there)
    rows = [(spelt(piece), *(str(each[piece]) for each in sums)) for piece in sorted({*put_in, *journal, *there})]
    amounts = ("amount", *(spelt(sum(piece * count for piece, count in each.items())) for each in sums))
    for row in (COLUMNS, *rows, amounts):
        print("    " + "".join(f"{cell:>12}" for cell in row))
    wrong = {piece for piece in {*must_be, *journal, *there} if not must_be[piece] == journal[piece] == there[piece]}
    if wrong:
        print(f"\n{BOLD}It does not add up: {pieces(dict.fromkeys(wrong, 1))}{PLAIN}")
        return 1
    print(f"\n{BOLD}It adds up.{PLAIN} How the machine works: docs/cash.md; the same in single scenes: samples/cash/")
    return 0


def opened(world: World) -> Counter[int]:
    """What really lies in the machine."""
    there = Counter(NOTES[kind] for kind in world.validator.cassette) + world.mixer
    for unit, (piece, _) in HOPPERS.items():
        there[piece] += world.hoppers[unit].stock
    return there


def summed(told: Iterable[tuple[Pieces, ...]]) -> Counter[int]:
    counts: Counter[int] = Counter()
    for some in told:
        for each in some:
            counts[each.denomination] += each.count
    return counts


if __name__ == "__main__":
    sys.exit(main())

"""Verbs of the journal of cash: `cash journal | resolve | watch`.

The journal is read without its lock: these verbs can look on while another process works with the machine. Only
`resolve` writes into it, and needs it alone.

Failures: as the journal.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import click
import msgspec

from ..devices.journal.entries import (
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
)
from ..devices.machine.building import Written
from ..devices.nouns import Misuse, Pieces
from ..errors import Reason, Reject
from .cashdrive import Bell
from .cashpages import open_line, show_unknown
from .cashstaff import by_option
from .cashtill import Till, pass_till
from .cashview import Living
from .cashwords import Tongue
from .tables import Row, answer, table, under
from .verbs import DONE, REFUSED, json_option

LOOK = 0.5  # seconds between two looks at the journal
LAST = 20

_MOVE = {  # what of a command moves where it was carried out
    Command.DEPOSIT: "taken",
    Command.CHANGE: "taken",
    Command.ACCEPT: "taken",
    Command.FILL: "taken",
    Command.DISPENSE: "paid",
    Command.PAYOUT: "paid",
    Command.REMOVE: "removed",
    Command.COLLECT: "moved",
}


@click.command()
@click.option("--last", type=click.IntRange(min=1), default=LAST, metavar="N", help="How many of the latest entries.")
@json_option
@pass_till
def journal(till: Till, last: int, as_json: bool) -> None:
    """List the journal's latest entries, oldest first, and what waits for a person.

    Possible at any time, also while another process works with the machine.

    \b
    Example: tillpost cash journal --last 50
    """
    written, tongue = till.written(), till.tongue
    entries = [entry for entry in written.entries if as_json or not isinstance(entry, Place)][-last:]
    answer(entries, as_json, lambda: _show(entries, written, tongue))


def _show(entries: Sequence[Entry], written: Written, tongue: Tongue) -> None:
    say = tongue.say
    columns = {"n": say("cashcounter.number"), "at": say("cashcounter.time"), "what": say("cashcounter.what")}
    rows = [{"n": entry.n, "at": _local(entry.at), "what": entry_line(entry, tongue)} for entry in entries]
    table(rows, columns, say("cashcounter.journal-empty"), note="what")
    if line := open_line(written.account, tongue):
        under(line, 0)
    show_unknown(written.account.unknown, tongue)


def _local(at: str) -> str:
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def entry_line(entry: Entry, tongue: Tongue) -> str:
    """What an entry says."""
    say, money = tongue.say, tongue.money
    match entry:
        case Intent():
            amount = money(entry.amount) if entry.amount else ""
            where = " → ".join(filter(None, (entry.unit or entry.device, entry.to)))
            about = f"«{entry.about}»" if entry.about else ""
            parts = (tongue.word(entry.command), amount, tongue.pieces(entry.pieces), where, about)
            return " ".join(filter(None, parts))
        case Credit():
            return say("cashcounter.credited", piece=money(entry.denomination), unit=entry.unit or entry.device)
        case Outcome():
            why = f"({tongue.why(entry.code)})" if entry.code else ""
            return " ".join(filter(None, (f"{entry.of}:", tongue.word(entry.verdict), _moved(entry, tongue), why)))
        case Resolution():
            who = say("cashcounter.resolved", number=entry.of, verdict=tongue.word(entry.verdict), by=entry.by)
            return " ".join(filter(None, (who, _moved(entry, tongue), entry.why)))
        case Place():
            return entry.device
        case Torn():
            return say("cashcounter.torn", size=entry.size)
        case Carried():
            return say("cashcounter.carried")


def _moved(entry: Outcome | Resolution, tongue: Tongue) -> str:
    signs = {"taken": "+", "paid": "−", "removed": "−", "moved": "→"}
    moves = ((sign, getattr(entry, move)) for move, sign in signs.items())
    return ", ".join(f"{sign} {tongue.pieces(pieces)}" for sign, pieces in moves if pieces)


# --- what nobody knows


@click.command()
@click.argument("number", type=int, metavar="NUMBER")
@click.argument("verdict", type=click.Choice([Verdict.COMMITTED.value, Verdict.RETURNED.value]))
@by_option
@click.option("--why", default="", metavar="TEXT", help="How that is known.")
@click.option(
    "--moved",
    multiple=True,
    metavar="500=1",
    help="What really moved; may be given several times. All that was to move by default.",
)
@json_option
@pass_till
def resolve(
    till: Till, number: int, verdict: str, by: str, why: str, moved: tuple[str, ...], as_json: bool
) -> int:
    """Decide what nobody knows: whether what was to move did (committed), or did not (returned).

    `cash journal` lists what waits, with its numbers. The decision is documented with its author. Coins that nobody saw
    fall are counted first (`cash count`), then this is returned: the count has them.

    \b
    Examples:
      tillpost cash resolve 27 committed --by Anna --why "the note lies in the cassette"
      tillpost cash resolve 31 committed --by Anna --moved 10=3
      tillpost cash resolve 34 returned --by Anna
    """
    said = till.pieces(moved)
    decided = Verdict(verdict)
    if said and decided is Verdict.RETURNED:
        raise click.UsageError(till.tongue.say("cashcounter.returned-moves-nothing"))
    with till.book() as book:
        unsure = next((each for each in book.account.unknown if each.intent.n == number), None)
        if unsure is None:
            raise Misuse(Reason("journal.not-unknown", number=number))
        field = _MOVE.get(unsure.intent.command, "")
        pieces = () if decided is Verdict.RETURNED else said or _still_to_move(unsure, field)
        if decided is Verdict.COMMITTED and field and not (unsure.intent.unit or till.settings.glory):
            raise Reject(Reason("cashcounter.count-first", number=number))  # change would never come from there
        if decided is Verdict.COMMITTED and field and not pieces:
            raise Reject(Reason("cashcounter.say-what", number=number))
        book.resolve(number, decided, by, why, **({field: pieces} if pieces else {}))
        left = book.account.unknown
    row: Row = {"number": number, "verdict": verdict, "by": by, "why": why, "move": field, "pieces": pieces}
    answer(row, as_json, lambda: _show_resolved(row, pieces, left, till.tongue))
    return REFUSED if left else DONE


def _still_to_move(unsure: Unsure, field: str) -> tuple[Pieces, ...]:
    """What was to move, without what its outcome says already."""
    told = {pieces.denomination: pieces.count for pieces in getattr(unsure.outcome, field, ())}
    left = ((each.denomination, each.count - told.get(each.denomination, 0)) for each in unsure.intent.pieces)
    return tuple(Pieces(denomination, count) for denomination, count in left if count > 0)


def _show_resolved(row: Row, pieces: tuple[Pieces, ...], left: tuple[Unsure, ...], tongue: Tongue) -> None:
    verdict = tongue.word(Verdict(row["verdict"]))
    click.echo(tongue.say("cashcounter.resolved", number=row["number"], verdict=verdict, by=row["by"]))
    if pieces:
        under(tongue.pieces(pieces))
    show_unknown(left, tongue)


# --- looking on


@click.command()
@json_option
@pass_till
def watch(till: Till, as_json: bool) -> None:
    """Look on: units, lamp, the deposit counting up, the last events; until Ctrl-C.

    Reads the journal alone, and stands in nobody's way: sales go on beside it.

    \b
    Example: tillpost cash watch
    """
    with Bell().listening() as bell, _watching(till, as_json) as living:
        seen = 0
        while not bell.rung:
            written = till.written()
            fresh = [entry for entry in written.entries if entry.n > seen]
            for entry in fresh if seen else fresh[-LAST:]:
                _tell(till, entry, living, as_json)
            seen = max((entry.n for entry in fresh), default=seen)
            if living:
                living.draw(written.status)
            till.clock.sleep(LOOK)


@contextmanager
def _watching(till: Till, as_json: bool) -> Iterator[Living | None]:
    if as_json or not sys.stdout.isatty():
        yield None
    else:
        with Living(till, asked=False).alive() as living:
            yield living


def _tell(till: Till, entry: Entry, living: Living | None, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(entry).decode())
    elif not isinstance(entry, Place):
        line = f"{_local(entry.at)}  {entry.n}  {entry_line(entry, till.tongue)}"
        living.happened(line) if living else click.echo(line)

"""Verbs of staff: `cash withdraw | cassette | count | recover`.

Before cash leaves a unit, the verb says what becomes of it and which document is made, and asks.

Failures: as the machine.
"""

from __future__ import annotations

import sys

import click

from ..devices.machine.nouns import CassetteStep, CassetteTold
from ..devices.machine.plan import Plan
from ..devices.money.units import Unit, UnitKind
from ..devices.nouns import Standing
from .cashdrive import Drive
from .cashmoney import about_option, at_rest, begun, driven, held_by, not_settled, operate, told
from .cashpages import show_status, status_row
from .cashtill import Till, pass_till
from .tables import answer, under
from .verbs import DONE, REFUSED, InOrder, json_option

LONG_ENOUGH = 3.0  # seconds in which a device that is there has answered

yes_option = click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can answer.")
wait_option = click.option(
    "--wait",
    type=click.FloatRange(min=1),
    default=120.0,
    metavar="SECONDS",
    help="How long somebody may take to pull the cassette out.",
)
by_option = click.option("--by", required=True, metavar="NAME", help="Who says so.")

_RULES = {
    UnitKind.HOPPER: "cashcounter.rule-hopper",
    UnitKind.MIXER: "cashcounter.rule-mixer",
    UnitKind.DRUM: "cashcounter.rule-drum",
    UnitKind.CASSETTE: "cashcounter.rule-cassette",
}


def _agreed(till: Till, unit: Unit, yes: bool) -> None:
    """Says what comes of it, and asks. Raises Abort."""
    if yes:
        return
    tongue = till.tongue
    held = next(each for each in held_by(till).units if each.id == unit.id)
    piece, amount = tongue.money(unit.denomination), tongue.money(held.amount)
    rule = tongue.say(_RULES[unit.kind], unit=unit.id, piece=piece, amount=amount)
    if not sys.stdin.isatty():
        raise click.UsageError(f"{rule} {tongue.say('cashcounter.say-yes')}")
    under(rule, 0)
    click.confirm(tongue.say("cashcounter.go-on"), abort=True, err=True)


@click.command()
@click.argument("unit", metavar="UNIT")
@click.argument("amount", metavar="[AMOUNT]", required=False)
@about_option
@yes_option
@wait_option
@json_option
@pass_till
def withdraw(
    till: Till, unit: str, amount: str | None, about: str, yes: bool, wait: float, as_json: bool
) -> int:
    """Take cash out of a unit: coins of one denomination, the whole mixer, a drum's notes, the cassette.

    \b
    A hopper's coins are given out, a multiple of their value, and documented.
    A mixer is emptied by hand, as a whole, and documented.
    Notes of a drum go into the cassette: the money stays in, and there is no document.
    A cassette is unlocked, and documented when it is taken out; an empty one has to go in.

    \b
    Examples:
      tillpost cash withdraw ten 200
      tillpost cash withdraw mixer
    """
    of = till.plan.unit(unit)
    wanted = till.amount(amount) if amount is not None else 0
    if of.kind is UnitKind.CASSETTE:
        if amount is not None:
            raise click.UsageError(till.tongue.say("cashcounter.cassette-whole", unit=unit))
        return _take_cassette(till, of, about, yes, wait, as_json)
    _agreed(till, of, yes)
    return operate(till, lambda drive: drive.machine.withdraw(unit, wanted, about), as_json=as_json)


# --- the cassette


@click.group(cls=InOrder)
def cassette() -> None:
    """The cassette: out, kept, or an empty one in its place."""


def _cassette_of(plan: Plan) -> Unit:
    """Raises UsageError."""
    found = plan.first(UnitKind.CASSETTE)
    if found is None:
        raise click.UsageError("the settings name no cassette")
    return found


@cassette.command("out")
@about_option
@yes_option
@wait_option
@json_option
@pass_till
def cassette_out(till: Till, about: str, yes: bool, wait: float, as_json: bool) -> int:
    """Unlock the cassette, and document what is taken out with it.

    Ctrl-C, or nobody taking it in time: it stays. Cash is blocked until an empty one is in.

    \b
    Example: tillpost cash cassette out
    """
    return _take_cassette(till, _cassette_of(till.plan), about, yes, wait, as_json)


def _take_cassette(till: Till, unit: Unit, about: str, yes: bool, wait: float, as_json: bool) -> int:
    _agreed(till, unit, yes)
    with driven(till, as_json=as_json) as drive:
        at_rest(drive, till)
        number = drive.machine.exchange_cassette(about)
        drive.until(lambda: drive.has_ended(number) or drive.bell.rung, wait)
        if not drive.has_ended(number):
            drive.machine.keep_cassette()
        ended = drive.ended(number)
    code = told(till, ended, as_json=as_json)
    if code == DONE and not as_json:
        under(till.tongue.say("cashcounter.put-empty-in", unit=unit.id), 0)
    return code


@cassette.command("keep")
@json_option
@pass_till
def cassette_keep(till: Till, as_json: bool) -> int:
    """Say that the cassette stays: it was unlocked, and nobody took it.

    \b
    Example: tillpost cash cassette keep
    """
    unit = _cassette_of(till.plan).id
    with driven(till, as_json=as_json) as drive:
        drive.machine.keep_cassette()
        drive.rest(0)
    line = till.tongue.say("cashcounter.kept", unit=unit)
    answer({"unit": unit, "kept": True}, as_json, lambda: click.echo(line))
    return DONE


@cassette.command("empty")
@by_option
@json_option
@pass_till
def cassette_empty(till: Till, by: str, as_json: bool) -> int:
    """Say that the cassette that was put in is empty, where the machine cannot know.

    \b
    Example: tillpost cash cassette empty --by Anna
    """
    unit = _cassette_of(till.plan).id
    with begun(till, as_json=as_json) as drive:
        if not (drive.settles(LONG_ENOUGH) or _is_unlocked(drive) or drive.settles()):
            raise not_settled(drive, till)
        drive.machine.cassette_is_empty(by)
        drive.until(lambda: any(_is_in(notice) for notice in drive.notices), LONG_ENOUGH)
    line = till.tongue.say("cashcounter.empty-in", unit=unit)
    answer({"unit": unit, "empty": True}, as_json, lambda: click.echo(line))
    return DONE


def _is_unlocked(drive: Drive) -> bool:
    """A machine that settles only when its door is locked again."""
    return Standing.OPEN in drive.status.standings.values()


def _is_in(notice: object) -> bool:
    return isinstance(notice, CassetteTold) and notice.step is CassetteStep.EMPTY


# --- counts, and what is stuck


@click.command()
@click.argument("unit", metavar="UNIT")
@click.argument("pieces", metavar="DENOMINATION=COUNT…", nargs=-1)
@about_option
@json_option
@pass_till
def count(till: Till, unit: str, pieces: tuple[str, ...], about: str, as_json: bool) -> int:
    """Say what a unit holds, after it was counted or filled by hand.

    It holds exactly these then, and nothing where none are named. What differs from the journal is documented.

    \b
    Examples:
      tillpost cash count ten 10=57
      tillpost cash count mixer 1=3 2=12 5=1
    """
    till.plan.unit(unit)
    holds = till.pieces(pieces)
    return operate(till, lambda drive: drive.machine.adjust_cash_counts(unit, holds, about), as_json=as_json)


@click.command()
@json_option
@pass_till
def recover(till: Till, as_json: bool) -> int:
    """Begin anew with devices that stopped, after a person has put right what was wrong.

    What cannot be settled with a device that is away becomes unknown: it waits for `cash resolve`.

    \b
    Example: tillpost cash recover
    """
    with begun(till, as_json=as_json) as drive:
        drive.settles(LONG_ENOUGH)
        drive.machine.recover()
        if not drive.settles():
            raise not_settled(drive, till)
        drive.until(lambda: not drive.status.blocks or drive.bell.rung, LONG_ENOUGH)
        status = drive.status
    tongue = till.tongue
    row = status_row(status, tongue, asked=True)
    answer(row, as_json, lambda: show_status(till.title, status, till.plan, tongue, asked=True))
    return REFUSED if status.blocks or status.unknown else DONE

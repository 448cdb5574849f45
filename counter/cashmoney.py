"""Verbs by which cash comes in and goes out: `cash sale | deposit | payout | end`.

Failures: as the machine.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import UnsupportedOperation

import click

from ..devices.journal.entries import Verdict
from ..devices.machine.nouns import Counted, End, Ended, Phase, Status, total
from ..errors import Reason, Reject, Retry
from .cashdrive import Bell, Drive
from .cashpages import ended_lines, ended_row, is_done, open_line
from .cashtill import Said, SaidLater, Till, pass_till
from .cashview import view
from .tables import answer, under
from .verbs import DONE, REFUSED, json_option

ENDS = {"change": End.CHANGE, "repay": End.REPAY, "keep": End.NO_CHANGE}

about_option = click.option("--about", default="", metavar="TEXT", help="What it is for: which receipt, for example.")


@contextmanager
def driven(till: Till, *, as_json: bool, staff: bool = True) -> Iterator[Drive]:
    """The machine, settled. `staff`: who looks on. Raises SaidLater where its devices do not let it settle."""
    with begun(till, as_json=as_json, staff=staff) as drive:
        if not drive.settles():
            raise not_settled(drive, till)
        yield drive


def not_settled(drive: Drive, till: Till) -> SaidLater:
    blocks = [block for block in drive.status.blocks if block.unit]
    why = "; ".join(till.tongue.told(block.staff) for block in blocks or drive.status.blocks)
    return SaidLater(till.tongue.say("cashcounter.not-settled", why=why))


@contextmanager
def begun(till: Till, *, as_json: bool, staff: bool = True) -> Iterator[Drive]:
    """The machine, which may still have to settle."""
    with (
        till.machine() as machine,
        Bell().listening() as bell,
        view(till, as_json=as_json, staff=staff) as shown,
    ):
        yield Drive(machine, till.clock, shown, bell, till.plan.patience)


def seen_by(till: Till) -> tuple[Status, bool]:
    """How it stands, and whether its devices were asked."""
    try:
        with begun(till, as_json=True) as drive:
            drive.settles()
            return drive.status, True
    except Retry as taken:
        if taken.reason.code != "journal.taken":
            raise
        return till.written().status, False


def held_by(till: Till) -> Status:
    """What the units hold: the journal knows, unless the machine counts by itself."""
    if not till.settings.glory:
        return till.written().status
    with driven(till, as_json=True) as drive:
        return drive.status


def at_rest(drive: Drive, till: Till) -> None:
    """Raises Said where a deposit was interrupted: it has to be ended first."""
    if drive.status.phase is Phase.PAUSED:
        raise Said(open_line(till.written().account, till.tongue))


def told(till: Till, ended: Ended, *, as_json: bool, verdict: Verdict = Verdict.COMMITTED) -> int:
    """The answer, and the exit code. `verdict`: what was asked for."""

    def page() -> None:
        for line in ended_lines(ended, till.tongue):
            under(line, 0)

    answer(ended_row(ended), as_json, page)
    return DONE if is_done(ended, verdict) else REFUSED


@click.command()
@click.argument("amount", metavar="[AMOUNT]", required=False)
@about_option
@click.option(
    "--cancel-after",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    help="Give back what was put in, where it is not enough after so long.",
)
@click.option("--resume", is_flag=True, help="Go on with the sale that was interrupted.")
@click.option("--repay", is_flag=True, help="Give back what was put into the sale that was interrupted.")
@json_option
@pass_till
def sale(
    till: Till,
    amount: str | None,
    about: str,
    cancel_after: float | None,
    resume: bool,
    repay: bool,
    as_json: bool,
) -> int:
    """Take cash for a sale, until it is enough, and give the change.

    Ctrl-C cancels: what was put in is given back. Ends with 0 only where the sale was paid and all change was given.

    \b
    Examples:
      tillpost cash sale 249.50 --about "receipt 12"
      tillpost cash sale 237 --cancel-after 90
      tillpost cash sale --resume
    """
    if [amount is not None, resume, repay].count(True) != 1:
        raise click.UsageError("say an AMOUNT, or one of --resume and --repay")
    wanted = till.amount(amount) if amount is not None else 0
    with driven(till, as_json=as_json, staff=False) as drive:
        if wanted:
            at_rest(drive, till)
            _unblocked(drive, till)
            number = drive.machine.begin_deposit(wanted, about)
        else:
            number = _interrupted(drive, till)
            if resume:
                drive.machine.pause_deposit(paused=False)
        _take(drive, number, End.REPAY if repay else None, cancel_after)
        ended = drive.ended(number)
        drive.rest(till.plan.settle)
    return told(till, ended, as_json=as_json, verdict=Verdict.RETURNED if repay else Verdict.COMMITTED)


def _unblocked(drive: Drive, till: Till) -> None:
    """Raises Said, with the words for a customer, too."""
    if blocks := drive.status.blocks:
        staff = "; ".join(till.tongue.told(block.staff) for block in blocks)
        customer = till.tongue.told(blocks[0].customer)
        raise Said(till.tongue.say("cashcounter.sale-blocked", staff=staff, customer=customer))


def _interrupted(drive: Drive, till: Till) -> int:
    """The number of the deposit that nobody has ended. Raises Reject where there is none."""
    if drive.status.phase is not Phase.PAUSED:
        raise Reject(Reason("cashcounter.none-open"))
    return till.written().account.active


def _take(drive: Drive, number: int, end: End | None, seconds: float | None) -> None:
    """Until it is enough, unless it is known how it is to end."""

    def is_enough() -> bool:
        status = drive.status
        return 0 < status.wanted <= total(status.deposited)

    if end is None:
        drive.until(lambda: drive.has_ended(number) or is_enough() or drive.bell.rung, seconds)
        end = End.CHANGE if is_enough() and not drive.bell.rung else End.REPAY
    if not drive.has_ended(number):
        drive.machine.end_deposit(end)


@click.command()
@about_option
@click.option(
    "--quiet",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    help="End by itself, when nothing has come in for so long.",
)
@json_option
@pass_till
def deposit(till: Till, about: str, quiet: float | None, as_json: bool) -> int:
    """Take cash from staff, and keep it.

    Ends with Enter, or Ctrl-C. What lies where no change comes from is marked as pointless.

    \b
    Examples:
      tillpost cash deposit
      tillpost cash deposit --quiet 20
    """
    with driven(till, as_json=as_json) as drive:
        at_rest(drive, till)
        number = drive.machine.begin_deposit(0, about)
        if not as_json and sys.stdin.isatty():
            click.echo(till.tongue.say("cashcounter.press-enter"), err=True)
        over = _Quiet(drive, till, quiet)
        drive.until(lambda: drive.bell.rung or over.is_quiet() or _typed(alone=quiet is None))
        drive.machine.end_deposit(End.NO_CHANGE)
        ended = drive.ended(number)
        drive.rest(till.plan.settle)
    return told(till, ended, as_json=as_json)


class _Quiet:
    """Whether nothing has come in for so long."""

    def __init__(self, drive: Drive, till: Till, seconds: float | None) -> None:
        self._drive, self._clock, self._seconds = drive, till.clock, seconds
        self._seen, self._since = 0, till.clock.monotonic()

    def is_quiet(self) -> bool:
        came = sum(isinstance(notice, Counted) for notice in self._drive.notices)
        if came != self._seen:
            self._seen, self._since = came, self._clock.monotonic()
        return self._seconds is not None and self._clock.monotonic() - self._since >= self._seconds


def _typed(*, alone: bool) -> bool:
    """Whether a line, or the end of all lines, has come. Not `alone`: only a terminal is asked."""
    try:
        file = sys.stdin.fileno()
    except (UnsupportedOperation, ValueError):
        return False
    if not (alone or os.isatty(file)):
        return False
    if select.select([file], [], [], 0)[0]:
        os.read(file, 1 << 10)
        return True
    return False


@click.command()
@click.argument("amount", metavar="AMOUNT")
@about_option
@json_option
@pass_till
def payout(till: Till, amount: str, about: str, as_json: bool) -> int:
    """Give out cash without a sale: for a return.

    \b
    Example: tillpost cash payout 120 --about "return 7"
    """
    wanted = till.amount(amount)
    return operate(till, lambda drive: drive.machine.dispense_change(wanted, about), as_json=as_json)


@click.command()
@click.argument("how", type=click.Choice(list(ENDS)))
@json_option
@pass_till
def end(till: Till, how: str, as_json: bool) -> int:
    """End a deposit that was interrupted: keep the sale's amount, give all back, or keep all.

    \b
    Examples:
      tillpost cash end change   the sale is done: it gives the change
      tillpost cash end repay    gives back what was put in
      tillpost cash end keep     keeps all, gives nothing
    """
    with driven(till, as_json=as_json) as drive:
        number = _interrupted(drive, till)
        drive.machine.end_deposit(ENDS[how])
        ended = drive.ended(number)
        drive.rest(till.plan.settle)
    verdict = Verdict.RETURNED if ENDS[how] is End.REPAY else Verdict.COMMITTED
    return told(till, ended, as_json=as_json, verdict=verdict)


def operate(till: Till, begin: Callable[[Drive], int], *, as_json: bool) -> int:
    """An operation that ends by itself: begun, brought to its end, and told."""
    with driven(till, as_json=as_json) as drive:
        at_rest(drive, till)
        ended = drive.ended(begin(drive))
    return told(till, ended, as_json=as_json)

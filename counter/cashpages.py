"""What people are shown of a cash machine: how it stands, its units, how an operation ended; and the same for programs.

Amounts are in major units for people, in minor ones for programs.

Failures: none.
"""

from __future__ import annotations

import click
import msgspec

from ..devices.journal.account import Account, CashIn
from ..devices.journal.entries import Command, Unsure, Verdict
from ..devices.machine.nouns import Ended, Status, total
from ..devices.machine.plan import Plan
from ..devices.money.blocking import Block, reserves
from ..devices.money.units import Condition, Fill, Level, Unit, dispensable, fill
from .cashwords import Tongue
from .tables import Row, table, under

BAR = 20  # columns
FULL, EMPTY = "█", "░"
SETTLING = "machine.settling"  # no reason where nobody asked the devices


def bar(unit: Unit) -> str:
    """How full it is; "" where its capacity is not known. One piece shows, and one that lacks shows, too."""
    if not unit.capacity:
        return ""
    filled = min(BAR, max(0, round(BAR * unit.count / unit.capacity)))
    if 0 < unit.count < unit.capacity:
        filled = min(BAR - 1, max(1, filled))
    return FULL * filled + EMPTY * (BAR - filled)


def level_words(status: Status, plan: Plan, tongue: Tongue) -> dict[str, str]:
    """By unit: the colour's word, and why it is not grey."""
    having = (pieces.denomination for pieces in dispensable(status.units))
    needs = reserves(having, plan.terms.accepted)
    words = {}
    for unit in status.units:
        level = status.levels[unit.id]
        said = [tongue.word(level)]
        if unit.condition is not Condition.READY:
            said.append(tongue.word(unit.condition))
        elif level is not Level.OK and (full := fill(unit, needs.get(unit.denomination, 0))) is not Fill.SOME:
            said.append(tongue.word(full))
        words[unit.id] = ", ".join(said)
    return words


# --- how it stands


def status_row(status: Status, tongue: Tongue, *, asked: bool) -> Row:
    """`asked`: whether the devices were; else it is what the journal says."""
    row = msgspec.structs.asdict(status)
    blocks = [
        {"code": block.staff.code, "staff": tongue.told(block.staff), "customer": tongue.told(block.customer)}
        for block in blocks_of(status, asked=asked)
    ]
    units = [{**msgspec.structs.asdict(unit), "count": unit.count, "amount": unit.amount} for unit in status.units]
    return {**row, "blocks": blocks, "units": units, "asked": asked}


def blocks_of(status: Status, *, asked: bool) -> list[Block]:
    """Why no cash is taken. Where the devices were not asked, that is no reason."""
    return [block for block in status.blocks if asked or block.staff.code != SETTLING]


def show_status(title: str, status: Status, plan: Plan, tongue: Tongue, *, asked: bool) -> None:
    say = tongue.say
    click.secho(title, bold=True)
    if asked:
        click.echo(f"{tongue.word(status.phase)}; " + say("cashcounter.lamp", lamp=tongue.word(status.lamp)))
    else:
        under(say("cashcounter.not-asked"), 0)
    blocks = blocks_of(status, asked=asked)
    if blocks or status.cash_in is not CashIn.ACTIVE:
        click.echo(say("cashcounter.blocked") if blocks else say("cashcounter.open"))
    for block in blocks:
        under(tongue.told(block.staff))
    for line in deposit_lines(status, tongue):
        under(line, 0)
    click.echo()
    show_levels(status, plan, tongue)
    if asked and status.standings:
        click.echo()
        rows = [{"device": name, "standing": tongue.word(how)} for name, how in status.standings.items()]
        table(rows, {"device": say("cashcounter.device"), "standing": say("cashcounter.standing")})
    show_unknown(status.unknown, tongue)


def show_levels(status: Status, plan: Plan, tongue: Tongue) -> None:
    say = tongue.say
    words = level_words(status, plan, tongue)
    rows = [
        {
            "unit": unit.id,
            "kind": tongue.word(unit.kind),
            "piece": tongue.money(unit.denomination) if unit.denomination else "",
            "bar": bar(unit),
            "count": unit.count,
            "capacity": unit.capacity or None,
            "amount": tongue.money(unit.amount),
            "level": words[unit.id],
        }
        for unit in status.units
    ]
    columns = {
        "unit": say("cashcounter.unit"), "kind": say("cashcounter.kind"), "piece": say("cashcounter.piece"),
        "bar": say("cashcounter.bar"), "count": say("cashcounter.count"), "capacity": say("cashcounter.capacity"),
        "amount": say("cashcounter.amount"), "level": say("cashcounter.level"),
    }  # fmt: skip
    for key in ("piece", "amount"):
        width = max((len(str(row[key])) for row in rows), default=0)
        for row in rows:
            row[key] = str(row[key]).rjust(max(width, len(columns[key])))
    table(rows, columns, note="level", fold=("kind", "bar"))
    held = sum(unit.amount for unit in status.units)
    click.echo(say("cashcounter.total", amount=tongue.money(held)))


def deposit_lines(status: Status, tongue: Tongue) -> list[str]:
    """The deposit that is open, counting up."""
    if status.cash_in is not CashIn.ACTIVE:
        return []
    say, money = tongue.say, tongue.money
    inside, out = total(status.deposited), total(status.given)
    if not status.wanted:
        lines = [say("cashcounter.depositing", deposited=money(inside))]
    elif inside < status.wanted:
        left = money(status.wanted - inside)
        lines = [say("cashcounter.selling", amount=money(status.wanted), deposited=money(inside), left=left)]
    else:
        change = money(inside - status.wanted)
        lines = [say("cashcounter.sold", amount=money(status.wanted), deposited=money(inside), change=change)]
    if status.deposited:
        lines.append(tongue.pieces(status.deposited))
    if out:
        lines.append(say("cashcounter.out-so-far", given=money(out)))
    return lines


def open_line(account: Account, tongue: Tongue) -> str:
    """A deposit that is open, and how to end it; "" = none is."""
    if not account.active:
        return ""
    wanted = next(intent.amount for intent in account.open if intent.n == account.active)
    code = "cashcounter.open-sale" if wanted else "cashcounter.open-deposit"
    deposited = tongue.money(total(account.deposited))
    return tongue.say(code, number=account.active, amount=tongue.money(wanted), deposited=deposited)


# --- what became of an operation


def ended_row(ended: Ended) -> Row:
    return msgspec.structs.asdict(ended)


def is_done(ended: Ended, verdict: Verdict = Verdict.COMMITTED) -> bool:
    """Whether it ended as it was asked for, and nobody has to do anything."""
    return ended.verdict is verdict and not ended.owed and not ended.unsure


_ENDS = {
    Command.DEPOSIT: "cashcounter.ended-deposit",
    Command.CHANGE: "cashcounter.ended-deposit",
    Command.PAYOUT: "cashcounter.ended-payout",
    Command.REMOVE: "cashcounter.ended-remove",
    Command.COLLECT: "cashcounter.ended-collect",
    Command.FILL: "cashcounter.ended-fill",
}


_PIECES = {  # what came in, and what went out
    Command.FILL: ("cashcounter.pieces-more", "cashcounter.pieces-less"),
    Command.COLLECT: ("cashcounter.pieces-in", "cashcounter.pieces-moved"),
}


def ended_lines(ended: Ended, tongue: Tongue) -> list[str]:
    """What became of it, most important first; then what somebody has to do."""
    money, say = tongue.money, tongue.say
    inside, out = total(ended.deposited), total(ended.given)
    code = _ENDS.get(ended.command, "cashcounter.ended")
    if ended.command.is_cash_in and ended.verdict is Verdict.RETURNED:
        code = "cashcounter.ended-repaid"
    elif ended.command.is_cash_in and ended.amount:
        code = "cashcounter.ended-sale"
    lines = [
        say(
            code,
            number=ended.number,
            command=tongue.word(ended.command),
            verdict=tongue.word(ended.verdict),
            amount=money(ended.amount),
            deposited=money(inside),
            given=money(out),
        )
    ]
    more, less = _PIECES.get(ended.command, ("cashcounter.pieces-in", "cashcounter.pieces-out"))
    if ended.deposited:
        lines.append(say(more, pieces=tongue.pieces(ended.deposited)))
    if ended.given:
        lines.append(say(less, pieces=tongue.pieces(ended.given)))
    if ended.owed:
        lines.append(say("cashcounter.owed", amount=money(ended.owed)))
    if ended.unsure:
        lines.append(say("cashcounter.unsure", amount=money(ended.unsure)))
    if ended.code:
        lines.append(tongue.why(ended.code))
    return lines


def show_unknown(unknown: tuple[Unsure, ...], tongue: Tongue) -> None:
    """What waits for a person, and how to say it."""
    if not unknown:
        return
    click.echo()
    click.echo(tongue.say("cashcounter.unknown"))
    for unsure in unknown:
        under(unsure_line(unsure, tongue))
    under(tongue.say("cashcounter.resolve-so"), 0)


def unsure_line(unsure: Unsure, tongue: Tongue) -> str:
    intent = unsure.intent
    pieces = tongue.pieces(intent.pieces) or "?"
    parts = [str(intent.n), tongue.word(intent.command), pieces, intent.unit or intent.device]
    if unsure.outcome.code:
        parts.append(f"({tongue.why(unsure.outcome.code)})")
    return "  ".join(filter(None, parts))

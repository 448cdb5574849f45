"""Verbs of simulated devices: `cash simulate ccnet | cctalk | ssp | glory`.

Failures: as `devices.rehearsal`; `click.BadParameter` for a script that cannot be read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import closing
from io import UnsupportedOperation
from pathlib import Path
from typing import Any

import click
import msgspec

from ..devices.glory.simserver import SimGloryServer
from ..devices.nouns import Misuse
from ..devices.rehearsal import stage
from ..devices.rehearsal.ccnet import WORDS as CCNET_WORDS
from ..devices.rehearsal.ccnet import CcnetScene
from ..devices.rehearsal.cctalk import WORDS as CCTALK_WORDS
from ..devices.rehearsal.cctalk import CctalkScene
from ..devices.rehearsal.currencies import CURRENCIES
from ..devices.rehearsal.glory import WORDS as GLORY_WORDS
from ..devices.rehearsal.glory import GloryScene
from ..devices.rehearsal.hurried import Hurried
from ..devices.rehearsal.ports import Port
from ..devices.rehearsal.script import Order, Words, orders
from ..devices.rehearsal.ssp import WORDS as SSP_WORDS
from ..devices.rehearsal.ssp import SspScene
from ..devices.ssp.cipher import FIXED_KEY
from ..pipeline.stopping import Stop, signals
from .verbs import DONE, REFUSED, InOrder, json_option

Verb = Callable[..., Any]

MOST_SPEED = 1000.0


@click.group(cls=InOrder)
def simulate() -> None:
    """Simulated cash devices, for a host program that has no real one.

    A host finds the device where it would find a real one. Lines that are typed, or come from a file, say what happens
    to it: a note is put in, one is stuck, the power is cut. The line help lists them.
    """


def _options(words: Words) -> Callable[[Verb], Verb]:
    """What all kinds share."""

    def script(context: click.Context, option: click.Parameter, file: str | None) -> list[Order] | None:
        if file is None:
            return None
        with click.open_file(file, encoding="utf-8") as lines:
            try:
                return orders(lines.read(), {**words, **stage.COMMON})
            except (Misuse, UnicodeDecodeError) as wrong:
                raise click.BadParameter(str(wrong), context, option) from wrong

    shared = (
        click.option(
            "--script",
            metavar="FILE",
            type=click.Path(exists=True, dir_okay=False, allow_dash=True),
            callback=script,
            help="Lines to carry out, one after another; - reads them from a pipe. Ends with the last.",
        ),
        click.option("--stay", is_flag=True, help="With --script: go on after the last line."),
        click.option(
            "--speed",
            metavar="N",
            type=click.FloatRange(0.1, MOST_SPEED),
            default=1.0,
            help="Let motors run, and waits pass, N times as fast as they do.",
        ),
        json_option,
    )

    def with_options(verb: Verb) -> Verb:
        for option in reversed(shared):
            verb = option(verb)
        return verb

    return with_options


_link = click.option(
    "--link",
    metavar="PATH",
    required=True,
    type=click.Path(path_type=Path),
    help="The port that hosts open: a link to a pseudo-terminal, made here and taken away at the end.",
)
_currency = click.option(
    "--currency",
    type=click.Choice(list(CURRENCIES)),
    default="RUB",
    help="What it takes: RUB (the default) or EUR.",
)


@simulate.command()
@_link
@_currency
@_options(CCNET_WORDS)
def ccnet(link: Path, currency: str, **told: Any) -> int:
    """A CCNET note validator on a serial port.

    \b
    Examples:
      tillpost cash simulate ccnet --link /tmp/notes
      tillpost cash simulate ccnet --link /tmp/notes --script sale.txt --speed 10
    """

    def open_(clock: Hurried) -> tuple[stage.Scene, stage.Place]:
        scene = CcnetScene(clock, currency)
        return scene, Port(link, scene.device, clock)

    return _play(open_, **told)


@simulate.command()
@_link
@_currency
@click.option("--echo", is_flag=True, help="Let hosts hear themselves, as many adapters do.")
@_options(CCTALK_WORDS)
def cctalk(link: Path, currency: str, echo: bool, **told: Any) -> int:
    """A ccTalk coin acceptor and two hoppers on a serial port.

    The acceptor has address 2; the hoppers have 3 and 4, of 10 and 1 roubles, or of 1 euro and 20 cents.

    \b
    Example: tillpost cash simulate cctalk --link /tmp/coins
    """

    def open_(clock: Hurried) -> tuple[stage.Scene, stage.Place]:
        scene = CctalkScene(clock, currency, echo=echo)
        return scene, Port(link, scene, clock)

    return _play(open_, **told)


@simulate.command()
@_link
@_currency
@click.option(
    "--encrypted", is_flag=True, help="Speak eSSP only, with the key that devices leave the factory with."
)
@_options(SSP_WORDS)
def ssp(link: Path, currency: str, encrypted: bool, **told: Any) -> int:
    """An SSP or eSSP note validator on a serial port.

    \b
    Example: tillpost cash simulate ssp --link /tmp/notes --currency EUR
    """

    def open_(clock: Hurried) -> tuple[stage.Scene, stage.Place]:
        scene = SspScene(clock, currency, key=FIXED_KEY if encrypted else None)
        return scene, Port(link, scene.device, clock)

    return _play(open_, **told)


@simulate.command()
@click.option(
    "--port",
    metavar="N",
    required=True,
    type=click.IntRange(0, 65535),
    help="Where hosts ask; 0 takes any that is free, and tells it.",
)
@click.option(
    "--address", metavar="ADDRESS", default="127.0.0.1", help="The network to serve; without it this machine alone."
)
@_options(GLORY_WORDS)
def glory(port: int, address: str, **told: Any) -> int:
    """A Glory cash machine (BrueBox) on the network.

    It answers questions, and connects to the host by itself for its events.

    \b
    Example: tillpost cash simulate glory --port 8080
    """

    def open_(clock: Hurried) -> tuple[stage.Scene, stage.Place]:
        scene = GloryScene(clock)
        return scene, SimGloryServer(scene.machine, address=address, port=port)

    return _play(open_, **told)


# --- how it goes on


class _Bell(Stop):
    """A stop that whoever waits for files can wait for, too."""

    def __init__(self) -> None:
        super().__init__()
        self.hears, self._rings = os.pipe()

    def wake(self) -> None:
        os.write(self._rings, b"!")

    def set_reload(self) -> None:
        """There are no settings to read again."""

    def close(self) -> None:
        os.close(self.hears)
        os.close(self._rings)


def _play(
    open_: Callable[[Hurried], tuple[stage.Scene, stage.Place]],
    *,
    script: list[Order] | None,
    stay: bool,
    speed: float,
    as_json: bool,
) -> int:
    if stay and script is None:
        raise click.UsageError("--stay goes with --script; without one it stays anyhow")
    clock, sources = Hurried(speed), _sources(script, stay)
    with closing(_Bell()) as bell, signals(bell, lambda: None):
        scene, place = open_(clock)
        with closing(place):
            _tell_json({"serves": place.name}) if as_json else click.echo(f"Serves {place.name}")
            played = stage.Stage(scene, place, clock, _tell_rows if as_json else _tell_lines)
            for source in sources:
                played.play(source, stopped=lambda: bell.asked, bell=(bell.hears,))
    return REFUSED if script is not None and played.refused else DONE


def _sources(script: list[Order] | None, stay: bool) -> list[stage.Source]:
    sources: list[stage.Source] = [] if script is None else [stage.Script(script)]
    if script is None or stay:
        sources.append(_console())
    return sources


def _console() -> stage.Console:
    """Who types ends it with Ctrl-D. A service, whose input is empty, goes on until it is stopped."""
    try:
        file = sys.stdin.fileno()
    except UnsupportedOperation:
        return stage.Console(None, ends=False)
    return stage.Console(file, ends=os.isatty(file))


def _tell_json(row: object) -> None:
    click.echo(msgspec.json.encode(row).decode())


def _tell_rows(told: stage.Told) -> None:
    match told:
        case stage.Did(said, outcome):
            _tell_json({"said": said, "outcome": outcome.value})
        case stage.Refused(said, reason):
            _tell_json({"said": said, "refused": reason.code, "reason": reason.text()})
        case stage.Changed(what, to):
            _tell_json({what: to})
        case stage.Listed(rows):
            _tell_json(rows)


def _tell_lines(told: stage.Told) -> None:
    match told:
        case stage.Did(said, outcome):
            click.echo(f"> {said}: {outcome.value}")
        case stage.Refused(said, reason):
            click.echo(f"> {said}: {reason.text()}")
        case stage.Changed(what, to):
            click.echo(f"{what}: {to}")
        case stage.Listed(rows):
            formatter = click.HelpFormatter(width=100)
            formatter.write_dl(list(rows.items()))
            click.echo(formatter.getvalue(), nl=False)

"""A till's cash machine on simulated lines, for its verbs in this process: people act when the machine lets them, the
time is the clock's own, and devices keep their cash from one verb to the next."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec
import pytest
from tillpost.cli import tillpost
from tillpost.counter.cashtill import Bench
from tillpost.devices.ccnet.simulated import ROUBLES, SimValidator
from tillpost.devices.cctalk.simulated import SimBus, SimCoinAcceptor, SimHopper
from tillpost.devices.lines.simlink import SimClock, SimLink
from tillpost.devices.promises import Link

NOTES = [value * 10**exponent for value, exponent in ROUBLES]  # major units, by bill type
COINS = {1: "RU100A", 2: "RU200A", 5: "RU500A", 10: "RU1K0A"}
HOPPERS = {10: (3, 1), 1: (4, 2)}  # by its coin: address, and sorter path


class Crowd(SimClock):
    """A clock with people: whoever is next in line tries each time it moves, until it could be done."""

    def __init__(self) -> None:
        super().__init__()
        self.line: list[Callable[[], bool]] = []

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.line:
            first = self.line.pop(0)
            if not first():
                self.line.insert(0, first)


class Answer(NamedTuple):
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return msgspec.json.decode(self.out)


class CashBench:
    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str], fill: int = 50, language: str = "en") -> None:
        (folder / "sales").mkdir()
        self.folder, self.settings = folder, folder / "cash.toml"
        example = Path(str(files("tillpost.etc"))) / "cash-composite.toml"
        text = example.read_text("utf-8").replace("currency =", f'language = "{language}"\ncurrency =')
        self.settings.write_text(text, "utf-8")
        self.clock = Crowd()
        self.validator = SimValidator(self.clock)
        self.acceptor = SimCoinAcceptor(list(COINS.values()))
        self.hoppers = {
            coin: SimHopper(fill, address=address, serial=345600 + address) for coin, (address, _) in HOPPERS.items()
        }
        self._capfd = capfd

    def line(self, port: str, baud: int, stop_bits: int) -> Link:
        if port == "/dev/ttyUSB0":
            return SimLink(self.clock, self.validator)
        return SimLink(self.clock, SimBus([self.acceptor, *self.hoppers.values()]))

    def cash(self, line: str) -> Answer:
        """Runs `tillpost cash …`."""
        self._capfd.readouterr()
        arguments = ["cash", "--settings", str(self.settings), *shlex.split(line)]
        try:
            code = tillpost.main(
                args=arguments, prog_name="tillpost", standalone_mode=False, obj=Bench(self.clock, self.line)
            )
        except click.ClickException as wrong:
            wrong.show()
            code = wrong.exit_code
        return Answer(code or 0, *self._capfd.readouterr())

    def filled(self) -> CashBench:
        """Staff has told what is in the hoppers."""
        for unit, coin in (("ten", 10), ("one", 1)):
            assert self.cash(f"count {unit} {coin}={self.hoppers[coin].stock}").code == 0
        return self

    # --- people

    def note(self, value: int) -> None:
        kind = NOTES.index(value)
        self.clock.line.append(lambda: self.validator.note is None and self.validator.insert(kind))

    def coin(self, value: int) -> None:
        _, path = HOPPERS.get(value, (0, 8))

        def insert() -> bool:
            if not (self.acceptor.accepting and self.acceptor.insert(list(COINS).index(value) + 1, path)):
                return False
            if value in self.hoppers:
                self.hoppers[value].stock += 1
            return True

        self.clock.line.append(insert)

    def then(self, action: Callable[[], object], after: float = 0.0) -> None:
        """`after`: seconds since the one before in line has acted."""
        begun: list[float] = []

        def act() -> bool:
            begun.append(self.clock.monotonic())
            if begun[-1] - begun[0] < after:
                return False
            action()
            return True

        self.clock.line.append(act)

    def interrupt(self, after: float = 3.0) -> None:
        """Ctrl-C."""
        self.then(lambda: signal.raise_signal(signal.SIGINT), after)

    def documents(self) -> list[str]:
        """Their kinds, in their order."""
        texts = [path.read_text("utf-8") for path in sorted((self.folder / "sales").glob("cash_*.xml"))]
        return [text.split(' kind="')[1].split('"')[0] for text in texts]

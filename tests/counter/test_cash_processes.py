"""A till's cash machine between processes: devices at real ports, a sale at a terminal, a kill in the middle."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from rehearsed import DEADLINE, Rehearsed, rehearsed
from tillpost.devices.journal.account import CashIn
from tillpost.devices.journal.entries import Command, Verdict
from tillpost.devices.lines.realclock import RealClock
from tillpost.devices.machine.building import Written, as_written, book_of
from tillpost.devices.machine.settings import load
from tillpost.devices.nouns import Pieces

BESIDE = Path(__file__).parents[2]
SPEED = ("--speed", "20")
CASH = (sys.executable, "-m", "tillpost.cli", "cash")


class Shop(NamedTuple):
    """A till with its devices as processes."""

    settings: Path
    notes: Rehearsed
    coins: Rehearsed

    @property
    def place(self) -> dict[str, str]:
        return {**os.environ, "TILLPOST_CASH": str(self.settings), "COLUMNS": "80"}

    def cash(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        how: dict[str, Any] = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL}
        return subprocess.run([*CASH, *arguments], env=self.place, check=False, timeout=DEADLINE, **how)

    def written(self) -> Written:
        return as_written(load(self.settings), RealClock())

    def until(self, is_so: Callable[[Written], object]) -> None:
        deadline = time.monotonic() + DEADLINE
        while not is_so(self.written()):
            assert time.monotonic() < deadline, self.written().account.__dict__
            time.sleep(0.05)

    def note(self, value: int) -> None:
        self._insert(self.notes, f"note {value}", "idling", "waiting-insertion")

    def coin(self, value: int) -> None:
        self._insert(self.coins, f"coin {value}", "accepting")

    def _insert(self, device: Rehearsed, what: str, *states: str) -> None:
        """When the device takes it."""
        deadline = time.monotonic() + DEADLINE
        while (state := device.stock()["state"]) not in states:
            assert time.monotonic() < deadline, state
            time.sleep(0.1)
        assert device.say(what)["outcome"] == "taken"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    (tmp_path / "sales").mkdir()
    settings = tmp_path / "cash.toml"
    settings.write_text((BESIDE / "samples" / "cash.toml").read_text("utf-8"), "utf-8")
    with (
        rehearsed("ccnet", "--link", tmp_path / "notes", *SPEED) as notes,
        rehearsed("cctalk", "--link", tmp_path / "coins", *SPEED) as coins,
    ):
        fill(settings)
        yield Shop(settings, notes, coins)


def fill(settings: Path) -> None:
    """Staff has told what is in the hoppers."""
    with book_of(load(settings), RealClock()) as book:
        for unit, coin in (("ten", 1000), ("one", 100)):
            pieces = (Pieces(coin, 50),)
            counted = book.begin(Command.FILL, unit=unit, pieces=pieces)
            book.conclude(counted.n, Verdict.COMMITTED, taken=pieces)


@contextmanager
def running(shop: Shop, *arguments: str, **how: Any) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([*CASH, *arguments], env=shop.place, **how) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def test_a_kill_in_the_middle_of_a_sale_loses_no_money_and_somebody_ends_it(shop: Shop) -> None:
    with running(shop, "sale", "87", stdout=subprocess.DEVNULL) as sale:
        shop.note(50)
        shop.until(lambda written: written.account.deposited)
        assert shop.cash("sale", "5").returncode == 75
        sale.send_signal(signal.SIGKILL)
    told = shop.cash("status")
    assert "was not ended: 50 of 87 is in" in " ".join(told.stdout.split())
    repaid = json.loads(shop.cash("end", "repay", "--json").stdout)
    assert sum(each["count"] * each["denomination"] for each in repaid["given"]) == 5000
    assert shop.written().account.cash_in is CashIn.ROLLBACK
    assert shop.notes.stock()["cassette"] == "1 x 50"
    assert shop.coins.stock()["given out"] == "5 x 10"


def test_a_sale_at_a_terminal_lives_and_ctrl_c_gives_back(shop: Shop) -> None:
    """Beside it somebody looks on."""
    ours, theirs = pty.openpty()
    with (
        running(shop, "watch", "--json", stdout=subprocess.PIPE) as watch,
        running(shop, "sale", "37", stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as sale,
    ):
        os.close(theirs)
        screen = _Screen(ours)
        shop.coin(10)
        screen.until("sale of 37: 10 is in, 27 to come")
        sale.send_signal(signal.SIGINT)
        screen.until("10 was in, 10 given back.")
        assert sale.wait(DEADLINE) == 1
        watch.send_signal(signal.SIGTERM)
        entries = [json.loads(line) for line in watch.communicate(timeout=DEADLINE)[0].splitlines()]
    os.close(ours)
    assert "█" in screen.text
    assert watch.returncode == 0
    assert [entry["denomination"] for entry in entries if entry["entry"] == "credit"] == [1000]


class _Screen:
    """What a terminal was sent."""

    def __init__(self, ours: int) -> None:
        self.text, self._ours = "", ours

    def until(self, words: str) -> None:
        deadline = time.monotonic() + DEADLINE
        while words not in self.text:
            ready, _, _ = select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, self.text[-2000:]
            self.text += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", os.read(self._ours, 1 << 16).decode("utf-8", "replace"))


def glory(folder: Path, machine: Rehearsed) -> Shop:
    (folder / "sales").mkdir()
    text = (Path(str(files("tillpost.etc"))) / "cash-glory.toml").read_text("utf-8")
    port = machine.serves.split(":")[2].split("/")[0]
    changes = {
        '"192.168.0.25"': f'"127.0.0.1"\nport = {port}',
        "192.168.0.10": "127.0.0.1",
        "listen = 55561\n": "",
        "currency =": "patience_seconds = 1\ncurrency =",
    }
    for old, new in changes.items():
        text = text.replace(old, new)
    settings = folder / "cash.toml"
    settings.write_text(text, "utf-8")
    return Shop(settings, machine, machine)


def test_a_cassette_is_exchanged_at_a_glory_though_no_process_sees_the_empty_one_go_in(tmp_path: Path) -> None:
    with rehearsed("glory", "--port", 0, "--speed", 20) as machine:
        shop = glory(tmp_path, machine)
        with running(shop, "cassette", "out", "--yes", stdout=subprocess.DEVNULL) as taking:
            machine.state("unlocking")
            machine.say("cassette out")
            assert taking.wait(DEADLINE) == 0
        machine.say("cassette in")
        status = shop.cash("status", "--json")
        assert (status.returncode, json.loads(status.stdout)["phase"]) == (1, "starting")
        sale = shop.cash("sale", "5")
        assert (sale.returncode, "a door is unlocked" in sale.stderr) == (75, True)
        assert shop.cash("cassette", "empty", "--by", "Anna").returncode == 0
        assert shop.written().account.open == ()


def test_a_sale_at_a_glory_over_the_network(tmp_path: Path) -> None:
    with rehearsed("glory", "--port", 0, "--speed", 20) as machine:
        shop = glory(tmp_path, machine)
        with running(shop, "sale", "237", "--json", stdout=subprocess.PIPE) as sale:
            shop.note(500)
            machine.state("waiting-cash-out-removal")
            machine.say("take")
            sold = json.loads(sale.communicate(timeout=DEADLINE)[0])
        levels = json.loads(shop.cash("levels", "--json").stdout)
    assert (sale.returncode, sold["verdict"]) == (0, "committed")
    assert sum(each["count"] * each["denomination"] for each in sold["given"]) == 26300
    assert next(unit["count"] for unit in levels if unit["id"] == "drum500") == 41


def test_five_commands_of_the_readme_are_a_first_sale(tmp_path: Path) -> None:
    """Literally, but for devices that hurry; ~ is a temporary folder."""
    readme = (BESIDE / "README.md").read_text("utf-8")
    block = re.search(r"(?:^    .+\n)+", readme.split("## Cash at the till")[1], re.MULTILINE)
    assert block
    made, notes, coins, counts, sale = (line.strip() for line in block[0].splitlines())
    (tmp_path / "till").mkdir()
    place = {
        **os.environ,
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TILLPOST_CASH": str(tmp_path / "till" / "cash.toml"),
    }

    def shell(command: str) -> str:
        return subprocess.run(
            ["sh", "-c", f"set -e; {command}"],
            cwd=BESIDE, env=place, capture_output=True, text=True, check=True, timeout=DEADLINE,
        ).stdout  # fmt: skip

    assert shell(f'{made}; printf "$TILLPOST_CASH"') == place["TILLPOST_CASH"]
    with ExitStack() as stack:
        devices = []
        for line in (notes, coins):
            device = stack.enter_context(_typed(f"exec {line} --speed 20", place))
            assert device.stdout
            assert device.stdout.readline().startswith(b"Serves")
            devices.append(device)
        shell(counts)
        with _typed(f"exec {sale}", place) as selling:
            _say(devices[0], "until idling", "note 100")
            told = selling.communicate(timeout=DEADLINE)[0].decode()
    assert "of 37: 100 in, 63 change." in told
    assert selling.returncode == 0


@contextmanager
def _typed(line: str, place: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        ["sh", "-c", line], env=place, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(DEADLINE)


def _say(device: subprocess.Popen[bytes], *lines: str) -> None:
    assert device.stdin
    device.stdin.write("".join(f"{line}\n" for line in lines).encode())
    device.stdin.flush()

"""Simulated devices as processes: whole sales of hosts that know nothing of the package, and of our own sessions."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ccnet_host import CcnetHost, Gone
from cctalk_host import CctalkHost
from click.testing import CliRunner
from glory_host import GloryHost
from rehearsed import DEADLINE, command, rehearsed
from ssp_host import SspHost
from tillpost.counter.cashsimulate import simulate
from tillpost.devices.ccnet.session import CcnetSession
from tillpost.devices.cctalk.bus import Bus
from tillpost.devices.cctalk.coins import CoinAcceptor
from tillpost.devices.cctalk.hopper import Hopper
from tillpost.devices.glory.nouns import Finished
from tillpost.devices.glory.session import GlorySession
from tillpost.devices.glory.states import Verdict
from tillpost.devices.glory.wire import TcpWire
from tillpost.devices.lines.realclock import RealClock
from tillpost.devices.lines.seriallink import SerialLink
from tillpost.devices.nouns import Credited, Escrowed, Paid, Pieces, Standing
from tillpost.devices.ssp import validator as sspvalidator
from tillpost.devices.ssp.cipher import FIXED_KEY
from tillpost.devices.ssp.session import SspSession
from tillpost.errors import Halt

SPEED = ("--speed", "10")


@pytest.fixture
def port(tmp_path: Path) -> Path:
    return tmp_path / "ttyUSB0"


def polled(poll: Callable[[], list], done: Callable[[list], object]) -> list:
    """All that a session tells, until it is enough."""
    told: list = []
    deadline = time.monotonic() + DEADLINE
    while not done(told):
        assert time.monotonic() < deadline, told
        told += poll()
    return told


# --- hosts that know nothing of us


def test_a_strange_host_sells_for_notes_through_a_pulled_cable_and_a_power_cut(port: Path) -> None:
    with rehearsed("ccnet", "--link", port, *SPEED) as device:
        host = CcnetHost(port)
        host.open()
        host.begin()
        assert host.values[5] == 500
        assert device.say("note 500")["outcome"] == "taken"
        host.until(lambda: host.poll() == 0x14 and host.credited == [500])
        host.refuses = True
        device.say("note 100")
        host.until(lambda: host.poll() == 0x14 and host.returned == [100])

        device.say("unplug")
        with pytest.raises(Gone):
            host.until(lambda: host.poll() is None)
        host.close()
        with pytest.raises(Gone):
            host.open()
        device.say("plug")
        host.open()
        host.until(lambda: host.poll() == 0x14)

        host.refuses = False
        device.say("note 1000")
        host.until(lambda: host.poll() == 0x80)
        device.say("cut")
        device.say("power")
        host.until(lambda: host.poll() in (0x10, 0x11, 0x12))
        host.begin()
        host.close()
        told = device.stock()
    swallowed = 0x12 in host.states
    assert told["cassette"] == ("1 x 500, 1 x 1000" if swallowed else "1 x 500")
    assert told["given back"] == ("1 x 100" if swallowed else "1 x 100, 1 x 1000")
    assert host.credited == [500]


@pytest.mark.parametrize("echo", [False, True], ids=["quiet", "echo"])
def test_a_strange_host_takes_coins_and_pays_them_out(port: Path, echo: bool) -> None:
    with rehearsed("cctalk", "--link", port, *SPEED, *["--echo"] * echo) as device:
        host = CctalkHost(port, echo=echo)
        host.begin()
        assert device.say("coin 10")["outcome"] == "taken"
        host.until(lambda: host.poll() or host.credited == [1000])
        device.say("coin 0.50 x 5")
        host.until(lambda: host.poll() or len(host.credited) == 6)
        assert host.credited == [1000, *[50] * 5]
        assert host.pay(3, 4) == (4, 0)
        device.say("jam hopper 1")
        assert host.pay(4, 2) == (0, 2)
        host.close()
        told = device.stock()
    assert (told["hopper 10"], told["hopper 1"], told["given out"]) == ("46", "50, jammed", "4 x 10")
    assert told["cash box"] == "5 x 0.50, 1 x 10"


def test_a_strange_host_sells_for_notes_over_ssp_and_lets_one_go(port: Path) -> None:
    with rehearsed("ssp", "--link", port, "--currency", "EUR", *SPEED) as device:
        host = SspHost(port)
        host.begin()
        assert host.values == {1: 5, 2: 10, 3: 20, 4: 50, 5: 100, 6: 200, 7: 500}
        host.until(lambda: not host.poll() and device.say("note 50")["outcome"] == "taken")
        host.until(lambda: 0xEB in host.poll())
        host.refuses = True
        host.until(lambda: not host.poll() and device.say("note 20")["outcome"] == "taken")
        host.until(lambda: 0xEC in host.poll())
        host.close()
        told = device.stock()
    assert (host.credited, told["cassette"], told["given back"]) == ([50], "1 x 50", "1 x 20")


def test_a_strange_host_sells_at_a_brue_box_and_hears_its_events() -> None:
    with rehearsed("glory", "--port", 0, "--speed", 25) as device:
        host = GloryHost(device.serves)
        try:
            host.begin()
            sold = host.sale(34_500, 1, lambda: device.say("note 500"))
            assert (sold.result, sold.cash(1), sold.cash(2)) == (0, {50_000: 1}, {500: 1, 5_000: 1, 10_000: 1})
            device.say("take")
            host.until(lambda: host.states_told()[-1:] == [1])
            assert 4 in host.states_told()
            device.say("result Change 10")
            assert host.ask("Change", "<bru:Amount>100</bru:Amount>", number=2).result == 10
            assert host.ask("UnLockUnit", '<Option bru:type="1"/>').result == 0
            device.say("cassette out")
            host.until(lambda: any("eventCassetteInventoryOnRemoval" in event for event in host.events))
            told = device.stock()
        finally:
            device.process.terminate()
            device.process.wait(DEADLINE)
            host.close()
    assert (told["cassette"], told["drum 500"], told["drum 100"]) == ("out", "41 x 500", "39 x 100")


# --- our own


def test_our_session_sells_for_notes_by_a_script_which_ends_it(port: Path, tmp_path: Path) -> None:
    script = tmp_path / "sale.txt"
    script.write_text("until idling  # the host is there\nnote 500\nuntil stacked\nuntil idling\nstock\n")
    with rehearsed("ccnet", "--link", port, *SPEED, "--script", script) as device:
        session = CcnetSession(SerialLink(str(port)), RealClock(), epoch=1)
        session.enable([50_000])
        polled(session.poll, lambda told: any(isinstance(one, Escrowed) for one in told))
        session.accept()
        told = polled(session.poll, lambda told: any(isinstance(one, Credited) for one in told))
        (credit,) = [one for one in told if isinstance(one, Credited)]
        session.acknowledge(credit)
        polled(session.poll, lambda _: device.process.poll() is not None)
        assert device.ends() == 0
        assert device.until(lambda told: len(told) > 3)["cassette"] == "1 x 500"
        assert not port.is_symlink()
        session.close()
    assert (credit.denomination, credit.key) == (50_000, ("21KC12345678", 1, 1))


def test_our_session_sells_for_notes_over_ssp_encrypted(port: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sspvalidator, "LOOKS_FOR_NOTES", 0.5)
    with rehearsed("ssp", "--link", port, *SPEED, "--encrypted") as device:
        session = SspSession(SerialLink(str(port), stop_bits=2), RealClock(), key=FIXED_KEY)
        session.enable([50_000])
        polled(session.poll, lambda _: session.standing is Standing.ACCEPTING)
        device.say("note 500")
        polled(session.poll, lambda told: any(isinstance(one, Escrowed) for one in told))
        session.accept()
        told = polled(session.poll, lambda told: any(isinstance(one, Credited) for one in told))
        (credit,) = [one for one in told if isinstance(one, Credited)]
        session.acknowledge(credit)
        session.close()
        assert device.stock()["cassette"] == "1 x 500"
    assert credit.denomination == 50_000


def test_our_sessions_take_coins_and_pay_them_out(port: Path) -> None:
    with rehearsed("cctalk", "--link", port, *SPEED, "--currency", "EUR") as device:
        bus = Bus(SerialLink(str(port)), RealClock())
        acceptor, hopper = CoinAcceptor(bus, remember=lambda _place: None), Hopper(bus, 20, address=4)
        polled(acceptor.poll, lambda _: acceptor.standing is Standing.DISABLED)
        acceptor.enable(acceptor.denominations())
        polled(acceptor.poll, lambda _: acceptor.standing is Standing.ACCEPTING)
        device.say("coin 2")
        (credit,) = [
            one
            for one in polled(acceptor.poll, lambda told: any(isinstance(one, Credited) for one in told))
            if isinstance(one, Credited)
        ]
        acceptor.acknowledge(credit)
        hopper.counter()
        hopper.dispense([Pieces(20, 3)])
        told = polled(hopper.poll, lambda told: any(isinstance(one, Paid) for one in told))
        bus.close()
        assert device.stock()["hopper 0.20"] == "47"
    assert credit.denomination == 200
    assert [one.paid for one in told if isinstance(one, Paid)] == [(Pieces(20, 3),)]


def test_our_session_sells_at_a_brue_box_whose_cable_is_pulled_meanwhile() -> None:
    with rehearsed("glory", "--port", 0, "--speed", 25) as device:
        number = int(device.serves.split(":")[2].split("/")[0])
        wire = TcpWire("127.0.0.1", number, listen=("127.0.0.1", 0))
        session = GlorySession(wire, RealClock(), address="127.0.0.1", port=wire.listens_on)
        polled(session.poll, lambda _: session.standing is Standing.DISABLED)
        session.change_request(1, 100)
        polled(session.poll, lambda _: session.standing is Standing.ACCEPTING)
        device.say("unplug")
        device.say("coin 1")
        device.say("plug")
        told = polled(session.poll, lambda told: any(isinstance(one, Finished) for one in told))
        session.close()
    (finished,) = [one for one in told if isinstance(one, Finished)]
    assert (finished.verdict, finished.deposited, finished.dispensed) == (Verdict.DONE, (Pieces(100, 1),), ())


# --- how it begins and ends


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well_and_takes_the_link_away(port: Path, number: int) -> None:
    with rehearsed("ccnet", "--link", port) as device:
        assert port.is_symlink()
        device.process.send_signal(number)
        assert device.ends() == 0
    assert not port.is_symlink()


def test_quit_ends_it_after_a_script_that_stays(port: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.txt"
    script.write_text("jam\n")
    with rehearsed("ccnet", "--link", port, "--script", script, "--stay") as device:
        device.state("validator-jammed")
        device.say("quit")
        assert device.ends() == 0


def test_it_goes_on_where_nobody_can_type(port: Path) -> None:
    with rehearsed("ccnet", "--link", port, *SPEED) as device:
        assert device.process.stdin
        device.process.stdin.close()
        host = CcnetHost(port)
        host.open()
        host.begin()
        host.close()
        assert device.process.poll() is None


def test_a_script_from_a_pipe_is_carried_out_and_its_end_is_the_end(port: Path) -> None:
    run = command("ccnet", "--link", port, "--script", "-")
    done = subprocess.run(run, input="note 500\n", capture_output=True, text=True, check=False, timeout=DEADLINE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"Serves {port}\n> note 500: not taken\n"


@pytest.mark.parametrize(("script", "code"), [("stock\n", 0), ("note 500\n", 0), ("note 7\njam\n", 1)])
def test_a_script_ends_in_1_where_a_line_was_refused(port: Path, tmp_path: Path, script: str, code: int) -> None:
    file = tmp_path / "script.txt"
    file.write_text(script)
    assert simulate.main(["ccnet", "--link", str(port), "--script", str(file)], standalone_mode=False) == code


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("jam\nnoote 500\n", "line 2: no word noote; did you mean note? There are: cassette in"),
        ("note\n", "line 1: it is said so: note AMOUNT"),
        ("\udcff", "utf-8"),
    ],
)
def test_a_script_is_read_before_anything_is_done(port: Path, tmp_path: Path, script: str, said: str) -> None:
    file = tmp_path / "script.txt"
    file.write_text(script, "utf-8", "surrogateescape")
    done = CliRunner().invoke(simulate, ["ccnet", "--link", str(port), "--script", str(file)])
    assert done.exit_code == 2
    assert said in " ".join(done.output.replace("│", " ").split())
    assert not port.is_symlink()


def test_what_is_not_ours_is_not_replaced_by_the_link(port: Path) -> None:
    port.write_text("somebody's")
    with pytest.raises(Halt) as caught:
        simulate.main(["ccnet", "--link", str(port)], standalone_mode=False)
    assert caught.value.reason.code == "rehearsal.link-taken"
    assert port.read_text() == "somebody's"


def test_people_get_lines_and_programs_get_json(port: Path, tmp_path: Path) -> None:
    file = tmp_path / "script.txt"
    file.write_text("help\nfail 50\nnote 5\n")
    arguments = ["ccnet", "--link", str(port), "--script", str(file)]
    people = CliRunner().invoke(simulate, arguments).output.splitlines()
    assert people[0] == f"Serves {port}"
    assert [line.split()[-1] for line in people if line.startswith(("note", "wait"))] == ["in", "1m"]
    assert people[-3:-1] == ["> fail 50: done", "state: failure"]
    programs = CliRunner().invoke(simulate, [*arguments, "--json"]).output.splitlines()
    assert programs[-3:-1] == ['{"said":"fail 50","outcome":"done"}', '{"state":"failure"}']
    assert '"refused":"rehearsal.no-denomination"' in programs[-1]


def test_staying_needs_a_script(port: Path) -> None:
    done = CliRunner().invoke(simulate, ["ccnet", "--link", str(port), "--stay"])
    assert (done.exit_code, "--stay goes with --script" in done.output) == (2, True)



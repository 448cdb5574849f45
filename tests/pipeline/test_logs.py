"""The log's promise: one event a line, whole, in the file of that name, whoever moves the old one away."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tillpost.pipeline.logs import LEVELS, Log, configure

NOON = 1_795_176_000.25  # 2026-11-20T12:00:00.250Z


class StoppedClock:
    def now(self) -> float:
        return NOON

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tillpost.log"


@pytest.fixture
def open_log(file: Path) -> Iterator[Callable[..., Log]]:
    opened: list[Log] = []

    def configured(to: Path = file, level: str = "info", terminal: bool | None = False) -> Log:
        opened.append(configure(to, level, terminal, StoppedClock()))
        return opened[-1]

    yield configured
    for log in opened:
        log.close()


@pytest.fixture
def log(open_log: Callable[..., Log]) -> Log:
    return open_log()


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").split("\n")[:-1]]


def test_event_is_one_line_of_json_with_when_and_what_first(log: Log, file: Path) -> None:
    log.info("export_processed", export="goods.xml", arrival=7)
    assert file.read_text("utf-8") == (
        '{"timestamp": "2026-11-20T12:00:00.250Z", "level": "info", "event": "export_processed", '
        '"export": "goods.xml", "arrival": 7}\n'
    )


def test_nothing_is_encoded_twice(log: Log, file: Path) -> None:
    log.info("export_processed", export='«a "b"»\n', path=Path("x"))
    assert r'"export": "«a \"b\"»\n"' in file.read_text("utf-8")
    assert lines(file)[0]["export"] == '«a "b"»\n'


def test_name_that_is_no_unicode_comes_back_as_it_was(log: Log, file: Path) -> None:
    name = b"\xff\xfe.xml".decode("utf-8", "surrogateescape")
    log.info("export_processed", export=name)
    assert lines(file)[0]["export"] == name


def test_log_moved_away_goes_on_in_a_new_file_of_the_old_name(log: Log, file: Path) -> None:
    log.info("export_processed", arrival=1)
    log.info("export_processed", arrival=2)
    file.rename(file.with_suffix(".1"))
    log.info("export_processed", arrival=3)
    assert [line["arrival"] for line in lines(file.with_suffix(".1"))] == [1, 2]
    assert [line["arrival"] for line in lines(file)] == [3]


def test_log_deleted_is_begun_anew(log: Log, file: Path) -> None:
    log.info("export_processed", arrival=1)
    file.unlink()
    log.info("export_processed", arrival=2)
    assert [line["arrival"] for line in lines(file)] == [2]


def test_log_of_an_earlier_run_is_added_to(open_log: Callable[..., Log], file: Path) -> None:
    for arrival in (1, 2):
        log = open_log()
        log.info("export_processed", arrival=arrival)
        log.close()
    assert [line["arrival"] for line in lines(file)] == [1, 2]


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_worth_less_than_the_level_is_left_out(open_log: Callable[..., Log], file: Path, level: str) -> None:
    log = open_log(level=level)
    for each in LEVELS:
        getattr(log, each)(f"{each}_seen")
    assert [line["level"] for line in lines(file)] == list(LEVELS[LEVELS.index(level) :])


def test_fields_cannot_pass_for_when_and_what(log: Log, file: Path) -> None:
    log.info("export_processed", level="error", timestamp="yesterday")
    assert lines(file)[0]["level"] == "info"
    assert lines(file)[0]["timestamp"].startswith("2026-11-20")


def test_secrets_are_masked_however_deep(log: Log, file: Path) -> None:
    log.info(
        "cashier_sent",
        password="s3cret",
        api_token="s3cret",
        cashier={"login": "7", "Password": "s3cret", "more": [{"clientSecret": "s3cret"}]},
    )
    assert "s3cret" not in file.read_text("utf-8")
    assert lines(file)[0]["cashier"]["login"] == "7"


def test_exception_is_part_of_its_line(log: Log, file: Path) -> None:
    try:
        raise ValueError("no such thing")
    except ValueError:
        log.error("round_failed", exc_info=True)
    assert "ValueError: no such thing" in lines(file)[0]["exception"]


def test_two_logs_do_not_mix(open_log: Callable[..., Log], tmp_path: Path) -> None:
    for name in ("a", "b"):
        open_log(tmp_path / name).info("root_opened", root=name)
    assert [lines(tmp_path / name)[0]["root"] for name in ("a", "b")] == ["a", "b"]


# --- a log that cannot be written


def test_log_that_cannot_be_opened_is_told_once_and_work_goes_on(
    open_log: Callable[..., Log], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "missing" / "tillpost.log"
    log = open_log(file)
    log.info("export_processed", arrival=1)
    log.info("export_processed", arrival=2)
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert str(file) in told


def test_log_that_can_be_written_again_is_written_again_and_told_anew_when_it_breaks(
    open_log: Callable[..., Log], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "late"
    log = open_log(folder / "tillpost.log")
    log.info("export_processed", arrival=1)
    folder.mkdir()
    log.info("export_processed", arrival=2)
    assert [line["arrival"] for line in lines(folder / "tillpost.log")] == [2]
    folder.rename(tmp_path / "gone")
    log.info("export_processed", arrival=3)
    assert capsys.readouterr().err.count("cannot write") == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_full_disk_is_told_once_and_work_goes_on(
    open_log: Callable[..., Log], capsys: pytest.CaptureFixture[str]
) -> None:
    log = open_log(Path("/dev/full"))
    for arrival in range(100):
        log.info("export_processed", arrival=arrival)
    log.close()
    assert capsys.readouterr().err.count("\n") == 1


# --- a terminal


def test_terminal_shows_readable_lines(
    open_log: Callable[..., Log], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_log(terminal=True).info("export_processed", arrival=7)
    shown = capsys.readouterr()
    assert "export_processed" in shown.err
    assert "arrival=7" in shown.err
    assert "{" not in shown.err
    assert shown.out == ""
    assert lines(file)[0]["arrival"] == 7


def test_terminal_is_not_steered_by_a_file_name(
    open_log: Callable[..., Log], capsys: pytest.CaptureFixture[str]
) -> None:
    open_log(terminal=True).info("export_processed", export="\x1b[2Jgoods\n.xml")
    shown = capsys.readouterr().err
    assert "\x1b[2J" not in shown
    assert shown.count("\n") == 1


def test_without_a_terminal_nothing_is_shown(
    open_log: Callable[..., Log], capsys: pytest.CaptureFixture[str]
) -> None:
    open_log(terminal=None).error("till_halted", till="1")
    assert capsys.readouterr().err == ""


def test_terminal_is_used_where_there_is_one(
    open_log: Callable[..., Log], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    open_log(terminal=None).error("till_halted", till="1")
    assert "till_halted" in capsys.readouterr().err


def test_verb_that_writes_nothing_down_does_not_wait_for_structlog(file: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tillpost.pipeline.logs import configure; "
        f"log = configure(Path({str(file)!r}), 'info'); log.debug('not_worth_it'); "
        "print('structlog' in sys.modules); log.close()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
    assert not file.exists()

"""The notices' promise: a person is told, once, and the feed neither fails nor stands still for it."""

from __future__ import annotations

import json
import os
import select
import shlex
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tillpost.catalogue import LmdbStore, MemoryStore
from tillpost.errors import Halt, Reason, Retry
from tillpost.pipeline.notices import Event, Notices, Seen, SeenInMemory
from tillpost.pipeline.office import SeenInStore
from tillpost.pipeline.sections import Notify

REASON = Reason("settings.no-shop", shop="7", known="5, 6")


class Notebook:
    """A log to read."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, object]]] = []

    def debug(self, event: str, **fields: object) -> None:
        self.lines.append(("debug", event, fields))

    def info(self, event: str, **fields: object) -> None:
        self.lines.append(("info", event, fields))

    def warning(self, event: str, **fields: object) -> None:
        self.lines.append(("warning", event, fields))

    def error(self, event: str, **fields: object) -> None:
        self.lines.append(("error", event, fields))

    def close(self) -> None:
        """Nothing to let go of."""

    @property
    def events(self) -> list[str]:
        return [event for _, event, _ in self.lines]


class SetClock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def log() -> Notebook:
    return Notebook()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def notices(tmp_path: Path, log: Notebook, clock: SetClock) -> Callable[..., Notices]:
    def made(
        script: str = "cat > told.$TILLPOST_EVENT",
        *,
        seen: Seen | None = None,
        language: str = "en",
        timeout_seconds: float = 60,
        arguments: str = "",
    ) -> Notices:
        command = tmp_path / "tell admin"
        command.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        command.chmod(stat.S_IRWXU)
        line = f"{shlex.quote(str(command))} {arguments}" if script else ""
        notify = Notify(command=line, timeout_seconds=timeout_seconds)
        return Notices(notify, language, tmp_path, seen or SeenInMemory(), log, clock)

    return made


def told(folder: Path, event: str = "held") -> dict[str, Any]:
    page: dict[str, Any] = json.loads(folder.joinpath(f"told.{event}").read_text("utf-8"))
    return page


# --- the contract of Seen

@contextmanager
def in_memory(folder: Path) -> Iterator[Seen]:
    yield SeenInMemory()


@contextmanager
def in_memory_store(folder: Path) -> Iterator[Seen]:
    yield SeenInStore(MemoryStore())


@contextmanager
def in_store(folder: Path) -> Iterator[Seen]:
    with closing(LmdbStore.open(folder)) as store:
        yield SeenInStore(store)


@pytest.mark.parametrize("opened", [in_memory, in_memory_store, in_store])
def test_key_is_new_once(opened: Callable[[Path], AbstractContextManager[Seen]], tmp_path: Path) -> None:
    with opened(tmp_path) as seen:
        keys = ("held/1", "held/2", "held/1", "Held/1", "halted/5/1/7/queue.ahead")
        assert [seen.add(key) for key in keys] == [True, True, False, True, True]


def test_key_is_new_once_over_restarts(tmp_path: Path) -> None:
    found = []
    for _ in range(3):
        with in_store(tmp_path) as seen:
            found.append(seen.add("held/1"))
    assert found == [True, False, False]


# --- the command


def test_command_gets_the_event_as_json_and_by_name(notices: Callable[..., Notices], tmp_path: Path) -> None:
    notices().tell(Event.HELD, "held/7", REASON)
    assert told(tmp_path) == {
        "event": "held",
        "key": "held/7",
        "text": "the settings name no shop 7 (known: 5, 6)",
        "code": "settings.no-shop",
        "parts": {"shop": "7", "known": "5, 6"},
    }


def test_text_is_in_the_language_of_the_settings(notices: Callable[..., Notices], tmp_path: Path) -> None:
    notices(language="ru").tell(Event.BROKEN, "broken/7", REASON)
    assert told(tmp_path, "broken")["text"] == "в настройках нет магазина 7 (известны: 5, 6)"


@pytest.mark.parametrize("event", Event)
def test_every_event_can_be_told(notices: Callable[..., Notices], tmp_path: Path, event: Event) -> None:
    notices().tell(event, f"{event}/1", REASON)
    assert told(tmp_path, event.value)["event"] == event.value


def test_no_shell_reads_the_arguments(notices: Callable[..., Notices], tmp_path: Path) -> None:
    notices('printf "%s|" "$@" > arguments', arguments="'$HOME; echo' '*'").tell(Event.HELD, "held/7", REASON)
    assert tmp_path.joinpath("arguments").read_text("utf-8") == "$HOME; echo|*|"


def test_name_that_is_no_unicode_can_be_told(notices: Callable[..., Notices], tmp_path: Path) -> None:
    reason = Reason("settings.no-shop", shop="\udcff", known="-")
    notices().tell(Event.HELD, "held/7", reason)
    assert told(tmp_path)["parts"]["shop"] == "\udcff"


def test_command_that_does_not_read_does_no_harm(notices: Callable[..., Notices], log: Notebook) -> None:
    reason = Reason("settings.no-shop", shop="x" * 1_000_000, known="-")
    notices("exit 0").tell(Event.HELD, "held/7", reason)
    assert log.events == ["notice_given"]


# --- once


def test_event_is_told_once(notices: Callable[..., Notices], tmp_path: Path, log: Notebook) -> None:
    office = notices("echo x >> calls")
    for key in ("held/7", "held/7", "held/8", "held/7"):
        office.tell(Event.HELD, key, REASON)
    assert tmp_path.joinpath("calls").read_text("utf-8") == "x\nx\n"
    assert [fields["key"] for _, _, fields in log.lines] == ["held/7", "held/8"]


def test_event_is_told_once_over_restarts(notices: Callable[..., Notices], tmp_path: Path) -> None:
    seen = SeenInMemory()
    for _ in range(2):
        notices("echo x >> calls", seen=seen).tell(Event.HELD, "held/7", REASON)
    assert tmp_path.joinpath("calls").read_text("utf-8") == "x\n"


def test_event_is_remembered_before_the_command_runs(notices: Callable[..., Notices], tmp_path: Path) -> None:
    class Witness(SeenInMemory):
        def add(self, key: str) -> bool:
            assert not tmp_path.joinpath("told.held").exists()
            return super().add(key)

    notices(seen=Witness()).tell(Event.HELD, "held/7", REASON)
    assert told(tmp_path)["key"] == "held/7"


def test_without_a_command_nothing_counts_as_told(notices: Callable[..., Notices], log: Notebook) -> None:
    seen = SeenInMemory()
    notices("", seen=seen).tell(Event.HELD, "held/7", REASON)
    assert seen.add("held/7")
    assert log.lines == []


def test_store_without_room_does_not_silence_the_notice_nor_repeat_it(
    notices: Callable[..., Notices], tmp_path: Path, log: Notebook
) -> None:
    class Full:
        def add(self, key: str) -> bool:
            raise Retry(REASON)

    office = notices("echo x >> calls", seen=Full())
    for _ in range(3):
        office.tell(Event.HELD, "held/7", REASON)
    assert tmp_path.joinpath("calls").read_text("utf-8") == "x\n"
    assert log.events.count("notice_not_remembered") == 3


def test_damaged_store_stops_the_program(notices: Callable[..., Notices]) -> None:
    class Damaged:
        def add(self, key: str) -> bool:
            raise Halt(REASON)

    with pytest.raises(Halt):
        notices(seen=Damaged()).tell(Event.HELD, "held/7", REASON)


# --- a command that fails


def test_failing_command_is_logged_with_its_own_words(notices: Callable[..., Notices], log: Notebook) -> None:
    notices("echo first >&2; echo no such host >&2; exit 3").tell(Event.HELD, "held/7", REASON)
    assert log.lines == [
        ("error", "notice_failed", {"notice": "held", "key": "held/7", "status": 3, "said": "first\nno such host"})
    ]


def test_command_that_is_not_there_is_logged(notices: Callable[..., Notices], tmp_path: Path, log: Notebook) -> None:
    office = notices()
    tmp_path.joinpath("tell admin").unlink()
    office.tell(Event.HELD, "held/7", REASON)
    assert log.events == ["notice_failed"]


def test_command_that_may_not_run_is_logged(notices: Callable[..., Notices], tmp_path: Path, log: Notebook) -> None:
    office = notices()
    tmp_path.joinpath("tell admin").chmod(stat.S_IRUSR)
    office.tell(Event.HELD, "held/7", REASON)
    assert log.events == ["notice_failed"]


def test_command_killed_by_a_signal_is_logged(notices: Callable[..., Notices], log: Notebook) -> None:
    notices("kill -KILL $$").tell(Event.HELD, "held/7", REASON)
    assert log.lines[0][2]["status"] == -9


def test_failed_notice_is_not_told_again(notices: Callable[..., Notices], tmp_path: Path) -> None:
    office = notices("echo x >> calls; exit 1")
    for _ in range(2):
        office.tell(Event.HELD, "held/7", REASON)
    assert tmp_path.joinpath("calls").read_text("utf-8") == "x\n"


# --- a command that hangs

HANGS = "exec 3> alive\ntouch started\nsleep 600 &\nwait"


def test_hanging_command_is_killed_with_all_it_started(
    notices: Callable[..., Notices], tmp_path: Path, log: Notebook
) -> None:
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        notices(HANGS, timeout_seconds=1).tell(Event.HELD, "held/7", REASON)
        poll = select.poll()
        poll.register(reader, select.POLLIN)
        if tmp_path.joinpath("started").exists():  # a very busy machine may kill the script before it has begun
            assert poll.poll(60_000) == [(reader, select.POLLHUP)]  # nobody holds the other end any more
    finally:
        os.close(reader)
    assert log.events == ["notice_timed_out"]


def test_hanging_command_rests_so_that_many_events_do_not_stop_the_feed(
    notices: Callable[..., Notices], tmp_path: Path, log: Notebook, clock: SetClock
) -> None:
    seen = SeenInMemory()
    office = notices("echo x >> calls; test -e works || exec sleep 600", seen=seen, timeout_seconds=3)
    office.tell(Event.HELD, "held/1", REASON)
    tmp_path.joinpath("works").touch()
    clock.seconds = 29.9
    office.tell(Event.OVERDUE, "overdue/5/1/7", REASON)
    assert log.events == ["notice_timed_out", "notice_skipped"]
    clock.seconds = 30.0
    office.tell(Event.OVERDUE, "overdue/5/1/7", REASON)
    assert log.events == ["notice_timed_out", "notice_skipped", "notice_given"]
    assert tmp_path.joinpath("calls").read_text("utf-8") == "x\nx\n"


def test_what_a_command_leaves_running_is_not_waited_for(notices: Callable[..., Notices], log: Notebook) -> None:
    notices("read line < /dev/null; sleep 5 & exit 0").tell(Event.HELD, "held/7", REASON)
    assert log.events == ["notice_given"]

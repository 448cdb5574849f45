"""The program as a process: what it imports, what its help says, and what pipes and odd terminals do to it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from post_office import PostOffice, good, goods
from tillpost import cli
from tillpost.pipeline.ledger import Ledger

HEAVY = ("lxml", "rich", "structlog", "xmlschema", "lmdb", "msgspec", "watchdog")


def walk(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from walk(command, (*path, name))


COMMANDS = dict(walk(cli.tillpost))
VERBS = [path for path, command in COMMANDS.items() if not isinstance(command, click.Group)]


def process(*arguments: str, office: PostOffice | None = None, **changes: str) -> subprocess.CompletedProcess[bytes]:
    place = {**os.environ, **({"TILLPOST_ROOT": str(office.root)} if office else {}), **changes}
    command = [sys.executable, "-m", "tillpost.cli", *arguments]
    return subprocess.run(command, capture_output=True, check=False, env=place, timeout=60)


# --- help


@pytest.mark.parametrize("verb", cli.VERBS)
def test_table_of_verbs_says_what_their_own_help_says(verb: str) -> None:
    _, does = cli.VERBS[verb]
    command = COMMANDS[(verb,)]
    assert command.help
    assert " ".join(command.help.split("\n\n")[0].split()) == does


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_says_what_the_verb_and_each_option_does(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert command.help
    assert command.help.split("\n")[0].endswith(".")
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert [option.name for option in options if not (option.help or "").endswith((".", "1,2,3."))] == []


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_every_verb_answers_programs_too(path: tuple[str, ...]) -> None:
    assert "as_json" in {option.name for option in COMMANDS[path].params}


@pytest.mark.parametrize("path", [(), *COMMANDS], ids=" ".join)
def test_help_is_given_without_a_root(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*path, "--help"]) == cli.DONE
    assert capsys.readouterr().out.startswith(f"Usage: {' '.join(('tillpost', *path))}".rstrip()[:20])


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [("['--help']", HEAVY), ("['--version']", HEAVY), ("['feed', '--help']", ("rich", "structlog", "xmlschema"))],
    ids=["--help", "--version", "feed --help"],
)
def test_help_imports_nothing_heavy(arguments: str, forbidden: tuple[str, ...]) -> None:
    script = (
        "import sys; from tillpost.cli import run; code = run(" + arguments + ");"
        f"print('', *[name for name in {forbidden!r} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.split()) == (cli.DONE, [])


# --- pipes and terminals


def test_reader_that_has_enough_is_no_error(office: PostOffice) -> None:
    """As in `tillpost … | head -1`: the pipe is closed at the reader's end while there is more to say."""
    office.send("goods.xml", goods(*(good(str(code), name="Ч" * 200) for code in range(2000))))
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "tillpost.cli", "--root", str(office.root), "queue", "show", "5", "1", "1"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(write)
    assert (done.returncode, done.stderr) == (cli.DONE, b"")


def test_terminal_without_the_letters_gets_marks_instead_of_a_traceback(office: PostOffice) -> None:
    office.drop("Чай.xml", goods(good("1")))
    done = process("feed", office=office, PYTHONIOENCODING="latin-1")
    assert done.returncode == cli.DONE
    assert b"???.xml" in done.stdout


def test_nothing_but_the_answer_is_written_into_pipes(office: PostOffice) -> None:
    office.drop("goods.xml", goods(good("1")))
    done = process("feed", office=office)
    assert (done.returncode, done.stderr) == (cli.DONE, b"")
    assert b"\x1b" not in done.stdout


def test_log_is_shown_to_those_who_ask(office: PostOffice) -> None:
    office.drop("goods.xml", goods(good("1")))
    done = process("--verbose", "feed", office=office)
    assert b"export_processed" in done.stderr
    assert b"export_processed" not in done.stdout


# --- going on, and asking


def test_following_feed_tells_each_round_in_a_line_and_ends_when_told(office: PostOffice) -> None:
    office.drop("goods.xml", goods(good("1")))
    command = [sys.executable, "-m", "tillpost.cli", "--root", str(office.root), "feed", "--follow", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as following:
        assert following.stdout is not None
        first = json.loads(following.stdout.readline())
        following.send_signal(signal.SIGTERM)
        out, err = following.communicate(timeout=60)
    assert [export["state"] for export in first["exports"]] == ["processed"]
    assert (following.returncode, out, err) == (cli.DONE, b"", b"")


@pytest.mark.parametrize(("said", "code", "epoch"), [(b"n\n", cli.REFUSED, 1), (b"y\n", cli.DONE, 2)])
def test_till_is_emptied_only_after_a_yes(office: PostOffice, said: bytes, code: int, epoch: int) -> None:
    office.send("goods.xml", goods(good("1")))
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tillpost.cli", "--root", str(office.root), "till", "resync", "5", "1"]
    os.write(ours, said)
    done = subprocess.run(command, stdin=theirs, capture_output=True, check=False, timeout=60)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == code
    assert b"Empty till 1 of shop 5" in done.stdout
    with office.open() as opened, opened.store.read() as txn:
        assert [state.epoch for state in Ledger(txn).tills("5") if state.till == "1"] == [epoch]

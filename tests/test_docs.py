"""The documents say what the program does: neither has a verb, setting, state or code that the other lacks."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import click
import pytest
import tillpost
from post_office import PostOffice, good, goods
from tillpost import cli
from tillpost.pipeline import views
from tillpost.pipeline.ledger import ExportState
from tillpost.pipeline.manual import toml
from tillpost.pipeline.settings import describe

BESIDE = Path(__file__).parents[1]
PACKAGE = Path(tillpost.__file__).parent
README = (BESIDE / "README.md").read_text("utf-8")
ARCHITECTURE = (BESIDE / "ARCHITECTURE.md").read_text("utf-8")
EVERYWHERE = {"--json", "--help", "-h"}


def section(title: str, page: str = README) -> str:
    """What stands between a heading and the next."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"no section {title!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of a section's tables, without their headings."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    ruled = {at for at, line in enumerate(lines) if line.startswith("|---")}
    return [row for at, row in enumerate(cells) if at not in ruled and at + 1 not in ruled]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# --- verbs and options


def verbs(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from verbs(command, f"{path}{name} ")
        elif command is not None:
            yield f"{path}{name}", command


def options(command: click.Command) -> set[str]:
    found = {name for option in command.params if isinstance(option, click.Option) for name in option.opts}
    return found - EVERYWHERE


PROGRAM = dict(verbs(cli.tillpost))


def told_verbs() -> Iterator[tuple[str, str]]:
    """(verb, its line) of every verb that README's table names."""
    for name, _ in rows(section("Verbs").split("| exit code")[0]):
        for line in code(name):
            words = line.split()
            paths = [" ".join(words[:count]) for count in (3, 2, 1)]
            yield next((path for path in paths if path in PROGRAM), paths[-1]), line


def test_readme_names_every_verb_and_no_other() -> None:
    assert {verb for verb, _ in told_verbs()} == set(PROGRAM)


@pytest.mark.parametrize("verb", PROGRAM)
def test_readme_names_every_option_of_the_verb_and_no_other(verb: str) -> None:
    told = {option for name, line in told_verbs() if name == verb for option in re.findall(r"--?[a-z][a-z-]*", line)}
    assert told == options(PROGRAM[verb])


def test_readme_names_the_options_of_the_program() -> None:
    told = set(re.findall(r"`(--?[a-z]+)`|`tillpost (--root) ", section("Verbs").split("| verb |")[0]))
    named = {name for pair in told for name in pair if name}
    assert named - EVERYWHERE == {*options(cli.tillpost) - {"-r"}, "--version"}


def test_everything_told_to_be_typed_is_a_verb() -> None:
    """Every `tillpost …` of the documents and the texts for people begins with a verb that there is."""
    pages = [BESIDE / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "ARCHITECTURE.md")]
    pages += sorted(PACKAGE.glob("etc/texts/*.toml")) + sorted(PACKAGE.glob("counter/*.py"))
    noun, verb = "(?:queue|till|held|export|config) [a-z]+", r"(?:init|feed|status|doctor)\b"
    typed = re.compile(rf"tillpost (?:--root \S+ )?({noun}|{verb})")
    told = {line for page in pages for line in typed.findall(page.read_text("utf-8"))}
    assert told <= set(PROGRAM)
    assert len(told) > 5


# --- states, standings, exit codes


def test_readme_names_every_state_of_an_export_with_its_meaning() -> None:
    told = {code(name)[0]: meaning for name, meaning in rows(section("What becomes of an export"))}
    assert told == {state.value: state.sentence for state in ExportState}


def test_readme_names_every_standing_of_a_till() -> None:
    told = re.search(r"A till's standing:.*?\n\n", section("Verbs"), re.DOTALL)
    assert told
    returned = set(re.findall(r'"([a-z ]+)"', inspect.getsource(views.standing)))
    assert set(code(told[0])) - set(PROGRAM) == returned


def test_readme_names_every_exit_code_with_its_meaning() -> None:
    told = dict(rows("| exit code" + section("Verbs").split("| exit code")[1]))
    assert {int(name): re.sub(r" \(.*\)", "", meaning) for name, meaning in told.items()} == cli.EXIT_CODES


# --- the root, and the reply


def test_readme_names_everything_in_a_root_and_nothing_else(tmp_path: Path) -> None:
    PostOffice(tmp_path / "root", {"5": ["1"]})
    told = {place.split("/")[0] for name, _ in rows(section("The root of an installation")) for place in code(name)}
    assert told == {path.name for path in (tmp_path / "root").iterdir()}


def test_readme_names_every_field_of_a_reply_and_no_other(tmp_path: Path) -> None:
    office = PostOffice(tmp_path / "root", {"5": ["1"]})
    office.send("goods.xml", goods(*(good(str(number)) for number in range(5)), good("1 2")))
    reply = office.reply("goods.xml.json")
    fields = {code(name)[0]: [*code(name), *code(meaning)] for name, meaning in rows(section("The reply"))}
    told = {field for name, _ in rows(section("The reply")) for field in code(name)}
    assert told == set(reply)
    for field in ("records", "counts", "shops", "refused"):
        assert keys(reply[field]) <= set(fields[field]), field


def keys(value: Any) -> set[str]:
    """The names in a field of a reply that do not depend on the export."""
    if isinstance(value, list):
        return set().union(*(keys(item) for item in value))
    named = set(value)
    return keys(list(value.values())) if named & {"good", "group"} else named


# --- settings


def table_of_settings() -> str:
    lines = ["| setting | takes | default | meaning |", "|---|---|---|---|"]
    for doc in describe():
        takes = f"{doc.type}; {doc.unit}" if doc.unit else doc.type
        text = re.sub(r"<(\w+)>", r"\\<\1>", doc.text)
        lines.append(f"| `{doc.path}` | {takes} | `{toml(doc.default)}` | {text} |")
    return "\n".join(lines)


def test_readme_has_every_setting_with_its_default_and_meaning(accept: bool) -> None:
    """After a change that is meant: make docs, which writes the table anew."""
    text = section("Settings")
    written = re.search(r"^\|.*\|$(?:\n\|.*\|$)*", text, re.MULTILINE)
    assert written, "README has no table of settings"
    if accept:
        (BESIDE / "README.md").write_text(README.replace(written[0], table_of_settings()), "utf-8")
    else:
        assert written[0] == table_of_settings()


def test_settings_named_in_the_texts_exist() -> None:
    known = {doc.path for doc in describe()}
    sections = {path.split(".")[0] for path in known if "." in path} - {"paths", "shops", "log"}
    pages = [BESIDE / "README.md", BESIDE / "ARCHITECTURE.md", *sorted(PACKAGE.glob("etc/texts/*.toml"))]
    tills = {"cash.ini", "cash.code", "cash.toml"}  # a till's own files, and what stands in one
    for page in pages:
        setting = rf"(?:`|setting |настройка )((?:{'|'.join(sections)})\.[a-z_]+)\b"
        named = set(re.findall(setting, page.read_text("utf-8")))
        modules = {name for name in named if (PACKAGE / f"{name.replace('.', '/')}.py").exists()}
        assert named - modules - tills <= known, page.name


# --- what a newcomer types


def test_six_commands_of_the_readme_bring_a_file_to_the_till(tmp_path: Path) -> None:
    """Literally, in a folder with the samples and an environment, as a checkout has them; ~ is a temporary folder."""
    block = re.search(r"(?:^    .+\n)+", section("Drop a file in, see it at the till"), re.MULTILINE)
    assert block
    commands = [line.strip() for line in block[0].splitlines()]
    assert len(commands) == 6
    checkout, home = tmp_path / "checkout", tmp_path / "home"
    (checkout / ".venv" / "bin").mkdir(parents=True)
    home.mkdir()
    (checkout / "samples").symlink_to(BESIDE / "samples")
    (checkout / ".venv" / "bin" / "activate").write_text(f'PATH="{Path(sys.executable).parent}:$PATH"\n')
    place = {**os.environ, "HOME": str(home)}
    place.pop("TILLPOST_ROOT", None)
    script = "set -e\n" + "\n".join(commands)
    done = subprocess.run(["sh", "-c", script], cwd=checkout, env=place, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in (home / "shop" / "queues" / "5" / "1").iterdir()) == [
        "pos0000000001.aif",
        "pos0000000001.flz",
    ]
    shown = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert "addInventItem" in {command["command"] for command in shown}


def test_make_targets_that_are_told_exist() -> None:
    pages = "".join((BESIDE / name).read_text("utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    makefile = BESIDE / "Makefile"
    if not makefile.exists():
        pytest.skip("the Makefile lies in the checkout only; make wheel tests a copy without it")
    targets = set(re.findall(r"^([a-z-]+):", makefile.read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^    )make ([a-z-]+)", pages, re.MULTILINE)) <= targets


# --- ARCHITECTURE.md


def test_modules_that_the_architecture_names_exist() -> None:
    rooms = "catalogue|converters|counter|pipeline|queues|web"
    dotted = re.findall(rf"`((?:{rooms})(?:\.[a-z_]+)+)", ARCHITECTURE)
    slashed = re.findall(rf"`((?:{rooms})/[a-z_]+\.py)`", ARCHITECTURE)
    missing = [name for name in slashed if not (PACKAGE / name).exists()]
    for name in dotted:
        path = PACKAGE.joinpath(*name.split(".")[:2]).with_suffix(".py")
        if not path.exists() or any(step not in path.read_text("utf-8") for step in name.split(".")[2:]):
            missing.append(name)
    assert missing == []


def test_architecture_gives_every_dependency_its_reason() -> None:
    told = {name for name, _ in rows(section("Dependencies", ARCHITECTURE))}
    config = ConfigParser()
    config.read(BESIDE / "setup.cfg", "utf-8")
    extras = config["options.extras_require"]
    listed = {"": config["options"]["install_requires"], **{name: extras[name] for name in ("postgres", "web")}}
    assert told == {
        name + (f" (extra `{extra}`)" if extra else "")
        for extra, lines in listed.items()
        for name in re.findall(r"^([A-Za-z0-9-]+)", lines, re.MULTILINE)
    }

"""Secrets are told nowhere: not by any verb, log, reply, `.why`, notice or page for monitoring; not when all is well,
and not when just what holds the secret is wrong."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from post_office import PostOffice, export, good, goods
from sales_pages import page, receipt, shift

Verb = Callable[..., Any]

DATABASE, COMMAND, PROPERTY, CASHIER, AROUND, PAGES = (
    "dbs3cret1", "cmds3cret2", "props3cret3", "cashs3cret4", "envs3cret5", "pages3cret6",
)  # fmt: skip
SECRETS = (DATABASE, COMMAND, PROPERTY, CASHIER, AROUND, PAGES)
AWAY = f"postgresql+psycopg://till:{DATABASE}@127.0.0.1:1/till?connect_timeout=1"
# What may hold them: the settings themselves, what was dropped, what tills must be told, the state.
MEANT = ("tillpost.toml", "state/catalogue", "state/chunks", "queues", "config", "processed", "held", "broken", "inbox")
TALKATIVE = 'import os, sys; sys.exit(f"cannot reach {sys.argv} as {dict(os.environ)}")'  # on its stderr, as curl does


def cashier(code: str, password: str, more: str = "") -> str:
    return f'<cashier code="{code}" login="{code}"><name>Anna</name><password>{password}</password>{more}</cashier>'


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    monkeypatch.setenv("PGPASSWORD", AROUND)
    command = shlex.join([sys.executable, "-c", TALKATIVE, f"--token={COMMAND}", f"smtp://me:{COMMAND}@mail.example"])
    office = PostOffice(tmp_path / "root", {"5": ["1", "2"]}, SETTINGS.replace("COMMAND", json.dumps(command)))
    monkeypatch.setenv("TILLPOST_ROOT", str(office.root))
    return office


SETTINGS = f"""
[books]
url = "{AWAY}"
[notify]
command = COMMAND
[cash]
properties = ["dept.db.password = {PROPERTY}"]
[monitor]
errors_file = "errors.json"
metrics_file = "tillpost.prom"
[log]
level = "debug"
"""


def said(answer: Any) -> None:
    for secret in SECRETS:
        assert secret not in answer.out, answer.out
        assert secret not in answer.err, answer.err


def kept(root: Path) -> None:
    """Nothing that was written holds one, but what must."""
    looked = 0
    for path in root.rglob("*"):
        relative = path.relative_to(root)
        if path.is_file() and (path.suffix == ".why" or not relative.as_posix().startswith(MEANT)):
            looked += 1
            content = path.read_bytes()
            for secret in SECRETS:
                assert secret.encode() not in content, (relative, content)
    assert looked > 3


def drop_all(office: PostOffice) -> None:
    """Everything that may become of a password on its way in."""
    office.drop("good.xml", export("cashiers", cashier("1", CASHIER) + cashier("2", CASHIER), number=1))
    surprise = cashier("3", CASHIER, "<surprise/>")
    office.drop("wrong.xml", export("cashiers", surprise + cashier("4", CASHIER), full=False))
    office.drop("long.xml", export("cashiers", cashier("5", CASHIER * 60) + cashier("6", "x"), full=False))
    office.drop("child.xml", export("cashiers", cashier("5", f"<b>{CASHIER}</b>") + cashier("6", "x"), full=False))
    office.drop("torn.xml", export("cashiers", cashier("1", CASHIER))[:-30])
    office.drop("broken.xml", export("cashiers", f'<cashier code="1"><password>{CASHIER}</name></cashier>'))
    office.drop("text.xml", export("cashiers", f"text{cashier('7', CASHIER)}", full=False))
    office.drop("attribute.xml", export("cashiers", f'<cashier code="9" password="{CASHIER}"/>', full=False))
    office.drop("wide.xml", export("cashiers", cashier("8", f"{CASHIER}\u0416"), full=False).encode("cp1251"))
    office.drop("goods.xml", goods(good("1"), good("2"), number=1))


VERBS = [
    "feed", "collect", "status", "doctor", "doctor --fix", "queue ls 5 1", "queue show 5 1 1", "queue check", "till ls",
    "till config", "till config --dry-run", "held ls", "export ls", *(f"export show {at}" for at in range(1, 11)),
    "sales ls", "sales shifts 5 1", "recon ls 5", "jobs ls", "jobs run feed", "jobs run collect", "trim --dry-run",
    "trim", "archive ls", "user ls", "token ls", "config show", "books trim --dry-run", "till resync 5 1 --now --yes",
]  # fmt: skip


def test_no_verb_tells_a_secret_nor_writes_it_down(tillpost: Verb, office: PostOffice) -> None:
    drop_all(office)
    office.sell("x.json", page([shift()], [receipt(1)]))
    for verb in VERBS:
        for how in ("", " --json"):
            said(tillpost(f"--verbose {verb}{how}"))
    log = (office.root / "state" / "tillpost.log").read_text("utf-8")
    assert "notice_failed" in log
    assert "export_processed" in log or "processed" in log
    kept(office.root)


@pytest.mark.parametrize(
    "wrong",
    [
        f'[books]\nurl = "postgresql//till:{DATABASE}@db.example/till"',
        f'[books]\nurl = "mysterious+thing://till:{DATABASE}@db.example/till"',
        f'[books]\nurl = "postgresql+nothing://till:{DATABASE}@db.example/till"',
        f'[books]\nurl = "postgresql+psycopg://till:{DATABASE}@db.example:port/till"',
        f'[books]\nurl = ["postgresql://till:{DATABASE}@db.example/till"]',
        f'[books]\nurl = "postgresql://till:{DATABASE}@db.example/\\u0001"',
        f'[books]\nuri = "postgresql://till:{DATABASE}@db.example/till"',
        f'[books]\nurl = "postgresql://till:{DATABASE}@db.example/till',
        f"[notify]\ncommand = \"tell --password '{COMMAND}\"",
        f'[notify]\ncommand = "tell --password {COMMAND}\\n"',
        f'[notify]\ncommand = "/nowhere/tell --token {COMMAND}"',
        f'[notify]\ncommand = ["tell", "--token", "{COMMAND}"]',
        f'[cash]\nproperties = ["password: {PROPERTY}"]',
        f'[cash]\nproperties = ["password = {PROPERTY}", "password = {PROPERTY}"]',
        f'[cash]\nproperties = "password = {PROPERTY}"',
        f'[cash]\nproperties = ["cash.code = {PROPERTY}"]',
    ],
)
def test_settings_that_are_wrong_are_told_without_the_secret_in_them(
    tillpost: Verb, office: PostOffice, wrong: str
) -> None:
    (office.root / "tillpost.toml").write_text(f"{wrong}\n[shops.5]\n", "utf-8")
    office.drop("broken.xml", "no export")
    for verb in ("feed", "collect", "status", "doctor", "config show", "till config", "config show --json"):
        said(tillpost(f"--verbose {verb}"))
    kept(office.root)

"""A person, or a program, before the pages of a root: what is served is a process of its own, as an admin starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import lxml.html
import sales_pages
from post_office import PostOffice, good, goods
from tillpost.cli import run
from tillpost.pipeline.collect import open_books
from tillpost.pipeline.depths import Sampling
from tillpost.pipeline.office import open_office

PASSWORD = "correct horse"  # of everybody
ROLES = ("viewer", "operator", "admin")
TEN = [good(str(code), name=f"Чай &lt;b>{code}&lt;/b>") for code in range(1, 11)]
ENDS_IN = 20.0  # seconds in which a process that is told to stop must be gone, on a machine that is busy


def verb(root: Path, *arguments: str) -> Any:
    """What a verb answers programs, whatever its exit code."""
    said = StringIO()
    with redirect_stdout(said):
        run(["--root", str(root), *arguments, "--json"])
    return json.loads(said.getvalue())


def add_user(root: Path, name: str, role: str) -> None:
    with mock.patch("sys.stdin", StringIO(PASSWORD)):
        verb(root, "user", "add", name, "--role", role, "--password-stdin")


@contextmanager
def serving(root: Path, *options: str) -> Iterator[str]:
    """`tillpost web`; the address of its pages."""
    command = [sys.executable, "-m", "tillpost.cli", "--root", str(root), "web", "--port", "0", "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=quiet()) as process:
        assert process.stdout
        try:
            yield next(word for word in _told(process.stdout) if "://" in word)
            process.send_signal(signal.SIGTERM)
            assert process.wait(ENDS_IN) == 0
        finally:
            process.kill()


def _told(lines: Iterable[str]) -> Iterator[str]:
    """The words that it tells."""
    for line in lines:
        yield from json.loads(line)["told"].split()


def quiet() -> dict[str, str]:
    """An environment in which a warning is an error, as in the tests."""
    return {**os.environ, "PYTHONWARNINGS": "error"}


def furnished(folder: Path, settings: str = "") -> tuple[PostOffice, int]:
    """Shops 5 and 6: a chunk at each till, an export with refused records, one broken, one held, a sales file that is
    no good and one that is, a till on hold, a sample of each queue; and somebody of each role."""
    office = PostOffice(folder / "root", {"5": ["1", "2"], "6": ["1"]}, settings)
    office.drop("goods.xml", goods(*TEN, number=1))
    verb(office.root, "feed")
    office.drop("half.xml", goods(good("11"), good("1 2", "x"), full=False))
    office.drop("torn.xml", goods(*TEN)[:-30])
    office.drop("suspicious.xml", goods(TEN[0], number=2))
    verb(office.root, "feed")
    office.sell("sales.json", sales_pages.page([sales_pages.shift()], [sales_pages.receipt(1)]), "5", "1")
    office.sell("bad.json", "<script>alert(1)</script>", "5", "2")
    verb(office.root, "collect")
    verb(office.root, "queue", "hold", "6", "1")
    with open_office(office.root, ours=True) as opened, open_books(opened) as books:
        Sampling(opened, books).look()
    for role in ROLES:
        add_user(office.root, role, role)
    (held,) = verb(office.root, "held", "ls")
    return office, held["arrival"]


class Browser:
    """A browser: it keeps cookies, and fills in the forms that it is shown."""

    def __init__(self, place: str, language: str = "en", **options: Any) -> None:
        options.setdefault("verify", False)  # reading the system's certificates costs more than a page
        self.http = httpx.Client(base_url=place, headers={"accept-language": language}, timeout=60, **options)

    def close(self) -> None:
        self.http.close()

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)

    def page(self, path: str) -> Any:
        """The page at `path`, which is shown."""
        answer = self.http.get(path, follow_redirects=True)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return lxml.html.document_fromstring(answer.text)

    def token(self, path: str = "/login") -> str:
        """What forms of the page at `path` bring."""
        answer = self.http.get(path, follow_redirects=True)
        (found,) = set(lxml.html.document_fromstring(answer.text).xpath("//input[@name='form']/@value"))
        return str(found)

    def log_in(self, name: str, password: str = PASSWORD, to: str = "/") -> httpx.Response:
        fields = {"form": self.token(), "name": name, "password": password, "to": to}
        return self.http.post("/login", data=fields)

    def submit(self, page: str, action: str) -> httpx.Response:
        """Presses the button of a form on a page."""
        (form,) = [form for form in self.page(page).forms if form.action == action]
        return self.http.post(action, data=dict(form.form_values()), follow_redirects=True)


def text(answer: httpx.Response) -> str:
    """What stands on a page, as a person reads it."""
    return " ".join(lxml.html.document_fromstring(answer.text).text_content().split())


def faults(page: Any) -> list[str]:
    """What is wrong with a page for those who cannot see it, or use no mouse."""
    found = []
    if len(page.xpath("//h1")) != 1:
        found.append("not one h1")
    ids = page.xpath("//@id")
    found += [f"id {one} twice" for one in {one for one in ids if ids.count(one) > 1}]
    named = page.xpath("//@aria-labelledby | //label/@for")
    found += [f"{name} refers to nothing" for name in named if name not in ids]
    for field in page.xpath("//input[not(@type='hidden')] | //select"):
        if not page.xpath("//label[@for=$id]", id=field.get("id", "")):
            found.append(f"field {field.get('name')} without a label")
    found += ["table without th scope" for table in page.xpath("//table[not(.//th[@scope='col'])]")]
    found += ["button without a word" for button in page.xpath("//button") if not button.text_content().strip()]
    found += ["form without a token" for form in page.xpath("//form[@method='post'][not(.//input[@name='form'])]")]
    found += [f"no {mark}" for mark in ("main", "header", "footer", "title") if not page.xpath(f"//{mark}")]
    found += ["script or style inside"] * len(page.xpath("//script[not(@src)] | //style | //@style | //@onclick"))
    heads = [int(head.tag[1]) for head in page.xpath("//h1 | //h2 | //h3")]
    found += ["a heading left out" for one, two in pairwise(heads) if two > one + 1]
    return found

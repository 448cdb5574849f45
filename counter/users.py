"""Verbs about those who may use the pages: `user`, `token`.

A password is never an argument, which other users of the machine could read: it is asked for, or read from a pipe.

Failures: as their pipeline functions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ..books import Role
from ..pipeline.acting import ourselves
from ..pipeline.collect import open_books
from ..pipeline.people import People, check_name
from .context import InOrder, Root, json_option, pass_root
from .exports import limit_option
from .tables import answer, table

name_argument = click.argument("name", metavar="NAME")
ROLES = click.Choice([role.value for role in Role])
role_option = click.option(
    "--role",
    type=ROLES,
    default=Role.VIEWER.value,
    show_default=True,
    help="; ".join(f"{role}: {role.sentence}" for role in Role) + ".",
)
stdin_option = click.option("--password-stdin", is_flag=True, help="Read the password from standard input, a line.")
COLUMNS = {"name": "Name", "role": "Role", "made": "Made"}
LOG_COLUMNS = {"at": "At", "who": "Who", "verb": "Verb", "about": "About", "result": "Result"}


@contextmanager
def _people(root: Root) -> Iterator[People]:
    with root.office() as office, open_books(office) as books:
        yield People(books, office.clock, office.settings.web)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked for the password here: --password-stdin")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


@click.group(cls=InOrder)
def user() -> None:
    """Users of the pages: who may log in, and what they may do."""


@user.command("add")
@name_argument
@role_option
@stdin_option
@json_option
@pass_root
def user_add(root: Root, name: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """Let somebody log in to the pages.

    \b
    Examples:
      tillpost user add anna --role operator
      pass show tillpost | tillpost user add anna --role admin --password-stdin
    """
    check_name(name)
    password = _password(password_stdin)
    with _people(root) as people:
        people.add_user(name, Role(role), password, ourselves())
    answer({"name": name, "role": role}, as_json, lambda: click.echo(f"{name} may log in now, as {role}."))


@user.command("ls")
@json_option
@pass_root
def user_ls(root: Root, as_json: bool) -> None:
    """List the users."""
    with _people(root) as people:
        rows = people.users()
    answer(rows, as_json, lambda: table(rows, COLUMNS, "No users yet: tillpost user add NAME --role admin"))


@user.command("role")
@name_argument
@click.argument("role", type=ROLES, metavar="ROLE")
@json_option
@pass_root
def user_role(root: Root, name: str, role: str, as_json: bool) -> None:
    """Give a user another role; it holds from the next page on.

    \b
    Example: tillpost user role anna viewer
    """
    with _people(root) as people:
        people.change_role(name, Role(role), ourselves())
    answer({"name": name, "role": role}, as_json, lambda: click.echo(f"{name} is {role} now."))


@user.command("password")
@name_argument
@stdin_option
@json_option
@pass_root
def user_password(root: Root, name: str, password_stdin: bool, as_json: bool) -> None:
    """Give a user another password, and end their sessions."""
    password = _password(password_stdin)
    with _people(root) as people:
        people.change_password(name, password, ourselves())
    answer({"name": name}, as_json, lambda: click.echo(f"{name} has a new password."))


@user.command("rm")
@name_argument
@json_option
@pass_root
def user_rm(root: Root, name: str, as_json: bool) -> None:
    """Remove a user, and end their sessions."""
    with _people(root) as people:
        people.remove_user(name, ourselves())
    answer({"name": name}, as_json, lambda: click.echo(f"{name} may log in no more."))


@user.command("log")
@click.option("--who", default="", metavar="WHO", help="Only what this one did.")
@click.option("--about", default="", metavar="WHAT", help="Only what was done to this: export 12, till 5/1.")
@limit_option
@json_option
@pass_root
def user_log(root: Root, who: str, about: str, limit: int, as_json: bool) -> None:
    """Show who changed what in the pages, and who changed users; newest first.

    \b
    Example: tillpost user log --about "export 12"
    """
    with root.office() as office, open_books(office) as books:
        people = People(books, office.clock, office.settings.web)
        rows = people.acts(office.settings.language, limit, who=who, about=about)
    answer(rows, as_json, lambda: table(rows, LOG_COLUMNS, "Nothing yet.", note="result"))


@click.group(cls=InOrder)
def token() -> None:
    """Tokens: programs that may ask the pages."""


@token.command("add")
@name_argument
@role_option
@json_option
@pass_root
def token_add(root: Root, name: str, role: str, as_json: bool) -> None:
    """Make a token for a program, and show it: this once.

    \b
    Example: tillpost token add zabbix
    """
    with _people(root) as people:
        made = people.add_token(name, Role(role), ourselves())
    row = {"name": name, "role": role, "token": made}
    answer(row, as_json, lambda: click.echo(f"{made}\n\nIt is not shown again. Send it as: Authorization: Bearer …"))


@token.command("ls")
@json_option
@pass_root
def token_ls(root: Root, as_json: bool) -> None:
    """List the tokens, without what they are."""
    with _people(root) as people:
        rows = people.tokens()
    answer(rows, as_json, lambda: table(rows, COLUMNS, "No tokens yet: tillpost token add NAME"))


@token.command("rm")
@name_argument
@json_option
@pass_root
def token_rm(root: Root, name: str, as_json: bool) -> None:
    """Remove a token; it holds no more from now on."""
    with _people(root) as people:
        people.remove_token(name, ourselves())
    answer({"name": name}, as_json, lambda: click.echo(f"The token {name} holds no more."))

"""The command line: which verbs there are, and what becomes of errors.

A verb's module is imported when the verb runs, so that `--help` is quick; the table here says where it lies.

Failures, as exit codes: 0 done, 1 something was refused or held, 2 wrong use, 75 try again later, 78 wrong
settings or a damaged state.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper

import click
from tillpost import __version__
from tillpost.errors import Reject, Retry, Trouble

DONE, REFUSED, WRONG_USE, LATER, WRONG_SETTINGS = 0, 1, 2, 75, 78
EXIT_CODES = {
    DONE: "done",
    REFUSED: "something was refused or held",
    WRONG_USE: "wrong use",
    LATER: "try again later",
    WRONG_SETTINGS: "wrong settings, or a damaged state",
}

# verb: module of tillpost.counter (or of another room, which is named), what it does (its module's own words; a test
# compares them)
VERBS = {
    "init": ("roots", "Make a root for one or more shops."),
    "feed": ("feeding", "Take what lies whole and closed in the inbox, and bring the tills up to date."),
    "collect": ("sales", "Take the tills' sales files, book them, and write the ERP's documents."),
    "run": ("service", "Do every job as a service, until stopped."),
    "jobs": ("service", "Jobs: what the service does, when, and how it went."),
    "status": ("feeding", "How it stands: every till, and what waits for somebody."),
    "doctor": ("roots", "Look for what would go wrong: rights, disks, limits, clock, state."),
    "queue": ("tills", "The queue of a till: what stands in its folder."),
    "till": ("tills", "Tills: list, add, fill anew."),
    "held": ("exports", "Held exports: correct but suspicious, waiting for a person."),
    "export": ("exports", "Exports: what came, and what became of it."),
    "sales": ("sales", "Sales: the tills' files, their shifts, and asking for more."),
    "recon": ("recon", "Reconciliation: what was sold beside what tills count, and what the ERP has not got."),
    "books": ("books", "The sales database: what is too old for it."),
    "cash": ("cash", "Cash at a till: sales, staff's deposits and withdrawals, levels, the journal."),
    "trim": ("archives", "Put files of past days into archives, and delete what is past its age."),
    "archive": ("archives", "Archives of old files: find one, look into it, bring it back."),
    "web": ("web.verb", "Serve the pages, until stopped."),
    "user": ("users", "Users of the pages: who may log in, and what they may do."),
    "token": ("users", "Tokens: programs that may ask the pages."),
    "config": ("roots", "Settings: what they are here, and what they mean."),
}


class Verbs(click.Group):
    """The verbs of VERBS, imported one by one when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        place = VERBS[cmd_name][0]
        command = getattr(import_module(f"tillpost.{place if '.' in place else f'counter.{place}'}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in VERBS and not args[0].startswith("-"):
            near = get_close_matches(args[0], VERBS, 1)
            raise click.UsageError(f"no verb {args[0]!r}" + (f"; did you mean {near[0]}?" if near else ""), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # whoever read us has enough; click would call that an error
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return DONE

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, does) for verb, (_, does) in VERBS.items()])


@click.group(
    cls=Verbs,
    epilog="Exit codes: " + ", ".join(f"{code} {text}" for code, text in EXIT_CODES.items()) + ".",
    context_settings={"help_option_names": ["-h", "--help"]},
    options_metavar="[--root DIR]",
    subcommand_metavar="VERB …",
)
@click.option("--root", "-r", envvar="TILLPOST_ROOT", metavar="DIR", help="The root to work in (or TILLPOST_ROOT).")
@click.option("--verbose", "-v", is_flag=True, help="Show the log on the terminal too.")
@click.version_option(__version__, prog_name="tillpost")
@click.pass_context
def tillpost(ctx: click.Context, root: str | None, verbose: bool) -> None:
    """A post office for shop tills: ERP exports in, numbered till queues out."""
    ctx.meta["tillpost.root"] = root
    ctx.meta["tillpost.verbose"] = verbose


def main(arguments: Sequence[str] | None = None) -> None:
    """The program: every error becomes one line and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that cannot show a letter gets a ?, not a traceback
            stream.reconfigure(errors="replace")
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb; its exit code."""
    try:
        code = tillpost.main(args=arguments, prog_name="tillpost", standalone_mode=False)
    except click.Abort:
        return _say("stopped", REFUSED)
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except Retry as trouble:
        return _say(str(trouble), LATER)
    except Reject as trouble:
        return _say(str(trouble), REFUSED)
    except Trouble as trouble:
        return _say(str(trouble), WRONG_SETTINGS)
    return code if isinstance(code, int) else DONE


def _say(line: str, code: int) -> int:
    click.echo(f"tillpost: {line}", err=True)
    return code


if __name__ == "__main__":
    main()

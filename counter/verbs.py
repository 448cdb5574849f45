"""What all verbs share, whatever they work in: exit codes, groups, and answers for programs.

Failures: none.
"""

from __future__ import annotations

import click

DONE, REFUSED, LATER, WRONG_SETTINGS = 0, 1, 75, 78  # exit codes, as cli.EXIT_CODES has them


class InOrder(click.Group):
    """A group whose verbs are listed in the order of their making, which is the order of use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


json_option = click.option("--json", "as_json", is_flag=True, help="JSON for programs instead of tables.")

"""The verb `web`: the pages, served in the foreground.

The libraries of the pages are an extra: they are imported when the verb runs, so that its help needs none of them.

Failures: `Halt` (`people.not-installed`) where they are not installed; those of serving.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import click
import msgspec

from ..errors import Halt, Reason


@click.command()
@click.option("--host", metavar="ADDRESS", help="The address at which they are served, instead of web.host.")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port, instead of web.port; 0 = any that is free.")
@click.option("--tls-cert", metavar="FILE", type=click.Path(path_type=Path), help="The certificate, as PEM.")
@click.option("--tls-key", metavar="FILE", type=click.Path(path_type=Path), help="Its key, as PEM.")
@click.option("--json", "as_json", is_flag=True, help="What is told, as a JSON object a line.")
@click.pass_context
def web(
    ctx: click.Context, host: str | None, port: int | None, tls_cert: Path | None, tls_key: Path | None, as_json: bool
) -> None:
    """Serve the pages, until stopped.

    Whoever is to log in is added by `tillpost user add`. `tillpost run` serves the pages too, where web.on says so.

    \b
    Examples:
      tillpost web
      tillpost web --host 10.0.0.5 --tls-cert cert.pem --tls-key key.pem
    """
    root = ctx.meta["tillpost.root"]
    if not root:
        raise click.UsageError("no root named: tillpost --root DIR web, or set TILLPOST_ROOT")
    if bool(tls_cert) != bool(tls_key):
        raise click.UsageError("--tls-cert and --tls-key go together")
    serving = served()
    files = {"tls_cert": tls_cert, "tls_key": tls_key}  # named here, so seen from here
    tls = {name: str(file.absolute()) for name, file in files.items() if file}
    settings = serving.settings_of(Path(root), host=host, port=port, **tls)

    def tell(line: str) -> None:
        click.echo(msgspec.json.encode({"told": line}).decode() if as_json else line)

    serving.serve(Path(root), settings, tell, verbose=ctx.meta["tillpost.verbose"])


def served() -> ModuleType:
    """What serves the pages, where its libraries are installed."""
    try:
        from . import serving  # noqa: PLC0415
    except ModuleNotFoundError as cause:
        raise Halt(Reason("people.not-installed", missing=cause.name)) from cause
    return serving

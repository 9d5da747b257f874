"""Commands on the contracts of the events, for whoever changes them."""

from typing import Annotated

import typer

from deploy.cli.output import CommandFailed, Json, print_json, say
from deploy.contracts import documents, frozen

contracts = typer.Typer(no_args_is_help=True, help="Keep the contracts of the events.")

_WRITE = "run `tandem contracts write`"


@contracts.command("write")
def write(as_json: Json = False) -> None:
    """Write docs/events from the code: a page and a schema per topic, and the AsyncAPI document."""
    written = documents.write()
    if as_json:
        print_json({"written": written})
    else:
        say(f"docs/events: {len(written)} files were written." if written else "All is current.")


@contracts.command("check")
def check(as_json: Json = False) -> None:
    """Fail when a frozen version is broken or altered, or docs/events is not current."""
    broken = [*frozen.altered_versions(), *map(str, frozen.broken_promises())]
    broken += frozen.broken_samples()
    stale = [
        f"docs/events/{name} is not current: {_WRITE}." for name in documents.stale_documents()
    ]
    if broken or stale:
        raise CommandFailed("The contracts are not in order.", [*broken, *stale])
    versions = sorted(frozen.frozen_versions())
    if as_json:
        print_json({"versions": versions})
    else:
        kept = ", ".join(map(str, versions)) or "none yet"
        say(f"Contracts: docs/events is current. Frozen versions, all kept: {kept}.")


@contracts.command("freeze")
def freeze(
    version: Annotated[int, typer.Argument(help="The next version's number.", min=1)],
    as_json: Json = False,
) -> None:
    """Promise the contracts as they are: from now on only optional fields may be added.

    Writes shared/contracts/frozen/vVERSION, with the samples, and its fingerprint into
    frozen.sha256 beside it. Nobody changes it any more.
    """
    try:
        home = frozen.freeze(version)
    except frozen.CannotFreeze as error:
        raise CommandFailed(str(error)) from None
    if as_json:
        print_json({"version": version, "folder": str(home)})
    else:
        files = f"{home.name} and frozen.sha256"
        say(f"Version {version} is frozen. Commit {files} in shared/contracts.")

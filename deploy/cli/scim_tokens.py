"""Commands for the tokens that HR systems push people with."""

import os
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from deploy.cli.installation import the_installation
from deploy.cli.output import Json, print_json, print_table, say

tokens = typer.Typer(no_args_is_help=True, help="Let HR systems push people by SCIM 2.0.")

_OWNER = "intake"
_PATH = "/v1/scim-tokens"


@tokens.command("create")
def create(
    label: Annotated[str, typer.Argument(help="Which system it is for, such as 'Entra'.")],
    days: Annotated[int, typer.Option(help="For how long it is good.", min=1, max=366)] = 180,
    as_json: Json = False,
) -> None:
    """Make a token and print it, this once. Those made before stay good until they are revoked."""
    installation = the_installation()
    with installation.api(_OWNER) as intake:
        made = intake.post(_PATH, json={"label": label, "days": days})
    address = os.environ.get("TANDEM_SCIM_URL", f"{installation.url(_OWNER)}/scim/v2")
    if as_json:
        print_json({**made, "address": address})
        return
    typer.echo(made["token"])
    say(f"Copy it now: it can't be shown again. It is good until {made['expires_at'][:10]}.")
    say(f"SCIM is at {address} (docs/scim.md says how Entra and Okta get there).")


@tokens.command("list")
def list_tokens(as_json: Json = False) -> None:
    """List the tokens, without what is secret of them."""
    with the_installation().api(_OWNER) as intake:
        found = intake.get(_PATH)["items"]
    if as_json:
        print_json(found)
        return
    rows = [
        (each["token_id"], each["label"], each["prefix"], _state(each), each["last_used_at"] or "")
        for each in found
    ]
    print_table("SCIM tokens", ["id", "for", "prefix", "state", "last used"], rows, whole="id")


@tokens.command("revoke")
def revoke(
    token: Annotated[UUID, typer.Argument(help="Its id: see `tandem scim-token list`.")],
    as_json: Json = False,
) -> None:
    """Let a token be good no longer, at once. Doing it again changes nothing."""
    with the_installation().api(_OWNER) as intake:
        intake.delete(f"{_PATH}/{token}")
    if as_json:
        print_json({"token_id": str(token), "state": "revoked"})
    else:
        say("It is good no longer.")


def _state(token: dict[str, Any]) -> str:
    if token["revoked_at"]:
        return f"revoked {token['revoked_at'][:10]}"
    expires = datetime.fromisoformat(token["expires_at"])
    return f"{'good until' if expires > datetime.now(UTC) else 'expired'} {expires.date()}"

"""Commands that let other teams read what Tandem tells."""

import json
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.cli.installation import Installation, the_installation
from deploy.cli.output import CommandFailed, Json, print_facts, print_json, print_table, say
from deploy.embedded.files import write_private
from deploy.embedded.kafka_admin import SILENT, ensure_users, lock_out
from shared.bus.access import (
    admit_team,
    admitted_teams,
    dismiss_team,
    groups_of_team,
    user_of_team,
)

consumers = typer.Typer(no_args_is_help=True, help="Let other teams read the public topics.")

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
Team = Annotated[str, typer.Argument(help="The team's name: lower-case letters, digits, hyphens.")]


@consumers.command("add")
def add(
    team: Team,
    file: Annotated[
        Path | None,
        typer.Option(help="Where to write how they connect; - prints it. Among the secrets, else."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Let a team in: a user with a password, every public topic, consumer groups of its own.

    Doing it again gives the team a new password.
    """
    _check(team)
    installation = the_installation()
    admin = installation.kafka_admin_configuration
    password = secrets.token_urlsafe(32)
    is_known = team in _teams(installation)
    let_in(admin, team, password, _prefix())
    access = json.dumps(access_of(team, password, installation.kafka_for_others), indent=2)
    if file == Path("-"):
        typer.echo(access)
        return
    written = file or _access_file(installation, team)
    write_private(written, access.encode())
    facts = {
        "user": user_of_team(team),
        "groups": groups_of_team(team, _prefix()) + "*",
        "kafka.json": str(written),
    }
    if as_json:
        print_json(facts)
        return
    print_facts(facts)
    if is_known:
        say(f"{team} was let in before: its old password is good no more.")
    say("Give them that file by a safe way, as their kafka.json. How they read: docs/consuming.md.")


@consumers.command("list")
def list_teams(as_json: Json = False) -> None:
    """List the teams that are let in."""
    teams = _teams(the_installation())
    if as_json:
        print_json(teams)
    else:
        rows = [(team, user_of_team(team), groups_of_team(team, _prefix()) + "*") for team in teams]
        print_table("Teams", ["team", "user", "consumer groups"], rows)


@consumers.command("remove")
def remove(team: Team, as_json: Json = False) -> None:
    """Let a team in no longer. A connection that is open reads nothing any more."""
    _check(team)
    installation = the_installation()
    if team not in _teams(installation):
        raise CommandFailed(f"No team {team} is let in: see `tandem consumers list`.")
    let_out(installation.kafka_admin_configuration, team)
    _access_file(installation, team).unlink(missing_ok=True)
    if as_json:
        print_json({"removed": team})
    else:
        say(f"{team} can't read any more.")


def access_of(team: str, password: str, bootstrap: str) -> dict[str, str]:
    """How a team's client connects, under the names that aiokafka has for it."""
    return {
        "bootstrap_servers": bootstrap,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": user_of_team(team),
        "sasl_plain_password": password,
        "auto_offset_reset": "earliest",
    }


def let_in(admin: Mapping[str, Any], team: str, password: str, prefix: str = "") -> None:
    """Give a team its user and its rights; `admin` is how Kafka's administrator connects.

    Raises:
        CommandFailed: Kafka does not answer.
    """
    try:
        ensure_users(admin, {user_of_team(team): password})
        admit_team(AdminClient(dict(admin), logger=SILENT), team, prefix)
    except (KafkaException, TimeoutError):
        raise _away() from None


def let_out(admin: Mapping[str, Any], team: str) -> None:
    """Lock a team's user out and take its rights away; can be repeated.

    Raises:
        CommandFailed: Kafka does not answer.
    """
    try:
        lock_out(admin, [user_of_team(team)])
        dismiss_team(AdminClient(dict(admin), logger=SILENT), team)
    except (KafkaException, TimeoutError):
        raise _away() from None


def _teams(installation: Installation) -> list[str]:
    admin = AdminClient(installation.kafka_admin_configuration, logger=SILENT)
    try:
        return admitted_teams(admin, _prefix())
    except (KafkaException, TimeoutError):
        raise _away() from None


def _access_file(installation: Installation, team: str) -> Path:
    return installation.servers.secrets.folder / f"kafka-{user_of_team(team)}.json"


def _check(team: str) -> None:
    if not _NAME.fullmatch(team):
        raise CommandFailed(
            f"{team!r} is no name for a team: take up to 40 lower-case letters, digits and hyphens."
        )


def _prefix() -> str:
    return os.environ.get("TANDEM_TOPIC_PREFIX", "")


def _away() -> CommandFailed:
    return CommandFailed("Kafka does not answer: start Tandem with `make run`.")

"""Commands that let other teams read what Tandem tells."""

import os
import re
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.cli.installation import Installation, the_installation
from deploy.cli.output import CommandFailed, Json, print_facts, print_json, print_table, say
from deploy.embedded.kafka_admin import SILENT, ensure_users, remove_users
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
def add(team: Team, as_json: Json = False) -> None:
    """Let a team in: a user with a password, every public topic, consumer groups of its own.

    Doing it again changes nothing, but for topics that are new.
    """
    _check(team)
    installation, admin = _local()
    password_file = installation.servers.secrets.kafka_password_file(user_of_team(team))
    let_in(admin, team, password_file.read_text(), _prefix())
    facts = {
        "user": user_of_team(team),
        "password_file": str(password_file),
        "groups": groups_of_team(team, _prefix()) + "*",
        "bootstrap": installation.servers.kafka_bootstrap,
    }
    if as_json:
        print_json(facts)
        return
    print_facts(facts)
    say("How they read: docs/consuming.md. The topics: docs/events/README.md.")


@consumers.command("list")
def list_teams(as_json: Json = False) -> None:
    """List the teams that are let in."""
    _, admin = _local()
    try:
        teams = admitted_teams(AdminClient(admin, logger=SILENT), _prefix())
    except KafkaException:
        raise _away() from None
    if as_json:
        print_json(teams)
    else:
        rows = [(team, user_of_team(team), groups_of_team(team, _prefix()) + "*") for team in teams]
        print_table("Teams", ["team", "user", "consumer groups"], rows)


@consumers.command("remove")
def remove(team: Team) -> None:
    """Let a team in no longer. A connection that is open reads nothing any more."""
    _check(team)
    installation, admin = _local()
    let_out(admin, team)
    installation.servers.secrets.kafka_password_file(user_of_team(team)).unlink()
    say(f"{team} can't read any more.")


def let_in(admin: Mapping[str, Any], team: str, password: str, prefix: str = "") -> None:
    """Give a team its user and its rights; `admin` is how Kafka's administrator connects.

    Raises:
        CommandFailed: Kafka does not answer.
    """
    try:
        ensure_users(admin, {user_of_team(team): password})
        admit_team(AdminClient(dict(admin), logger=SILENT), team, prefix)
    except KafkaException:
        raise _away() from None


def let_out(admin: Mapping[str, Any], team: str) -> None:
    """Take a team's user and rights away.

    Raises:
        CommandFailed: Kafka does not answer.
    """
    try:
        remove_users(admin, [user_of_team(team)])
        dismiss_team(AdminClient(dict(admin), logger=SILENT), team)
    except KafkaException:
        raise _away() from None


def _check(team: str) -> None:
    if not _NAME.fullmatch(team):
        raise CommandFailed(
            f"{team!r} is no name for a team: take up to 40 lower-case letters, digits and hyphens."
        )


def _local() -> tuple[Installation, dict[str, Any]]:
    installation = the_installation()
    return installation, installation.servers.kafka_admin_configuration


def _prefix() -> str:
    return os.environ.get("TANDEM_TOPIC_PREFIX", "")


def _away() -> CommandFailed:
    return CommandFailed("Kafka does not answer: start Tandem with `make run`.")

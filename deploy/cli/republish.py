"""The command that lets a state topic's owner tell its states again."""

import time
from typing import Annotated, Any

import typer

from deploy.cli.installation import Api, the_installation
from deploy.cli.output import CommandFailed, Json, print_json, say
from tandem_events import TOPICS, Kind, Topic

_PAUSE_SECONDS = 0.5
"""How long to let the outbox run empty before asking again."""


def republish(
    topic: Annotated[str, typer.Argument(help="A state topic: see `tandem topics`.")],
    batch: Annotated[int, typer.Option(help="States per batch.", min=1, max=2000)] = 500,
    as_json: Json = False,
) -> None:
    """Tell every current state of a topic again, for a consumer that has missed some, or a new one.

    Versions stay as they are, so that whoever is up to date changes nothing. What is new comes
    first: while many events wait for Kafka, this waits too. Doing it again does no harm.
    """
    chosen = _state_topic(topic)
    with the_installation().api(chosen.owner) as owner:
        count = republish_all(owner, chosen, batch)
    if as_json:
        print_json({"topic": topic, "republished": count})
    else:
        say(f"{count} states of {topic} were told again.")


def republish_all(owner: Api, topic: Topic, batch: int) -> int:
    """Ask the owner for one batch after the other; returns how many states were told again."""
    count = 0
    answer: dict[str, Any] = {"next": None, "done": False}
    while not answer["done"]:
        request = {"topic": topic.name, "after": answer["next"], "limit": batch}
        answer = owner.post("/v1/republish", json=request)
        count += answer["republished"]
        if not answer["republished"] and not answer["done"]:
            time.sleep(_PAUSE_SECONDS)
    return count


def _state_topic(name: str) -> Topic:
    found = next((topic for topic in TOPICS if topic.name == name), None)
    states = ", ".join(topic.name for topic in TOPICS if topic.kind is Kind.STATE)
    if found is None:
        raise CommandFailed(f"There is no topic {name}: these hold states: {states}.")
    if found.kind is not Kind.STATE:
        raise CommandFailed(f"{name} holds facts, which Kafka keeps. These hold states: {states}.")
    return found

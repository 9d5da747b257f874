"""Commands to look around: mail, events, status, token."""

import asyncio
from datetime import timedelta
from typing import Annotated, Any

import httpx
import typer
from prometheus_client.parser import text_string_to_metric_families

from deploy.cli.events import EventReader
from deploy.cli.installation import Installation, the_installation
from deploy.cli.output import (
    CommandFailed,
    Json,
    print_json,
    print_json_line,
    print_table,
    say,
)
from deploy.embedded.mailbox import Mail, read_mailbox
from deploy.services import SERVICES
from shared.auth import ENTRY_LIFE, Role

_FIGURES = {
    "waiting": "tandem_outbox_waiting_events",
    "lag": "tandem_inbox_lag_records",
    "dead letters": "tandem_dead_letters_waiting",
}


def mail(
    number: Annotated[
        int | None, typer.Argument(help="Show this mail whole; without it, list the newest.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="Only mails to addresses with this text.")] = None,
    limit: Annotated[int, typer.Option(help="How many to list.", min=1)] = 20,
    as_json: Json = False,
) -> None:
    """Read the local mailbox, where every mail of a local installation arrives."""
    mails = read_mailbox(the_installation().servers.mailbox_folder)
    numbered = [(n, m) for n, m in enumerate(mails, 1) if to is None or to in m.to]
    if number is not None:
        _show_mail(dict(numbered), number, as_json)
        return
    newest = numbered[-limit:]
    if as_json:
        print_json([_facts_of(n, m) for n, m in newest])
        return
    rows = [(n, m.to, m.subject) for n, m in newest]
    print_table(f"{len(numbered)} mails, the newest last", ["number", "to", "subject"], rows)
    if len(newest) < len(numbered):
        say(f"{len(numbered) - len(newest)} older ones: --limit {len(numbered)} shows all.")
    if rows:
        say(f"Read one: tandem mail {rows[-1][0]}")


def events(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as they come.")] = False,
    topic: Annotated[
        list[str] | None,
        typer.Option(help="Only this topic (repeatable); personal ones are shown only by name."),
    ] = None,
    limit: Annotated[int, typer.Option(help="How many of the newest to begin with.", min=0)] = 20,
    as_json: Json = False,
) -> None:
    """Show the events on the bus, in the order of their time."""
    reader = EventReader(the_installation(), topic or [])

    def show(event: dict[str, Any]) -> None:
        print_json_line(event) if as_json else say(_line(event))

    try:
        asyncio.run(reader.run(show, limit, follow=follow))
    except KeyboardInterrupt:
        return


def status(as_json: Json = False) -> None:
    """Show each service's health: ready or why not, what waits, what lags, what failed."""
    installation = the_installation()
    states = {service: _state_of(installation, service) for service in SERVICES}
    if as_json:
        print_json(states)
    else:
        columns = ["state", *_FIGURES, "reasons"]
        rows = [[name, *(state[column] for column in columns)] for name, state in states.items()]
        print_table("Services", ["service", *columns], rows)
    if any(state["state"] != "ready" for state in states.values()):
        raise typer.Exit(1)


def token(
    role: Annotated[list[Role], typer.Option(help="As what to call; repeatable.")],
    hours: Annotated[float, typer.Option(help="How long it is good for.", min=0.01, max=12)] = 1,
    link: Annotated[
        bool,
        typer.Option(
            "--link", help="Print a link that signs in to the portal: once, within ten minutes."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Print a signed token for the services' APIs, or a link for the first coordinator.

    Example: curl -H "Authorization: Bearer $(tandem token --role coordinator)" …
    """
    roles = set(role)
    if link and Role.PARTICIPANT in roles:
        raise CommandFailed(
            "A link of the command line is nobody's in particular, and a participant is somebody: "
            "participants sign in by mail, on the portal's page /sign-in."
        )
    if link and Role.COORDINATOR not in roles:
        raise CommandFailed("Only coordinators have pages of their own: take --role coordinator.")
    installation = the_installation()
    if link:
        shown, what, life = installation.entry_link(roles), "link", ENTRY_LIFE
    else:
        life = timedelta(hours=hours)
        shown, what = installation.token(roles, life), "token"
    if as_json:
        print_json({what: shown, "roles": sorted(roles), "hours": life.total_seconds() / 3600})
    else:
        typer.echo(shown)


def _show_mail(mails: dict[int, Mail], number: int, as_json: bool) -> None:
    if number not in mails:
        raise CommandFailed(f"There is no mail number {number}: `tandem mail` lists them.")
    shown = mails[number]
    if as_json:
        print_json({**_facts_of(number, shown), "text": shown.text, "html": shown.html})
        return
    say(f"To: {shown.to}\nSubject: {shown.subject}\nDate: {shown.date}\n\n{shown.text}")


def _facts_of(number: int, shown: Mail) -> dict[str, Any]:
    return {
        "number": number,
        "message_id": shown.message_id,
        "to": shown.to,
        "subject": shown.subject,
        "date": shown.date,
    }


def _line(event: dict[str, Any]) -> str:
    data = event["data"]
    facts = " ".join(f"{name}={value}" for name, value in (data or {}).items())
    return f"{event['time']} {event['topic']} #{event['sequence']} {facts or '(ended)'}"


def _state_of(installation: Installation, service: str) -> dict[str, Any]:
    url = installation.internal_url(service)
    try:
        ready = httpx.get(f"{url}/readyz", timeout=5)
        figures = _figures(httpx.get(f"{url}/metrics", timeout=5).text)
    except httpx.TransportError:
        return {"state": "away", **dict.fromkeys(_FIGURES), "reasons": "does not answer"}
    reasons = "; ".join(f"{part} {why}" for part, why in ready.json()["reasons"].items())
    return {"state": "ready" if ready.is_success else "not ready", **figures, "reasons": reasons}


def _figures(text: str) -> dict[str, int]:
    samples = {
        sample.name: int(sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.labels
    }
    return {column: samples.get(name, 0) for column, name in _FIGURES.items()}

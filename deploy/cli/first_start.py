"""What a new installation is filled with: a sample company that lives through its first match."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.cli.installation import Api, Installation
from deploy.cli.output import say
from deploy.cli.programmes import open_programme, send_file, start_and_wait
from deploy.cli.waiting import wait_for
from deploy.sample.programme import programme_request
from deploy.services import SERVICES

SAMPLE = Path(__file__).parents[1] / "sample"


def fill_with_sample_company(installation: Installation) -> Sequence[str]:
    """Import people, open a programme, register participants, match them; tells what happened.

    A first start that was cut off goes on where it stood.
    """
    with installation.api("intake") as intake, installation.api("matching") as matching:
        people = send_file(intake, "/v1/people/imports", SAMPLE / "people.csv", {})
        say(f"  {people['rows']} people of a sample company were imported.")
        programme = _sample_programme(intake)
        path = f"/v1/programmes/{programme['programme_id']}/registrations/imports"
        registered = send_file(intake, path, SAMPLE / "registrations.csv", {})
        say(f"  {registered['rows']} of them joined “{programme['name']}”.")
        _wait_for_pool(matching, programme["programme_id"], registered["rows"])
        if any(True for _ in matching.pages(f"/v1/programmes/{programme['programme_id']}/pairs")):
            return []
        run = start_and_wait(matching, programme["programme_id"])
        say(f"  {run['placed']} pairs were found; {run['unplaced']} mentees wait for a mentor.")
        published = matching.post(f"/v1/runs/{run['run_id']}/publish")
    sent = _wait_for_mails(installation, programme["programme_id"], published)
    say(f"  {sent} mails told them.")
    return []


def where_to_look(installation: Installation) -> Sequence[str]:
    """What a person can look at while Tandem runs."""
    with installation.api("intake") as intake:
        programmes = list(intake.pages("/v1/programmes"))
    shown = programmes[-1]["programme_id"] if programmes else "PROGRAMME"
    tandem = ".venv/bin/tandem"
    return [
        "",
        "Tandem runs. Look around in a second terminal:",
        f"  {tandem} pairs {shown}",
        f"  {tandem} mail          every mail that was sent; `{tandem} mail 1` reads one",
        f"  {tandem} events        what the services tell one another (--follow to go on)",
        f"  {tandem} status        the services' health",
        *(f"  {installation.url(name)}   the API of {name}" for name in SERVICES),
        "Ctrl-C stops everything; the data stays in " + str(installation.folder),
    ]


def _sample_programme(intake: Api) -> dict[str, Any]:
    """The sample programme, open for enrolment; made unless an earlier start has made it."""
    request = programme_request(datetime.now(UTC))
    for programme in intake.pages("/v1/programmes"):
        if programme["name"] == request["name"]:
            if programme["state"] == "draft":
                intake.post(f"/v1/programmes/{programme['programme_id']}/open")
            return programme
    return open_programme(intake, request)


def _wait_for_pool(matching: Api, programme: str, expected: int) -> None:
    """Registrations come to matching through the bus: wait until all are there."""
    wait_for(
        lambda: matching.get(f"/v1/programmes/{programme}/pool"),
        lambda pool: pool["participants"] >= expected and pool["programme_state"] is not None,
        "Waiting for the registrations to reach matching",
    )


def _wait_for_mails(installation: Installation, programme: str, published: dict[str, Any]) -> int:
    expected = 2 * int(published["formed"]) + int(published["told_unplaced"])
    with installation.api("notifications") as notifications:
        summary = wait_for(
            lambda: notifications.get("/v1/deliveries/summary", programme_id=programme),
            lambda summary: _sent(summary) >= expected,
            "Waiting for the mails to be sent",
        )
    return _sent(summary)


def _sent(summary: dict[str, Any]) -> int:
    return sum(count["deliveries"] for count in summary["counts"] if count["state"] == "sent")

"""What a new installation is filled with: a sample company that lives through its first match."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from deploy.cli.files import send_file
from deploy.cli.installation import Api, Installation
from deploy.cli.matches import start_and_wait
from deploy.cli.programmes import open_programme
from deploy.cli.waiting import wait_for
from deploy.sample.programme import programme_request
from deploy.services import SERVICES
from deploy.up.progress import Progress

SAMPLE = Path(__file__).parents[1] / "sample"


def fill_with_sample_company(installation: Installation, progress: Progress) -> None:
    """Import people, open a programme, register participants, match them; says what happens.

    A first start that was cut off goes on where it stood.
    """
    with installation.api("intake") as intake, installation.api("matching") as matching:
        import_sample_people(intake, progress)
        programme = _sample_programme(intake)
        register_sample(intake, programme, progress)
        programme_id = programme["programme_id"]
        wait_for_pool(matching, programme_id, sample_participants())
        if any(True for _ in matching.pages(f"/v1/programmes/{programme_id}/pairs")):
            return
        published = match_and_publish(matching, programme_id, progress)
    with progress.step("Sending the mails", "The mails are sent") as step:
        sent = _wait_for_mails(installation, programme_id, published)
        step.done = f"{sent} mails told them"


def import_sample_people(intake: Api, progress: Progress) -> None:
    """Import the sample company's people."""
    with progress.step("Importing people", "People are imported") as step:
        people = send_file(intake, "/v1/people/imports", SAMPLE / "people.csv", {})
        step.done = f"{people['rows']} people of a sample company were imported"


def register_sample(intake: Api, programme: dict[str, Any], progress: Progress) -> None:
    """Register the sample company's participants."""
    with progress.step("Registering participants", "Participants are registered") as step:
        path = f"/v1/programmes/{programme['programme_id']}/registrations/imports"
        registered = send_file(intake, path, SAMPLE / "registrations.csv", {})
        step.done = f"{registered['rows']} of them joined “{programme['name']}”"


def match_and_publish(matching: Api, programme_id: str, progress: Progress) -> dict[str, Any]:
    """Match everybody who waits and publish the pairs; returns the published run."""
    with progress.step("Computing the best matches", "Pairs are found") as step:
        run = start_and_wait(matching, UUID(programme_id))
        step.done = f"{run['placed']} pairs were found; {run['unplaced']} mentees wait for a mentor"
    published: dict[str, Any] = matching.post(f"/v1/runs/{run['run_id']}/publish")
    return published


def sample_participants() -> int:
    """How many of the sample company take part."""
    return len((SAMPLE / "registrations.csv").read_text().splitlines()) - 1


def where_to_look(installation: Installation) -> Sequence[str]:
    """What a person can look at while Tandem runs."""
    with installation.api("intake") as intake:
        programmes = list(intake.pages("/v1/programmes"))
    shown = programmes[-1]["programme_id"] if programmes else "PROGRAMME"
    tandem = installation.command
    return [
        "",
        "Tandem runs. Look around in a second terminal:",
        f"  {tandem} pairs {shown}",
        f"  {tandem} mail          every mail that was sent; `{tandem} mail 1` reads one",
        f"  {tandem} events        what the services tell one another (--follow to go on)",
        f"  {tandem} status        the services' health",
        f"  {tandem} token --role coordinator --link   a link to the pages of a coordinator",
        f"  {installation.url('portal')}   where people sign in by mail; answer check-ins",
        *(f"  {installation.url(name)}   the API of {name}" for name in SERVICES[:-1]),
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


def wait_for_pool(matching: Api, programme: str, expected: int) -> None:
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

"""Commands of matching: compute, read and publish matches, and list pairs."""

from typing import Annotated, Any
from uuid import UUID

import typer

from deploy.cli.installation import Api, Installation, the_installation
from deploy.cli.output import (
    CommandFailed,
    Json,
    console,
    print_facts,
    print_json,
    print_table,
    say,
)
from deploy.cli.programme_ids import ProgrammeId
from deploy.cli.waiting import wait_for

RunId = Annotated[UUID, typer.Argument(help="The match run's id, as `tandem match run` prints it.")]

matches = typer.Typer(no_args_is_help=True, help="Compute, read and publish matches.")


@matches.command("run")
def run_match(programme: ProgrammeId, as_json: Json = False) -> None:
    """Compute the best matches of everyone who waits. Nobody is told until you publish."""
    with the_installation().api("matching") as matching:
        run = start_and_wait(matching, programme)
    if as_json:
        print_json(run)
    else:
        print_facts(run)
        if not run["placed"]:
            say(_why_nobody_was_placed(run))
        say(f"Read it: tandem match show {run['run_id']}")
        say(f"Publish it: tandem match publish {run['run_id']}")


@matches.command("show")
def show_match(
    run: RunId,
    limit: Annotated[int, typer.Option(help="How many pairs to show.", min=1)] = 20,
    as_json: Json = False,
) -> None:
    """Show a match run: its pairs with their points and reasons, and who got no partner."""
    installation = the_installation()
    with installation.api("matching") as matching:
        facts = matching.get(f"/v1/runs/{run}")
        pairs = list(matching.pages(f"/v1/runs/{run}/proposals"))
        unplaced = list(matching.pages(f"/v1/runs/{run}/unplaced"))
    if as_json:
        print_json({"run": facts, "pairs": pairs, "unplaced": unplaced})
        return
    print_facts(facts)
    print_pairs("Best pairs", pairs[:limit], names_of(installation, pairs[:limit]))
    if len(pairs) > limit:
        say(f"… and {len(pairs) - limit} more (--limit {len(pairs)} shows all).")


@matches.command("publish")
def publish_match(
    run: RunId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Publish a match run: the pairs begin, and both partners of each are told by mail.

    It first says who will be told what, and asks. Where nobody can be asked it needs --yes (or
    --json, which programs ask for).
    """
    if not (yes or as_json or console.is_terminal):
        raise CommandFailed("Publishing mails people: it needs --yes where nobody can be asked.")
    with the_installation().api("matching") as matching:
        if not (yes or as_json):
            say(_what_publishing_does(matching.get(f"/v1/runs/{run}")))
            typer.confirm("Publish?", abort=True)
        published = matching.post(f"/v1/runs/{run}/publish")
    if as_json:
        print_json(published)
    else:
        print_facts(published)


def list_pairs(
    programme: ProgrammeId,
    limit: Annotated[int, typer.Option(help="How many to show.", min=1)] = 50,
    as_json: Json = False,
) -> None:
    """List a programme's pairs with the reasons why they were matched."""
    installation = the_installation()
    with installation.api("matching") as matching:
        pairs = list(matching.pages(f"/v1/programmes/{programme}/pairs"))
    if as_json:
        print_json(pairs)
        return
    print_pairs(f"{len(pairs)} pairs", pairs[:limit], names_of(installation, pairs[:limit]))
    if len(pairs) > limit:
        say(f"… and {len(pairs) - limit} more (--limit {len(pairs)} shows all).")


def start_and_wait(matching: Api, programme: UUID) -> dict[str, Any]:
    """Start a match run and wait for its proposal.

    Raises:
        CommandFailed: The run failed.
    """
    run_id = matching.post(f"/v1/programmes/{programme}/runs")["run_id"]
    run: dict[str, Any] = wait_for(
        lambda: matching.get(f"/v1/runs/{run_id}"),
        lambda run: run["state"] not in {"queued", "running"},
        "Computing the best matches",
    )
    if run["state"] == "failed":
        raise CommandFailed(f"The match run failed: {run['failure']}")
    return run


def names_of(installation: Installation, pairs: list[dict[str, Any]]) -> dict[str, str]:
    """The names of the participants in these pairs, by participant id; intake knows them."""
    ids = sorted({pair[side] for pair in pairs for side in ("mentor_id", "mentee_id")})
    names: dict[str, str] = {}
    with installation.api("intake") as intake:
        for begin in range(0, len(ids), 500):
            answer = intake.post("/v1/participants/lookup", json={"ids": ids[begin : begin + 500]})
            names |= {item["participant_id"]: item["name"] for item in answer["items"]}
    return names


def print_pairs(title: str, pairs: list[dict[str, Any]], names: dict[str, str]) -> None:
    """Print pairs by name, with what speaks for each."""
    rows = [
        (
            names.get(pair["mentor_id"], pair["mentor_id"]),
            names.get(pair["mentee_id"], pair["mentee_id"]),
            sum(reason["points"] for reason in pair["reasons"]),
            "; ".join(_reason(reason) for reason in pair["reasons"]),
        )
        for pair in pairs
    ]
    print_table(title, ["mentor", "mentee", "points", "why"], rows)


def _what_publishing_does(run: dict[str, Any]) -> str:
    placed, unplaced = run["placed"] or 0, run["unplaced"] or 0
    return (
        f"This forms {placed} pairs and writes to both partners of each; "
        f"{unplaced} mentees are told that they have no mentor yet."
    )


def _why_nobody_was_placed(run: dict[str, Any]) -> str:
    if not run["mentees"]:
        return "Nobody waits for a mentor in this programme: there is nothing to publish yet."
    if not run["places"]:
        return "No mentor has a free place. Publishing tells the mentees that they have no mentor."
    return "Nobody suits anybody. Publishing tells the mentees that they have no mentor."


def _reason(reason: dict[str, Any]) -> str:
    codes = ", ".join(reason["codes"])
    return f"{reason['term']} {reason['points']}" + (f" ({codes})" if codes else "")

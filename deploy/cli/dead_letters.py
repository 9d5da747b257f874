"""Commands for dead letters: the records that a service could not take."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
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
from deploy.services import SERVICES, topics_read_by

letters = typer.Typer(
    no_args_is_help=True, help="Look at records that could not take effect; replay or discard them."
)

LetterId = Annotated[UUID, typer.Argument(help="Its id: see `tandem dead-letters list`.")]
LetterIds = Annotated[
    list[UUID] | None, typer.Argument(help="Their ids: see `tandem dead-letters list`.")
]
OfService = Annotated[
    str | None, typer.Option("--service", help="Only this service; without it, ask them all.")
]
All = Annotated[bool, typer.Option("--all", help="All that wait, instead of some ids.")]

Letter = dict[str, Any]


class Shown(StrEnum):
    """Which dead letters to list."""

    WAITING = "waiting"
    REPLAYED = "replayed"
    DISCARDED = "discarded"
    ALL = "all"


@letters.command("list")
def list_letters(
    service: OfService = None,
    state: Annotated[Shown, typer.Option(help="What has become of them.")] = Shown.WAITING,
    topic: Annotated[str | None, typer.Option(help="Only from this topic.")] = None,
    limit: Annotated[int, typer.Option(help="How many to show.", min=1)] = 50,
    as_json: Json = False,
) -> None:
    """List the dead letters: where each was, and what is wrong with it."""
    chosen = None if state is Shown.ALL else state
    _check_topic(topic)
    found = list(_letters(the_installation(), _asked(service), state=chosen, topic=topic))
    if as_json:
        print_json(found)
        return
    what = "dead letters" if chosen is None else f"{chosen} dead letters"
    if not found:
        print_table(what.capitalize(), (), ())
    for owner, theirs in groupby(found[:limit], key=itemgetter("service")):
        rows = [_summary(letter, with_state=chosen is None) for letter in theirs]
        print_table(f"{owner}: {what}", ["id", "where", "what is wrong"], rows, whole="id")
    if len(found) > limit:
        say(f"… and {len(found) - limit} more (--limit {len(found)} shows all).")
    if found:
        say(f"Look at one: tandem dead-letters show {found[0]['id']}")


@letters.command("show")
def show_letter(letter: LetterId, service: OfService = None, as_json: Json = False) -> None:
    """Show a dead letter whole, with its raw record, which may hold what is personal."""
    installation = the_installation()
    owner, shown = _at_its_owner(
        installation, _asked(service), letter, lambda api: api.get(f"/v1/dead-letters/{letter}")
    )
    if as_json:
        print_json({"service": owner, **shown})
        return
    headers, value = shown.pop("headers"), shown.pop("value")
    print_facts({"service": owner, **shown, "key": _text(shown["key"])})
    print_table("Headers", ["name", "value"], [(h["name"], _text(h["value"])) for h in headers])
    say(f"Value:\n{_text(value)}")


@letters.command("replay")
def replay_letters(
    letters: LetterIds = None,
    every: All = False,
    service: OfService = None,
    as_json: Json = False,
) -> None:
    """Let dead letters take effect after all, once what stood in their way is mended.

    An event that has taken effect meanwhile, or an older version of it, changes nothing.
    """
    installation = the_installation()
    chosen = _chosen(installation, letters or [], every, _asked(service))
    outcomes: list[Letter] = []
    broken_off = None
    for owners, letter in chosen:
        try:
            outcomes.append(_replayed(installation, owners, letter))
        except CommandFailed as failure:
            broken_off = failure
            break
    failed = [outcome for outcome in outcomes if outcome["error"]]
    if as_json and broken_off:
        broken_off.extra["outcomes"] = outcomes
    elif as_json:
        print_json(outcomes)
    else:
        say(f"{len(outcomes) - len(failed)} of {len(chosen)} dead letters took effect.")
        rows = [(each["service"], each["id"], each["error"]) for each in failed]
        if rows:
            print_table("These wait on", ["service", "id", "why"], rows, whole="id")
    if broken_off:
        raise broken_off
    if failed:
        raise typer.Exit(1)


@letters.command("discard")
def discard_letters(
    letters: LetterIds = None,
    every: All = False,
    service: OfService = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Decide that dead letters shall not take effect. They can be replayed for 30 days more."""
    installation = the_installation()
    chosen = _chosen(installation, letters or [], every, _asked(service))
    if chosen and not yes:
        _confirm(len(chosen), as_json)
    discarded = []
    for owners, letter in chosen:
        owner, answer = _at_its_owner(installation, owners, letter, _doing(letter, "discard"))
        discarded.append({"service": owner, "id": str(letter), "state": answer["state"]})
    if as_json:
        print_json(discarded)
    else:
        say(f"{len(discarded)} dead letters are discarded.")


def _confirm(count: int, as_json: bool) -> None:
    if as_json or not console.is_terminal:
        raise CommandFailed("Discarding needs --yes where nobody can be asked.")
    say(f"{count} events will have no effect here. What they tell is lost to this service.")
    typer.confirm("Discard?", abort=True)


def _asked(service: str | None) -> Sequence[str]:
    """The services to ask: those that listen to topics."""
    listening = [name for name in SERVICES if topics_read_by(name)]
    if service is None:
        return listening
    if service not in listening:
        words = ", ".join(listening)
        raise CommandFailed(f"{service} listens to no topic; these services do: {words}.")
    return [service]


def _check_topic(topic: str | None) -> None:
    """Refuse a topic that nobody listens to: it has no dead letters, and is likely a slip."""
    known = sorted({each.name for name in SERVICES for each in topics_read_by(name)})
    if topic is not None and topic.rpartition(".")[2] not in known:  # before the dot: a prefix
        raise CommandFailed(f"No service listens to {topic}; they do to {', '.join(known)}.")


def _summary(letter: Letter, *, with_state: bool) -> tuple[str, str, str]:
    where = f"{letter['topic']} {letter['partition']}/{letter['offset']}"
    problem = f"({letter['state']}) {letter['problem']}" if with_state else letter["problem"]
    return letter["id"], where, problem


def _letters(installation: Installation, services: Sequence[str], **query: Any) -> Iterator[Letter]:
    for service in services:
        with installation.api(service) as api:
            for letter in api.pages("/v1/dead-letters", **query):
                yield {"service": service, **letter}


def _chosen(
    installation: Installation, ids: Sequence[UUID], every: bool, services: Sequence[str]
) -> list[tuple[Sequence[str], UUID]]:
    """The ids of letters, each with the services that may hold it."""
    if bool(ids) == every:
        raise CommandFailed("Say which: the ids of dead letters, or --all that wait.")
    if every:
        waiting = _letters(installation, services, state="waiting")
        return [([letter["service"]], UUID(letter["id"])) for letter in waiting]
    return [(services, letter_id) for letter_id in ids]


def _doing(letter_id: UUID, what: str) -> Callable[[Api], Letter]:
    return lambda api: api.post(f"/v1/dead-letters/{letter_id}/{what}")


def _at_its_owner(
    installation: Installation,
    services: Sequence[str],
    letter_id: UUID,
    act: Callable[[Api], Letter],
) -> tuple[str, Letter]:
    """Do something with a letter at the service that holds it, which only the services know."""
    for service in services:
        with installation.api(service) as api:
            try:
                return service, act(api)
            except CommandFailed as failure:
                if _code(failure) != "dead-letter-unknown":
                    raise
    raise CommandFailed(
        f"There is no dead letter {letter_id}: `tandem dead-letters list --state all` shows all."
    )


def _replayed(installation: Installation, services: Sequence[str], letter_id: UUID) -> Letter:
    def try_it(api: Api) -> Letter:
        try:
            return {**_doing(letter_id, "replay")(api), "error": None}
        except CommandFailed as failure:
            if _code(failure) != "replay-failed":
                raise
            state = failure.extra["problem"]["state"]
            return {"id": str(letter_id), "state": state, "error": failure.sentence}

    service, letter = _at_its_owner(installation, services, letter_id, try_it)
    kept = ("id", "state", "error")
    return {"service": service, **{name: letter[name] for name in kept}}


def _code(failure: CommandFailed) -> str:
    problem = failure.extra.get("problem", {})
    return str(problem.get("code", ""))


def _text(raw: dict[str, str | None] | None) -> str:
    """Bytes for people: control characters are shown, not obeyed by the terminal."""
    if raw is None:
        return "(null)"
    if raw["utf8"] is None:
        return f"base64: {raw['base64']}"
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in raw["utf8"])

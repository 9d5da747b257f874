"""Commands that run Tandem: up, serve, migrate, topics."""

import asyncio
import os
from collections.abc import Mapping
from typing import Annotated

import typer
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.cli.first_start import fill_with_sample_company, where_to_look
from deploy.cli.installation import Installation, accepted_settings, data_folder, the_installation
from deploy.cli.output import CommandFailed, Json, print_json, print_table, say
from deploy.embedded.errors import CannotStart
from deploy.embedded.kafka_admin import SILENT
from deploy.services import SERVICES, NoSuchService, build, settings_class, topics_read_by
from deploy.up.access import let_services_in
from deploy.up.progress import Progress
from deploy.up.sequence import Plan, Surroundings, tandem_serve
from deploy.up.sequence import up as run_until_stopped
from shared.bus.topics import provision, topic_settings
from shared.migrations import Half, migrate
from shared.process import run_until_done
from shared.settings import ServiceSettings, WrongSettings
from tandem_events import PARTITIONS, TOPICS

ServiceName = Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")]


def up(
    empty: Annotated[
        bool, typer.Option("--empty", help="Start without the sample company.")
    ] = False,
) -> None:
    """Start everything here: PostgreSQL, Kafka, the mailbox and all services.

    The data stays in .tandem (or where TANDEM_DATA says). Ctrl-C stops all of it.
    TANDEM_PORT_SHIFT=1000 moves every port by 1000.
    """
    plan = Plan(
        accepted=accepted_settings(),
        serve=tandem_serve,
        provision=provision_everything,
        first_start=_leave_empty if empty else _fill,
        where_to_look=lambda around: where_to_look(_installation(around)),
    )
    try:
        run_until_stopped(data_folder(), plan)
    except CannotStart as error:
        raise CommandFailed(str(error)) from None


def serve(service: ServiceName) -> None:
    """Run one service in the foreground, with the settings of its environment (TANDEM_…)."""
    run_until_done(build(_settings(service)).run())


def migrate_databases(
    half: Annotated[
        Half | None, typer.Option(help="Only what runs before (pre) or after (post) a deployment.")
    ] = None,
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
    as_json: Json = False,
) -> None:
    """Bring the services' databases up to date; safe to repeat.

    Works on the local installation; or, with --service and the service's settings in the
    environment (TANDEM_DATABASE_URL …), on that service's database alone.
    """
    halves = frozenset({half}) if half else frozenset(Half)
    if service and "TANDEM_DATABASE_URL" in os.environ:
        counts = {service: _migrate(_settings(service), halves)}
    else:
        environments = the_installation().environments()
        wanted = [service] if service else list(SERVICES)
        counts = {
            name: _migrate(_settings(name, environments.get(name)), halves) for name in wanted
        }
    if as_json:
        print_json(counts)
        return
    for name, count in counts.items():
        say(f"{name}: {count} migrations ran." if count else f"{name}: nothing to do.")


def provision_here(as_json: Json = False) -> None:
    """Let the services into PostgreSQL and Kafka, migrate databases, make topics; safe to repeat.

    `tandem up` does so at every start. Elsewhere run it before the services start.
    """
    installation = the_installation()
    let_services_in(
        SERVICES,
        installation.servers.secrets,
        postgres_admin=installation.postgres_admin_dsn,
        kafka_admin=installation.kafka_admin_configuration,
    )
    counts = {
        name: _migrate(_settings(name, environment), frozenset(Half))
        for name, environment in installation.environments().items()
    }
    created = provision_topics(installation)
    if as_json:
        print_json({"migrations": counts, "created": created})
    else:
        say(f"{sum(counts.values())} migrations ran, {len(created)} topics were created.")


def topics(
    create: Annotated[
        bool, typer.Option("--create", help="Create what is missing and set the settings of all.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the topics: who owns them, who may read them, how long they remember."""
    if create:
        try:
            created = provision_topics(the_installation())
        except (KafkaException, TimeoutError):
            raise CommandFailed("Kafka does not answer: start Tandem with `make run`.") from None
        if as_json:
            print_json({"created": created})
        else:
            say(f"{len(created)} topics were created; all have their settings.")
        return
    if as_json:
        print_json([_described(topic.name) for topic in TOPICS])
        return
    print_table(
        "Topics",
        ["name", "kind", "key", "owner", "readers"],
        [
            (t.name, t.kind, t.key, t.owner, ", ".join(sorted(t.readers)) or "everyone")
            for t in TOPICS
        ],
        whole="name",
    )


def provision_topics(installation: Installation) -> list[str]:
    """Create missing topics and grant the services what they need; returns the created ones."""
    from_admin = installation.kafka_admin_configuration
    readers = {name: topics_read_by(name) for name in SERVICES}
    prefix = os.environ.get("TANDEM_TOPIC_PREFIX", "")
    admin = AdminClient(from_admin, logger=SILENT)
    return provision(admin, readers, prefix=prefix)


def provision_everything(around: Surroundings) -> None:
    """Migrate every service's database, and make the topics."""
    for name, environment in around.environments.items():
        _migrate(_settings(name, environment), frozenset(Half))
    provision_topics(_installation(around))


def _fill(around: Surroundings, progress: Progress) -> None:
    fill_with_sample_company(_installation(around), progress)


def _leave_empty(_around: Surroundings, _progress: Progress) -> None:
    return


def _installation(around: Surroundings) -> Installation:
    return Installation(around.folder, around.ports)


def _migrate(settings: ServiceSettings, halves: frozenset[Half]) -> int:
    return asyncio.run(migrate(settings, build(settings).migrations, halves))


def _settings(service: str, environment: Mapping[str, str] | None = None) -> ServiceSettings:
    try:
        chosen = settings_class(service)
        return chosen.load(environment) if environment is not None else chosen.load()
    except (NoSuchService, WrongSettings) as error:
        raise CommandFailed(str(error)) from None


def _described(name: str) -> dict[str, object]:
    topic = next(topic for topic in TOPICS if topic.name == name)
    return {
        "name": topic.name,
        "kind": topic.kind,
        "key": topic.key,
        "owner": topic.owner,
        "readers": sorted(topic.readers),
        "partitions": PARTITIONS,
        "settings": topic_settings(topic),
    }

"""The command `tandem`."""

import logging
import sys

import structlog
import typer
from typer._click.exceptions import UsageError
from typer.rich_utils import rich_abort_error, rich_format_error

from deploy.cli import (
    consumers,
    contracts,
    dead_letters,
    demo,
    imports,
    looking,
    matches,
    programme_making,
    republish,
    running,
    scim_tokens,
)
from deploy.cli.output import CommandFailed, complain, print_json
from deploy.embedded.errors import CannotStart

FAILED = 1
WRONG_USAGE = 2

app = typer.Typer(
    name="tandem",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Run a company's mentorship programme. Begin with `tandem up`, then look around.",
)
app.command()(running.up)
app.command()(demo.demo)
app.command()(running.serve)
app.command("migrate")(running.migrate_databases)
app.command("provision")(running.provision_here)
app.command()(running.topics)
app.add_typer(imports.imports, name="import")
app.add_typer(programme_making.programmes, name="programme")
app.add_typer(matches.matches, name="match")
app.command("pairs")(matches.list_pairs)
app.add_typer(dead_letters.letters, name="dead-letters")
app.command()(looking.mail)
app.command()(looking.events)
app.command()(looking.status)
app.command()(looking.token)
app.command("republish")(republish.republish)
app.add_typer(consumers.consumers, name="consumers")
app.add_typer(scim_tokens.tokens, name="scim-token")
app.add_typer(contracts.contracts, name="contracts")


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 could not be done, 2 wrong usage."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        sys.exit(app(standalone_mode=False))
    except CannotStart as error:
        _end(CommandFailed(str(error)))
    except CommandFailed as failure:
        _end(failure)
    except UsageError as mistake:
        _end_of_wrong_usage(mistake)
    except typer.Abort:
        rich_abort_error()
        sys.exit(FAILED)


def _end(failure: CommandFailed) -> None:
    if "--json" in sys.argv:
        print_json({"error": failure.sentence, "details": failure.details, **failure.extra})
    else:
        complain(failure)
    sys.exit(FAILED)


def _end_of_wrong_usage(mistake: UsageError) -> None:
    if "--json" in sys.argv:
        print_json({"error": mistake.format_message(), "details": []})
    else:
        rich_format_error(mistake)
    sys.exit(WRONG_USAGE)

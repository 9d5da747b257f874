"""How commands are told which programme is meant."""

from typing import Annotated
from uuid import UUID

import typer

ProgrammeId = Annotated[
    UUID, typer.Argument(help="The programme's id: see `tandem programme list`.")
]

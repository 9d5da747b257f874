"""How an import of people is asked for and answered."""

from typing import Annotated, Any

from fastapi import Form
from pydantic import BaseModel, Field

from services.intake.domain.imports import MOST_DIFFERENCES_LISTED, Difference, Kind, Preview
from services.intake.people_handlers import PeopleReport

Full = Annotated[bool, Form(description="The file lists everybody: who is absent leaves.")]
DryRun = Annotated[bool, Form(description="Only say what would change; changes nothing.")]
ConfirmLeaving = Annotated[
    int | None,
    Form(ge=0, description="How many may leave, where they are more than a tenth."),
]


class ImportReport(BaseModel):
    """What became of a file of people; who left was not in it."""

    rows: int
    imported: int
    came_back: int
    changed: int
    unchanged: int
    left: int


class ChangeView(BaseModel):
    """A field's value before and after; `from` is null where there was none."""

    before: Any = Field(serialization_alias="from")
    after: Any = Field(serialization_alias="to")


class DifferenceView(BaseModel):
    """What would change of one person; `row` is null for who is absent from the file."""

    kind: Kind
    row: int | None
    employee_number: str
    name: str
    changes: dict[str, ChangeView]


class ImportPreview(BaseModel):
    """What a file would change, without changing it."""

    rows: int
    new: int
    changed: int
    coming_back: int
    leaving: int
    unchanged: int
    needs_confirm_leaving: bool = Field(
        description="Whether so many would leave that `confirm_leaving` must name the number."
    )
    differences: list[DifferenceView] = Field(
        description=f"The first {MOST_DIFFERENCES_LISTED} of each kind."
    )


def report_view(report: PeopleReport) -> ImportReport:
    """A report as it is answered."""
    return ImportReport(
        rows=report.rows,
        imported=report.new,
        came_back=report.back,
        changed=report.changed,
        unchanged=report.unchanged,
        left=report.left,
    )


def preview_view(preview: Preview) -> ImportPreview:
    """A preview as it is answered."""
    new, changed, back, leaving = (
        preview.counts[kind] for kind in (Kind.NEW, Kind.CHANGED, Kind.COMING_BACK, Kind.LEAVING)
    )
    return ImportPreview(
        rows=preview.rows,
        new=new,
        changed=changed,
        coming_back=back,
        leaving=leaving,
        unchanged=preview.rows - new - changed - back,
        needs_confirm_leaving=preview.needs_confirmation,
        differences=[_difference_view(each) for each in preview.differences],
    )


def _difference_view(difference: Difference) -> DifferenceView:
    return DifferenceView(
        kind=difference.kind,
        row=difference.row,
        employee_number=difference.employee_number,
        name=difference.name,
        changes={
            field: ChangeView(before=change.before, after=change.after)
            for field, change in difference.changes.items()
        },
    )

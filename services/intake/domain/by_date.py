"""When a programme goes on by itself. The column `moves_at` has the same rule for the database."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from services.intake.domain.programmes import (
    A_DAY,
    Kind,
    Programme,
    State,
    moved,
    opened,
    started,
)


def next_move(programme: Programme) -> tuple[datetime, State] | None:
    """When a programme goes on by itself, and to which state; None if it does not.

    Enrolment opens and closes at its instants, wherever; mentoring starts at the beginning of its
    first day and ends after its last, in the programme's zone.
    """
    starts_at = first_instant(programme.starts_on, programme.time_zone)
    closing = (programme.enrolment_closes_at, State.CLOSED)
    match programme.state:
        case State.DRAFT if programme.opens_by_date:
            return programme.enrolment_opens_at, State.OPEN
        case State.OPEN if programme.kind is Kind.ALWAYS_OPEN:
            return min((starts_at, State.RUNNING), closing, key=lambda move: move[0])
        case State.OPEN:
            return closing
        case State.CLOSED:
            return starts_at, State.RUNNING
        case State.RUNNING:
            return end_instant(programme), State.ENDED
    return None


def moved_by_date(programme: Programme, now: datetime) -> Programme:
    """The programme after the one move that is due; itself if none is.

    A draft that was to open, but at whose turn enrolment is over already, stays a draft.
    """
    move = next_move(programme)
    if move is None or move[0] > now:
        return programme
    if move[1] is State.OPEN and now >= programme.enrolment_closes_at:
        return replace(programme, opens_by_date=False)
    match move[1]:
        case State.OPEN:
            return opened(programme, now)
        case State.RUNNING:
            return started(programme, now)
        case to:
            return moved(programme, to)


def first_instant(day: date, zone: str) -> datetime:
    """The instant at which a day begins in a time zone, in UTC.

    If a change of the clocks skips midnight, that is when the clocks have changed.
    """
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def end_instant(programme: Programme) -> datetime:
    """The instant at which a programme's last day has passed."""
    return first_instant(programme.ends_on + A_DAY, programme.time_zone)

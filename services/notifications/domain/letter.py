"""What a mail is made of: plain values, gathered before it is put into words."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    """What a person is told."""

    PAIR_FORMED = "pair-formed"
    PARTICIPANT_UNPLACED = "participant-unplaced"
    CHECKIN_DUE = "checkin-due"
    SIGN_IN = "sign-in"
    ANNOUNCEMENT = "announcement"
    INVITATION = "invitation"
    REMINDER = "reminder"
    LAST_CALL = "last-call"


INVITING = frozenset({Kind.ANNOUNCEMENT, Kind.INVITATION, Kind.REMINDER, Kind.LAST_CALL})
"""What people are told who may join a programme."""


class Side(StrEnum):
    """What the person is in what they are told of."""

    MENTOR = "mentor"
    MENTEE = "mentee"


@dataclass(frozen=True, slots=True)
class CodedReason:
    """Why two people were matched: a term, its points, and what was found in it."""

    term: str
    points: int
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Partner:
    """The other one of a pair.

    Attributes:
        name: As the person's contact gives it.
        department: The code of the partner's own department.
    """

    name: str
    department: str


@dataclass(frozen=True, slots=True)
class Programme:
    """The programme that a mail is about, with its first and its last day.

    Attributes:
        opens_at: From when people can sign up; None where that was never told.
        may_end_sooner: Whether a pair may end before the last day.
        may_continue: Whether a pair may go on after it.
        has_incentives: Whether there is something for taking part.
    """

    name: str
    starts_on: date
    ends_on: date
    opens_at: datetime | None = None
    may_end_sooner: bool = True
    may_continue: bool = False
    has_incentives: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that a mail says, and to whom.

    Attributes:
        delivery_id: The ledger's id of this mail; its Message-ID comes from it.
        address: The recipient's address as the person's contact gives it.
        locale: The recipient's language and region, such as `en` or `de-AT`.
        programme: Which programme it is about; None if it is about none.
        department: The code of the recipient's own department in it.
        partner: The other one of the pair; None where nobody was found.
        reasons: Why the pair was matched, coded.
        unplaced_reason: Why nobody was found, coded.
        link: Where the next step is, for the recipient alone.
        closes_at: Until when the recipient can sign up, if the mail invites to it.
        time_zone: Where the recipient is, an IANA name.
    """

    delivery_id: UUID
    kind: Kind
    name: str
    address: str
    locale: str
    side: Side | None = None
    department: str | None = None
    programme: Programme | None = None
    partner: Partner | None = None
    reasons: tuple[CodedReason, ...] = ()
    unplaced_reason: str | None = None
    link: str | None = None
    closes_at: datetime | None = None
    time_zone: str = "UTC"

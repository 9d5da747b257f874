"""What a mail is made of: plain values, gathered before it is put into words."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    """What a person is told."""

    PAIR_FORMED = "pair-formed"
    PARTICIPANT_UNPLACED = "participant-unplaced"


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
class Letter:
    """Everything that a mail says, and to whom.

    Attributes:
        delivery_id: The ledger's id of this mail; its Message-ID comes from it.
        address: The recipient's address as the person's contact gives it.
        locale: The recipient's language and region, such as `en` or `de-AT`.
        department: The code of the recipient's own department.
        partner: The other one of the pair; None where nobody was found.
        reasons: Why the pair was matched, coded.
        unplaced_reason: Why nobody was found, coded.
    """

    delivery_id: UUID
    kind: Kind
    side: Side
    name: str
    address: str
    locale: str
    department: str
    programme: str
    starts_on: date
    ends_on: date
    partner: Partner | None = None
    reasons: tuple[CodedReason, ...] = ()
    unplaced_reason: str | None = None

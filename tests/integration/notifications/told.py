"""What intake and matching tell, made up for tests."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from aiokafka import ConsumerRecord

from shared.ids import new_id
from tandem_events import (
    CheckinDue,
    InvitationDue,
    PairEnded,
    PairFormed,
    ParticipantRegistered,
    ParticipantUnplaced,
    PersonContact,
    Policies,
    Profile,
    ProgrammeChanged,
    Reason,
)
from tests.support.room import NOON, record_of

Record = "ConsumerRecord[bytes, bytes]"
PROGRAMME = UUID("01900000-0000-7000-8000-000000000001")
RUN = UUID("01900000-0000-7000-8000-000000000002")


class Someone:
    """A person who takes part: what intake tells of them."""

    def __init__(self, name: str, role: str, email: str | None = None) -> None:
        self.person_id = new_id()
        self.participant_id = new_id()
        self.name = name
        self.email = email or f"{name.split(maxsplit=1)[0].lower()}@example.com"
        self.role = role

    def contact(self) -> PersonContact:
        return PersonContact(person_id=self.person_id, name=self.name, email=self.email)

    def registration(self) -> ParticipantRegistered:
        return ParticipantRegistered(
            participant_id=self.participant_id,
            person_id=self.person_id,
            programme_id=PROGRAMME,
            role=self.role,
            capacity=1,
            time_zone="Europe/Vienna",
            locale="en",
            working_days=(1, 2, 3, 4, 5),
            profile=Profile(department="Research", seniority=3),
        )

    def records(self) -> "list[ConsumerRecord[bytes, bytes]]":
        return [record_of(self.contact()), record_of(self.registration())]


def programme(name: str = "Mentoring 2027", test_for: UUID | None = None) -> ProgrammeChanged:
    return ProgrammeChanged(
        programme_id=PROGRAMME,
        name=name,
        state="running",
        enrolment_opens_at=datetime(2027, 1, 1, tzinfo=UTC),
        enrolment_closes_at=datetime(2027, 2, 1, tzinfo=UTC),
        starts_on=date(2027, 3, 1),
        ends_on=date(2027, 11, 30),
        policies=Policies(),
        test_for=test_for,
    )


def pair(mentor: Someone, mentee: Someone, pair_id: UUID | None = None) -> PairFormed:
    return PairFormed(
        pair_id=pair_id or new_id(),
        programme_id=PROGRAMME,
        run_id=RUN,
        mentor_id=mentor.participant_id,
        mentee_id=mentee.participant_id,
        reasons=(Reason(term="interests", points=9, codes=("data", "public-speaking")),),
        formed_at=NOON,
    )


def end_of(formed: PairFormed) -> PairEnded:
    return PairEnded(
        pair_id=formed.pair_id,
        programme_id=PROGRAMME,
        mentor_id=formed.mentor_id,
        mentee_id=formed.mentee_id,
        reason="withdrawn",
        ended_at=NOON + timedelta(minutes=1),
    )


def checkin(formed: PairFormed, someone: Someone, partner: Someone) -> CheckinDue:
    return CheckinDue(
        checkin_id=new_id(),
        pair_id=formed.pair_id,
        programme_id=PROGRAMME,
        participant_id=someone.participant_id,
        side=someone.role,
        partner_id=partner.participant_id,
        round=1,
        due_at=NOON,
    )


def invitation(someone: Someone, step: str = "invitation") -> InvitationDue:
    return InvitationDue(
        invitation_id=new_id(),
        person_id=someone.person_id,
        programme_id=PROGRAMME,
        step=step,
        closes_at=datetime(2027, 2, 1, 11, tzinfo=UTC),
        due_at=NOON,
        time_zone="Europe/Vienna",
        locale="en",
    )


def unplaced(mentee: Someone, run_id: UUID = RUN) -> ParticipantUnplaced:
    return ParticipantUnplaced(
        participant_id=mentee.participant_id,
        programme_id=PROGRAMME,
        run_id=run_id,
        reason="no-place-left",
        published_at=NOON,
    )


def company(pairs: int) -> "list[ConsumerRecord[bytes, bytes]]":
    """Everything that is told of so many pairs, each mentor with one mentee."""
    records = [record_of(programme())]
    for number in range(pairs):
        mentor = Someone(f"Ana{number} Kovač", "mentor")
        mentee = Someone(f"Ben{number} Okoro", "mentee")
        records += [*mentor.records(), *mentee.records(), record_of(pair(mentor, mentee))]
    return records

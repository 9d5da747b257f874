"""Letters for tests: to Ben about his mentor Ana, to Ana about her mentee Ben, to Cem alone."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from services.notifications.domain.letter import Kind, Letter, Partner, Programme, Side

TO_BEN = Letter(
    delivery_id=UUID(int=1),
    kind=Kind.PAIR_FORMED,
    side=Side.MENTEE,
    name="Ben Okoro",
    address="ben@example.com",
    locale="en",
    department="Sales",
    programme=Programme("Mentoring 2027", date(2027, 3, 1), date(2027, 11, 30)),
    partner=Partner("Ana Kovač", "Research"),
)
TO_ANA = replace(
    TO_BEN,
    side=Side.MENTOR,
    name="Ana Kovač",
    address="ana@example.com",
    department="Research",
    partner=Partner("Ben Okoro", "Sales"),
)
TO_CEM = replace(
    TO_BEN,
    kind=Kind.PARTICIPANT_UNPLACED,
    name="Cem Aydın",
    address="cem@example.com",
    partner=None,
    unplaced_reason="no-place-left",
)
TO_BEN_ASKED = replace(TO_BEN, kind=Kind.CHECKIN_DUE, link="https://portal.example/checkins/x.y-z")
TO_ANA_SIGNING_IN = Letter(
    delivery_id=UUID(int=2),
    kind=Kind.SIGN_IN,
    name="Ana Kovač",
    address="ana@example.com",
    locale="en",
    link="https://portal.example/sign-in/x.y-z",
)
TO_DEE_INVITED = Letter(
    delivery_id=UUID(int=3),
    kind=Kind.INVITATION,
    name="Dee O'Hara",
    address="dee@example.com",
    locale="en",
    programme=Programme(
        "Mentoring 2027",
        date(2027, 3, 1),
        date(2027, 11, 30),
        opens_at=datetime(2027, 1, 4, 8, tzinfo=UTC),
    ),
    link="https://portal.example/programmes/7/sign-up",
    closes_at=datetime(2027, 3, 29, 22, tzinfo=UTC),
    time_zone="America/New_York",
)

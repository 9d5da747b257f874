"""Every event and every topic there is."""

from tandem_events.checkins import AgreementMade, CheckinAnswered, CheckinDue, SessionRated
from tandem_events.event import Event
from tandem_events.intake import (
    InvitationDue,
    ParticipantRegistered,
    ParticipantWithdrawn,
    PersonContact,
    ProgrammeChanged,
)
from tandem_events.matching import PairEnded, PairFormed, ParticipantUnplaced
from tandem_events.notifications import NotificationFailed, NotificationSent
from tandem_events.topics import Topic

EVENTS: tuple[type[Event], ...] = (
    ProgrammeChanged,
    InvitationDue,
    PersonContact,
    ParticipantRegistered,
    ParticipantWithdrawn,
    PairFormed,
    PairEnded,
    ParticipantUnplaced,
    AgreementMade,
    CheckinDue,
    CheckinAnswered,
    SessionRated,
    NotificationSent,
    NotificationFailed,
)

TOPICS: tuple[Topic, ...] = tuple(event.topic for event in EVENTS)

EVENT_OF_TYPE: dict[str, type[Event]] = {event.topic.event_type: event for event in EVENTS}

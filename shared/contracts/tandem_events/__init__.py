"""The events of Tandem: what a consumer of its Kafka topics needs, and nothing else."""

from tandem_events.catalogue import EVENT_OF_TYPE, EVENTS, TOPICS
from tandem_events.checkins import AgreementMade, CheckinAnswered, CheckinDue, SessionRated
from tandem_events.envelope import Envelope, MalformedEnvelope
from tandem_events.event import Event, Part
from tandem_events.intake import (
    CheckinPolicy,
    CodedAnswers,
    InvitationDue,
    MatchingPolicy,
    ParticipantRegistered,
    ParticipantWithdrawn,
    PersonContact,
    Policies,
    Profile,
    ProgrammeChanged,
)
from tandem_events.matching import PairEnded, PairFormed, ParticipantUnplaced, Reason
from tandem_events.notifications import NotificationFailed, NotificationSent
from tandem_events.record import Received, UnreadableEvent, decode, read_record
from tandem_events.topics import PARTITIONS, Kind, Topic

__all__ = [
    "EVENTS",
    "EVENT_OF_TYPE",
    "PARTITIONS",
    "TOPICS",
    "AgreementMade",
    "CheckinAnswered",
    "CheckinDue",
    "CheckinPolicy",
    "CodedAnswers",
    "Envelope",
    "Event",
    "InvitationDue",
    "Kind",
    "MalformedEnvelope",
    "MatchingPolicy",
    "NotificationFailed",
    "NotificationSent",
    "PairEnded",
    "PairFormed",
    "Part",
    "ParticipantRegistered",
    "ParticipantUnplaced",
    "ParticipantWithdrawn",
    "PersonContact",
    "Policies",
    "Profile",
    "ProgrammeChanged",
    "Reason",
    "Received",
    "SessionRated",
    "Topic",
    "UnreadableEvent",
    "decode",
    "read_record",
]
